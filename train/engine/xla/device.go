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

// device is one device, or several that share each batch.
type device struct {
	backend compute.Backend
	n       int
	mesh    *distributed.DeviceMesh // nil for one device
	about   string
}

func (d *device) describe() string { return d.about }

// variable is a float32 tensor that each device has a copy of.
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
			_ = b.Finalize() // an error could not be handled
		}
	}
	v.on = nil
}

// input is an input of a graph that is not a variable. Each device has a part of it if it is split by
// images, otherwise a copy.
type input struct {
	name  string
	shape shapes.Shape // of the whole input
	split bool
	once  bool // free it after a graph has read it
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

// get returns a copy of the variable on the first device.
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

// split copies data, which has the given shape, to n devices, the same number of rows to each.
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

// scalars returns an input with numbers that change from step to step. It contains nil if copying failed,
// which run reports.
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

// program is a compiled graph. It reads variables and then inputs, and returns the new values of some
// variables and then results.
type program struct {
	g       *graph.Graph
	n       int   // devices
	writes  []int // indexes of the variables that it replaces
	results []int // sizes of its results
}

// build compiles a graph for n devices. body gets the nodes of variables and inputs. It returns for each
// variable the new value or nil, and the results.
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
	if n > 1 { // each device has the whole of every output
		for range outs {
			specs = append(specs, distributed.NewReplicatedShardingSpec(d.mesh))
		}
	}
	return p, g.CompileWithSharding(outs, specs)
}

// spec returns the sharding of an input: split by images, or not at all.
func (d *device) spec(n int, split bool) (*distributed.ShardingSpec, error) {
	if n == 1 || !split {
		return nil, nil
	}
	return distributed.BuildSpec(d.mesh).S(meshAxis).Done()
}

// meshAxis is the name of the mesh's only axis.
const meshAxis = "images"

// run runs a program on the given variables and inputs. Variables that it replaces are donated, so that
// they are lost if it fails.
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
				return nil, errors.New("the scalars of a step could not be copied to the device")
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

// recovered turns a panic of GoMLX's into an error. The error wraps engine.ErrMemory if a device is out of
// memory.
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
