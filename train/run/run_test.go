package run

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"abtool/features/targetfile"
	"abtool/train/arch"
	"abtool/train/data"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/weights"
)

// shapes returns images of a disc or a square at a point, so that a network can learn the class and the
// point.
func shapes(t testing.TB, n int, seed uint64) *data.Set {
	t.Helper()
	src := &data.Memory{}
	var targets []targetfile.Target
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		x, y := 0.25+0.5*rng.Float64(), 0.25+0.5*rng.Float64()
		class := i % 2
		m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
		for py := range 40 {
			for px := range 40 {
				dx, dy := float64(px)-x*40, float64(py)-y*40
				v := uint8(40 + rng.IntN(30))
				if class == 0 && dx*dx+dy*dy < 49 || class == 1 && math.Abs(dx) < 7 && math.Abs(dy) < 7 && math.Abs(dx)+math.Abs(dy) > 5 {
					v = 220
				}
				m.SetNRGBA(px, py, color.NRGBA{v, v, v, 255})
			}
		}
		id := fmt.Sprintf("s%d-%d", seed, i)
		src.Add(data.Item{ID: id, Class: []string{"disc", "ring"}[class]}, m)
		targets = append(targets, targetfile.Target{Image: id, Class: []string{"disc", "ring"}[class], ClassIndex: -1, X: x, Y: y, Weight: 1, Label: true})
	}
	s, err := data.NewSet(src, targets, data.SetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newEngine(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) }

func tiny() Recipe {
	r := Default()
	r.Arch, r.Size, r.Epochs, r.Batch, r.LR, r.MinScale, r.CropRatio, r.EMA = "cnn3", 32, 3, 8, 0.05, 0.6, 1, 0.9
	return r
}

func options(t testing.TB, dir string, r Recipe) Options {
	return Options{Out: dir, Recipe: r, Train: shapes(t, 48, 1), Val: shapes(t, 24, 2), New: newEngine, Workers: 2, Tool: "test"}
}

func same(t *testing.T, a, b string) {
	t.Helper()
	x, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, y) {
		t.Errorf("%s and %s differ", a, b)
	}
}

// A run that was stopped and continued ends with the same bits as one that was not.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	if _, err := Train(context.Background(), options(t, whole, tiny())); err != nil {
		t.Fatal(err)
	}
	for stop := range 6 {
		ctx, cancel := context.WithCancel(context.Background())
		o := options(t, parts, tiny())
		o.Resume = stop > 0
		if stop < 5 {
			o.New = func(c engine.Config) (engine.Engine, error) {
				e, err := gorgonia.New(c)
				return &stopper{Engine: e, left: 3, cancel: cancel}, err
			}
		}
		_, err := Train(ctx, o)
		cancel()
		if stop < 5 && !errors.Is(err, ErrStopped) || stop == 5 && err != nil {
			t.Fatalf("part %d: %v", stop, err)
		}
	}
	for _, name := range []string{lastName, bestName, logName, eventsName, recipeName} {
		same(t, filepath.Join(whole, name), filepath.Join(parts, name))
	}
	lines, err := ReadLog(whole)
	if err != nil || len(lines) != 3 || lines[2].Step != 18 || lines[2].Val == nil || lines[2].Val.Images != 24 {
		t.Errorf("the log has %d lines: %v", len(lines), err)
	}
	if entries, _ := os.ReadDir(whole); len(entries) != 7 {
		t.Errorf("%d files in the run", len(entries))
	}
	for dir, lines := range map[string]int{whole: 3, parts: 8} { // each part adds a line, the others end an epoch
		times, err := ReadTimes(dir)
		var steps [3]int
		for _, x := range times {
			steps[x.Epoch-1] += x.Steps
		}
		if err != nil || len(times) != lines || steps != [3]int{6, 6, 6} {
			t.Errorf("times %+v, error %v, want %d lines and 6 steps in each epoch", times, err, lines)
		}
	}
}

