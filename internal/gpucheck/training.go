//go:build xla

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"abtool/features/targetfile"
	"abtool/internal/imagefile"
	"abtool/internal/photo"
	"abtool/train/data"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	runs "abtool/train/run"
	"abtool/train/weights"
)

type loaderResult struct {
	Decoder string  `json:"decoder"`
	Size    int     `json:"size"`
	Workers int     `json:"workers"`
	PerCore float64 `json:"images_per_s_and_core"`
	Rate    float64 `json:"images_per_s"`
}

// loader measures for some seconds how fast JPEGs of 500 × 375 pixels are read from a folder, with random
// crops and flips.
func loader(o options) (any, error) {
	set, done, err := photographs(o.images, data.None)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := data.NewLoader(set, data.LoaderOptions{Size: o.size, Batch: min(o.batch, o.images), Train: true, Seed: 1})
	if err != nil {
		return nil, err
	}
	began, n := time.Now(), 0
	for epoch := 0; time.Since(began) < loaderTime; epoch++ {
		for b := range l.Epoch(context.Background(), epoch, 0) {
			n += b.N
		}
	}
	r := l.Rate()
	return &loaderResult{imagefile.Decoder, o.size, runtime.GOMAXPROCS(0), r.PerCPU, float64(n) / time.Since(began).Seconds()}, nil
}

const loaderTime = 5 * time.Second

type feedResult struct {
	Arch    string  `json:"arch"`
	Batch   int     `json:"batch"`
	Steps   int     `json:"steps"`
	Step    float64 `json:"step_ms"` // mean
	Rate    float64 `json:"images_per_s"`
	Waited  float64 `json:"waited"` // share of the time in which the device waited for images
	PerCore float64 `json:"loader_images_per_s_and_core"`
}

// feed measures some steps of the ImageNet recipe on photographs that the loader reads from a folder.
func feed(o options) (any, error) {
	set, done, err := photographs(max(o.images, (o.steps+1)*o.batch), data.Rand)
	if err != nil {
		return nil, err
	}
	defer done()
	r, err := runs.Load("imagenet-resnet")
	if err != nil {
		return nil, err
	}
	r.Arch, r.Size, r.Batch, r.Supervision = o.arch, o.size, o.batch, string(data.Rand)
	p, err := runs.MakePlan(context.Background(), runs.Options{Recipe: r, Train: set, New: o.engine})
	if err != nil {
		return nil, err
	}
	return &feedResult{p.Arch, o.batch, p.Measured, p.Step.Seconds() * 1000, float64(o.batch) / p.Step.Seconds(), p.Waited, p.Loader}, nil
}

// photographs returns a set of n JPEGs of 500 × 375 pixels in a temporary folder, which done removes. Many of
// them are the same.
func photographs(n int, s data.Supervision) (set *data.Set, done func(), err error) {
	dir, err := os.MkdirTemp("", "gpucheck-*")
	if err != nil {
		return nil, nil, err
	}
	done = func() { os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			done()
		}
	}()
	const different = 64
	name := func(i int) string {
		return filepath.Join(dir, []string{"a", "b"}[i%2], fmt.Sprintf("p%d.jpg", i))
	}
	for i := range n {
		if err := os.MkdirAll(filepath.Dir(name(i)), 0o777); err != nil {
			return nil, nil, err
		}
		if i >= different {
			if err := os.Link(name(i%different), name(i)); err != nil {
				return nil, nil, err
			}
			continue
		}
		b, err := photo.JPEG(uint64(i), 500, 375, 90)
		if err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(name(i), b, 0o666); err != nil {
			return nil, nil, err
		}
	}
	src, err := data.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	set, err = data.NewSet(src, nil, data.SetOptions{Supervision: s, Seed: 1})
	return set, done, err
}

// shapes returns images of a disc or a ring at a point, so that a network can learn the class and the
// point.
func shapes(n int, seed uint64) (*data.Set, error) {
	src := &data.Memory{}
	var targets []targetfile.Target
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		x, y, class := 0.25+0.5*r.Float64(), 0.25+0.5*r.Float64(), i%2
		m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
		for py := range 40 {
			for px := range 40 {
				d := math.Hypot(float64(px)-x*40, float64(py)-y*40)
				v := uint8(40 + r.IntN(30))
				if d < 7 && (class == 0 || d > 4) {
					v = 220
				}
				m.SetNRGBA(px, py, color.NRGBA{v, v, v, 255})
			}
		}
		name := []string{"disc", "ring"}[class]
		id := fmt.Sprintf("s%d-%d", seed, i)
		src.Add(data.Item{ID: id, Class: name}, m)
		targets = append(targets, targetfile.Target{Image: id, Class: name, ClassIndex: -1, X: x, Y: y, Weight: 1, Label: true})
	}
	return data.NewSet(src, targets, data.SetOptions{})
}

// training returns the options of a short run in a separate folder, at 32 pixels or fewer.
func (o options) training(name string, new func(engine.Config) (engine.Engine, error)) (runs.Options, error) {
	r := runs.Default()
	r.Arch, r.Size, r.Epochs, r.Batch, r.LR, r.MinScale, r.CropRatio, r.EMA = "cnn3", min(32, o.size), 4, 16, 0.05, 0.6, 1, 0.9
	t := runs.Options{Out: filepath.Join(o.out, name), Recipe: r, New: new, Tool: "gpucheck"}
	var err error
	if t.Train, err = shapes(o.images, 1); err == nil {
		t.Val, err = shapes(o.images/2, 2)
	}
	return t, err
}

