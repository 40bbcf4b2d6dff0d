package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"abtool/eval"
	"abtool/eval/removal"
	"abtool/eval/view"
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
	benchmark   benchmarkOptions
	attention   attentionOptions
	draw        int
	json, quiet bool
}

func evalCommand(s streams) *cobra.Command {
	var o evalOptions
	b := &o.benchmark
	c := &cobra.Command{
		Use:   "eval [RUN...] --images DIR | --set SET... | --from DIR",
		Short: "Evaluate networks on images, or on the benchmarks of the paper",
		Long: `Evaluate a run of abtool train on images, or any checkpoint on the benchmarks of the paper.

With --images, print each measure of a run with its interval: top-1 and top-5 accuracy, or mAP for
several labels; the losses; with --targets, the distance of predicted points from the targets; with
--truth STORE, how many predicted points lie on their objects (in a box of ImageNet, on a mask of
COCO). Nothing is written, except that --draw N draws N images with their predicted points into RUN.
Several RUNs are compared by accuracy or mAP.

With --set, evaluate networks on benchmarks, and print the columns of the paper's tables with
intervals, the number of images, the protocol of each number, and published values of the same
network. Networks are one or more RUNs, or an architecture of abtool train with weights of
torchvision, timm or DeiT (--arch, --weights). Several networks are compared with the first one,
image by image. A SET is NAME=PLACE, a PLACE whose files show which set it is, or a TOML file with
lines NAME = "PLACE". The names are:
  imagenet  validation images of ImageNet-1k; labels=FILE and ids=FILE for flat folders
  real      real.json of ImageNet-ReaL
  v2, a, r, o, sketch, c
            ImageNet-V2, -A, -R, -O, -Sketch and -C; v2-top-images and so on for several of one kind
  objectnet, si-size, si-location, si-rotation, backgrounds
            ObjectNet, SI-Score and the Backgrounds Challenge
  folder    your own images, in a folder for each class
Sets that are missing are left out and named.

--cam and --remove measure where a network looks: how well its class activation maps agree with
boxes (MaxBoxAcc, MaxBoxAccV2, top-1 localisation) or with the masks of COCO's objects (mPxAP), and
how much the score of a class depends on other objects (V_min, V_avg). With --cam, --draw N draws
maps on N images; --targets adds the clicks.

--out DIR keeps what each network answered for every image, one Parquet file for each set, and
writes the tables and a page with them. The same command continues an evaluation that was stopped.
--from DIR computes all numbers again from these files, without networks and images.`,
		Example: `  abtool eval run --images val
  abtool eval none luab --set sets.toml --out compared
  abtool eval --arch resnet50 --weights resnet50.safetensors --set imagenet=val --set real=real.json
  abtool eval --arch deit_tiny_patch16_224 --weights deit.safetensors \
    --view resize-crop:248:bicubic --set v2=imagenetv2-matched-frequency-format-val`,
		RunE: func(cmd *cobra.Command, args []string) error {
			b.network.Weights, b.Workers, b.Version = o.Weights, o.Workers, version()
			o.EvalOptions.Unreadable = b.Unreadable
			b.holesGiven = cmd.Flags().Changed("hole")
			if o.json {
				b.format = "json"
			}
			a := o.attention
			if err := o.onlyFlagsOfMode(cmd, args); err != nil {
				return err
			}
			switch {
			case a.cam != "" && a.remove != "":
				return usage.Errorf("--cam and --remove are two measurements: give one")
			case a.remove != "" && (o.Images == "" || o.Truth == ""):
				return usage.Errorf("--remove needs --images, and --truth STORE with the masks of their objects")
			case a.cam != "" && o.draw > 0 && b.out == "":
				return usage.Errorf("--draw of maps needs --out DIR, the folder that they are drawn into")
			case a.cam != "" && o.Targets != "" && o.draw == 0:
				return usage.Errorf("--targets has no effect with --cam unless maps are drawn, with --draw N")
			case (a.remove == string(removal.Given)) != (a.edited != ""):
				return usage.Errorf("--remove given needs --edited DIR with the edited images, and other fills do not")
			case len(b.sets) > 0 || len(b.from) > 0:
				if len(args) > 1 && o.Weights != "" {
					return usage.Errorf("--weights is for one RUN, and %d are given", len(args))
				}
				if a.cam != "" {
					return o.localise(cmd.Context(), s, args)
				}
				return b.run(cmd.Context(), s, args, o.engine, o.quiet)
			case (b.network.Arch != "" || o.Weights != "" && len(args) == 0) && o.Images == "":
				return usage.Errorf("--set is missing: the images to evaluate on, such as --set imagenet=ILSVRC/val")
			case (a.cam != "" || a.remove != "") && b.named(args):
				if len(args) > 1 && o.Weights != "" {
					return usage.Errorf("--weights is for one RUN, and %d are given", len(args))
				}
				return o.objects(cmd.Context(), s, args, a)
			case len(args) == 0 && o.Weights != "":
				return usage.Errorf("--images alone measures a RUN of abtool train: give one, or evaluate the weights on --set folder=%s", o.Images)
			case len(args) > 1 && o.Images != "":
				return o.compare(cmd.Context(), s, args)
			case len(args) != 1:
				return usage.Errorf("with --images, eval takes one argument, the RUN: got %d", len(args))
			}
			return o.run(cmd.Context(), s, args[0])
		},
	}
	f := c.Flags()
	f.StringVar(&o.Images, "images", "", "`IMAGES` to evaluate on, given as for abtool train")
	f.StringVar(&o.Targets, "targets", "", "`FILE` of abtool targets, .parquet or .csv")
	f.StringVar(&o.Rule, "rule", "", "rule of the targets to use, if the file has several")
	f.StringVar(&o.Split, "split", "", "split of the targets to evaluate on, if the file has splits")
	f.BoolVar(&o.Partial, "partial", false, "leave out targets whose image is missing")
	f.StringVar(&o.Truth, "truth", "", "`STORE` with ground truth, to measure how often predicted points\nare on their objects")
	f.IntVar(&o.draw, "draw", 0, "draw `N` images with their predicted points into RUN, or with --cam\nwith their maps into --out")
	f.StringArrayVar(&b.sets, "set", nil, "benchmark `SET` to evaluate on: NAME=PLACE, PLACE or a TOML file;\nmay be repeated")
	f.StringVar(&b.network.Arch, "arch", "", "`ARCH` of the network of --weights, if abtool export did not write\nit into the file")
	f.StringVar(&o.Weights, "weights", "", "`FILE` of weights: of the run, by name or path (default\nbest.safetensors), or in place of a RUN a .safetensors file")
	f.IntVar(&b.network.Size, "size", 0, "height and width of the network's input in `PIXELS` (default: as the\nweights say, or the architecture's)")
	f.StringVar(&b.network.Classes, "classes", "", "`FILE` with the name of a class on each line, in the order of the\nnetwork's outputs (default: the run's, as the weights say, or\nImageNet's 1,000)")
	f.StringVar(&b.network.View, "view", "", "`VIEW` that the weights expect (default: as they say, or\nresize-crop:256:bilinear for 224 pixels):\n"+view.Syntax)
	f.StringVar(&b.out, "out", "", "folder `DIR` for outputs, tables and the page")
	f.StringArrayVar(&b.from, "from", nil, "outputs of an earlier evaluation: the `DIR` of --out, or a file;\nmay be repeated")
	f.BoolVar(&b.Logits, "logits", false, "keep all logits, 4 bytes for each class and image")
	f.BoolVar(&b.Unreadable, "unreadable", false, "count images that cannot be read as wrong; otherwise they are an\nerror")
	f.IntSliceVar(&b.holes, "hole", nil, "side of the hole of centre occlusion in `PIXELS`, for set\nimagenet (default: half of the network's input); may be repeated")
	f.BoolVar(&b.Black, "black", false, "fill the hole with black instead of the mean colour")
	f.IntVar(&b.Foregrounds, "foregrounds", 100, "foregrounds of the Backgrounds Challenge to put on all\nbackgrounds: a sample of `N`, -1 for all, 0 for none")
	f.Uint64Var(&b.Seed, "seed", 1, "seed of the sample of foregrounds, or of the maps to draw")
	f.StringVar(&b.format, "format", "text", "`FORMAT` of the tables: "+strings.Join(tableFormats, ", "))
	f.BoolVar(&b.all, "all", false, "print the rows of groups too: corruptions, renditions, factors")
	f.StringVar(&o.attention.cam, "cam", "", "compare class activation maps with `TRUTH`: boxes of a store or of\nwsolevaluation's metadata for --set, masks of a store for --images")
	f.BoolVar(&o.attention.rollout, "rollout", false, "of a ViT: take attention rollout in place of the class's map")
	f.StringVar(&o.attention.remove, "remove", "", "measure V_min and V_avg: remove the objects of each class, with\n`FILL` harmonic, mean, blur or given")
	f.StringVar(&o.attention.edited, "edited", "", "folder `DIR` of images without the objects of a class, as\nIMAGE_CATEGORY.jpg, for --remove given")
	o.engine.flags(c)
	f.IntVar(&o.Workers, "jobs", 0, "number of threads, 0 for one per processor")
	f.BoolVar(&o.json, "json", false, "print the results as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress and no notes")
	groupFlags(c, evalFlags)
	return c
}

