package onnx

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"abtool/internal/replace"
	"abtool/train/arch"
	"abtool/train/weights"
)

// Names of the inputs and outputs of a model.
const (
	// Image is the input: normalised pixels (see arch.Normalise), images × channels × height × width.
	Image = "image"
	// Logits is the output of the class head, images × classes.
	Logits = "logits"
	// Points is the output of the point head after the sigmoid, images × arch.Arch.PointOutputs: x and y as fractions
	// of the width and the height of the input. A network without this head does not have it.
	Points = "points"
)

// Write writes a network as it is in evaluation to a file. metadata are texts that the model says of itself, to which
// it adds the mean and the standard deviation of the pixels of each channel, on a scale from 0 to 1. It fails if a weight is missing or has another shape than the architecture says.
func Write(path string, a *arch.Arch, set *weights.Set, metadata map[string]string) error {
	g, err := build(a, set)
	if err != nil {
		return err
	}
	about := map[string]string{"mean": numbers(arch.Mean), "std": numbers(arch.Std)}
	maps.Copy(about, metadata)
	err = replace.File(path, func(w io.Writer) error { return writeModel(w, g.graph, g.constants, "abtool", about) })
	if err != nil {
		return fmt.Errorf("writing the model to %s: %w", path, err)
	}
	return nil
}

func numbers(v [3]float32) string { return strings.Trim(fmt.Sprint(v), "[]") }

// A graph is the network as ONNX's operators. Maps are channels × height × width there.
type graph struct {
	a         *arch.Arch
	set       *weights.Set
	shapes    []arch.Shape
	names     []string // of the layers' values
	graph     message
	constants []tensor
	nodes     int
}

func build(a *arch.Arch, set *weights.Set) (*graph, error) {
	shapes, err := a.Shapes()
	if err != nil {
		return nil, err
	}
	for _, p := range a.Params() {
		switch got, ok := set.Get(p.Name); {
		case !ok:
			return nil, fmt.Errorf("the weights of %s have no %s", a.Name, p.Name)
		case !slices.Equal(got.Shape, p.Shape):
			return nil, fmt.Errorf("%s has shape %v, but %v in %s", p.Name, got.Shape, p.Shape, a.Name)
		}
	}
	g := &graph{a: a, set: set, shapes: shapes, names: make([]string, len(a.Layers))}
	for i, l := range a.Layers {
		switch i {
		case a.Heads.Classes:
			g.names[i] = Logits
		default:
			g.names[i] = fmt.Sprintf("%d.%s", i, l.Op)
		}
		if err := g.layer(i, l); err != nil {
			return nil, err
		}
	}
	g.graph.text(2, a.Name)
	g.graph.bytes(11, value(Image, a.Channels, a.Size, a.Size))
	g.graph.bytes(12, value(Logits, a.Classes))
	if a.Heads.Points >= 0 {
		g.node("Sigmoid", []string{g.names[a.Heads.Points]}, Points)
		g.graph.bytes(12, value(Points, a.PointOutputs))
	}
	return g, nil
}

// layer adds the operators of a layer, of which the last one gives its value.
func (g *graph) layer(i int, l arch.Layer) error {
	in, shape := g.input(l.In[0])
	out, width := g.names[i], shape[len(shape)-1]
	last := func(op string, inputs []string, attributes ...attribute) { g.node(op, inputs, out, attributes...) }
	switch l.Op {
	case arch.Conv:
		inputs := []string{in, g.weight(l.Name + ".weight")}
		if l.Bias {
			inputs = append(inputs, g.weight(l.Name+".bias"))
		}
		last("Conv", inputs, window(l)...)
	case arch.BatchNorm:
		last("BatchNormalization", []string{in, g.weight(l.Name + ".weight"), g.weight(l.Name + ".bias"),
			g.weight(l.Name + ".running_mean"), g.weight(l.Name + ".running_var")}, attribute{"epsilon", l.Eps})
	case arch.ReLU:
		last("Relu", []string{in})
	case arch.MaxPool:
		last("MaxPool", []string{in}, window(l)...)
	case arch.GAP:
		last("Flatten", []string{g.step("GlobalAveragePool", []string{in})})
	case arch.AttendPool:
		weight := g.float(l.Name+".weight", []int{1, width, 1, 1}, g.data(l.Name+".weight"))
		scores := g.step("Conv", []string{in, weight, g.weight(l.Name + ".bias")})
		share := g.step("Softmax", []string{g.reshape(scores, 0, 1, -1)}, attribute{"axis", 2})
		weighted := g.step("Mul", []string{g.reshape(in, 0, width, -1), share})
		last("ReduceSum", []string{weighted, g.list(2)}, attribute{"keepdims", 0})
	case arch.Add:
		other, _ := g.input(l.In[1])
		last("Add", []string{in, other})
	case arch.Linear:
		// The weight is transposed here, so that one operator serves tokens and features.
		product := []string{in, g.transposed(l.Name+".weight", l.Out, width)}
		if !l.Bias {
			last("MatMul", product)
			break
		}
		last("Add", []string{g.step("MatMul", product), g.weight(l.Name + ".bias")})
	case arch.LayerNorm:
		last("LayerNormalization", []string{in, g.weight(l.Name + ".weight"), g.weight(l.Name + ".bias")}, attribute{"epsilon", l.Eps})
	case arch.Attention:
		g.attention(in, out, shape, l.Heads)
	case arch.GELU:
		half := g.step("Mul", []string{in, g.float("gelu.half", nil, []float32{0.5})})
		erf := g.step("Erf", []string{g.step("Div", []string{in, g.float("gelu.root2", nil, []float32{math.Sqrt2})})})
		last("Mul", []string{half, g.step("Add", []string{erf, g.float("gelu.one", nil, []float32{1})})})
	case arch.Embed:
		patches := g.step("Transpose", []string{g.reshape(in, 0, width, -1)}, attribute{"perm", []int{0, 2, 1}})
		images := g.step("Slice", []string{g.step("Shape", []string{in}), g.list(0), g.list(1)})
		size := g.step("Concat", []string{images, g.list(l.Tokens, width)}, attribute{"axis", 0})
		tokens := g.step("Expand", []string{g.weight("cls_token"), size})
		all := g.step("Concat", []string{tokens, patches}, attribute{"axis", 1})
		last("Add", []string{all, g.weight("pos_embed")})
	case arch.ClassToken:
		first := g.step("Slice", []string{in, g.list(0), g.list(l.Tokens), g.list(1)})
		last("Reshape", []string{first, g.list(0, l.Tokens*width)})
	case arch.DropPath: // it does nothing in evaluation
		last("Identity", []string{in})
	default:
		return fmt.Errorf("%s: ONNX export does not know the layer %q", g.a.Name, l.Op)
	}
	return nil
}

