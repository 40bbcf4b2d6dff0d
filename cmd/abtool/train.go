package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"abtool/features"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/reports"
	"abtool/train/arch"
	"abtool/train/data"
	"abtool/train/engine"
	runs "abtool/train/run"
)

// dataOptions say which images are read, and with which targets.
type dataOptions struct {
	images, targets       string
	valImages, valTargets string
	rule                  string
	split, valSplit       string
	holdout               float64
	partial               bool
	store                 string
}

func (o *dataOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.images, "images", "", "images: a folder (classes as its folders), a pattern, WebDataset shards (.tar), or an idx file")
	f.StringVar(&o.targets, "targets", "", "targets of abtool targets, .parquet or .csv; none: supervision none or rand")
	f.StringVar(&o.valImages, "val-images", "", "images of validation, as --images")
	f.StringVar(&o.valTargets, "val-targets", "", "their targets")
	f.StringVar(&o.rule, "rule", "", "rule of the targets, if the file has several")
	f.StringVar(&o.split, "split", "", "split of the targets to train on, if the file has splits")
	f.StringVar(&o.valSplit, "val-split", "", "split of the targets to validate on")
	f.Float64Var(&o.holdout, "holdout", 0.1, "without validation images or split: the share of images, by a hash of their ids, that is held out for it")
	f.BoolVar(&o.partial, "partial", false, "leave out targets whose image is missing")
	f.StringVar(&o.store, "truth", "", "a store whose ground truth tells whether predicted points are on their objects")
}

// sets are the images of training and of validation; val is nil for none.
func (o *dataOptions) sets(r runs.Recipe) (train, val *data.Set, err error) {
	if o.images == "" {
		return nil, nil, usage.Errorf("--images is missing: the images to train on")
	}
	set := data.SetOptions{Supervision: data.Supervision(r.Supervision), Multi: r.Multi, Rule: o.rule, Split: o.split, Seed: r.Seed, Partial: o.partial, WithTarget: r.Multi}
	images, targets, err := data.OpenBoth(o.images, o.targets)
	if err != nil {
		return nil, nil, err
	}
	if train, err = data.NewSet(images, targets, set); err != nil {
		return nil, nil, err
	}
	// Validation is measured against real targets, whatever training learned from.
	set.Classes, set.Split = train.Classes, o.valSplit
	if set.Supervision != data.None && (o.valTargets != "" || o.targets != "") {
		set.Supervision = data.LUAB
	}
	switch {
	case o.valImages != "":
		if set.Supervision == data.LUAB && o.valTargets == "" {
			set.Supervision = data.None
		}
		if val, err = data.OpenSet(o.valImages, o.valTargets, set); err != nil {
			err = fmt.Errorf("validation: %w", err)
		}
	case o.valSplit != "":
		val, err = data.NewSet(images, targets, set)
	case o.holdout > 0:
		set.Split = o.split
		if val, err = data.NewSet(images, targets, set); err == nil {
			train.Images, val.Images = held(train.Images, o.holdout, false), held(val.Images, o.holdout, true)
			if len(train.Images) == 0 || len(val.Images) == 0 {
				err = fmt.Errorf("--holdout %v leaves %d images to train on and %d to validate on", o.holdout, len(train.Images), len(val.Images))
			}
		}
	}
	return train, val, err
}

// held keeps the images that are held out, or the others: by a hash of the id, so that they are the same whatever else changes.
func held(all []data.Image, share float64, out bool) (kept []data.Image) {
	for _, im := range all {
		x, _ := features.Uniform(0, im.ID, "holdout")
		if (x < share) == out {
			kept = append(kept, im)
		}
	}
	return kept
}

