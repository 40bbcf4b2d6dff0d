package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/reports"
	"abtool/train/data"
	"abtool/train/figures"
	runs "abtool/train/run"
)

type evalOptions struct {
	runs.EvalOptions
	engine      engineOptions
	draw        int
	json, quiet bool
}

func evalCommand(s streams) *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "eval RUN --images DIR",
		Short: "Evaluate a trained network on other images",
		Long: `Evaluate a run of abtool train on images, and print each measure with its interval: top-1 and top-5
accuracy, or mAP for several labels; the losses; with --targets, the distance of predicted points
from the targets; with --truth STORE, how many predicted points lie on their objects (in a box of
ImageNet, on a mask of COCO).

Nothing is written, except that --draw N draws N images with their predicted points into RUN.`,
		Example: `  abtool eval run --images val
  abtool eval run --images ILSVRC/val --targets val.parquet --truth store --draw 16
  abtool eval run --images val --weights last.safetensors --json`,
		Args: exactly(1, "eval takes one argument, the RUN"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.Images, "images", "", "`IMAGES` to evaluate on, given as for abtool train")
	f.StringVar(&o.Targets, "targets", "", "`FILE` of abtool targets, .parquet or .csv")
	f.StringVar(&o.Rule, "rule", "", "rule of the targets to use, if the file has several")
	f.StringVar(&o.Split, "split", "", "split of the targets to evaluate on, if the file has splits")
	f.BoolVar(&o.Partial, "partial", false, "leave out targets whose image is missing")
	f.StringVar(&o.Truth, "truth", "", "`STORE` with ground truth, to measure how often predicted points\nare on their objects")
	f.StringVar(&o.Weights, "weights", "", "`FILE` of the run's weights, by name or path (default\nbest.safetensors)")
	o.engine.flags(c)
	f.IntVar(&o.draw, "draw", 0, "draw `N` images with their predicted points into RUN")
	f.IntVar(&o.Workers, "jobs", 0, "number of threads, 0 for one per processor; another number\ncan change the last digits of the results")
	f.BoolVar(&o.json, "json", false, "print the results as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "show no notes")
	return c
}

func (o *evalOptions) run(ctx context.Context, s streams, dir string) (err error) {
	if o.Images == "" {
		return usage.Errorf("--images is missing: the images to evaluate on")
	}
	if o.New, err = o.engine.maker(); err != nil {
		return err
	}
	o.Notice = func(text string) {
		if !o.quiet {
			ui.Note(s.err, text)
		}
	}
	var drawn []reports.Predicted
	o.Each = func(images *data.Set, p runs.Prediction) {
		every := max(1, len(images.Images)/max(o.draw, 1)) // so that images of all classes are drawn when classes follow one another
		if len(drawn) < o.draw && len(p.Points) > 0 && p.Image%every == 0 {
			if d, ok := figures.Predicted(images, p); ok {
				drawn = append(drawn, d)
			}
		}
	}
	m, err := runs.Eval(ctx, dir, o.EvalOptions)
	if err != nil {
		return err
	}
	if len(drawn) > 0 {
		f := reports.Predictions("predictions", drawn)
		if err := f.Save(dir); err != nil {
			return err
		}
		o.Notice(fmt.Sprintf("%d images were drawn: %s", len(drawn), filepath.Join(dir, "predictions.svg")))
	} else if o.draw > 0 {
		return fmt.Errorf("--draw needs predicted points, and this network has no point head: it was trained with supervision none")
	}
	if note := m.Note(); note != "" {
		o.Notice(note)
	}
	if o.json {
		return ui.PrintJSON(s.out, m)
	}
	printMetrics(s.out, m)
	return nil
}
