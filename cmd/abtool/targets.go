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
	"abtool/store"
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
		Use:   "targets STORE... --out FILE",
		Short: "Derive training targets from a store: points, signals and splits",
		Long: `Derive training targets from a store: a point for each image (in COCO, for each class on an image),
chosen by one or several rules, with its weight, its annotation and annotator, and a confidence.
--signal adds other data of the annotation. --split adds splits for training and testing. --list
describes every rule, signal, table and format; docs/reference/targets.md also has the columns.

FILE's name decides the format: .parquet, .csv, or .json (COCO keypoints). --format gives it
instead; npy, webdataset and huggingface write a folder. --crops, --pairs and --classes write
other tables in place of targets.

The same store and options give the same bytes.

` + severalStores,
		Example: `  abtool targets store --out targets.parquet
  abtool targets store --set coco --rule final-add,final-position --out coco.csv
  abtool targets store --rule all --split image --shares train=0.9,val=0.1 --out targets.parquet
  abtool targets store --signal scribble,attention --format npy --out arrays
  abtool targets store --format webdataset --images train/ --out shards
  abtool targets store --set coco --crops 4 --seed 1 --out crops.parquet
  abtool targets store --exclude-tag blurry --exclude-tag bot --out targets.parquet
  abtool targets --list`,
		Args: func(cmd *cobra.Command, args []string) error { return o.check(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return o.printList(s.out)
			}
			place, err := store.List(args...)
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), s, place)
		},
	}
	o.flags(c)
	return c
}

func (o *targetsOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.list, "list", false, "describe the rules, signals, tables and formats")
	f.StringVar(&o.out, "out", "", "`FILE` or folder to write")
	f.StringVar(&o.Output.Format, "format", "", "`FORMAT`, if the name of --out does not show it:\n"+strings.Join(names(format.All(), func(f format.Format) string { return f.Name }), ", "))
	f.StringVar(&o.Set, "set", "", "data `SET`, if the store has both: imagenet or coco")
	f.StringSliceVar(&o.Rules, "rule", nil,
		"`RULES` that choose points, or all (default: the paper's rule,\nfinal-click or final-add)")
	f.StringSliceVar(&o.Signals, "signal", nil, "`SIGNALS` to add, or all:\n"+strings.Join(names(features.SignalList(), func(s features.Signal) string { return s.Name }), ", "))
	f.BoolVar(&o.All, "all", false, "also write rows without a point, with weight 0, for images that were\n"+
		"shown and for classes that an image has")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of random points, splits, fractions, crops and pairs")
	f.BoolVar(&o.GTSize, "gt-size", false,
		"COCO: compute whole pixels from the ground truth's image size where\nthe record's size is 0")
	f.StringVar(&o.SplitBy, "split", "", "make splits without leakage by `KEY`: "+
		strings.Join(features.SplitKeys, ", "))
	f.StringVar(&o.shares, "shares", "", "names and shares of the splits (default train=0.8,val=0.1,test=0.1)")
	f.BoolVar(&o.Stratify, "stratify", false, "ImageNet: take the same shares and fraction of every class")
	f.Float64Var(&o.Fraction, "fraction", 1,
		"share of the images to take, chosen by a hash of their ids; a smaller\nshare is a subset of a larger one")
	f.StringArrayVar(&o.Exclude, "exclude-tag", nil,
		"leave out what has the `TAG` of abtool explore: showings, images, and\nall showings of annotators and HITs; may be repeated")
	f.StringVar(&o.Notes, "notes", "", "`FILE` of notes with the tags (default: STORE.notes.jsonl)")
	f.IntVar(&o.Scribble, "scribble", features.DefaultScribble, "signal scribble: number of samples")
	f.IntVar(&o.Steps, "steps", features.DefaultSteps, "signal steps: number of steps")
	f.IntVar(&o.StepMS, "step-ms", features.DefaultStepMS, "signal steps: ms between steps")
	f.IntVar(&o.Path, "path", features.DefaultPath, "signal path: number of points")
	f.IntVar(&o.Grid, "grid", features.DefaultGrid, "signal attention: number of cells on each axis")
	f.Float64Var(&o.Sigma, "sigma", features.DefaultSigma,
		"signal attention: standard deviation of the Gaussians, as a fraction\nof each axis of the image")
	f.IntVar(&o.Hull, "hull", 0, "signal hull: number of last samples to use, 0 for all samples since\n"+
		"the pointer entered the image")
	f.IntVar(&o.Crops, "crops", 0, "write a table of crops instead: `N` random crops of each image, with\n"+
		"the place of the point in each")
	f.Float64Var(&o.Crop.MinScale, "min-scale", 0.08,
		"crops: smallest area, as a share of the image (0.1 in the paper's\nrecipe of COCO)")
	f.Float64Var(&o.Crop.FlipShare, "flip", 0.5, "crops: share of crops that are mirrored")
	f.IntVar(&o.Partners, "pairs", 0, "write a table of pairs instead: each image with `N` images of the "+
		"same\npage, N of the same HIT and N of the same annotator")
	f.BoolVar(&o.classes, "classes", false, "write a table of statistics of each class instead")
	f.StringVar(&o.Output.Images, "images", "",
		"webdataset: `IMAGES` to pack, found by their ids: a folder, a pattern\nor shards, as for abtool train")
	f.IntVar(&o.Output.Shard, "shard", format.DefaultShard, "webdataset: number of images in a shard")
	f.StringVar(&o.Output.Card.License, "license", "", "huggingface: licence of the data set, for its card")
	f.StringVar(&o.Output.Card.URL, "url", "", "huggingface: address at which the data set will be published")
	f.StringVar(&o.Output.Card.Creator, "creator", "", "huggingface: person or group that publishes it")
	f.StringVar(&o.Output.Card.Published, "published", "", "huggingface: date of publication, such as 2023-01-31")
	f.BoolVar(&o.Output.Force, "force", false, "replace the file or folder at --out")
	f.IntVar(&o.Jobs, "jobs", 0, "number of workers, 0 for one per processor; the files are the same")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress, no notes and no summary")
}

