//go:build xla

package xla

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"

	"abtool/train/engine"
	"abtool/train/loss"
)

// resident is a batch on the devices.
type resident struct {
	kind   string // batches of one kind share a graph
	inputs []*input
	drop   *input // factors of stochastic depth in a training step, otherwise nil
}

func (r *resident) free() {
	for _, in := range r.buffers() {
		in.free()
	}
}

// buffers returns the inputs in the order in which graphs read them.
func (r *resident) buffers() []*input {
	if r.drop == nil {
		return append([]*input(nil), r.inputs...)
	}
	return append(append([]*input(nil), r.inputs...), r.drop)
}

// Ahead implements engine.Ahead.
func (e *Engine) Ahead(b *engine.Batch) error {
	if err := e.check(b); err != nil {
		return err
	}
	r, err := e.transfer(b)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if old := e.ahead[b]; old != nil {
		old.free()
	}
	e.ahead[b] = r
	return nil
}

// resident returns batch k of the next step on the devices. It copies the batch unless Ahead has done so.
func (e *Engine) resident(b *engine.Batch, k int) (*resident, error) {
	e.mu.Lock()
	r := e.ahead[b]
	delete(e.ahead, b)
	e.mu.Unlock()
	if r == nil {
		var err error
		if r, err = e.transfer(b); err != nil {
			return nil, err
		}
	}
	if len(e.drops) == 0 {
		return r, nil
	}
	factors := cleared(&e.factors, b.N*len(e.drops)) // by image, by layer
	random := e.random(k)
	for j, i := range e.drops {
		for n := range b.N {
			factors[n*len(e.drops)+j] = keep(random.Float64(), e.cfg.Arch.Layers[i].Rate)
		}
	}
	var err error
	r.drop, err = split(e.d, e.d.n, "drop", factors, dtypes.Float32, b.N, len(e.drops))
	return r, err
}

// cleared returns n zeros, in the memory of s if it is large enough.
func cleared(s *[]float32, n int) []float32 {
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	*s = (*s)[:n]
	clear(*s)
	return *s
}

// keep returns the factor of an image in stochastic depth: 0 with probability rate, otherwise 1/(1-rate),
// so that the mean is 1.
func keep(u, rate float64) float32 {
	if u < rate {
		return 0
	}
	return float32(1 / (1 - rate))
}

// transfer copies a batch to the devices: the images; labels or classes; and, with a point head, points and
// their validity.
func (e *Engine) transfer(b *engine.Batch) (r *resident, err error) {
	r = &resident{}
	add := func(in *input, err error) error {
		if err == nil {
			r.inputs = append(r.inputs, in)
		}
		return err
	}
	defer func() {
		if err != nil {
			r.free()
		}
	}()
	in, err := e.images(b, e.d.n)
	if err := add(in, err); err != nil {
		return nil, err
	}
	r.kind = fmt.Sprint(in.shape)
	a := e.cfg.Arch
	if b.Labels != nil {
		r.kind += " labels"
		err = add(split(e.d, e.d.n, "labels", b.Labels, dtypes.Int32, b.N))
	} else {
		r.kind += " classes"
		err = add(split(e.d, e.d.n, "classes", b.Classes, dtypes.Float32, b.N, a.Classes))
	}
	if err != nil || a.PointOutputs == 0 {
		return r, err
	}
	e.stage.Lock()
	defer e.stage.Unlock()
	points, valid := cleared(&e.points, b.N*a.PointOutputs), cleared(&e.valid, b.N*a.PointOutputs/2)
	for i, v := range b.Valid {
		if v { // the values of other points are unspecified
			points[2*i], points[2*i+1], valid[i] = b.Points[2*i], b.Points[2*i+1], 1
		}
	}
	if err = add(split(e.d, e.d.n, "points", points, dtypes.Float32, b.N, a.PointOutputs)); err != nil {
		return nil, err
	}
	err = add(split(e.d, e.d.n, "valid", valid, dtypes.Float32, b.N, a.PointOutputs/2))
	return r, err
}

// images copies the images, as bytes if the batch has bytes.
func (e *Engine) images(b *engine.Batch, n int) (*input, error) {
	in := e.cfg.Arch.In()
	if b.Images == nil {
		return split(e.d, n, "images", b.Pixels, dtypes.Uint8, b.N, in[0], in[1], in[2])
	}
	return split(e.d, n, "images", b.Images, dtypes.Float32, b.N, in[0], in[1], in[2])
}

// filled returns the images of a batch and enough empty ones after them to make n images.
func filled(b *engine.Batch, n int) *engine.Batch {
	if b.N == n {
		return b
	}
	f := &engine.Batch{Target: loss.Target{N: n}}
	if b.Images != nil {
		f.Images = append(slices.Clip(b.Images), make([]float32, (n-b.N)*len(b.Images)/b.N)...)
	} else {
		f.Pixels = append(slices.Clip(b.Pixels), make([]byte, (n-b.N)*len(b.Pixels)/b.N)...)
	}
	return f
}

// image copies only the images, and only to the first device.
func (e *Engine) image(b *engine.Batch) (*input, string, error) {
	in, err := e.images(b, 1)
	if err != nil {
		return nil, "", err
	}
	return in, fmt.Sprint(in.shape), nil
}
