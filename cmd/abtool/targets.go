package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"abtool/features"
	"abtool/features/format"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

type targetsOptions struct {
	features.WriteOptions
	out                        string
	shares                     string
	classes, list, json, quiet bool
}

func targetsCommand(s streams) *cobra.Command {
	var o targetsOptions
	c := &cobra.Command{
		Use:   "targets STORE --out FILE",
		Short: "What a model learns from: points, signals, splits, in files that people train from",
		Long: `Derive regression targets from a store: a point for each image (COCO: image and class) by one or several rules, with
its weight, the annotation and annotator that it comes from, and a confidence. --signal adds what else the annotation
carries. --list explains every rule, signal, table and format; docs/reference/targets.md tells all of it with the columns.

The format is told by the name: .parquet, .csv, .json (COCO keypoints); or by --format: npy, webdataset and huggingface
are folders. --crops, --pairs and --classes write other tables instead of targets.

What is written depends on the store and the options alone, to the byte.`,
		Example: `  abtool targets store --out targets.parquet
  abtool targets store --set coco --rule final-add,final-position --out coco.csv
  abtool targets store --rule all --split image --shares train=0.9,val=0.1 --out targets.parquet
  abtool targets store --signal scribble,attention --format npy --out arrays
  abtool targets store --format webdataset --images train/ --out shards
  abtool targets store --set coco --crops 4 --seed 1 --out crops.parquet
  abtool targets --list`,
		Args: func(cmd *cobra.Command, args []string) error { return o.check(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return o.printList(s.out)
			}
			return o.run(cmd.Context(), s, args[0])
		},
	}
	o.flags(c)
	return c
}

func (o *targetsOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.list, "list", false, "explain the rules, signals, tables and formats")
	f.StringVar(&o.out, "out", "", "the file or folder to write")
	f.StringVar(&o.Output.Format, "format", "", "format, if the name does not tell it: "+strings.Join(names(format.All(), func(f format.Format) string { return f.Name }), ", "))
	f.StringVar(&o.Set, "set", "", "data set, if the store has both: imagenet or coco")
	f.StringSliceVar(&o.Rules, "rule", nil, "rules, or all (default: the paper's, final-click or final-add)")
	f.StringSliceVar(&o.Signals, "signal", nil, "signals to add, or all: "+strings.Join(names(features.SignalList(), func(s features.Signal) string { return s.Name }), ", "))
	f.BoolVar(&o.All, "all", false, "also rows without a point, of weight 0: images that were shown, classes that an image has")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of random points, splits, fractions, crops and pairs")
	f.BoolVar(&o.GTSize, "gt-size", false, "COCO: whole pixels by the ground truth's size where the record's is 0")
	f.StringVar(&o.SplitBy, "split", "", "make splits without leakage, by "+strings.Join(features.SplitKeys, ", "))
	f.StringVar(&o.shares, "shares", "", "shares of the splits (default train=0.8,val=0.1,test=0.1)")
	f.BoolVar(&o.Stratify, "stratify", false, "ImageNet: the same shares and fraction within every class")
	f.Float64Var(&o.Fraction, "fraction", 1, "share of the images, by a hash: a smaller one is a part of a larger one")
	f.IntVar(&o.Scribble, "scribble", features.DefaultScribble, "signal scribble: samples")
	f.IntVar(&o.Steps, "steps", features.DefaultSteps, "signal steps: number of steps")
	f.IntVar(&o.StepMS, "step-ms", features.DefaultStepMS, "signal steps: ms between them")
	f.IntVar(&o.Path, "path", features.DefaultPath, "signal path: points")
	f.IntVar(&o.Grid, "grid", features.DefaultGrid, "signal attention: cells of each axis")
	f.Float64Var(&o.Sigma, "sigma", features.DefaultSigma, "signal attention: of the Gaussians, in fractions of each axis of the image")
	f.IntVar(&o.Hull, "hull", 0, "signal hull: the last so many samples; 0: all since entering")
	f.IntVar(&o.Crops, "crops", 0, "write a table of so many random crops of each image, with where the points are in them")
	f.Float64Var(&o.Crop.MinScale, "min-scale", 0.08, "crops: least share of the image's area (the paper's COCO recipe has 0.1)")
	f.Float64Var(&o.Crop.FlipShare, "flip", 0.5, "crops: share that is mirrored")
	f.IntVar(&o.Partners, "pairs", 0, "write a table of so many other images of the same page, HIT and annotator for each image")
	f.BoolVar(&o.classes, "classes", false, "write a table of statistics by class")
	f.StringVar(&o.Output.Images, "images", "", "webdataset: the images, as abtool train takes them: a folder, a pattern or shards; found by their ids")
	f.IntVar(&o.Output.Shard, "shard", format.DefaultShard, "webdataset: images of a shard")
	f.StringVar(&o.Output.Card.License, "license", "", "huggingface: licence to name in the card")
	f.StringVar(&o.Output.Card.URL, "url", "", "huggingface: where the data set will be")
	f.StringVar(&o.Output.Card.Creator, "creator", "", "huggingface: who publishes it")
	f.StringVar(&o.Output.Card.Published, "published", "", "huggingface: when, as 2023-01-31")
	f.BoolVar(&o.Output.Force, "force", false, "replace what is at --out")
	f.IntVar(&o.Jobs, "jobs", 0, "workers; 0 is one a processor (the bytes are the same for any number)")
	f.BoolVar(&o.json, "json", false, "print the account as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "no progress, no account")
}

