package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/train/data"
	"abtool/train/figures"
	runs "abtool/train/run"
)

// dataFlags are those of the images and targets of training and validation.
func dataFlags(c *cobra.Command, o *data.SplitOptions) {
	f := c.Flags()
	f.StringVar(&o.Images, "images", "", "images: a folder (classes as its folders), a pattern, WebDataset shards (.tar), or an idx file")
	f.StringVar(&o.Targets, "targets", "", "targets of abtool targets, .parquet or .csv; none: supervision none or rand")
	f.StringVar(&o.ValImages, "val-images", "", "images of validation, as --images")
	f.StringVar(&o.ValTargets, "val-targets", "", "their targets")
	f.StringVar(&o.Rule, "rule", "", "rule of the targets, if the file has several")
	f.StringVar(&o.Split, "split", "", "split of the targets to train on, if the file has splits")
	f.StringVar(&o.ValSplit, "val-split", "", "split of the targets to validate on")
	f.Float64Var(&o.Holdout, "holdout", 0.1, "without validation images or split: the share of images, by a hash of their ids, that is held out for it")
	f.BoolVar(&o.Partial, "partial", false, "leave out targets whose image is missing")
}

type trainOptions struct {
	data.SplitOptions
	runs.Options
	store               string
	recipe              string
	engine              engineOptions
	dry                 bool
	set                 []string
	list, quiet, json   bool
	arch, supervision   string
	size, epochs, batch int
	lr, lambda          float64
	seed                uint64
}

func trainCommand(s streams) *cobra.Command {
	var o trainOptions
	c := &cobra.Command{
		Use:   "train --images DIR --targets FILE --out RUN",
		Short: "A classifier that also learns where people clicked",
		Long: `Train a network whose second head learns the points that annotators left ("learning using annotation
byproducts"): cross-entropy, or binary cross-entropy for several labels, + lambda × smooth-L1 on the point, where there
is one. The second head is for training alone.

--supervision none is the plain classifier, rand learns uniform random points, luab the targets: the three that
the paper compares. RUN gets the resolved recipe, log.jsonl, events for TensorBoard, curves, and checkpoints in safetensors
under torchvision's and timm's names: best, last, and every k-th. Ctrl-C saves and stops; --resume goes on, bit for bit.

Targets without --all have no rows of images that nobody clicked (COCO: of classes that nobody placed). With --split such images are left
out, and of COCO such labels are missing: make targets with --all to learn from them too. --split is needed where the targets have splits and
some are to be kept apart.

Images are a folder, of any depth, whose folders are the classes; a pattern, such as 'img/n01*'; WebDataset shards, such as
'shards/{000..127}.tar'; or an idx file. A path that exists is meant as it is. Links are followed, hidden files and folders
passed over, and other files counted. JPEG, PNG, WebP, BMP, TIFF and GIF are read, by their content. An image's id is the name of its
file without ending. As in PIL and torchvision, transparency is dropped and the orientation in EXIF is not applied.

A recipe is a small TOML file, or one that comes with abtool: ` + strings.Join(runs.Names(), ", ") + `. Flags and --set change it.`,
		Example: `  abtool targets store --out targets.parquet
  abtool train --images ILSVRC/train --targets targets.parquet --recipe small --out run
  abtool train --images ILSVRC/train --targets targets.parquet --supervision rand --lambda 10 --set clip=1 --out rand
  abtool train --images ILSVRC/train --targets targets.parquet --out run --resume
  abtool train --images ILSVRC/train --targets targets.parquet --recipe imagenet-deit --engine xla --precision bf16 --dry-run
  abtool train --list-archs`,
		Args: exactly(0, "train takes no arguments: images and targets are flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.list {
				return listArchs(s.out)
			}
			return o.run(cmd, s)
		},
	}
	f := c.Flags()
	dataFlags(c, &o.SplitOptions)
	f.StringVar(&o.store, "truth", "", "a store whose ground truth tells whether predicted points are on their objects")
	f.StringVar(&o.Out, "out", "", "folder of the run")
	f.StringVar(&o.recipe, "recipe", "small", "recipe: a file, or "+strings.Join(runs.Names(), ", "))
	f.StringArrayVar(&o.set, "set", nil, "change a key of the recipe, as weight_decay=0.05; can be given several times")
	f.StringVar(&o.arch, "arch", "", "architecture (recipe: arch)")
	f.StringVar(&o.supervision, "supervision", "", "none, rand or luab (recipe: supervision)")
	f.IntVar(&o.size, "size", 0, "pixels (recipe: size)")
	f.IntVar(&o.epochs, "epochs", 0, "epochs (recipe: epochs)")
	f.IntVar(&o.batch, "batch", 0, "images a step (recipe: batch)")
	f.Float64Var(&o.lr, "lr", 0, "learning rate (recipe: lr)")
	f.Float64Var(&o.lambda, "lambda", 0, "weight of the point loss (recipe: lambda)")
	f.Uint64Var(&o.seed, "seed", 0, "seed (recipe: seed)")
	f.BoolVar(&o.dry, "dry-run", false, "print the resolved recipe, the steps, and the time and memory that a few of them tell; write nothing")
	f.BoolVar(&o.Resume, "resume", false, "go on with the run in --out")
	f.StringVar(&o.Init, "init", "", "weights to begin with, .safetensors; what does not fit is left out and named")
	o.engine.flags(c)
	f.IntVar(&o.engine.devices, "devices", 0, "devices of xla that share a batch; 0 is all")
	f.IntVar(&o.Workers, "jobs", 0, "threads; 0 is one a processor")
	f.BoolVar(&o.list, "list-archs", false, "list the architectures with their sizes")
	f.BoolVar(&o.json, "json", false, "print the last metrics as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "no progress")
	return c
}

