package features_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"abtool/features"
	"abtool/ingest"
	"abtool/internal/synth"
)

// work is a folder for all tests.
var work string

func TestMain(m *testing.M) {
	var err error
	if work, err = os.MkdirTemp("", "features-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(work)
	os.Exit(code)
}

// simulated is a store of simulated data with defects, and where its sources are.
type simulated struct {
	store          string
	imagenet, coco string // archive, JSON file
	err            error
}

var simulate = sync.OnceValue(func() (s simulated) {
	ctx := context.Background()
	in, co := filepath.Join(work, "imagenet"), filepath.Join(work, "coco")
	s = simulated{store: filepath.Join(work, "store"), imagenet: filepath.Join(in, "imagenet_ab.tar.gz"), coco: filepath.Join(co, "coco_ab.json")}
	if _, s.err = synth.ImageNet(ctx, synth.Options{Images: 2500, Seed: 5, Dirty: 0.05, Boxes: true, Out: in}); s.err != nil {
		return s
	}
	if _, s.err = synth.COCO(ctx, synth.Options{Images: 400, Seed: 5, Dirty: 0.05, Out: co}); s.err != nil {
		return s
	}
	_, s.err = ingest.Run(ctx, ingest.Options{
		Sources: []string{s.imagenet, s.coco}, Boxes: []string{filepath.Join(in, "boxes.tar.gz")}, Instances: []string{filepath.Join(co, "instances_train2014.json")}, Out: s.store,
	})
	return s
})

func sample(t testing.TB) simulated {
	t.Helper()
	s := simulate()
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s
}

// madeStore ingests files of the given names and contents.
func madeStore(t testing.TB, files map[string]string, instances string) string {
	t.Helper()
	dir := t.TempDir()
	o := ingest.Options{Out: filepath.Join(dir, "store"), Sources: []string{filepath.Join(dir, "in")}}
	for name, text := range files {
		path := filepath.Join(dir, "in", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if instances != "" {
		path := filepath.Join(dir, "instances.json")
		if err := os.WriteFile(path, []byte(instances), 0o666); err != nil {
			t.Fatal(err)
		}
		o.Instances = []string{path}
	}
	if _, err := ingest.Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	return o.Out
}

// all are copies of the targets of a store.
func all(t testing.TB, store string, o features.Options) (out []features.Target) {
	t.Helper()
	err := features.Each(context.Background(), store, o, func(x *features.Target) error {
		y := *x
		y.Image = string([]byte(x.Image))
		y.ScribbleX, y.ScribbleY, y.ScribbleT = clone(x.ScribbleX), clone(x.ScribbleY), clone(x.ScribbleT)
		y.StepX, y.StepY, y.StepMask = clone(x.StepX), clone(x.StepY), clone(x.StepMask)
		y.PathX, y.PathY, y.Attention = clone(x.PathX), clone(x.PathY), clone(x.Attention)
		out = append(out, y)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func clone[T any](s []T) []T { return append([]T(nil), s...) }
