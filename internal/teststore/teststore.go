// Package teststore makes simulated stores for tests and benchmarks.
package teststore

import (
	"context"
	"os"
	"path/filepath"

	"abtool/ingest"
	"abtool/internal/synth"
	"abtool/internal/teststudy"
)

// Options choose the content of a store.
type Options struct {
	Images int     // images of ImageNet; 0: no ImageNet
	Pages  int     // pages of COCO; 0: no COCO
	Seed   uint64  // seed of the simulation
	Dirty  float64 // share of records with defects

	Studies []string // tasks of studies, browse or tag, which teststudy makes
}

// Make ingests simulated data, with ground truth, into dir/store and returns that path.
func Make(ctx context.Context, dir string, o Options) (string, error) {
	in := ingest.Options{Out: filepath.Join(dir, "store")}
	if o.Images > 0 {
		from := filepath.Join(dir, "imagenet")
		if _, err := synth.ImageNet(ctx, synth.Options{Images: o.Images, Seed: o.Seed, Dirty: o.Dirty, Boxes: true, Out: from}); err != nil {
			return "", err
		}
		in.Sources = append(in.Sources, filepath.Join(from, "imagenet_ab.tar.gz"))
		in.Boxes = []string{filepath.Join(from, "boxes.tar.gz")}
	}
	if o.Pages > 0 {
		from := filepath.Join(dir, "coco")
		if _, err := synth.COCO(ctx, synth.Options{Images: o.Pages, Seed: o.Seed, Dirty: o.Dirty, Out: from}); err != nil {
			return "", err
		}
		in.Sources = append(in.Sources, filepath.Join(from, "coco_ab.json"))
		in.Instances = []string{filepath.Join(from, "instances_train2014.json")}
	}
	for _, task := range o.Studies {
		s, err := teststudy.Make(ctx, filepath.Join(dir, task), task)
		if err != nil {
			return "", err
		}
		in.Sources = append(in.Sources, s.Dir)
		truth, err := teststudy.Truth(s.Dir, task)
		if err != nil {
			return "", err
		}
		if task == "browse" {
			in.Boxes = append(in.Boxes, truth)
		} else {
			in.Instances = append(in.Instances, truth)
		}
	}
	_, err := ingest.Run(ctx, in)
	for _, name := range append([]string{"imagenet", "coco"}, o.Studies...) {
		os.RemoveAll(filepath.Join(dir, name))
	}
	return in.Out, err
}

// Temporary makes a store for an example in a temporary folder, which remove removes.
func Temporary(ctx context.Context, o Options) (store string, remove func()) {
	dir, err := os.MkdirTemp("", "abtool-example-")
	if err == nil {
		store, err = Make(ctx, dir, o)
	}
	if err != nil {
		panic(err)
	}
	return store, func() { os.RemoveAll(dir) }
}