// resolve is the recipe with what flags change. A run that is continued has its own.
func (o *trainOptions) resolve(cmd *cobra.Command) (r runs.Recipe, err error) {
	if o.Resume && !cmd.Flags().Changed("recipe") {
		r, err = runs.LoadOwn(o.Out)
	} else if r, err = runs.Load(o.recipe); err != nil {
		err = usage.Error(err)
	}
	if err != nil {
		return r, err
	}
	for _, text := range o.set {
		if err := r.Change(text); err != nil {
			return r, usage.Errorf("--set %s: %w", text, err)
		}
	}
	for flag, set := range map[string]func(){
		"arch": func() { r.Arch = o.arch }, "supervision": func() { r.Supervision = o.supervision }, "size": func() { r.Size = o.size }, "epochs": func() { r.Epochs = o.epochs },
		"batch": func() { r.Batch = o.batch }, "lr": func() { r.LR = o.lr }, "lambda": func() { r.Lambda = o.lambda }, "seed": func() { r.Seed = o.seed },
	} {
		if cmd.Flags().Changed(flag) {
			set()
		}
	}
	if o.Targets == "" && !cmd.Flags().Changed("supervision") && r.Supervision == string(data.LUAB) && !o.Resume {
		return r, usage.Errorf("--targets is missing: abtool targets makes them; without, give --supervision none or rand")
	}
	if err := r.Check(); err != nil {
		return r, usage.Error(err)
	}
	return r, nil
}

func (o *trainOptions) run(cmd *cobra.Command, s streams) (err error) {
	if o.Out == "" && !o.dry {
		return usage.Errorf("--out RUN is missing: the folder of the run")
	}
	if o.Recipe, err = o.resolve(cmd); err != nil {
		return err
	}
	if o.New, err = o.engine.maker(); err != nil {
		return err
	}
	if o.Images == "" {
		return usage.Errorf("--images is missing: the images to train on")
	}
	o.Supervision, o.Multi, o.Seed = data.Supervision(o.Recipe.Supervision), o.Recipe.Multi, o.Recipe.Seed
	if o.Train, o.Val, err = data.OpenSplit(o.SplitOptions); err != nil {
		return err
	}
	if o.Truth, err = runs.OpenTruth(o.store, o.Val); err != nil {
		return err
	}
	o.Notice = func(text string) { ui.Note(s.err, text) }
	if o.Resume && o.Init != "" {
		o.Notice("--init is not used: a run that is resumed goes on with its own weights")
	}
	for _, text := range o.Notes(o.Train, o.Val) {
		o.Notice(text)
	}
	if o.dry {
		return o.plan(cmd.Context(), s)
	}
	o.Tool = version()
	var bar *ui.Bar
	if !o.quiet {
		bar = o.progress(s.err)
		printSets(s.err, o.Train, o.Val)
		fmt.Fprintf(s.err, "; %s on %s\n", o.Recipe.Arch, o.engine.name)
	}
	m, err := runs.Train(cmd.Context(), o.Options)
	bar.Clear()
	if errors.Is(err, runs.ErrStopped) {
		fmt.Fprintf(s.err, "%s: saved in %s\n", err, o.Out)
		return context.Canceled
	}
	if err != nil {
		return err
	}
	if err := figures.Curves(o.Out); err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(s.out, m)
	}
	fmt.Fprintf(s.out, "Written to %s: best.safetensors, last.safetensors, log.jsonl, curves.svg\n", o.Out)
	if m != nil {
		fmt.Fprintln(s.out, "After the last epoch:")
		printMetrics(s.out, m)
	}
	return nil
}

// plan prints what the run would be.
func (o *trainOptions) plan(ctx context.Context, s streams) error {
	p, err := runs.MakePlan(ctx, o.Options)
	if err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(s.out, p)
	}
	return ui.Print(s.out, func(w io.Writer) { printPlan(w, p, o.Recipe.Epochs) })
}