// input returns the name and the shape of what a layer reads: another layer's value, or of the input for arch.Image.
func (g *graph) input(layer int) (string, arch.Shape) {
	if layer == arch.Image {
		return Image, g.a.In()
	}
	return g.names[layer], g.shapes[layer]
}

// attention adds softmax(q·kᵀ/√d)·v. in has the queries, keys and values of tokens one after another.
func (g *graph) attention(in, out string, shape arch.Shape, heads int) {
	width := shape[1] / 3
	parts := g.step("Transpose", []string{g.reshape(in, 0, 0, 3, heads, width/heads)}, attribute{"perm", []int{2, 0, 3, 1, 4}})
	part := func(i int) string {
		return g.step("Gather", []string{parts, g.scalar(i)}, attribute{"axis", 0})
	}
	scale := g.float(fmt.Sprintf("scale.%d", width/heads), nil, []float32{float32(1 / math.Sqrt(float64(width/heads)))})
	query := g.step("Mul", []string{part(0), scale})
	key := g.step("Transpose", []string{part(1)}, attribute{"perm", []int{0, 1, 3, 2}})
	share := g.step("Softmax", []string{g.step("MatMul", []string{query, key})}, attribute{"axis", 3})
	mixed := g.step("Transpose", []string{g.step("MatMul", []string{share, part(2)})}, attribute{"perm", []int{0, 2, 1, 3}})
	g.node("Reshape", []string{mixed, g.list(0, 0, width)}, out)
}

// node adds an operator with the name of its output.
func (g *graph) node(op string, inputs []string, out string, attributes ...attribute) {
	var m message
	for _, name := range inputs {
		m.text(1, name)
	}
	m.text(2, out)
	m.text(3, out)
	m.text(4, op)
	for _, a := range attributes {
		m.bytes(5, a.encode())
	}
	g.graph.bytes(1, m)
}

// step adds an operator in the middle of a layer, and returns the name of its output.
func (g *graph) step(op string, inputs []string, attributes ...attribute) string {
	g.nodes++
	out := fmt.Sprintf("step%d.%s", g.nodes, op)
	g.node(op, inputs, out, attributes...)
	return out
}

// reshape adds a Reshape. An axis of 0 keeps its length, and -1 takes what is left.
func (g *graph) reshape(in string, axes ...int) string {
	return g.step("Reshape", []string{in, g.list(axes...)})
}

// window returns the attributes of a convolution or a pooling.
func window(l arch.Layer) []attribute {
	return []attribute{{"kernel_shape", []int{l.Kernel, l.Kernel}}, {"strides", []int{l.Stride, l.Stride}},
		{"pads", []int{l.Pad, l.Pad, l.Pad, l.Pad}}}
}

func (g *graph) data(name string) []float32 {
	t, _ := g.set.Get(name)
	return t.Data
}

// weight adds a parameter as it is, and returns its name.
func (g *graph) weight(name string) string {
	t, _ := g.set.Get(name)
	return g.constant(tensor{name: name, shape: t.Shape, floats: t.Data})
}

// transposed adds a matrix of rows × columns, transposed.
func (g *graph) transposed(name string, rows, columns int) string {
	from := g.data(name)
	to := make([]float32, len(from))
	for r := range rows {
		for c := range columns {
			to[c*rows+r] = from[r*columns+c]
		}
	}
	return g.float(name, []int{columns, rows}, to)
}

func (g *graph) float(name string, shape []int, values []float32) string {
	return g.constant(tensor{name: name, shape: shape, floats: values})
}

// list adds a constant list of integers, and scalar an integer.
func (g *graph) list(values ...int) string {
	return g.constant(tensor{name: fmt.Sprint("list", values), shape: []int{len(values)}, ints: values})
}

func (g *graph) scalar(v int) string {
	return g.constant(tensor{name: fmt.Sprint("scalar", v), ints: []int{v}})
}

// constant adds a constant unless there is one of its name, and returns the name.
func (g *graph) constant(t tensor) string {
	if !slices.ContainsFunc(g.constants, func(c tensor) bool { return c.name == t.name }) {
		g.constants = append(g.constants, t)
	}
	return t.name
}