type trainOptions struct {
	dataOptions
	runs.Options
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
	o.dataOptions.flags(c)
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
	name := o.recipe
	if own := filepath.Join(o.Out, "recipe.toml"); o.Resume && !cmd.Flags().Changed("recipe") {
		if _, err := os.Stat(own); err != nil {
			return r, fmt.Errorf("there is no run to continue in %s: %w", o.Out, err)
		}
		name = own
	}
	if r, err = runs.Load(name); err != nil {
		return r, usage.Error(err)
	}
	for _, text := range o.set {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return r, usage.Errorf("--set %s: give it as key=value", text)
		}
		if err := r.Set(key + " = " + value); err != nil {
			// Texts need no quotes.
			if r.Set(fmt.Sprintf("%s = %q", key, value)) != nil {
				return r, usage.Errorf("--set %s: %w", text, err)
			}
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
	if o.targets == "" && !cmd.Flags().Changed("supervision") && r.Supervision == string(data.LUAB) && !o.Resume {
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
	if o.Train, o.Val, err = o.sets(o.Recipe); err != nil {
		return err
	}
	if o.Truth, err = runs.OpenTruth(o.store, o.Val); err != nil {
		return err
	}
	o.Notice = func(text string) { ui.Note(s.err, text) }
	if o.Resume && o.Init != "" {
		o.Notice("--init is not used: a run that is resumed goes on with its own weights")
	}
	for _, text := range o.Train.Notes() {
		o.Notice(text)
	}
	if o.Val != nil && o.valImages != "" {
		for _, text := range o.Val.Notes() {
			o.Notice("validation: " + text)
		}
	}
	if o.dry {
		return o.plan(cmd.Context(), s)
	}
	o.Tool = version()
	var bar *ui.Bar
	if !o.quiet {
		bar = o.progress(s.err)
		points := 0
		for _, im := range o.Train.Images {
			points += b2i(len(im.Points) > 0)
		}
		val := 0
		if o.Val != nil {
			val = len(o.Val.Images)
		}
		fmt.Fprintf(s.err, "%s images of %d classes, %s of them with a point; %s for validation; %s on %s\n", ui.Thousands(int64(len(o.Train.Images))), len(o.Train.Classes), ui.Thousands(int64(points)), ui.Thousands(int64(val)), o.Recipe.Arch, o.engine.name)
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
	if err := drawCurves(o.Out); err != nil {
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

func printPlan(w io.Writer, p *runs.Plan, epochs int) {
	fmt.Fprintf(w, "%s\n", p.Recipe)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	row("network", "%s, %d px, %.1fM weights, on %s", p.Arch, p.Size, float64(p.Weights)/1e6, p.Engine)
	row("images", "%s, %s of them with a point; %s for validation", ui.Thousands(int64(p.Images)), ui.Thousands(int64(p.Points)), ui.Thousands(int64(p.Val)))
	row("steps", "%s of %s images; %s in each of %d epochs", ui.Thousands(int64(p.Steps)), ui.Thousands(int64(p.Batch)), ui.Thousands(int64(p.StepsEpoch)), epochs)
	round := func(d time.Duration) time.Duration {
		if d > 10*time.Second {
			return d.Round(time.Second)
		}
		return d.Round(time.Millisecond)
	}
	row("a step", "%s, mean of %d after a first of %s: %.0f img/s; %.0f %% of it waiting for images", round(p.Step), p.Measured, round(p.First), float64(p.Batch)/p.Step.Seconds(), 100*p.Waited)
	row("loader", "%.0f img/s a core", p.Loader)
	if p.Val > 0 {
		row("validation", "%s an epoch", round(p.ValidateEpoch))
	}
	row("time", "about %s", round(p.Total))
	memory := ui.Size(p.StateBytes) + " of weights and moments"
	if p.PeakBytes > 0 {
		memory += "; " + ui.Size(p.PeakBytes) + " in all after the measurement"
	}
	if p.DeviceBytes > 0 {
		memory += "; " + ui.Size(p.DeviceBytes) + " on the device"
	}
	row("memory", "%s", memory)
	t.Flush()
}

// progress shows how far training is: a bar on a terminal, else a line now and then.
func (o *trainOptions) progress(w io.Writer) *ui.Bar {
	if bar := ui.NewBar(w, false, ui.Narrow); bar != nil {
		o.Progress = func(p runs.Progress) { bar.Set(o.progressText(p), int64(p.Step), int64(p.Steps)) }
		return bar
	}
	o.LogEvery = 10 * time.Second
	o.Progress = func(p runs.Progress) {
		fmt.Fprintf(w, "%s  %s left\n", o.progressText(p), p.Left.Round(time.Second))
	}
	return nil
}

func (o *trainOptions) progressText(p runs.Progress) string {
	out := fmt.Sprintf("epoch %d/%d  %.0f img/s  loss %.3f", p.Epoch, p.Epochs, p.Images, p.Loss)
	if !math.IsNaN(p.Point) {
		out += fmt.Sprintf(" = %.3f + %.3g × %.4f", p.Class, o.Recipe.Lambda, p.Point)
	}
	return out + fmt.Sprintf("  loader %.0f img/s a core, waited %.0f %%", p.Loader, 100*p.Waited)
}

func listArchs(out io.Writer) error {
	return ui.Print(out, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "architecture\tweights\tpixels\twhat it is")
		for _, spec := range arch.List() {
			a, err := arch.New(spec.Name, arch.Options{PointOutputs: 2})
			if err != nil {
				continue
			}
			fmt.Fprintf(t, "%s\t%.1fM\t%d\t%s\n", spec.Name, float64(a.Count(false))/1e6, spec.Size, spec.About)
		}
		t.Flush()
		fmt.Fprintln(w, "\nWeights are counted for 1,000 classes, without the point head.")
	})
}

func printMetrics(w io.Writer, m *runs.Metrics) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  \tvalue\t95 %% interval\tof\n")
	row := func(name string, x *runs.Measure, unit, of string) {
		if x == nil || !x.Value.Defined() {
			return
		}
		in := ""
		if x.Interval != nil {
			in = ui.Number(x.Interval.Low, unit) + " to " + ui.Number(x.Interval.High, unit)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s %s\n", name, ui.Number(float64(x.Value), unit), in, ui.Thousands(x.N), of)
	}
	row("top-1", m.Top1, "fraction", "images")
	row("top-5", m.Top5, "fraction", "images")
	row("mAP", m.MAP, "fraction", "images")
	row("loss", &m.Loss, "", "images")
	row("class loss", &m.ClassLoss, "", "images")
	row("point loss", &m.PointLoss, "", "images with a target")
	row("point on its object", m.Localised, "fraction", "points with ground truth")
	row("target on its object", m.TargetHit, "fraction", "targets of the same")
	row("distance of the point from its target", m.Distance, "", "points, fractions of the crop")
	t.Flush()
}

// drawCurves draws what the log of a run has (the paper's figures 8 and 9).
func drawCurves(dir string) error {
	lines, err := runs.ReadLog(dir)
	if err != nil || len(lines) == 0 {
		return err
	}
	curve := func(name string, get func(runs.Line) (v, low, high float64)) reports.Series {
		s := reports.Series{Name: name}
		band := false
		for _, l := range lines {
			v, low, high := get(l)
			s.X, s.Y, s.Low, s.High = append(s.X, float64(l.Epoch)), append(s.Y, v), append(s.Low, low), append(s.High, high)
			band = band || !math.IsNaN(low)
		}
		if !band {
			s.Low, s.High = nil, nil
		}
		return s
	}
	nan := math.NaN()
	plain := func(get func(runs.Line) float64) func(runs.Line) (float64, float64, float64) {
		return func(l runs.Line) (float64, float64, float64) { return get(l), nan, nan }
	}
	val := func(get func(*runs.Metrics) *runs.Measure) func(runs.Line) (float64, float64, float64) {
		return func(l runs.Line) (float64, float64, float64) {
			if l.Val == nil {
				return nan, nan, nan
			}
			m := get(l.Val)
			switch {
			case m == nil:
				return nan, nan, nan
			case m.Interval == nil:
				return float64(m.Value), nan, nan
			}
			return float64(m.Value), m.Interval.Low, m.Interval.High
		}
	}
	accuracy, name := func(m *runs.Metrics) *runs.Measure { return m.Top1 }, "top-1 accuracy"
	if v := lines[0].Val; v != nil && v.MAP != nil {
		accuracy, name = func(m *runs.Metrics) *runs.Measure { return m.MAP }, "mAP"
	}
	titles, shares := []string{"Class loss", "Validation: " + name, "Point loss"}, []bool{false, true, false}
	series := [][]reports.Series{
		{curve("training", plain(func(l runs.Line) float64 { return float64(l.Class) })), curve("validation", val(func(m *runs.Metrics) *runs.Measure { return &m.ClassLoss }))},
		{curve("validation", val(accuracy))},
		{curve("training", plain(func(l runs.Line) float64 { return float64(l.Point) })), curve("validation", val(func(m *runs.Metrics) *runs.Measure { return &m.PointLoss }))},
	}
	if v := lines[0].Val; v != nil && v.Localised != nil {
		titles, shares = append(titles, "Validation: points on objects"), append(shares, true)
		series = append(series, []reports.Series{curve("validation", val(func(m *runs.Metrics) *runs.Measure { return m.Localised }))})
	}
	f := reports.Curves("curves", "Training by epoch", "epoch", titles, shares, series)
	return f.Save(dir)
}

type evalOptions struct {
	dataOptions
	weights       string
	engine        engineOptions
	draw, workers int
	json, quiet   bool
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
	f.StringVar(&o.images, "images", "", "images, as abtool train takes them")
	f.StringVar(&o.targets, "targets", "", "targets of abtool targets, .parquet or .csv")
	f.StringVar(&o.rule, "rule", "", "rule of the targets, if the file has several")
	f.StringVar(&o.split, "split", "", "split of the targets, if the file has splits")
	f.BoolVar(&o.partial, "partial", false, "leave out targets whose image is missing")
	f.StringVar(&o.store, "truth", "", "a store whose ground truth tells whether predicted points are on their objects")
	f.StringVar(&o.weights, "weights", "", "file of the run's weights, by name or path; best.safetensors if it is left out")
	o.engine.flags(c)
	f.IntVar(&o.draw, "draw", 0, "number of images to draw with their predicted points")
	f.IntVar(&o.workers, "jobs", 0, "threads; 0 is one a processor")
	f.BoolVar(&o.json, "json", false, "print as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "no notes")
	return c
}

func (o *evalOptions) run(ctx context.Context, s streams, dir string) error {
	if o.images == "" {
		return usage.Errorf("--images is missing: the images to evaluate on")
	}
	r, info, a, set, err := runs.Open(dir, o.weights)
	if err != nil {
		return err
	}
	supervision := data.None
	if o.targets != "" {
		supervision = data.LUAB
	}
	images, err := data.OpenSet(o.images, o.targets, data.SetOptions{Supervision: supervision, Multi: info.Multi, Rule: o.rule, Split: o.split, Classes: info.Classes, Partial: o.partial, WithTarget: info.Multi})
	if err != nil {
		return err
	}
	if !o.quiet {
		for _, text := range images.Notes() {
			ui.Note(s.err, text)
		}
	}
	truth, err := runs.OpenTruth(o.store, images)
	if err != nil {
		return err
	}
	make, err := o.engine.maker()
	if err != nil {
		return err
	}
	e, err := make(engine.Config{Arch: a, Loss: r.Loss(), Workers: o.workers})
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.SetWeights(set); err != nil {
		return err
	}
	var drawn []reports.Predicted
	how := r.Evaluation(a, o.workers)
	every := max(1, len(images.Images)/max(o.draw, 1)) // images of all classes, where they are in order
	how.Truth, how.Each = truth, func(p runs.Prediction) {
		if len(drawn) < o.draw && len(p.Points) > 0 && p.Image%every == 0 {
			if d, ok := predicted(images, p, info.Classes); ok {
				drawn = append(drawn, d)
			}
		}
	}
	m, err := runs.Evaluate(ctx, e, images, how)
	if err != nil {
		return err
	}
	if len(drawn) > 0 {
		f := reports.Predictions("predictions", drawn)
		if err := f.Save(dir); err != nil {
			return err
		}
		if !o.quiet {
			fmt.Fprintf(s.err, "note: %d images are drawn in %s\n", len(drawn), filepath.Join(dir, "predictions.svg"))
		}
	} else if o.draw > 0 {
		return fmt.Errorf("the network has no point head, so that there is no point to draw: it was trained with supervision none")
	}
	if note := m.Note(); note != "" && !o.quiet {
		ui.Note(s.err, note)
	}
	if o.json {
		return ui.PrintJSON(s.out, m)
	}
	printMetrics(s.out, m)
	return nil
}

// predicted is an image with its points, on the whole image.
func predicted(set *data.Set, p runs.Prediction, classes []string) (reports.Predicted, bool) {
	m, err := set.Picture(p.Image)
	if err != nil {
		return reports.Predicted{}, false
	}
	d := reports.Predicted{Image: m, Title: p.ID + ": " + classes[p.Best()]}
	shown := []int{0}
	if set.Multi {
		shown = set.Images[p.Image].Labels
		d.Title = p.ID
	}
	for _, k := range shown {
		x, y := p.OnImage(k)
		d.Points = append(d.Points, [2]float64{x, y})
	}
	for _, t := range set.Images[p.Image].Points {
		d.Targets = append(d.Targets, [2]float64{t.X, t.Y})
	}
	return d, true
}
