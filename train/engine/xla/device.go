//go:build xla

package xla

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"abtool/train/engine"
)

// device is one device or several that share each batch.
type device struct {
	backend compute.Backend
	n       int
	mesh    *distributed.DeviceMesh // nil with one
	about   string
}

func (d *device) describe() string { return d.about }

// variable is a tensor in float32 that lives on each device.
type variable struct {
	name  string
	shape []int
	on    []compute.Buffer // by device; nil before it is set
}

func newVariable(name string, shape []int) *variable { return &variable{name: name, shape: shape} }

func (v *variable) len() int { return shapes.Make(dtypes.Float32, v.shape...).Size() }

func (v *variable) free() {
	for _, b := range v.on {
		if b != nil {
			_ = b.Finalize() // nothing to do about it
		}
	}
	v.on = nil
}

// input is what a graph reads besides variables: a part on each device if it is split by images, else a copy.
type input struct {
	name  string
	shape shapes.Shape // of the whole
	split bool
	once  bool // is freed when a graph has read it
	on    []compute.Buffer
}

func (in *input) free() {
	for _, b := range in.on {
		_ = b.Finalize()
	}
	in.on = nil
}

// set copies data to all devices.
func (d *device) set(v *variable, data []float32) error {
	v.free()
	for k := range d.n {
		b, err := d.backend.BufferFromFlatData(compute.DeviceNum(k), data, shapes.Make(dtypes.Float32, v.shape...))
		if err != nil {
			return fmt.Errorf("copying %s to device %d: %w", v.name, k, err)
		}
		v.on = append(v.on, b)
	}
	return nil
}

// get copies from the first device.
func (d *device) get(v *variable) ([]float32, error) {
	data := make([]float32, v.len())
	if len(v.on) == 0 {
		return nil, fmt.Errorf("%s was lost: the last step failed on the device", v.name)
	}
	if err := v.on[0].ToFlatData(data); err != nil {
		return nil, fmt.Errorf("copying %s from the device: %w", v.name, err)
	}
	return data, nil
}

// split copies rows of data, which has shape, to n devices: each the same number.
func split[T any](d *device, n int, name string, data []T, dtype dtypes.DType, shape ...int) (*input, error) {
	in := &input{name: name, shape: shapes.Make(dtype, shape...), split: n > 1}
	part := shapes.Make(dtype, shape...)
	part.Dimensions[0] /= n
	size := part.Size()
	for k := range n {
		b, err := d.backend.BufferFromFlatData(compute.DeviceNum(k), data[k*size:(k+1)*size], part)
		if err != nil {
			in.free()
			return nil, fmt.Errorf("copying the %s of a batch to device %d: %w", name, k, err)
		}
		in.on = append(in.on, b)
	}
	return in, nil
}

// scalars are numbers that change from step to step, as one input; nil if they cannot be copied, which run reports.
func (d *device) scalars(values []float32) []*input {
	in := &input{name: "scalars", shape: shapes.Make(dtypes.Float32, len(values)), once: true}
	for k := range d.n {
		b, err := d.backend.BufferFromFlatData(compute.DeviceNum(k), values, in.shape)
		if err != nil {
			return []*input{nil}
		}
		in.on = append(in.on, b)
	}
	return []*input{in}
}

// program is a compiled graph. It reads variables, then inputs, and gives first the new values of some variables, then results.
type program struct {
	g       *graph.Graph
	n       int   // devices
	writes  []int // which variables it replaces, by their places
	results []int // the sizes of its results
}

