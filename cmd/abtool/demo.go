package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"abtool/ingest"
	"abtool/internal/synth"
)

type demoOptions struct {
	out            string
	seed           uint64
	imagenet, coco int
	force          bool
}

func demoCommand(s streams) *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show ingest, sql, stats, targets and report on simulated data",
		Long: `Simulate a small ImageNet-AB and COCO-AB in which one record in a hundred is damaged, ingest them
into a store, query it, compute some of the paper's statistics, derive targets, and write a report.
Before each step the command that does the same is printed.

The demo does not train a network, because that takes minutes: README.md has the commands for it.`,
		Example: "  abtool demo\n  abtool demo --out /tmp/demo --imagenet 20000",
		Args:    exactly(0, "demo takes no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), s) },
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "abtool-demo", "folder `DIR` to write")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the simulation")
	f.IntVar(&o.imagenet, "imagenet", 5000, "number of ImageNet images")
	f.IntVar(&o.coco, "coco", 500, "number of COCO images")
	f.BoolVar(&o.force, "force", false, "replace an earlier demo in --out")
	return c
}

func (o demoOptions) run(ctx context.Context, s streams) error {
	if err := o.checkRoom(); err != nil {
		return err
	}
	in, co, store := filepath.Join(o.out, "imagenet"), filepath.Join(o.out, "coco"), filepath.Join(o.out, "store")
	const dirty = 0.01
	for _, x := range []struct {
		set, dir string
		n        int
		simulate func(context.Context, synth.Options) (synth.Result, error)
		more     string
	}{
		{"imagenet", in, o.imagenet, synth.ImageNet, " --boxes"},
		{"coco", co, o.coco, synth.COCO, ""},
	} {
		fmt.Fprintf(s.out, "$ abtool synth %s --images %d --seed %d --dirty %v%s --out %s\n", x.set, x.n,
			o.seed, dirty, x.more, x.dir)
		r, err := x.simulate(ctx, synth.Options{Images: x.n, Seed: o.seed, Dirty: dirty, Boxes: x.more != "",
			Out: x.dir, Force: o.force})
		if err != nil {
			return err
		}
		printSimulated(s.out, r)
		fmt.Fprintln(s.out)
	}
	opt := ingest.Options{
		Sources:   []string{filepath.Join(in, "imagenet_ab.tar.gz"), filepath.Join(co, "coco_ab.json")},
		Boxes:     []string{filepath.Join(in, "boxes.tar.gz")},
		Instances: []string{filepath.Join(co, "instances_train2014.json")},
		Out:       store, Force: o.force, Version: version(),
	}
	fmt.Fprintf(s.out, "$ abtool ingest %s %s --boxes %s --instances %s --out %s\n",
		opt.Sources[0], opt.Sources[1], opt.Boxes[0], opt.Instances[0], store)
	sum, err := ingest.Run(ctx, opt)
	if sum != nil {
		if e := printAccount(s.out, sum, false, store, err); err == nil {
			err = e
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n$ abtool sql %s %q\n", store, demoQuery)
	ask := sqlCommand(s)
	ask.SetArgs([]string{store, demoQuery, "--mode", "box"})
	if err := ask.ExecuteContext(ctx); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n$ abtool stats %s %s\n", store, strings.Join(demoStatistics, " "))
	compute := statsCommand(s)
	compute.SetArgs(append([]string{store}, demoStatistics...))
	if err := compute.ExecuteContext(ctx); err != nil {
		return err
	}
	for _, last := range []struct {
		name    string
		command func(streams) *cobra.Command
		args    []string
	}{
		{"targets", targetsCommand, []string{store, "--set", "imagenet", "--rule", "all", "--split", "image",
			"--out", filepath.Join(o.out, "targets.parquet")}},
		{"report", reportCommand, []string{store, "--out", filepath.Join(o.out, "report")}},
	} {
		if o.force {
			last.args = append(last.args, "--force")
		}
		fmt.Fprintf(s.out, "$ abtool %s %s\n", last.name, strings.Join(last.args, " "))
		c := last.command(s)
		c.SetArgs(last.args)
		if err := c.ExecuteContext(ctx); err != nil {
			return err
		}
		fmt.Fprintln(s.out)
	}
	fmt.Fprintf(s.out, "To go on:\n  abtool explore %s   shows images, clicks and paths of the pointer in a browser\n"+
		"  abtool collect demo%s   serves a study in which you annotate yourself\n", store, strings.Repeat(" ", max(0, len(store)-5)))
	return nil
}

// checkRoom returns an error if --out has anything but an earlier demo that may be replaced.
func (o demoOptions) checkRoom() error {
	list, err := os.ReadDir(o.out)
	_, missing := os.Stat(filepath.Join(o.out, "imagenet", "imagenet_ab.tar.gz"))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case len(list) == 0:
	case missing != nil:
		return fmt.Errorf("%s is not empty, and no earlier demo: it is left as it is; give another --out", o.out)
	case !o.force:
		return fmt.Errorf("%s has an earlier demo: give --force to replace it, or another --out", o.out)
	}
	return nil
}

// demoStatistics are the statistics that the paper begins with, of clicks and of icons.
var demoStatistics = []string{"click_accuracy", "last_samples", "icon_precision"}

// demoQuery asks the paper's first question: how often is the click on the object, and how often is the centre
// of the image?
const demoQuery = "SELECT count(*) AS images, round(100 * avg(hit::INT), 1) AS click_in_box, round(100 * " +
	"avg(centre_hit::INT), 1) AS centre_in_box FROM imagenet_localization"