// names are the names of things.
func names[T any](list []T, name func(T) string) (out []string) {
	for _, x := range list {
		out = append(out, name(x))
	}
	return out
}

func (o *targetsOptions) check(cmd *cobra.Command, args []string) error {
	if o.list {
		return nil
	}
	switch {
	case len(args) != 1:
		return usage.Errorf("the store to derive targets from: %d arguments given, 1 wanted", len(args))
	case o.out == "":
		return usage.Errorf("--out is missing: the file or folder to write, such as targets.parquet")
	case o.Jobs < 0:
		return usage.Errorf("--jobs %d: it is 0 or more", o.Jobs)
	}
	for _, name := range []string{"scribble", "steps", "step-ms", "path", "grid", "sigma", "fraction", "crops", "pairs", "shard", "min-scale"} {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "0" {
			return usage.Errorf("--%s 0: it is more than 0", name)
		}
	}
	return o.table(cmd)
}

// table says which table is meant.
func (o *targetsOptions) table(cmd *cobra.Command) error {
	var chosen []string
	for _, name := range []string{"crops", "pairs", "classes"} {
		if cmd.Flags().Changed(name) && (name != "classes" || o.classes) {
			o.Table = name
			chosen = append(chosen, "--"+name)
		}
	}
	if len(chosen) > 1 {
		return usage.Errorf("%s: each writes a table of its own, give one of them", strings.Join(chosen, " and "))
	}
	if o.Table == "pairs" || o.Table == "classes" {
		for _, name := range []string{"rule", "signal", "all"} {
			if cmd.Flags().Changed(name) {
				return usage.Errorf("--%s is of targets and crops: a table of %s has no points", name, o.Table)
			}
		}
	}
	if flip := &o.Crop.FlipShare; !(*flip >= 0 && *flip <= 1) {
		return usage.Errorf("--flip %v: it is a share, 0 to 1", *flip)
	} else if *flip == 0 {
		*flip = -1
	}
	return nil
}

func (o *targetsOptions) run(ctx context.Context, s streams, store string) (err error) {
	if o.shares != "" {
		if o.Shares, err = features.ParseShares(o.shares); err != nil {
			return usage.Errorf("--shares: %w", err)
		}
	}
	collectAt(targetsCollectAt)
	bar := ui.NewBar(s.err, o.quiet, 0)
	o.Progress = func(done, total int64) { bar.Set("writing", done, total) }
	sum, err := features.Write(ctx, store, o.out, o.WriteOptions)
	bar.Clear()
	if err != nil {
		return err
	}
	if !o.quiet {
		for _, text := range sum.Notes {
			ui.Note(s.err, text)
		}
	}
	switch {
	case o.json:
		return ui.PrintJSON(s.out, sum)
	case o.quiet:
		return nil
	}
	return ui.Print(s.out, func(w io.Writer) { printTargets(w, sum) })
}

// targetsCollectAt is the garbage collector's percentage: what is held is held till the end, and little else is allocated.
const targetsCollectAt = 40
