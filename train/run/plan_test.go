package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/train/data"
	"abtool/train/engine"
)

// MakePlan counts the images, points and steps of the run, and writes nothing.
func TestPlan(t *testing.T) {
	dir := t.TempDir()
	r := tiny()
	r.Accumulate, r.Repeat, r.Mixup = 2, 3, 0.8
	o := options(t, dir, r)
	p, err := MakePlan(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if p.Images != 48 || p.Val != 24 || p.StepsEpoch != 3 || p.Steps != 9 || p.Batch != 16 || p.Measured != 2 {
		t.Errorf("%+v", p)
	}
	if p.First <= 0 || p.Step <= 0 || p.ValidateEpoch <= 0 || p.Total != p.First+8*p.Step+3*p.ValidateEpoch || p.Loader <= 0 {
		t.Errorf("times %+v", p)
	}
	half := o
	half.Recipe.Fraction = 0.5
	var said string
	half.Notice = func(text string) { said = text }
	if q, err := MakePlan(context.Background(), half); err != nil || q.Images != 24 || q.Val != 24 || q.StepsEpoch != 1 ||
		said != "fraction 0.5: 24 of 48 training images are used, 24 with a point" {
		t.Errorf("half of the images: %+v, %v, %s", q, err, said)
	}
	half.Recipe.Fraction = 1.5
	if _, err := MakePlan(context.Background(), half); err == nil {
		t.Error("a fraction of 1.5 is accepted")
	}
	for _, text := range []string{"fraction = 0", "fraction = -0.5", "fraction = 1.01", "fraction = nan"} {
		if changed := r; changed.Set(text) == nil {
			t.Errorf("a recipe with %s is accepted", text)
		}
	}
	if changed := r; changed.Set("fraction = 1") != nil || changed.Set(changed.TOML()) != nil {
		t.Error("a fraction of 1 is refused")
	}
	old := filepath.Join(t.TempDir(), recipeName) // as earlier versions wrote it
	if err := os.WriteFile(old, []byte("fraction = 0.0\nepochs = 7\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r, err := LoadOwn(filepath.Dir(old)); err != nil || r.Fraction != 0 || r.Epochs != 7 {
		t.Errorf("the recipe of an old run: %+v, %v", r, err)
	}
	a, err := r.network(2)
	if err != nil {
		t.Fatal(err)
	}
	var trained, all int64
	for _, x := range a.Params() {
		all += int64(x.Len())
		if !x.Buffer {
			trained += int64(x.Len())
		}
	}
	if want := 4 * (2*all + trained); p.StateBytes != want { // values and average, and a moment
		t.Errorf("%d bytes of state, want %d", p.StateBytes, want)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("files %v, %v", files, err)
	}
}

// The paper's recipes give the loader the options that the paper lists (section F).
func TestPaperRecipes(t *testing.T) {
	load := func(name string, classes int) (Recipe, data.LoaderOptions) {
		t.Helper()
		r, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.network(classes)
		if err != nil {
			t.Fatal(err)
		}
		return r, r.loader(a, true, 1)
	}
	r, o := load("imagenet-deit", 1000)
	if o.RandAugment != (data.RandAugment{Magnitude: 9, Std: 0.5}) || o.Mix != (data.Mix{Mixup: 0.8, Cutmix: 1, Switch: 0.5}) || o.Erase.Probability != 0.25 || o.Repeat != 3 ||
		o.Crops.MinScale != 0.08 || o.CropRatio != 0.875 || o.Size != 224 {
		t.Errorf("DeiT: %+v", o)
	}
	if r.Epochs != 300 || r.Batch != 1024 || math.Abs(r.LR-5e-4*float64(r.Batch)/512) > 1e-12 || r.WeightDecay != 0.05 || r.DropPath != 0.1 || r.Smoothing != 0.1 || r.Warmup != 5 || r.Lambda != 10 {
		t.Errorf("DeiT: %+v", r)
	}
	r, o = load("imagenet-vit", 1000)
	if r.LR != 1e-3 || r.WeightDecay != 0.3 || r.DropPath != 0 || o.RandAugment.Magnitude != 0 || o.Mix != (data.Mix{}) || o.Erase.Probability != 0 || r.Lambda != 10 {
		t.Errorf("simple: %+v", r)
	}
	r, _ = load("imagenet-resnet", 1000)
	if r.Epochs != 100 || r.Batch != 256 || r.LR != 0.1 || r.Lambda != 10 {
		t.Errorf("ResNet: %+v", r)
	}
	for _, name := range []string{"coco-resnet", "coco-vit"} {
		r, o = load(name, 80)
		if r.Epochs != 100 || r.Warmup != 5 || r.Batch != 128 || r.LR != 2e-5 || r.WeightDecay != 0.01 || r.Optimizer != "adamp" || o.Crops.MinScale != 0.1 || o.Erase.Probability != 0.5 ||
			r.Lambda != 5 || o.PointOutput != 160 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// The advice for a step without memory halves the batch and keeps the number of images in an update.
func TestNoMemory(t *testing.T) {
	for _, c := range []struct {
		batch, accumulate int
		want              string
	}{{256, 1, "--batch 128 --set accumulate=2"}, {9, 2, "--batch 5 --set accumulate=4"}, {1, 1, "a smaller network or size"}} {
		err := noMemory(fmt.Errorf("a step: %w", engine.ErrMemory), c.batch, c.accumulate)
		if !errors.Is(err, engine.ErrMemory) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("batch %d, accumulate %d: %v, want %q", c.batch, c.accumulate, err, c.want)
		}
	}
}
