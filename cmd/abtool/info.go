package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"abtool/internal/ui"
	"abtool/store"
)

type infoOptions struct{ json bool }

func infoCommand(s streams) *cobra.Command {
	var o infoOptions
	c := &cobra.Command{
		Use:   "info STORE",
		Short: "Show the sources, counts, rejects and column sizes of a store",
		Long: `Print the sources that a store was made of, how many records of each were stored and rejected,
the rows and sizes of its tables, and the size of every column. No rows are read, so the answer
comes at once for a store of any size.`,
		Example: `  abtool info store
  abtool info store --json | jq '.data_sets[].rejected'`,
		Args: exactly(1, "info takes one argument, the STORE"),
		RunE: func(_ *cobra.Command, args []string) error { return o.run(s.out, args[0]) },
	}
	c.Flags().BoolVar(&o.json, "json", false, "print everything as JSON")
	return c
}

func (o infoOptions) run(w io.Writer, dir string) error {
	sum, err := store.Read(dir)
	if err != nil {
		return err
	}
	sizes, err := store.ColumnSizes(dir, sum)
	if err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(w, struct {
			*store.Account
			Columns []store.ColumnSize `json:"columns"`
		}{sum, sizes})
	}
	fmt.Fprintf(w, "%s: store of format %d, written by abtool %s\n\n", dir, sum.FormatVersion, sum.ToolVersion)
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