// build compiles a graph for n devices. body gets the nodes of variables and inputs, and returns by variable its new value, or nil, and results.
func (d *device) build(name string, n int, vars []*variable, inputs []*input, body func(v, in []*graph.Node) (news, results []*graph.Node)) (p *program, err error) {
	defer recovered(&err)
	g := graph.NewGraph(d.backend, name)
	if n > 1 {
		if err := g.SetAutoSharding(d.mesh); err != nil {
			return nil, err
		}
	}
	p = &program{g: g, n: n}
	vs, ins := make([]*graph.Node, len(vars)), make([]*graph.Node, len(inputs))
	for i, v := range vars {
		vs[i] = graph.Parameter(g, v.name, shapes.Make(dtypes.Float32, v.shape...))
	}
	for i, in := range inputs {
		spec, err := d.spec(n, in.split)
		if err != nil {
			return nil, err
		}
		ins[i] = graph.ShardedParameter(g, "batch/"+in.name, in.shape, spec)
	}
	news, results := body(vs, ins)
	var outs []*graph.Node
	for i, v := range news {
		if v != nil {
			p.writes, outs = append(p.writes, i), append(outs, v)
		}
	}
	for _, r := range results {
		p.results, outs = append(p.results, r.Shape().Size()), append(outs, r)
	}
	var specs []*distributed.ShardingSpec
	if n > 1 { // everything that comes out is whole on each device
		for range outs {
			specs = append(specs, distributed.NewReplicatedShardingSpec(d.mesh))
		}
	}
	return p, g.CompileWithSharding(outs, specs)
}

// spec says that an input is split by images, or nothing.
func (d *device) spec(n int, split bool) (*distributed.ShardingSpec, error) {
	if n == 1 || !split {
		return nil, nil
	}
	return distributed.BuildSpec(d.mesh).S(meshAxis).Done()
}

// meshAxis names the one axis of the devices.
const meshAxis = "images"

// run computes, with the variables in place of those that the program was built with. Variables that it replaces are donated: if it fails
// they are lost.
func (d *device) run(p *program, vars []*variable, inputs []*input) (results [][]float32, err error) {
	defer recovered(&err)
	per := len(vars) + len(inputs)
	buffers, donate := make([]compute.Buffer, 0, p.n*per), make([]bool, p.n*per)
	for k := range p.n {
		for _, v := range vars {
			if len(v.on) <= k {
				return nil, fmt.Errorf("%s was lost: an earlier step failed on the device; go on from a checkpoint", v.name)
			}
			buffers = append(buffers, v.on[k])
		}
		for _, in := range inputs {
			if in == nil {
				return nil, errors.New("numbers of a step could not be copied to the device")
			}
			buffers = append(buffers, in.on[k])
		}
		for _, i := range p.writes {
			donate[k*per+i] = true
		}
	}
	for _, i := range p.writes {
		vars[i].on = nil
	}
	outs := p.g.RunWithBuffers(buffers, donate, 0)
	for _, in := range inputs {
		if in.once {
			in.free()
		}
	}
	per = len(p.writes) + len(p.results)
	for k := range p.n {
		for j, i := range p.writes {
			b, err := outs[k*per+j].DonateBuffer(d.backend, compute.DeviceNum(k))
			if err != nil {
				return nil, err
			}
			vars[i].on = append(vars[i].on, b)
		}
		for j, size := range p.results {
			b, err := outs[k*per+len(p.writes)+j].DonateBuffer(d.backend, compute.DeviceNum(k))
			if err != nil {
				return nil, err
			}
			if k == 0 {
				data := make([]float32, size)
				if err := b.ToFlatData(data); err != nil {
					return nil, err
				}
				results = append(results, data)
			}
			if err := b.Finalize(); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// recovered makes an error of GoMLX's panics. An error of a device that is out of memory wraps engine.ErrMemory.
func recovered(err *error) {
	switch r := recover().(type) {
	case nil:
	case error:
		*err = r
	default:
		*err = fmt.Errorf("%v", r)
	}
	if *err != nil && outOfMemory.MatchString((*err).Error()) {
		*err = fmt.Errorf("%w: %w", engine.ErrMemory, *err)
	}
}

// outOfMemory matches what XLA says, on processors and on GPUs. Its code 8 is RESOURCE_EXHAUSTED.
var outOfMemory = regexp.MustCompile(`Out of memory|RESOURCE_EXHAUSTED|PJRT error \(code=8\)`)