// The times of a run say whether the engine waited for images or the images for the engine.
func TestTimes(t *testing.T) {
	const pause = 20 * time.Millisecond
	for name, c := range map[string]struct {
		image, step time.Duration
		low, high   float64
	}{"slow images": {pause, 0, 0.6, 1}, "slow engine": {0, 10 * pause, 0, 0.5}} {
		o := options(t, t.TempDir(), tiny())
		o.Recipe.Epochs, o.Workers = 2, 1
		o.Train.Source = slowImages{o.Train.Source, c.image}
		o.New = func(cfg engine.Config) (engine.Engine, error) {
			e, err := newEngine(cfg)
			return slowEngine{e, c.step}, err
		}
		if _, err := Train(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		times, err := ReadTimes(o.Out)
		if err != nil || len(times) != 2 {
			t.Fatalf("%s: %d times, error %v", name, len(times), err)
		}
		for i, x := range times {
			if x.Epoch != i+1 || x.Steps != 6 || x.Images != 48 || x.Loader <= 0 || x.Validate <= 0 || x.Save <= 0 || x.Waited < c.low || x.Waited > c.high || x.Seconds < 6*c.step.Seconds() {
				t.Errorf("%s: %+v", name, x)
			}
		}
	}
}

// Batches of the next epoch are read during validation, and copied ahead: no more of them than during training,
// and none after the last epoch.
func TestReadsAhead(t *testing.T) {
	o := options(t, t.TempDir(), tiny())
	var e *copier
	o.New = func(cfg engine.Config) (engine.Engine, error) {
		made, err := newEngine(cfg)
		e = &copier{Engine: made, t: t, all: 3 * 6, copies: make(chan *byte, 100), buffers: map[*byte]bool{}}
		return e, err
	}
	if _, err := Train(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if e.copied != e.all || e.used != e.all {
		t.Errorf("%d batches were copied and %d used, want %d", e.copied, e.used, e.all)
	}
	// One in a step, one that waits for it, one that the feed holds, two that the loader has ready and one that
	// it fills.
	if len(e.buffers) > 6 {
		t.Errorf("the batches were in %d buffers, want at most 6", len(e.buffers))
	}
}

// copier is an engine that counts the batches that are copied ahead.
type copier struct {
	engine.Engine
	t                 *testing.T
	all, copied, used int // all: that the run needs
	copies            chan *byte
	buffers           map[*byte]bool
}

func (c *copier) Ahead(b *engine.Batch) error { c.copies <- &b.Pixels[0]; return nil }

func (c *copier) Step(lr float64, b ...*engine.Batch) (engine.Result, error) {
	for c.used += len(b); c.copied < c.used; {
		c.take()
	}
	return c.Engine.Step(lr, b...)
}

func (c *copier) Evaluate(b *engine.Batch, average bool) (*engine.Output, error) {
	if c.used < c.all && c.copied == c.used {
		c.take() // waits for a batch of the next epoch
	}
	time.Sleep(10 * time.Millisecond)
	for len(c.copies) > 0 {
		c.take()
	}
	if c.copied > c.used+2 || c.used == c.all && c.copied > c.used {
		c.t.Errorf("%d batches are copied in validation after %d of %d steps", c.copied-c.used, c.used, c.all)
	}
	return c.Engine.Evaluate(b, average)
}

func (c *copier) take() {
	select {
	case b := <-c.copies:
		c.copied++
		c.buffers[b] = true
	case <-time.After(20 * time.Second):
		c.t.Fatal("no batch of the next epoch is read during validation")
	}
}

// A run that is stopped in each validation ends with the same bits as one that is not, with any number of workers
// that read images.
func TestStopInValidation(t *testing.T) {
	dir := t.TempDir()
	part := func(workers, stop int) (Options, error) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		o := options(t, filepath.Join(dir, fmt.Sprint(workers)), tiny())
		o.Workers, o.Resume = workers, stop > 0
		o.New = func(c engine.Config) (engine.Engine, error) {
			c.Workers = 2
			e, err := newEngine(c)
			if workers == 1 {
				return e, err
			}
			return &validating{Engine: e, cancel: cancel}, err
		}
		_, err := Train(ctx, o)
		return o, err
	}
	whole, err := part(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for workers := 2; workers < 4; workers++ {
		for stop := range 3 {
			if _, err := part(workers, stop); !errors.Is(err, ErrStopped) {
				t.Fatalf("part %d: %v", stop, err)
			}
		}
		parts, err := part(workers, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{lastName, bestName, logName, eventsName} {
			same(t, filepath.Join(whole.Out, name), filepath.Join(parts.Out, name))
		}
	}
}

// validating is an engine that interrupts the first validation after a step.
type validating struct {
	engine.Engine
	steps  int
	cancel func()
}

func (v *validating) Step(lr float64, b ...*engine.Batch) (engine.Result, error) {
	v.steps++
	return v.Engine.Step(lr, b...)
}

func (v *validating) Evaluate(b *engine.Batch, average bool) (*engine.Output, error) {
	if v.steps > 0 {
		v.cancel()
	}
	return v.Engine.Evaluate(b, average)
}

// The notice about images that could not be read counts the epochs that are finished, and not what is read ahead.
func TestUnreadNotice(t *testing.T) {
	var want []string
	for workers := 1; workers < 4; workers++ {
		o := options(t, t.TempDir(), tiny())
		o.Workers = workers
		o.Train.Source = withoutFirst{o.Train.Source}
		var notes []string
		o.Notice = func(text string) { notes = append(notes, text) }
		if _, err := Train(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		if workers == 1 {
			want = notes
		}
		if len(notes) != 3 || !strings.Contains(notes[0], ", 1 times: ") || !slices.Equal(notes, want) {
			t.Errorf("%d workers: notices %q, want %q", workers, notes, want)
		}
	}
}

// withoutFirst is a source whose first image cannot be read.
type withoutFirst struct{ data.Source }

func (s withoutFirst) Image(i int) (image.Image, error) {
	if i == 0 {
		return nil, errors.New("it is damaged")
	}
	return s.Source.Image(i)
}

// BenchmarkWaiting reports the share of the training time that a device waits for images, with epochs of six
// steps, a loader that is a little faster than the device, and validation after each epoch.
func BenchmarkWaiting(b *testing.B) {
	for b.Loop() {
		o := options(b, b.TempDir(), tiny())
		o.Recipe.Epochs = 10
		o.Train.Source = slowImages{o.Train.Source, 4 * time.Millisecond} // 2 workers: 16 ms a batch
		o.New = func(cfg engine.Config) (engine.Engine, error) {
			e, err := newEngine(cfg)
			return slowEngine{e, 20 * time.Millisecond}, err
		}
		if _, err := Train(context.Background(), o); err != nil {
			b.Fatal(err)
		}
		times, err := ReadTimes(o.Out)
		if err != nil {
			b.Fatal(err)
		}
		var waited, seconds float64
		for _, x := range times {
			waited, seconds = waited+x.Waited*x.Seconds, seconds+x.Seconds
		}
		b.ReportMetric(100*waited/seconds, "%waited")
	}
}

type slowImages struct {
	data.Source
	pause time.Duration
}

func (s slowImages) Image(i int) (image.Image, error) { time.Sleep(s.pause); return s.Source.Image(i) }

// slowEngine is an engine whose steps take some time and do nothing.
type slowEngine struct {
	engine.Engine
	pause time.Duration
}

func (e slowEngine) Step(_ float64, b ...*engine.Batch) (r engine.Result, err error) {
	time.Sleep(e.pause)
	r.N = b[0].N
	return r, nil
}

// A terminal that takes nothing does not hold up the training.
func TestSlowTerminal(t *testing.T) {
	o := options(t, t.TempDir(), tiny())
	o.LogEvery = 1
	stuck, trained := make(chan bool), make(chan bool)
	var shown, steps int
	o.Progress = func(Progress) { shown++; <-stuck }
	o.New = func(cfg engine.Config) (engine.Engine, error) {
		e, err := newEngine(cfg)
		return counted{e, func() {
			if steps++; steps == 18 { // the last
				close(trained)
			}
		}}, err
	}
	go func() {
		<-trained // the training fails with a timeout if steps wait for the terminal
		close(stuck)
	}()
	if _, err := Train(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if shown < 1 || shown > 2 {
		t.Errorf("the progress was shown %d times, want the first and perhaps one more", shown)
	}
}

type counted struct {
	engine.Engine
	count func()
}

func (e counted) Step(lr float64, b ...*engine.Batch) (engine.Result, error) {
	defer e.count()
	return e.Engine.Step(lr, b...)
}

// stopper is an engine that interrupts the training after some steps.
type stopper struct {
	engine.Engine
	left   int
	cancel func()
}

func (s *stopper) Step(lr float64, b ...*engine.Batch) (engine.Result, error) {
	if s.left--; s.left <= 0 {
		s.cancel()
	}
	return s.Engine.Step(lr, b...)
}

// A small network learns shapes and their points, and its metrics and progress show it.
func TestLearns(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	dir := filepath.Join(t.TempDir(), "run")
	r := tiny()
	r.Epochs, r.Lambda, r.EMA, r.Flip = 10, 5, 0, 0
	o := options(t, dir, r)
	o.Train = shapes(t, 160, 3)
	seen := 0
	o.LogEvery = time.Nanosecond
	o.Progress = func(p Progress) {
		if seen++; p.Images <= 0 || p.Steps != 200 || math.IsNaN(p.Loss) {
			t.Errorf("progress %+v", p)
		}
	}
	o.Truth = func(string, string, float64, float64) (bool, bool) { return true, true }
	m, err := Train(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := ReadLog(dir)
	if err != nil {
		t.Fatal(err)
	}
	first, last := lines[0], lines[len(lines)-1]
	if !(float64(last.Class) < 0.6*float64(first.Class)) || !(float64(last.Point) < 0.6*float64(first.Point)) {
		t.Errorf("class and point loss went from %v, %v to %v, %v: they should fall", first.Class, first.Point, last.Class, last.Point)
	}
	if m.Top1.Value < 0.8 || m.Distance.Value > 0.15 || m.Localised.Value != 1 || m.Localised.N != 24 || m.Top1.Interval == nil {
		t.Errorf("accuracy %v, distance %v, localised %+v", m.Top1.Value, m.Distance.Value, m.Localised)
	}
	if seen == 0 {
		t.Error("Progress was never called")
	}
	// The best weights alone begin another run, without the point head. A tenth of the rate keeps what they
	// have learned; at the full rate, how much of it remains depends on the processor's rounding.
	r.Supervision, r.Epochs, r.LR = string(data.None), 2, r.LR/10
	o.Recipe, o.Out, o.Init, o.Progress = r, filepath.Join(t.TempDir(), "next"), filepath.Join(dir, bestName), nil
	var notes []string
	o.Notice = func(s string) { notes = append(notes, s) }
	next, err := Train(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(notes) == 0 || !strings.Contains(notes[0], "point_head") {
		t.Errorf("notes %q", notes)
	}
	if next.Top1.Value < 0.7 {
		t.Errorf("a run that starts from good weights ends with accuracy %v", next.Top1.Value)
	}
	if _, info, a, set, err := Open(dir, ""); err != nil || a.Name != "cnn3" || len(info.Classes) != 2 || set.Len() == 0 {
		t.Errorf("opening the run: %v", err)
	}
}

func TestWrong(t *testing.T) {
	dir := t.TempDir()
	try := func(name, want string, change func(*Options)) {
		t.Helper()
		o := options(t, filepath.Join(dir, name), tiny())
		change(&o)
		if _, err := Train(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Train with a wrong %s: error %v, want one that contains %q", name, err, want)
		}
		if _, err := os.Stat(filepath.Join(o.Out, lastName)); err == nil && name != "again" && name != "recipe" {
			t.Errorf("Train with a wrong %s leaves a checkpoint", name)
		}
	}
	try("arch", "unknown architecture", func(o *Options) { o.Recipe.Arch = "resnet19" })
	try("epochs", "epochs", func(o *Options) { o.Recipe.Epochs = 0 })
	try("batch", "fewer than a batch", func(o *Options) { o.Recipe.Batch = 100 })
	try("optimizer", "unknown optimiser", func(o *Options) { o.Recipe.Optimizer = "lion" })
	try("schedule", "unknown schedule", func(o *Options) { o.Recipe.Schedule = "linear" })
	try("none", "has no run to continue", func(o *Options) { o.Resume = true })
	try("init", "no such file", func(o *Options) { o.Init = filepath.Join(dir, "none.safetensors") })
	cut := filepath.Join(dir, "cut.safetensors")
	if err := os.WriteFile(cut, []byte{9, 0, 0, 0, 0, 0, 0, 0, '{'}, 0o666); err != nil {
		t.Fatal(err)
	}
	try("cut", "cut.safetensors", func(o *Options) { o.Init = cut })
	alien := filepath.Join(dir, "alien.safetensors")
	if err := weights.WriteFile(alien, weights.NewSet(weights.Tensor{Name: "a", Shape: []int{1}, Data: []float32{1}})); err != nil {
		t.Fatal(err)
	}
	try("alien", "has none of the weights of cnn3", func(o *Options) { o.Init = alien })
	try("nan", "there is no checkpoint yet", func(o *Options) { o.Recipe.LR = 1e30 })
	try("nan-validation", "validation after epoch 1: the loss is not finite", func(o *Options) {
		made := o.New
		o.New = func(c engine.Config) (engine.Engine, error) {
			e, err := made(c)
			return notFinite{e}, err
		}
	})

	o := options(t, filepath.Join(dir, "again"), tiny())
	o.Recipe.Epochs, o.Recipe.Warmup = 1, 0
	if _, err := Train(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	try("again", "give --resume", func(*Options) {})
	o.Out = filepath.Join(dir, "recipe")
	if _, err := Train(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*data.Set){
		"fewer images":  func(s *data.Set) { s.Images = s.Images[:40] },
		"another order": func(s *data.Set) { s.Images[0], s.Images[1] = s.Images[1], s.Images[0] },
		"another point": func(s *data.Set) { s.Images[0].Points[0].X += 1e-9 },
	} {
		t.Log(what)
		try("recipe", "started with other images, labels or points", func(o *Options) {
			o.Resume, o.Recipe.Epochs, o.Recipe.Warmup = true, 1, 0
			change(o.Train)
		})
	}
	try("recipe", `"epochs = 1", this one has "epochs = 3"`, func(o *Options) { o.Resume = true })
}

func TestRecipes(t *testing.T) {
	names := Names()
	if len(names) < 4 {
		t.Fatalf("recipes %v", names)
	}
	for _, name := range names {
		r, err := Load(name)
		if err != nil {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		if err := r.Check(); err != nil {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := r.network(10); err != nil {
			t.Errorf("%s: error %v", name, err)
		}
		again := Recipe{}
		if err := again.Set(r.TOML()); err != nil || fmt.Sprint(again) != fmt.Sprint(r) {
			t.Errorf("recipe %s changes when it is written and read again: %v", name, err)
		}
	}
	r := Default()
	if err := r.Set("lamda = 3"); err == nil || !strings.Contains(err.Error(), "lamda") {
		t.Errorf("Set of a key that recipes lack: error %v", err)
	}
	if err := r.Set("lambda = 3"); err != nil || r.Lambda != 3 || r.Batch != 32 {
		t.Errorf("Set changes %+v, error %v; want only lambda to change", r, err)
	}
	if a, err := r.network(2); err != nil || r.loader(a, true, 1).Crops.FlipShare != 0.5 {
		t.Errorf("Default does not flip: %v", err)
	} else if r.Flip = 0; r.loader(a, true, 1).Crops.FlipShare >= 0 {
		t.Error("flip = 0 flips")
	}
	// A crop drops labels in training alone: an evaluation counts all labels of an image.
	r.LabelRule = "published"
	if a, err := r.network(2); err != nil || r.loader(a, true, 1).LabelRule != "published" || r.Evaluation(a, 1).Loader.LabelRule != "kept" {
		t.Errorf("label_rule = published: %v in training and %v in evaluation", r.loader(a, true, 1).LabelRule, r.Evaluation(a, 1).Loader.LabelRule)
	}
	// Points guide the pooling only if there are any.
	r.Guide = 0.5
	for supervision, want := range map[string]float64{"luab": 0.5, "none": 0} {
		r.Supervision = supervision
		if a, err := r.network(2); err != nil || a.Layers[a.Features].Alpha != want {
			t.Errorf("guide = 0.5 with supervision %s: %v, want a pooling of %v", supervision, err, want)
		}
	}
	r.Guide, r.Attend, r.AttendLoss = 0, true, 0.5
	for supervision, want := range map[string]float64{"luab": 0.5, "none": 0} {
		r.Supervision = supervision
		if a, err := r.network(2); err != nil || a.Layers[a.Features].Op != arch.AttendPool || r.Loss().Attention != want {
			t.Errorf("attend with supervision %s: %v, want a loss of %v", supervision, err, want)
		}
	}
	r.Attend = false
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "needs attend = true") {
		t.Errorf("attend_lambda without attend: %v", err)
	}
	r.Guide, r.AttendLoss, r.Multi, r.Supervision = 0.5, 0, true, "luab"
	if _, err := r.network(2); err == nil || !strings.Contains(err.Error(), "needs one point in each image") {
		t.Errorf("guide = 0.5 with several labels: %v", err)
	}
	if _, err := Load("nothing"); err == nil || !strings.Contains(err.Error(), "imagenet-resnet") {
		t.Errorf("Load of an unknown recipe: error %v, want one that lists the known ones", err)
	}
}

// mAP equals a value computed by hand, and has an interval.
func TestAveragePrecision(t *testing.T) {
	m := &meter{classes: 2}
	for _, row := range []struct {
		logits  []float32
		present []bool
	}{{[]float32{4, 0}, []bool{true, false}}, {[]float32{3, 1}, []bool{false, true}}, {[]float32{2, 2}, []bool{true, false}}, {[]float32{1, 3}, []bool{false, true}}} {
		m.several = append(m.several, labelled{fmt.Sprint(len(m.several)), row.logits, row.present})
	}
	r := m.meanAveragePrecision()
	if want := ((1.0+2.0/3)/2 + (1.0+2.0/3)/2) / 2; math.Abs(float64(r.Value)-want) > 1e-12 || r.N != 4 || r.Interval == nil {
		t.Errorf("mAP is %v, want %v", r.Value, want)
	}
}

// With few images of many classes, drawing images twice raises the precision of each class; the interval
// must still contain the value.
func TestAveragePrecisionInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	m := &meter{classes: 600}
	for range 20 {
		scores, present := make([]float32, m.classes), make([]bool, m.classes)
		for c := range scores {
			scores[c], present[c] = rng.Float32(), rng.IntN(30) == 0
		}
		m.several = append(m.several, labelled{fmt.Sprint(len(m.several)), scores, present})
	}
	r := m.meanAveragePrecision()
	if !r.Interval.Covers(float64(r.Value)) || r.Interval.High-r.Interval.Low > 0.3 || r.Interval.Low < 0 {
		t.Errorf("mAP %v, interval %+v", r.Value, r.Interval)
	}
	// The order of images changes nothing, to the bit.
	rng.Shuffle(len(m.several), func(i, j int) { m.several[i], m.several[j] = m.several[j], m.several[i] })
	if x := m.meanAveragePrecision(); x.Value != r.Value || *x.Interval != *r.Interval {
		t.Errorf("mAP %v, interval %+v, and in another order %v, %+v", r.Value, r.Interval, x.Value, x.Interval)
	}
}

// An image that cannot be read is left out, is an error, or counts as wrong.
func TestUnreadable(t *testing.T) {
	o := options(t, t.TempDir(), tiny())
	o.Recipe.Epochs, o.Recipe.Warmup = 1, 0
	if _, err := Train(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	n, err := Trained(o.Out, "", o.New)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	const images = 12
	set := shapes(t, images, 9)
	how := n.evaluation
	how.Truth = func(_, _ string, x, y float64) (hit, known bool) { return x >= 0 && y >= 0, true }
	measure := func(choice Unreadable) (*Metrics, []Prediction, error) {
		var list []Prediction
		how.Unreadable, how.Each = choice, func(p Prediction) { list = append(list, p) }
		m, err := Evaluate(context.Background(), n.engine, set, how)
		return m, list, err
	}
	if _, _, err := measure(Refuse); err != nil {
		t.Fatalf("all images can be read: %v", err)
	}
	set.Source = withoutFirst{set.Source}
	without, list, err := measure(LeaveOut)
	if err != nil || without.Images != images-1 || without.Unreadable != 1 || len(list) != images-1 || !strings.HasPrefix(without.Note(), "an image could not be read and is left out") {
		t.Errorf("left out: %+v, %q, %d predictions, %v", without, without.Note(), len(list), err)
	}
	wrong, list, err := measure(CountWrong)
	if err != nil || wrong.Images != images || wrong.Unreadable != 1 || len(list) != images || !list[0].Unreadable || list[1].Unreadable {
		t.Fatalf("wrong: %+v, %+v, %v", wrong, list, err)
	}
	for _, c := range []struct{ with, without *Measure }{{wrong.Top1, without.Top1}, {wrong.Localised, without.Localised}} {
		right := func(m *Measure) float64 { return math.Round(float64(m.Value) * float64(m.N)) }
		if c.with.N != images || c.without.N != images-1 || right(c.with) != right(c.without) {
			t.Errorf("%+v, and with an image that counts as wrong %+v", c.without, c.with)
		}
	}
	if wrong.Loss.Value != without.Loss.Value || *wrong.Loss.Interval != *without.Loss.Interval || wrong.Loss.N != images-1 {
		t.Errorf("losses %+v and %+v", wrong.Loss, without.Loss)
	}
	if !strings.HasPrefix(wrong.Note(), "an image could not be read and counts as wrong") {
		t.Errorf("note %q", wrong.Note())
	}
	if _, _, err := measure(Refuse); err == nil || !strings.Contains(err.Error(), "cannot be read: it is damaged. An image that is left out changes the number") {
		t.Errorf("refused: %v", err)
	}
}

// Records of events have the lengths and CRCs that TensorBoard checks.
func TestEvents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	e, err := openEvents(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.scalars(300, []scalar{{"a/b", 1.5}, {"c", math.NaN()}}); err != nil {
		t.Fatal(err)
	}
	e.close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mask := func(p []byte) uint32 {
		c := crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli))
		return (c>>15 | c<<17) + 0xa282ead8
	}
	var messages []string
	for len(b) > 0 {
		n := binary.LittleEndian.Uint64(b)
		if binary.LittleEndian.Uint32(b[8:]) != mask(b[:8]) || binary.LittleEndian.Uint32(b[12+n:]) != mask(b[12:12+n]) {
			t.Fatal("the CRC of a record is wrong")
		}
		messages = append(messages, string(b[12:12+n]))
		b = b[16+n:]
	}
	if len(messages) != 2 || !strings.HasSuffix(messages[0], "\x1a\x0dbrain.Event:2") || !strings.Contains(messages[1], "\x10\xac\x02\x2a") || !strings.Contains(messages[1], "\x0a\x03a/b\x15\x00\x00\xc0\x3f") || strings.Contains(messages[1], "\x01c") {
		t.Errorf("messages %q", messages)
	}
}

// notFinite is an engine whose evaluations are not finite.
type notFinite struct{ engine.Engine }

func (e notFinite) Evaluate(b *engine.Batch, average bool) (*engine.Output, error) {
	out, err := e.Engine.Evaluate(b, average)
	if err == nil {
		out.Logits[0] = float32(math.NaN())
	}
	return out, err
}
