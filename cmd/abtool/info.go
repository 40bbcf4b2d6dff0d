package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"abtool/ingest"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/store"
)

type infoOptions struct {
	json    bool
	studies []string
}

func infoCommand(s streams) *cobra.Command {
	var o infoOptions
	c := &cobra.Command{
		Use:   "info STORE...",
		Short: "Show the sources, counts, rejects and column sizes of a store",
		Long: `Print the sources that a store was made of, how many records of each were stored and rejected,
the rows and sizes of its tables, and the size of every column. No rows are read, so the answer
comes at once for a store of any size.

If a study of the store is where it was, or is given by --study, info says whether an annotator was
erased since the store was made.

` + severalStores + `
info then also shows how the records of each store add up, and reads rows only of images that
several stores have. Stores that contradict each other are listed one by one.`,
		Example: `  abtool info store
  abtool info store --json | jq '.data_sets[].rejected'`,
		Args: stores("info takes a STORE, or several"),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := store.List(args...)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), s.out, place)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print everything as JSON")
	c.Flags().StringArrayVar(&o.studies, "study", nil, "folder `DIR` of a study of the store that has moved; may be repeated")
	return c
}

func (o infoOptions) run(ctx context.Context, w io.Writer, place string) error {
	sum, err := store.Read(place)
	if errors.Is(err, store.ErrContradict) && !o.json {
		return errors.Join(err, printApart(w, place))
	}
	if err != nil {
		return err
	}
	j, err := store.Join(place)
	if err != nil {
		return err
	}
	dirs, err := store.Folders(place)
	if err != nil {
		return err
	}
	outdated, texts, err := o.outdated(ctx, dirs)
	if err != nil {
		return err
	}
	sizes, err := store.ColumnSizes(place)
	if err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(w, struct {
			*store.Account
			Columns  []store.ColumnSize `json:"columns"`
			Outdated []ingest.Outdated  `json:"older_than_an_erasure,omitempty"`
			Stores   []storeShare       `json:"stores,omitempty"`
		}{sum, sizes, outdated, sharesOf(j)})
	}
	if j == nil {
		printFormat(w, dirs[0], sum)
	} else {
		fmt.Fprintf(w, "%d stores of format %d, written by abtool %s, as one\n\n", len(j.Dirs), sum.FormatVersion, sum.ToolVersion)
		printShares(w, sharesOf(j))
	}
	for _, text := range texts {
		ui.Wrap(w, text, "", 110)
		fmt.Fprintln(w)
	}
	printSummary(w, sum)
	printColumns(w, sizes)
	return nil
}

// printApart prints what each of several stores holds that cannot be read as one.
func printApart(w io.Writer, place string) error {
	dirs, err := store.Folders(place)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		sum, err := store.Read(dir)
		if err != nil {
			return err
		}
		printFormat(w, dir, sum)
		printSummary(w, sum)
	}
	return nil
}

func printFormat(w io.Writer, dir string, sum *store.Account) {
	fmt.Fprintf(w, "%s: store of format %d, written by abtool %s\n\n", dir, sum.FormatVersion, sum.ToolVersion)
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

// outdated finds the data sets that are older than an erasure, and says what is to be done in each store.
func (o infoOptions) outdated(ctx context.Context, dirs []string) (all []ingest.Outdated, texts []string, err error) {
	if len(o.studies) > 0 && len(dirs) > 1 {
		return nil, nil, usage.Errorf("--study goes with one STORE: there are %d", len(dirs))
	}
	for _, dir := range dirs {
		sum, err := store.Read(dir)
		if err != nil {
			return nil, nil, err
		}
		here, err := ingest.FindOutdated(ctx, dir, sum, o.studies...)
		if err != nil {
			return nil, nil, err
		}
		for _, x := range here {
			all, texts = append(all, x), append(texts, outdatedText(dir, x)+".")
		}
	}
	return all, texts, nil
}

// A storeShare says what became of the records of a data set in one of several stores.
type storeShare struct {
	Store    string `json:"store"`
	Set      string `json:"data_set"`
	Records  int64  `json:"records"`
	Stored   int64  `json:"stored"`
	Rejected int64  `json:"rejected"` // when the store was made
	Repeated int64  `json:"repeated"` // a store before has them, too
	Rows     int64  `json:"rows"`     // of annotations, without those of repeated records
}

func sharesOf(j *store.Joint) (all []storeShare) {
	if j == nil {
		return nil
	}
	for _, set := range store.Sets {
		s := j.Set(set)
		if s == nil {
			continue
		}
		for _, p := range s.Parts {
			d := j.Of[p.Store].DataSet(set)
			x := storeShare{Store: j.Dirs[p.Store], Set: set, Repeated: p.Repeated, Rows: d.Rows["annotations"] - int64(len(p.Drop))}
			for _, src := range d.Sources {
				x.Records, x.Stored, x.Rejected = x.Records+src.Records, x.Stored+src.Stored, x.Rejected+src.Rejected
			}
			x.Stored -= p.Repeated
			all = append(all, x)
		}
	}
	return all
}

// printShares prints what became of the records of each store, and their sums.
func printShares(w io.Writer, shares []storeShare) {
	n := ui.Thousands
	for len(shares) > 0 {
		set, sum := shares[0].Set, storeShare{Store: "all"}
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "%s\n  store\trecords\t=\tstored\t+\trejected\t+\tin a store before\trows\n", set)
		line := func(x storeShare) {
			fmt.Fprintf(t, "  %s\t%s\t=\t%s\t+\t%s\t+\t%s\t%s\n", ui.Clean(x.Store), n(x.Records), n(x.Stored), n(x.Rejected), n(x.Repeated), n(x.Rows))
		}
		for ; len(shares) > 0 && shares[0].Set == set; shares = shares[1:] {
			x := shares[0]
			line(x)
			sum.Records, sum.Stored, sum.Rejected = sum.Records+x.Records, sum.Stored+x.Stored, sum.Rejected+x.Rejected
			sum.Repeated, sum.Rows = sum.Repeated+x.Repeated, sum.Rows+x.Rows
		}
		line(sum)
		t.Flush()
		fmt.Fprintln(w)
	}
}