// names returns the names of a list's elements.
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
	case len(args) == 0:
		return usage.Errorf("targets takes a STORE, or several: got 0")
	case o.out == "":
		return usage.Errorf("--out is missing: the file or folder to write, such as targets.parquet")
	case o.Notes != "" && len(o.Exclude) == 0:
		return usage.Errorf("--notes is only for --exclude-tag, which leaves out what has a tag")
	case o.Jobs < 0:
		return usage.Errorf("--jobs %d: give 0 or more", o.Jobs)
	}
	for _, name := range []string{"scribble", "steps", "step-ms", "path", "grid", "sigma", "fraction",
		"crops", "pairs", "shard", "min-scale"} {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "0" {
			return usage.Errorf("--%s 0: give more than 0", name)
		}
	}
	return o.table(cmd)
}

// table sets the table to write, and checks the flags that belong to a table.
func (o *targetsOptions) table(cmd *cobra.Command) error {
	var chosen []string
	for _, name := range []string{"crops", "pairs", "classes"} {
		if cmd.Flags().Changed(name) && (name != "classes" || o.classes) {
			o.Table = name
			chosen = append(chosen, "--"+name)
		}
	}
	if len(chosen) > 1 {
		return usage.Errorf("%s each write a different table: give one of them", strings.Join(chosen, " and "))
	}
	if o.Table == "pairs" || o.Table == "classes" {
		for _, name := range []string{"rule", "signal", "all"} {
			if cmd.Flags().Changed(name) {
				return usage.Errorf("--%s is for targets and crops: the table of %s has no points", name, o.Table)
			}
		}
	}
	if flip := &o.Crop.FlipShare; !(*flip >= 0 && *flip <= 1) {
		return usage.Errorf("--flip %v: give a share from 0 to 1", *flip)
	} else if *flip == 0 {
		*flip = -1
	}
	return nil
}

func (o *targetsOptions) run(ctx context.Context, s streams, place string) (err error) {
	if o.shares != "" {
		if o.Shares, err = features.ParseShares(o.shares); err != nil {
			return usage.Errorf("--shares: %w", err)
		}
	}
	collectAt(targetsCollectAt)
	if !o.quiet {
		noteRepeats(s.err, place)
	}
	bar := ui.NewBar(s.err, o.quiet, 0)
	o.Progress = func(done, total int64) { bar.Set("writing", done, total) }
	sum, err := features.Write(ctx, place, o.out, o.WriteOptions)
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

// targetsCollectAt is the garbage collector's percentage. Most memory is held until the end and little is
// allocated in between, so a low percentage saves memory and costs little time.
const targetsCollectAt = 40
