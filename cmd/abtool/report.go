package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"abtool/analysis/result"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/reports"
	"abtool/store"
)

type reportOptions struct {
	reports.Options
	quiet, json bool
}

func reportCommand(s streams) *cobra.Command {
	var o reportOptions
	c := &cobra.Command{
		Use:   "report STORE... --out DIR",
		Short: "Draw every figure, and write a web page with them",
		Long: `Draw every figure of a store's statistics, and write a web page with them. The page is one file
that needs neither a network nor other files. It describes the store in words and shows each
figure with its numbers, intervals, definition and the paper's value, then data quality,
annotators, and traces that play.

DIR gets index.html (the page), report.md (for a repository), stats.json (every number), and
figures/ with each figure as SVG and PNG, light and dark. The same store and options give the same
bytes.

` + severalStores,
		Example: `  abtool report store --out report
  abtool report store --out report --images ILSVRC/train --hide-workers --title "Pilot of June"
  abtool report store --out report --compare pilot
  abtool report store --out figures --only imagenet-maps --only I7`,
		Args: stores("report takes a STORE, or several"),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := store.List(args...)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), s, place)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Out, "out", "", "folder `DIR` to write")
	f.BoolVar(&o.Force, "force", false, "replace an earlier report in --out")
	f.StringVar(&o.Title, "title", "", "title of the page")
	f.StringArrayVar(&o.Only, "only", nil, "draw only this: `NAME` of a figure or statistic, the id of a\n"+
		"definition (such as I7), imagenet or coco; may be repeated")
	f.StringVar(&o.Compare, "compare", "", "compare with another `STORE`")
	f.StringVar(&o.Images, "images", "", "`IMAGES` to draw traces on: a folder, a pattern or shards, as "+
		"for abtool train")
	f.IntVar(&o.Examples, "examples", reports.DefaultExamples, "number of traces to draw for each data set")
	f.BoolVar(&o.Stats.Hide, "hide-workers", false, "replace the ids of workers and HITs by stable pseudonyms")
	f.IntVar(&o.Stats.Bootstrap, "bootstrap", result.DefaultBootstrap,
		"number of bootstrap samples, 0 for no intervals")
	f.Uint64Var(&o.Stats.Seed, "seed", result.DefaultSeed, "seed of the bootstrap samples and of the choice of traces")
	f.IntVar(&o.Stats.Jobs, "jobs", 0, "number of workers, 0 for one per processor; the report is the same")
	f.BoolVar(&o.json, "json", false, "print the list of files and missing figures as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress and no notes")
	return c
}

func (o *reportOptions) run(ctx context.Context, s streams, place string) error {
	if o.Out == "" {
		return usage.Errorf("--out DIR is missing: the folder to write the report to")
	}
	if o.Examples < 1 {
		return usage.Errorf("--examples %d: give at least 1", o.Examples)
	}
	if err := checkCompare(o.Compare); err != nil {
		return err
	}
	o.Stats.Tool = version()
	if o.Stats.Bootstrap == 0 {
		o.Stats.Bootstrap = -1
	}
	noteStores(ctx, s.err, place)
	bar := ui.NewBar(s.err, o.quiet, ui.Count)
	o.Progress = bar.Set
	r, err := reports.Make(ctx, place, o.Options)
	bar.Clear()
	if err != nil {
		return err
	}
	if !o.quiet {
		for _, text := range r.Notes {
			ui.Note(s.err, text)
		}
	}
	if o.json {
		return ui.PrintJSON(s.out, reportJSON(o.Out, r))
	}
	return ui.Print(s.out, func(w io.Writer) { printReport(w, o.Out, r) })
}

// A missingFigure is a figure that the store has no data for.
type missingFigure struct {
	Name  string `json:"name"`
	Lacks string `json:"lacks"`
}

func reportJSON(out string, r *reports.Report) any {
	missing := []missingFigure{}
	for _, f := range r.Missing {
		missing = append(missing, missingFigure{f.Name, f.Missing})
	}
	return struct {
		Out     string          `json:"out"`
		Files   []string        `json:"files"`
		Bytes   int64           `json:"page_bytes"`
		Missing []missingFigure `json:"figures_without_data"`
	}{out, r.Files, r.Bytes, missing}
}

func printReport(w io.Writer, out string, r *reports.Report) {
	fmt.Fprintf(w, "%s in %s, each as SVG and PNG, light and dark\n", ui.Quantity(len(r.Figures), "figure"),
		filepath.Join(out, "figures"))
	var names []string
	for i, f := range r.Missing {
		names = append(names, f.Name)
		if i+1 == len(r.Missing) || r.Missing[i+1].Missing != f.Missing {
			ui.Wrap(w, "Without data: "+strings.Join(names, ", ")+". "+f.Missing, "", 110)
			names = nil
		}
	}
	fmt.Fprintf(w, "Page: %s, %s\n", filepath.Join(out, "index.html"), ui.Size(r.Bytes))
}
