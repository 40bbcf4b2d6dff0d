package run

import (
	"bufio"
	"context"
	"errors"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"abtool/train/data"
	"abtool/train/engine"
	"abtool/train/optim"
)

// A Plan says what a run will do and what it will need. It is measured with a few steps whose results are
// thrown away.
type Plan struct {
	Recipe  string `json:"recipe"` // resolved, in TOML
	Engine  string `json:"engine"`
	Arch    string `json:"arch"`
	Size    int    `json:"size"`
	Weights int    `json:"weights"` // without the point head
	Images  int    `json:"images"`
	Points  int    `json:"points"` // images with a point to learn from
	Val     int    `json:"val_images"`

	StepsEpoch int `json:"steps_per_epoch"`
	Steps      int `json:"steps"`
	Batch      int `json:"images_per_step"`

	Measured      int           `json:"measured_steps"`
	First         time.Duration `json:"first_step_ns"` // with what is made once, such as compiling
	Step          time.Duration `json:"step_ns"`       // of the later ones, reading images included; mean
	Waited        float64       `json:"waited"`        // share of it that was waiting for images
	Loader        float64       `json:"loader_images_per_second_and_core"`
	ValidateEpoch time.Duration `json:"validate_epoch_ns"` // 0 without validation
	Total         time.Duration `json:"total_ns"`

	StateBytes  int64 `json:"state_bytes"`            // weights, moments and moving average
	PeakBytes   int64 `json:"peak_bytes,omitempty"`   // of this process's memory after the measurement; 0: unknown
	DeviceBytes int64 `json:"device_bytes,omitempty"` // bytes of the device's memory in use, if the engine has a device and reports it
}

// planTime is the time for which steps are measured, and planSteps the largest number of them.
const (
	planTime  = 5 * time.Second
	planSteps = 20
)

// MakePlan prepares a run as Train does, makes a few steps and measures them. It writes nothing.
func MakePlan(ctx context.Context, o Options) (*Plan, error) {
	if err := o.Recipe.Check(); err != nil {
		return nil, err
	}
	t := &trainer{o: o, perStep: o.Recipe.Accumulate}
	if err := t.load(); err != nil {
		return nil, err
	}
	var err error
	if t.e, err = o.New(o.Recipe.engine(t.a, o.Workers)); err != nil {
		return nil, err
	}
	defer t.e.Close()
	if err := t.e.SetWeights(t.a.Init(o.Recipe.Seed)); err != nil {
		return nil, err
	}
	p := &Plan{
		Recipe: o.Recipe.TOML(), Engine: t.e.Name(), Arch: t.a.Name, Size: t.a.Size, Weights: t.a.Count(false), Images: len(t.o.Train.Images), Points: t.o.Train.Pointed(),
		StepsEpoch: t.steps, Steps: t.steps * o.Recipe.Epochs, Batch: o.Recipe.Batch * t.perStep, StateBytes: t.stateBytes(),
	}
	if err := t.measure(ctx, p); err != nil {
		return nil, err
	}
	if o.Val != nil {
		p.Val = len(o.Val.Images)
		if p.ValidateEpoch, err = t.measureVal(ctx); err != nil {
			return nil, err
		}
	}
	p.Total = p.First + time.Duration(p.Steps-1)*p.Step + time.Duration(o.Recipe.Epochs)*p.ValidateEpoch
	p.PeakBytes = peak()
	if m, ok := t.e.(engine.Memory); ok {
		p.DeviceBytes, _ = m.Memory() // 0 for devices that do not report it
	}
	return p, nil
}

// stateBytes returns the bytes of weights, running statistics, moments and moving average, in float32.
func (t *trainer) stateBytes() int64 {
	c := t.o.Recipe.optim().WithDefaults()
	moments := 0
	switch {
	case c.Kind != optim.SGD:
		moments = 2
	case c.Momentum > 0:
		moments = 1
	}
	var n int64
	for _, p := range t.a.Params() {
		copies := 1
		if !p.Buffer {
			copies += moments
		}
		if c.EMA > 0 {
			copies++
		}
		n += 4 * int64(copies) * int64(p.Len())
	}
	return n
}

// measure makes a first step and then more steps for a limited time.
func (t *trainer) measure(ctx context.Context, p *Plan) error {
	lr := t.o.Recipe.schedule(t.steps).At(0)
	var group []*engine.Batch
	began, waited := time.Now(), time.Duration(0)
	feed := t.feed(ctx, 0, 0)
	defer feed.stop()
	for b := range t.fetch(ctx, feed) {
		if b.err != nil {
			return b.err
		}
		if group = append(group, b.Batch); len(group) < t.perStep {
			continue
		}
		if _, err := t.e.Step(lr, group...); errors.Is(err, engine.ErrMemory) {
			return noMemory(err, t.o.Recipe.Batch, t.perStep)
		} else if err != nil {
			return err
		}
		group = group[:0]
		if p.First == 0 {
			p.First = time.Since(began)
			began, waited = time.Now(), t.waited
			continue
		}
		if p.Measured++; p.Measured == planSteps || time.Since(began) > planTime {
			break
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.Step = p.First // an epoch has only one step
	if p.Measured > 0 {
		passed := time.Since(began)
		p.Step = passed / time.Duration(p.Measured)
		p.Waited = math.Min(1, float64(t.waited-waited)/float64(passed))
	}
	p.Loader = t.loader.Rate().PerCPU
	return nil
}

// measureVal evaluates two batches, measures the second one, and returns how long all batches will take.
func (t *trainer) measureVal(ctx context.Context) (time.Duration, error) {
	o := t.o.Recipe.loader(t.a, false, t.o.Workers)
	o.Batch = batchImages
	l, err := data.NewLoader(t.o.Val, o)
	if err != nil {
		return 0, err
	}
	var each time.Duration
	n := 0
	began := time.Now()
	for b := range l.Epoch(ctx, 0, 0) {
		if _, err := t.e.Evaluate(&engine.Batch{Pixels: b.Pixels, Target: b.Target}, false); err != nil {
			return 0, err
		}
		each = time.Since(began) / time.Duration(b.N)
		if n++; n == 2 {
			break
		}
		began = time.Now()
	}
	return each * time.Duration(len(t.o.Val.Images)), ctx.Err()
}

// peak returns the largest memory that this process has had so far, or 0 if the system does not report it.
func peak() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if text, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}
