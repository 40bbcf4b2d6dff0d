package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"abtool/internal/synth"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

type synthOptions struct {
	synth.Options
	json, quiet bool
}

func synthCommand(s streams) *cobra.Command {
	var o synthOptions
	c := &cobra.Command{
		Use:   "synth imagenet|coco --out DIR",
		Short: "Simulate annotators, and write byproducts with their ground truth",
		Long: `Simulate annotators, and write their byproducts in the formats of the real releases, with ground
truth for abtool ingest. DIR/truth holds facts that only the simulation has: each worker's
precision and bias, where each object is, and which records were damaged.

Formats of imagenet: targz (as the release), tar, folder, jsonl, pages (as the front end sends
them), dump (of the backend). Formats of coco: json (as the release), jsonl, pages, dump. The
files depend only on the seed and the options.`,
		Example: `  abtool synth imagenet --images 20000 --out sim
  abtool synth coco --images 2000 --out simcoco --dirty 0.1
  abtool synth imagenet --images 500 --images-out sim/jpeg --boxes --out sim`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "imagenet" && args[0] != "coco" {
				return usage.Errorf("say what to simulate: imagenet, coco or evalsets")
			}
			if o.Images < 1 {
				return usage.Errorf("--images %d: give at least 1", o.Images)
			}
			if o.Out == "" {
				return usage.Errorf("--out DIR is missing: the folder to write to")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	f := c.Flags()
	f.IntVar(&o.Images, "images", 10000, "number of images")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the simulation")
	f.StringVar(&o.Out, "out", "", "folder `DIR` to write")
	f.StringVar(&o.Format, "format", "", "`FORMAT` of the byproducts (default: as in the release)")
	f.Float64Var(&o.Dirty, "dirty", 0, "share of records to damage, from 0 to 1")
	f.BoolVar(&o.Boxes, "boxes", false, "imagenet: also write ILSVRC's boxes, for abtool ingest --boxes")
	f.BoolVar(&o.AppleDouble, "appledouble", false, "imagenet: add the ._ members that macOS leaves in archives")
	f.StringVar(&o.ImagesOut, "images-out", "", "also draw the images, and write them as JPEG into folder `DIR`")
	f.IntVar(&o.Workers, "jobs", 0, "number of workers, 0 for one per processor; the files are the same")
	f.BoolVar(&o.Force, "force", false, "write into a folder that already holds files")
	f.BoolVar(&o.json, "json", false, "print what was written as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	c.AddCommand(synthSetsCommand(s))
	return c
}

func (o *synthOptions) run(ctx context.Context, s streams, set string) error {
	bar := ui.NewBar(s.err, o.quiet || o.json, ui.Images)
	o.Progress = func(done, total int) { bar.Set("simulating "+set, int64(done), int64(total)) }
	simulate := synth.ImageNet
	if set == "coco" {
		simulate = synth.COCO
	}
	res, err := simulate(ctx, o.Options)
	bar.Clear()
	if err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(s.out, res)
	}
	printSimulated(s.out, res)
	return nil
}

func printSimulated(w io.Writer, r synth.Result) {
	fmt.Fprintf(w, "%s, shown %s; %s damaged\n", ui.Quantity(r.Images, "image"), ui.Quantity(r.Showings, "time"), ui.Quantity(r.Damaged, "record"))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.Files {
		what := "record"
		if strings.HasPrefix(filepath.Base(f.Path), "instances_") {
			what = "object" // ingest counts the images and categories of this file too
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", f.Path, ui.Size(f.Bytes), ui.Quantity(f.Records, what))
	}
	t.Flush()
}
