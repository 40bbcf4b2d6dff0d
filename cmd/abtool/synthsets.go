package main

import (
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"abtool/internal/synth/evalsets"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

func synthSetsCommand(s streams) *cobra.Command {
	var o evalsets.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "evalsets --out DIR",
		Short: "Write small image sets in the layouts of the benchmarks",
		Long: `Write small image sets in the layouts of the benchmarks that networks are evaluated on: ImageNet's
validation images in folders and in one folder, V2, A, R, O, Sketch, C, ObjectNet, SI-Score and the
Backgrounds Challenge, and labels of ReaL. They have the traps of the real sets: folders that are
numbers, names that repeat in folders, labels in another order, red borders.

An image has one colour, which stands for a class. DIR/answers.json says how often a network that
names colours is right. DIR/sets.toml lists the sets. The files depend only on the seed and the
options.`,
		Example: `  abtool synth evalsets --out sets
  abtool synth evalsets --images 3 --damaged --out sets`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage.Errorf("%s: synth evalsets has no arguments, only options", args[0])
			}
			if o.Images < 1 {
				return usage.Errorf("--images %d: give at least 1", o.Images)
			}
			if o.Size < evalsets.MinSize {
				return usage.Errorf("--size %d: give at least %d", o.Size, evalsets.MinSize)
			}
			if o.Out == "" {
				return usage.Errorf("--out DIR is missing: the folder to write to")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			res, err := evalsets.Write(o)
			if err != nil {
				return err
			}
			if asJSON {
				return ui.PrintJSON(s.out, res)
			}
			fmt.Fprintf(s.out, "%s, %s, in %s\n", ui.Quantity(res.Files, "file"), ui.Size(res.Bytes), o.Out)
			t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			for _, a := range res.Sets {
				fmt.Fprintf(t, "  %s\t%s\t%s\n", a.Set, filepath.FromSlash(a.Place), ui.Quantity(a.Images, "image"))
			}
			return t.Flush()
		},
	}
	f := c.Flags()
	f.IntVar(&o.Images, "images", 1, "number of images of each class")
	f.IntVar(&o.Size, "size", evalsets.DefaultSize, "pixels of the network's input, for which images are made")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the images")
	f.StringVar(&o.Out, "out", "", "folder `DIR` to write")
	f.BoolVar(&o.Damaged, "damaged", false, "also write files that cannot be read, into the sets imagenet and v2")
	f.BoolVar(&o.Force, "force", false, "write into a folder that already holds files")
	f.BoolVar(&asJSON, "json", false, "print what was written as JSON")
	return c
}
