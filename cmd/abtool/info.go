package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"abtool/ingest"
	"abtool/internal/ui"
	"abtool/store"
)

type infoOptions struct {
	json    bool
	studies []string
}

func infoCommand(s streams) *cobra.Command {
	var o infoOptions
	c := &cobra.Command{
		Use:   "info STORE",
		Short: "Show the sources, counts, rejects and column sizes of a store",
		Long: `Print the sources that a store was made of, how many records of each were stored and rejected,
the rows and sizes of its tables, and the size of every column. No rows are read, so the answer
comes at once for a store of any size.

If a study of the store is where it was, or is given by --study, info says whether an annotator was
erased since the store was made.`,
		Example: `  abtool info store
  abtool info store --json | jq '.data_sets[].rejected'`,
		Args: exactly(1, "info takes one argument, the STORE"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s.out, args[0]) },
	}
	c.Flags().BoolVar(&o.json, "json", false, "print everything as JSON")
	c.Flags().StringArrayVar(&o.studies, "study", nil, "folder `DIR` of a study of the store that has moved; may be repeated")
	return c
}

func (o infoOptions) run(ctx context.Context, w io.Writer, dir string) error {
	sum, err := store.Read(dir)
	if err != nil {
		return err
	}
	outdated, err := ingest.FindOutdated(ctx, dir, sum, o.studies...)
	if err != nil {
		return err
	}
	sizes, err := store.ColumnSizes(dir)
	if err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(w, struct {
			*store.Account
			Columns  []store.ColumnSize `json:"columns"`
			Outdated []ingest.Outdated  `json:"older_than_an_erasure,omitempty"`
		}{sum, sizes, outdated})
	}
	fmt.Fprintf(w, "%s: store of format %d, written by abtool %s\n\n", dir, sum.FormatVersion, sum.ToolVersion)
	for _, x := range outdated {
		ui.Wrap(w, outdatedText(dir, x)+".", "", 110)
		fmt.Fprintln(w)
	}
	printSummary(w, sum)
	printColumns(w, sizes)
	return nil
}

// printColumns prints the size of every column, and its share of the file.
func printColumns(w io.Writer, sizes []store.ColumnSize) {
	for len(sizes) > 0 {
		n, total := 0, int64(0)
		for ; n < len(sizes) && sizes[n].Table == sizes[0].Table; n++ {
			total += sizes[n].Bytes
		}
		fmt.Fprintf(w, "%s, by column\n", sizes[0].Table)
		t := tabwriter.NewWriter(w, 10, 0, 2, ' ', tabwriter.AlignRight)
		for _, c := range sizes[:n] {
			fmt.Fprintf(t, "%s\t%s\t  %s\n", ui.Size(c.Bytes),
				ui.Percent(float64(c.Bytes)/float64(max(total, 1)), 1), c.Column)
		}
		t.Flush()
		fmt.Fprintln(w)
		sizes = sizes[n:]
	}
}
