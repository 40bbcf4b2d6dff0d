package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"abtool/ingest"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/train/experiment"
	"abtool/train/figures"
	runs "abtool/train/run"
)

type experimentOptions struct {
	experiment.Options
	data        string
	engine      engineOptions
	json, quiet bool
}

func experimentCommand(s streams) *cobra.Command {
	var o experimentOptions
	names := strings.Join(experiment.Names(), ", ")
	c := &cobra.Command{
		Use:   "experiment FILE --out DIR",
		Short: "Train a grid of supervision × lambda × seed, and compare",
		Long: `Train a network for every combination of supervision, lambda and seed (an arm), and compare the
results: mean and standard deviation over seeds, differences seed by seed with intervals, and
accuracy by lambda. FILE names the evaluation on which lambda is chosen for luab; rand is compared
at the same lambda.

FILE is a TOML file (go doc abtool/train/experiment describes its keys), or an experiment that
comes with abtool:
` + names + `.
These compose Fashion-MNIST's garments on textures, simulate annotators on them, and pass their
byproducts through ingest and targets. They need the data set: apt-get install
dataset-fashion-mnist, or give the folder of its files with --data.

DIR keeps the run of every arm, results.md, results.json and figures of accuracy by lambda. The
same command continues an experiment that was stopped: arms that have a result are not trained
again.`,
		Example: `  abtool experiment garments-smoke --out smoke
  abtool experiment garments --out garments
  abtool experiment mine.toml --out mine --json`,
		Args: exactly(1, "experiment takes one argument, a FILE or one of "+names),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.Out, "out", "", "folder `DIR` to write")
	f.StringVar(&o.data, "data", "", "folder `DIR` of Fashion-MNIST's idx files (default: the one in FILE,\nor else "+experiment.FashionMNIST+")")
	o.engine.flags(c)
	f.IntVar(&o.Jobs, "jobs", 0, "number of arms to train at the same time, with one thread each,\n0 for one per processor (the results do not depend on it)")
	f.BoolVar(&o.json, "json", false, "print the results as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	return c
}

func (o *experimentOptions) run(ctx context.Context, s streams, name string) (err error) {
	if o.Out == "" {
		return usage.Errorf("--out DIR is missing: the folder of the experiment")
	}
	plan, err := experiment.Load(name)
	if err != nil {
		return usage.Error(err)
	}
	if o.data != "" {
		if plan.Garments == nil {
			return usage.Errorf("--data is for experiments with garments: %s names its own images", name)
		}
		plan.Garments.Folder = o.data
	}
	if o.New, err = o.engine.maker(); err != nil {
		return err
	}
	o.Tool = version()
	o.Ingest = o.ingest
	o.Notice = func(text string) { ui.Note(s.err, text) }
	bar := ui.NewBar(s.err, o.quiet, ui.Count|ui.Narrow)
	if !o.quiet {
		o.Progress = func(p experiment.Progress) { report(s.err, bar, plan, p) }
	}
	r, err := experiment.Run(ctx, plan, o.Options)
	bar.Clear()
	if errors.Is(err, runs.ErrStopped) {
		return fmt.Errorf("stopped: the results so far are in %s, and the same command continues from there", o.Out)
	}
	if err != nil {
		return err
	}
	f := figures.Lambda(r)
	if err := f.Save(o.Out); err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(s.out, r)
	}
	return ui.Print(s.out, func(w io.Writer) { printExperiment(w, r, o.Out) })
}

// ingest reads the byproducts of simulated annotators into a store.
func (o *experimentOptions) ingest(ctx context.Context, byproducts, boxes, store string) error {
	sum, err := ingest.Run(ctx, ingest.Options{
		Sources: []string{byproducts}, Boxes: []string{boxes}, Out: store, Jobs: o.Jobs, Force: true, Version: o.Tool,
	})
	if err == nil && sum.Rejected() > 0 {
		err = fmt.Errorf("%d records were rejected: abtool info %s shows why", sum.Rejected(), store)
	}
	return err
}

// report shows which arms are being trained, and prints a line when one ends.
func report(w io.Writer, bar *ui.Bar, plan *experiment.Plan, p experiment.Progress) {
	bar.Set(fmt.Sprintf("%s  epoch %d/%d", p.Arm.Name(), p.Epoch, p.Epochs), int64(p.Done), int64(p.Arms))
	if p.Result == nil || p.Kept {
		return
	}
	bar.Clear()
	text := fmt.Sprintf("%d/%d  %s  %.0f s", p.Done, p.Arms, p.Arm.Name(), p.Result.Seconds)
	for _, name := range plan.Evaluations() {
		text += "  " + name + " " + ui.Percent(float64(runs.Score(p.Result.Evaluations[name])), 1)
	}
	if p.Left > 0 {
		text += fmt.Sprintf("  %s left", p.Left.Round(time.Second))
	}
	fmt.Fprintln(w, text)
}

func printExperiment(w io.Writer, r *experiment.Result, out string) {
	fmt.Fprintf(w, "%s: %s, mean and standard deviation over %d seeds\n", r.Title, r.Measure, len(r.Seeds))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  supervision\tlambda\tevaluation\tmean\tsd\tpoints on objects\n")
	for _, c := range r.Cells {
		on := ""
		if c.Localised != nil {
			on = ui.Number(float64(c.Localised.Mean), "fraction")
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", c.Name(), strconv.FormatFloat(c.Lambda, 'g', -1, 64), c.Evaluation, ui.Number(float64(c.Score.Mean), "fraction"), ui.Number(float64(c.Score.SD), "fraction"), on)
	}
	t.Flush()
	if r.Lambda != 0 {
		fmt.Fprintf(w, "\nlambda %s %s. Differences by seed at this lambda:\n", strconv.FormatFloat(r.Lambda, 'g', -1, 64), r.Choice())
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(t, "  difference\tevaluation\tmean\t95 %% interval\n")
		for _, d := range r.Differences {
			if d.Lambda != r.Lambda {
				continue
			}
			interval := "–"
			if i := d.Score.Interval; i != nil {
				interval = experiment.Signed(i.Low, 2) + " to " + experiment.Signed(i.High, 2)
			}
			fmt.Fprintf(t, "  %s − %s\t%s\t%s\t%s\n", d.Of, d.Minus, d.Evaluation, experiment.Signed(float64(d.Score.Mean), 2), interval)
		}
		t.Flush()
	}
	fmt.Fprintf(w, "\nWritten to %s: results.md, results.json, %s\n", out, filepath.Base("lambda.svg"))
}