type trainResult struct {
	First      float64 `json:"first_loss"` // mean of the first epoch
	Last       float64 `json:"last_loss"`
	Top1       float64 `json:"top1"`
	Away       float64 `json:"first_distance"` // of predicted points from their targets, in validation after the first epoch
	Near       float64 `json:"last_distance"`  // after the last one
	Waited     float64 `json:"waited"`         // share of the last epoch in which the device waited for images
	Seconds    float64 `json:"seconds"`
	Checkpoint int64   `json:"checkpoint_bytes"`
}

// train trains for four epochs and checks that the loss falls, that points come nearer to their targets, and that
// a checkpoint is written.
func train(o options) (any, error) {
	if err := o.needOut(); err != nil {
		return nil, err
	}
	t, err := o.training("train", o.engine)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	m, err := runs.Train(context.Background(), t)
	if err != nil {
		return nil, err
	}
	r := &trainResult{Top1: float64(m.Top1.Value), Seconds: time.Since(began).Seconds()}
	lines, err := runs.ReadLog(t.Out)
	if err != nil {
		return nil, err
	}
	last := lines[len(lines)-1]
	r.First, r.Last = float64(lines[0].Loss), float64(last.Loss)
	r.Away, r.Near = float64(lines[0].Val.Distance.Value), float64(last.Val.Distance.Value)
	times, err := runs.ReadTimes(t.Out)
	if err != nil {
		return r, err
	}
	r.Waited = times[len(times)-1].Waited
	info, err := os.Stat(filepath.Join(t.Out, "last.safetensors"))
	if err != nil {
		return r, err
	}
	if r.Checkpoint = info.Size(); !(r.Last < 0.9*r.First) {
		return r, fmt.Errorf("the loss went from %g to %g in %d epochs: it should fall", r.First, r.Last, t.Recipe.Epochs)
	}
	if !(r.Near < r.Away) {
		return r, fmt.Errorf("predicted points were %g from their targets, and then %g: they should come nearer", r.Away, r.Near)
	}
	return r, nil
}

type resumeResult struct {
	Step     int     `json:"stopped_at_step"`
	Distance float64 `json:"distance"` // between the last weights and those of the CPU engine alone
	Loss     float64 `json:"loss"`
	CPU      float64 `json:"cpu_loss"`
	Back     float64 `json:"back_distance"` // the same for a run that the GPU engine began
	BackLoss float64 `json:"back_loss"`
}

// resume trains with the CPU engine alone. Then it stops a run of each engine and continues it with the
// other, in float32. Both runs must end like the first one.
func resume(o options) (any, error) {
	if err := o.needOut(); err != nil {
		return nil, err
	}
	if o.xla.Precision == "" {
		o.xla.Precision = "float32"
	}
	cpu := func(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) }
	whole, err := o.training("cpu", cpu)
	if err != nil {
		return nil, err
	}
	if _, err := runs.Train(context.Background(), whole); err != nil {
		return nil, err
	}
	want, loss, err := ended(whole.Out)
	if err != nil {
		return nil, err
	}
	r := &resumeResult{CPU: loss}
	if r.Step, r.Distance, r.Loss, err = o.continued("resumed", cpu, o.engine, want); err != nil {
		return r, err
	}
	if _, r.Back, r.BackLoss, err = o.continued("back", o.engine, cpu, want); err != nil {
		return r, err
	}
	for _, l := range []float64{r.Loss, r.BackLoss} {
		if !(math.Abs(l-r.CPU) <= 0.05*r.CPU) {
			return r, fmt.Errorf("a resumed run ends with a loss of %g, the CPU's with %g", l, r.CPU)
		}
	}
	return r, nil
}

// continued begins a run with one engine, stops it after an epoch and a half, and continues it with the
// other. It returns the step at which the run stopped, the distance of its last weights from want, and its
// last loss.
func (o options) continued(name string, first, second func(engine.Config) (engine.Engine, error), want *weights.Set) (step int, away, loss float64, err error) {
	t, err := o.training(name, first)
	if err != nil {
		return 0, 0, 0, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	t.LogEvery = 1 // after each step
	t.Progress = func(p runs.Progress) {
		if p.Epoch > 1 {
			step = p.Step
			cancel()
		}
	}
	if _, err := runs.Train(ctx, t); !errors.Is(err, runs.ErrStopped) {
		return step, 0, 0, fmt.Errorf("the run %s did not stop: %v", name, err)
	}
	t.New, t.Resume, t.Progress = second, true, nil
	if _, err := runs.Train(context.Background(), t); err != nil {
		return step, 0, 0, err
	}
	got, loss, err := ended(t.Out)
	if err != nil {
		return step, 0, 0, err
	}
	return step, distance(got, want), loss, nil
}

// ended returns the last weights and the last loss of a run.
func ended(dir string) (*weights.Set, float64, error) {
	set, err := weights.ReadFile(filepath.Join(dir, "last.safetensors"))
	if err != nil {
		return nil, 0, err
	}
	lines, err := runs.ReadLog(dir)
	if err != nil {
		return nil, 0, err
	}
	return set, float64(lines[len(lines)-1].Loss), nil
}