// evalFlags are the groups of flags in the help, by what they are for.
var evalFlags = []flagGroup{
	{"Flags for runs on images (--images)", "abtool eval run --images ILSVRC/val --targets val.parquet --truth store --draw 16",
		"images targets rule split partial truth draw"},
	{"Flags for benchmarks (--set)", "abtool eval none luab --set sets.toml --unreadable --out compared",
		"set hole black foregrounds seed logits all"},
	{"Flags for where networks look (--cam, --remove)", "abtool eval run --set imagenet=val --cam wsolevaluation/metadata/ILSVRC/test\n" +
		"  abtool eval none luab --set folder=val --cam store --draw 16 --targets val.parquet --out looked\n" +
		"  abtool eval cocorun --images val2014 --truth store --remove harmonic", "cam rollout remove edited"},
	{"Flags for answers of earlier evaluations (--from)", "abtool eval --from compared --set real=real.json --format markdown", "from"},
	{"Flags that name a network", "abtool eval --arch resnet50 --weights resnet50.safetensors --size 288 --set v2=imagenetv2",
		"weights arch size classes view"},
	{"Flags for several of these", "", "unreadable out format json engine python precision jobs quiet help"},
}

// modes has the flags that each way to use eval takes, in addition to those that all take.
var modes = []struct {
	name  string
	is    func(o *evalOptions, runs []string) bool
	flags string
}{
	{"--remove", func(o *evalOptions, _ []string) bool { return o.attention.remove != "" }, "images truth weights arch size classes view remove edited unreadable out format"},
	{"--cam with --images", func(o *evalOptions, _ []string) bool { return o.attention.cam != "" && o.Images != "" }, "images weights arch size classes view cam unreadable out format draw seed targets rule"},
	{"--cam", func(o *evalOptions, _ []string) bool { return o.attention.cam != "" }, "set weights arch size classes view cam rollout unreadable out format draw seed targets rule"},
	{"--images of several networks", func(o *evalOptions, runs []string) bool { return o.Images != "" && len(runs) > 1 }, "images targets rule split partial unreadable out format"},
	{"--images", func(o *evalOptions, _ []string) bool { return o.Images != "" }, "images targets rule split partial truth draw weights unreadable"},
	{"--from without a network", func(o *evalOptions, runs []string) bool {
		return len(o.benchmark.from) > 0 && !o.benchmark.named(runs)
	}, "from set out format all"},
	{"--set", func(*evalOptions, []string) bool { return true }, "set arch weights size classes view out from logits unreadable hole black foregrounds seed format all"},
}

