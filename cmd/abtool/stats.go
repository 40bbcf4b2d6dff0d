package main

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/analysis/text"
	"abtool/internal/filetype"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

type statsOptions struct {
	result.Options
	compare                string
	json, csv, list, quiet bool
	rows                   bool
	partial                string
	merge, strict          bool
}

func statsCommand(s streams) *cobra.Command {
	var o statsOptions
	c := &cobra.Command{
		Use:   "stats STORE... [NAME...] | stats --merge FILE...",
		Short: "Compute the paper's statistics, with definitions and intervals",
		Long: `Compute statistics of a store: the paper's statistics, data quality, annotators and HITs, and
analyses that the paper suggests. Without a NAME, the values of all statistics are printed. A NAME
selects a statistic by its name or by the id of its definition (I1 to I9, C1 to C6), or all of a
data set (imagenet, coco); its definition, tables and maps are printed too. --list describes all
statistics.

Each value is printed with the number of units it was computed from, a 95 % interval and, where
there is one, the value that the paper published. docs/reference/stats.md has the definitions and
describes the JSON.

--by prints a table by worker, class, hit, week, or arm of a study. --compare computes the same
statistics of two stores, and prints the differences with intervals and tests. --rows prints, for
each number, the query with which abtool sql prints the rows that it counts.

--partial writes what is gathered of a store to a file, instead of printing statistics, and --merge
reads such files as the arguments and prints the statistics of all their stores together: the same
bytes as of one run. docs/guide/cluster.md shows how many machines share the work so.

` + severalStores + ` An argument
that is both the name of a statistic and a folder is the name; write ./NAME for the folder.`,
		Example: `  abtool stats store
  abtool stats store click_accuracy I7
  abtool stats store imagenet --by worker --hide-workers --csv > workers.csv
  abtool stats store --compare pilot
  abtool stats 'stores/*' --json > stats.json
  abtool stats store click_accuracy --rows
  abtool stats store-17 --partial part-17.gz
  abtool stats --merge part-*.gz --json > stats.json
  abtool stats store --json | jq '.data_sets[].statistics[] | {name, values}'`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && o.merge:
				return usage.Errorf("FILE is missing: the files that abtool stats --partial wrote")
			case len(args) == 0 && !o.list:
				return usage.Errorf("STORE is missing: the store to compute statistics of")
			case o.json && o.csv:
				return usage.Errorf("--json and --csv: give one of them")
			case o.rows && (o.csv || o.By != "" || o.compare != ""):
				return usage.Errorf("--rows prints queries: it does not go with --csv, --by or --compare")
			case o.compare != "" && o.By != "":
				return usage.Errorf("--compare compares values, and --by prints a table: give one of them")
			case o.partial != "" && (o.json || o.csv || o.rows || o.compare != ""):
				return usage.Errorf("--partial writes a file and prints no statistics: give --json, --csv, --rows or --compare to stats --merge")
			case o.strict && !o.merge:
				return usage.Errorf("--strict is for --merge")
			case o.merge && o.rows:
				return usage.Errorf("--rows does not go with --merge: it prints queries for a store")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return printStatistics(s.out, o.json)
			}
			if o.merge {
				return o.runMerge(cmd.Context(), s, cmd.Flags(), args)
			}
			place, names, err := leadingStores(args, isStatistic)
			if err != nil {
				return err
			}
			o.Names = names
			return o.run(cmd.Context(), s, place)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.list, "list", false, "list the statistics with their definitions")
	f.BoolVar(&o.json, "json", false, "print JSON (schema "+result.Schema+"; see docs/reference/stats.md)")
	f.BoolVar(&o.csv, "csv", false, "print CSV, a line for each value and table cell; with --by, the table")
	f.StringVar(&o.By, "by", "", "print a table by `KEY`: "+strings.Join(result.Keys, ", "))
	f.StringVar(&o.compare, "compare", "", "compare with another `STORE`")
	f.StringVar(&o.partial, "partial", "", "write what is gathered to `FILE`, for --merge")
	f.BoolVar(&o.merge, "merge", false, "merge the files of --partial that are the arguments")
	f.BoolVar(&o.strict, "strict", false, "with --merge, stop at a damaged file, instead of leaving it out")
	f.BoolVar(&o.rows, "rows", false, "print queries for abtool sql, for the rows that each number counts")
	f.BoolVar(&o.Hide, "hide-workers", false, "replace the ids of workers and HITs by stable pseudonyms")
	f.IntVar(&o.Bootstrap, "bootstrap", result.DefaultBootstrap, "number of bootstrap samples, 0 for no intervals")
	f.Uint64Var(&o.Seed, "seed", result.DefaultSeed, "seed of the bootstrap samples")
	f.Float64SliceVar(&o.Sigmas, "sigma", result.DefaultSigmas,
		"standard deviations of the simulated random clicks, as fractions of\neach axis of the image")
	f.Lookup("sigma").DefValue = "0.05 to 2 in eleven steps"
	r := result.DefaultRules
	f.Float64Var(&o.Rules.MinRecall, "min-recall", r.MinRecall, "flag HITs with a lower recall")
	f.IntVar(&o.Rules.MinSelected, "min-selected", r.MinSelected, "flag ImageNet HITs with fewer selected images")
	f.IntVar(&o.Rules.MinPages, "min-pages", r.MinPages, "flag ImageNet HITs with fewer pages")
	f.Float64Var(&o.Rules.MinPrecision, "min-precision", r.MinPrecision,
		"flag COCO HITs with a lower precision of icons on masks")
	f.IntVar(&o.Rules.MinCOCOPages, "min-coco-pages", r.MinCOCOPages, "flag COCO HITs with fewer pages")
	f.IntVar(&o.Jobs, "jobs", 0, "number of workers, 0 for one per processor; results are the same")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	return c
}

