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
		Short: "What a trained network does on other images",
		Long: `Evaluate a run: top-1 and top-5 accuracy, or mAP for several labels; the losses; with --targets how far predicted points are
from them, and with --truth STORE how many lie on their objects (boxes of ImageNet, masks of COCO). Each with its interval.
--draw N draws N images with their predicted points into RUN.`,
		Example: `  abtool eval run --images val
  abtool eval run --images ILSVRC/val --targets val.parquet --truth store --draw 16
  abtool eval run --images val --weights last.safetensors --json`,
		Args: exactly(1, "the run to evaluate"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.Images, "images", "", "images, as abtool train takes them")
	f.StringVar(&o.Targets, "targets", "", "targets of abtool targets, .parquet or .csv")
	f.StringVar(&o.Rule, "rule", "", "rule of the targets, if the file has several")
	f.StringVar(&o.Split, "split", "", "split of the targets, if the file has splits")
	f.BoolVar(&o.Partial, "partial", false, "leave out targets whose image is missing")
	f.StringVar(&o.Truth, "truth", "", "a store whose ground truth tells whether predicted points are on their objects")
	f.StringVar(&o.Weights, "weights", "", "file of the run's weights, by name or path; best.safetensors if it is left out")
	o.engine.flags(c)
	f.IntVar(&o.draw, "draw", 0, "number of images to draw with their predicted points")
	f.IntVar(&o.Workers, "jobs", 0, "threads; 0 is one a processor")
	f.BoolVar(&o.json, "json", false, "print as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "no notes")
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
		every := max(1, len(images.Images)/max(o.draw, 1)) // images of all classes, where they are in order
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
		o.Notice(fmt.Sprintf("%d images are drawn in %s", len(drawn), filepath.Join(dir, "predictions.svg")))
	} else if o.draw > 0 {
		return fmt.Errorf("the network has no point head, so that there is no point to draw: it was trained with supervision none")
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
