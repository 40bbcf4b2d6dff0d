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

// dataFlags adds the flags for the images and targets of training and validation.
func dataFlags(c *cobra.Command, o *data.SplitOptions) {
	f := c.Flags()
	f.StringVar(&o.Images, "images", "", "`IMAGES` to train on: a folder with a sub-folder for each class, a\npattern, WebDataset shards (.tar), or an idx file")
	f.StringVar(&o.Targets, "targets", "", "`FILE` of abtool targets, .parquet or .csv; needed for supervision luab")
	f.StringVar(&o.ValImages, "val-images", "", "`IMAGES` for validation, given like --images")
	f.StringVar(&o.ValTargets, "val-targets", "", "`FILE` of targets of the validation images")
	f.StringVar(&o.Rule, "rule", "", "rule of the targets to use, if the file has several")
	f.StringVar(&o.Split, "split", "", "split of the targets to train on, if the file has splits")
	f.StringVar(&o.ValSplit, "val-split", "", "split of the targets to validate on")
	f.Float64Var(&o.Holdout, "holdout", 0.1, "share of the images to hold out for validation, chosen by a hash\nof ids, if neither --val-images nor --val-split is given")
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
		Short: "Train a classifier that also learns where annotators clicked",
		Long: `Train a classifier with a second head that learns the points that annotators left ("learning using
annotation byproducts"). The loss is cross-entropy, or binary cross-entropy for several labels,
plus lambda × smooth-L1 on the point of images that have one. The second head serves training only.

--supervision selects one of the paper's three cases: none is the plain classifier, rand learns
uniform random points, luab learns the targets. abtool targets writes targets.

RUN gets the complete recipe, log.jsonl, events for TensorBoard, curves, and checkpoints: the best,
the last, and every k-th, in safetensors with the names of torchvision and timm. times.jsonl says
how long each epoch took, and for which share of it training waited for images. Ctrl-C saves the
run and stops; --resume continues it, with the same results to the bit.

IMAGES are a folder of any depth whose folders are the classes; a pattern, such as 'img/n01*';
WebDataset shards, such as 'shards/{000..127}.tar'; or an idx file. A path that exists is taken
literally. Links are followed, hidden files and folders are skipped, and other files are counted.
The formats are JPEG, PNG, WebP, BMP, TIFF and GIF, recognised by content. An image's id is the
name of its file without the extension. As in PIL and torchvision, transparency is dropped and
EXIF orientation is not applied.

Without --all, abtool targets writes no rows for images that nobody clicked (COCO: for classes that
nobody placed). --split then leaves such images out, and in COCO such labels are missing: make the
targets with --all to train on them too. Give --split when the targets have splits of which some
must not be trained on.

A recipe is a small TOML file, or one of those that come with abtool:
` + strings.Join(runs.Names(), ", ") + `.
The flags that name a key below, and --set, change the recipe.`,
		Example: `  abtool targets store --out targets.parquet
  abtool train --images ILSVRC/train --targets targets.parquet --recipe small --out run
  abtool train --images ILSVRC/train --targets targets.parquet --supervision rand --lambda 10 \
    --set clip=1 --out rand
  abtool train --images ILSVRC/train --targets targets.parquet --out run --resume
  abtool train --images ILSVRC/train --targets targets.parquet --recipe imagenet-deit \
    --engine xla --precision bf16 --dry-run
  abtool train --list-archs`,
		Args: exactly(0, "train takes no arguments, but --images and --targets"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.list {
				return listArchs(s.out)
			}
			return o.run(cmd, s)
		},
	}
	f := c.Flags()
	dataFlags(c, &o.SplitOptions)
	f.StringVar(&o.store, "truth", "", "`STORE` with ground truth, to measure how often predicted points\nare on their objects")
	f.StringVar(&o.Out, "out", "", "folder `RUN` to write")
	f.StringVar(&o.recipe, "recipe", "small", "`RECIPE`: a file, or one that comes with abtool")
	f.StringArrayVar(&o.set, "set", nil, "change the recipe: `KEY=VALUE`, such as weight_decay=0.05; may be\nrepeated")
	f.StringVar(&o.arch, "arch", "", "architecture (key arch)")
	f.StringVar(&o.supervision, "supervision", "", "none, rand or luab (key supervision)")
	f.IntVar(&o.size, "size", 0, "width and height of the input in pixels (key size)")
	f.IntVar(&o.epochs, "epochs", 0, "number of epochs (key epochs)")
	f.IntVar(&o.batch, "batch", 0, "number of images in a step (key batch)")
	f.Float64Var(&o.lr, "lr", 0, "learning rate (key lr)")
	f.Float64Var(&o.lambda, "lambda", 0, "weight of the point loss (key lambda)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of everything that is random in the run (key seed)")
	f.BoolVar(&o.dry, "dry-run", false, "measure a few steps, print the complete recipe, the number of steps,\nand the time and memory to expect; write nothing")
	f.BoolVar(&o.Resume, "resume", false, "continue the run in --out")
	f.StringVar(&o.Init, "init", "", "`FILE` of initial weights, .safetensors; weights that do not fit are\nlisted and left out")
	o.engine.flags(c)
	f.IntVar(&o.engine.devices, "devices", 0, "xla: number of devices that share a batch, 0 for all")
	f.IntVar(&o.Workers, "jobs", 0, "number of threads, 0 for one per processor; results for\nanother number of threads differ in the last digits")
	f.BoolVar(&o.list, "list-archs", false, "list the architectures with their sizes")
	f.BoolVar(&o.json, "json", false, "print the last metrics as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	return c
}

// resolve returns the recipe as changed by the flags. A resumed run has its own recipe.
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
		return r, usage.Errorf("--targets is missing: give a file that abtool targets wrote, or --supervision none or rand")
	}
	if err := r.Check(); err != nil {
		return r, usage.Error(err)
	}
	return r, nil
}

func (o *trainOptions) run(cmd *cobra.Command, s streams) (err error) {
	if o.Out == "" && !o.dry {
		return usage.Errorf("--out RUN is missing: the folder to write the run to")
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
		o.Notice("--init is ignored: a resumed run continues with its own weights")
	}
	for _, text := range o.Notes(o.Train, o.Val) {
		o.Notice(text)
	}
	if o.dry {
		return o.plan(cmd.Context(), s)
	}
	o.Tool = version()
	defer context.AfterFunc(cmd.Context(), func() {
		fmt.Fprintln(s.err, "stopping after this step; Ctrl-C again ends the program at once")
	})()
	var bar *ui.Bar
	if !o.quiet {
		bar = o.progress(s.err)
		printSets(s.err, o.Train, o.Val)
		fmt.Fprintf(s.err, "; %s on %s\n", o.Recipe.Arch, o.engine.name)
	}
	m, err := runs.Train(cmd.Context(), o.Options)
	bar.Clear()
	if errors.Is(err, runs.ErrStopped) {
		return fmt.Errorf("%w: saved in %s", err, o.Out)
	}
	if err != nil {
		return err
	}
	if err := figures.Curves(o.Out); err != nil {
		return err
	}
	if times, err := runs.ReadTimes(o.Out); err == nil && !o.quiet {
		printTimes(s.err, times)
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

// plan measures the run and prints what to expect of it.
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