// onlyFlagsOfMode returns an error for a flag that would change nothing.
func (o *evalOptions) onlyFlagsOfMode(cmd *cobra.Command, runs []string) (err error) {
	for _, m := range modes {
		if !m.is(o, runs) {
			continue
		}
		takes := strings.Fields(m.flags + " engine python precision jobs json quiet help")
		cmd.Flags().Visit(func(f *pflag.Flag) {
			if !slices.Contains(takes, f.Name) && err == nil {
				err = usage.Errorf("--%s has no effect with %s: leave it out, or see abtool eval --help for what it belongs to", f.Name, m.name)
			}
		})
		return err
	}
	return nil
}

// compared returns the networks of a table with a title, each of which occurs once.
func (o *evalOptions) compared(title string, dirs []string) (networks []eval.NetworkOptions, err error) {
	b := &o.benchmark
	if err = b.check(title); err != nil {
		return nil, err
	}
	if b.network.New, err = o.engine.maker(); err != nil {
		return nil, err
	}
	networks = b.networks(dirs)
	return networks, distinct(networks)
}

// compare compares the accuracy of several runs on the same images.
func (o *evalOptions) compare(ctx context.Context, s streams, dirs []string) (err error) {
	const title = "Accuracy on images"
	b := &o.benchmark
	networks, err := o.compared(title, dirs)
	if err != nil {
		return err
	}
	note := notes(s.err, o.quiet)
	var all [][]eval.Measurement
	for i, network := range networks {
		if o.Notice = note; i > 0 {
			o.Notice = nil // the same images
		}
		m, err := eval.Score(ctx, network, o.EvalOptions)
		if err != nil {
			return err
		}
		all = append(all, []eval.Measurement{m})
	}
	return b.show(s, eval.Table(title, version(), all), note)
}

func (o *evalOptions) run(ctx context.Context, s streams, dir string) (err error) {
	if o.Images == "" {
		return usage.Errorf("--images is missing: the images to evaluate on")
	}
	if o.New, err = o.engine.maker(); err != nil {
		return err
	}
	o.Notice = notes(s.err, o.quiet)
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
	if o.json {
		for _, text := range m.LeftOut() {
			o.Notice(text)
		}
		return ui.PrintJSON(s.out, m)
	}
	printMetrics(s.out, m)
	return nil
}