func (o *statsOptions) run(ctx context.Context, s streams, store string) error {
	o.Tool = version()
	if o.Bootstrap < 0 {
		return usage.Errorf("--bootstrap %d: give a number of samples, or 0 for no intervals", o.Bootstrap)
	}
	if o.Bootstrap == 0 || o.rows {
		o.Bootstrap = -1
	}
	if err := checkCompare(o.compare); err != nil {
		return err
	}
	noteStores(ctx, s.err, store)
	bar := o.progress(s)
	if o.partial != "" {
		return o.runPartial(ctx, s, store, bar)
	}
	if o.compare != "" {
		noteStores(ctx, s.err, o.compare)
		c, err := analysis.Compare(ctx, store, o.compare, o.Options)
		bar.Clear()
		if err != nil {
			return err
		}
		return o.printComparison(s, c)
	}
	d, err := analysis.Run(ctx, store, o.Options)
	bar.Clear()
	if err != nil {
		return err
	}
	return o.print(s, d)
}

// progress returns a bar, which shows the progress of the options.
func (o *statsOptions) progress(s streams) *ui.Bar {
	bar := ui.NewBar(s.err, o.quiet, ui.Count)
	o.Progress = func(done, total int64) {
		what := "rows"
		if done == total {
			what = "intervals"
		}
		bar.Set(what, done, total)
	}
	return bar
}

// print prints statistics.
func (o *statsOptions) print(s streams, d *result.Document) error {
	switch {
	case o.rows && o.json:
		return ui.PrintJSON(s.out, text.Rows(d))
	case o.rows:
		return ui.Print(s.out, func(w io.Writer) { text.PrintRows(w, d) })
	case o.json:
		return ui.PrintJSON(s.out, d)
	case o.csv && d.Options.By != "":
		return text.TableCSV(s.out, d)
	case o.csv:
		return text.CSV(s.out, d)
	}
	whole := len(d.Options.Names) > 0 || d.Options.By != ""
	return ui.Print(s.out, func(w io.Writer) { text.Document(w, d, whole, ui.Width(s.out)) })
}

// printComparison prints differences.
func (o *statsOptions) printComparison(s streams, c *analysis.Comparison) error {
	switch {
	case o.json:
		return ui.PrintJSON(s.out, c)
	case o.csv:
		return text.ComparisonCSV(s.out, c)
	}
	return ui.Print(s.out, func(w io.Writer) { text.Comparison(w, c) })
}

// checkCompare returns an error if the other store is a file: statistics are compared between stores, not
// between files that abtool stats wrote.
func checkCompare(other string) error {
	info, err := os.Stat(other)
	if other == "" || err != nil || info.IsDir() {
		return nil
	}
	what := "a file"
	if kind := filetype.OfFile(other); kind.Name != "" {
		what = kind.String()
	}
	return usage.Errorf("--compare %s: this is %s, not a store: give a folder that abtool ingest wrote", other, what)
}

// printStatistics lists all statistics with their definitions.
func printStatistics(out io.Writer, asJSON bool) error {
	if asJSON {
		type entry struct {
			Set        string   `json:"data_set"`
			Name       string   `json:"name"`
			IDs        []string `json:"ids,omitempty"`
			Title      string   `json:"title"`
			Rules      string   `json:"rules"`
			Paper      string   `json:"paper,omitempty"`
			Definition string   `json:"definition"`
		}
		var list []entry
		for _, e := range analysis.Catalogue() {
			list = append(list, entry{e.Set, e.Name, e.IDs, e.Title, e.Rules, e.Paper, e.Definition})
		}
		return ui.PrintJSON(out, list)
	}
	return ui.Print(out, text.Catalogue)
}
