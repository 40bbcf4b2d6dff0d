package arch

import (
	"fmt"
)

// Op is the kind of a layer. Shapes in the comments below are per image: a map is H × W × C, tokens are T ×
// D, features are D.
type Op string

// The kinds of layers. Each comment names the fields of Layer that the kind reads and its parameters, whose
// full names begin with Layer.Name.
const (
	// Conv is a 2-d convolution of a zero-padded map. It reads Out, Kernel, Stride, Pad and Bias. Its
	// parameters are weight (OIHW) and, with Bias, bias.
	Conv Op = "conv"
	// BatchNorm normalises each channel of a map. It reads Eps and Momentum, which is PyTorch's: the weight
	// of the new value in the running statistics. Its parameters are weight and bias. Its buffers, used in
	// evaluation, are running_mean and running_var (the unbiased variance).
	BatchNorm Op = "batchnorm"
	// ReLU is max(x, 0), with gradient 0 at 0.
	ReLU Op = "relu"
	// MaxPool takes the maximum over windows of a map. It reads Kernel, Stride and Pad; the padding is
	// -inf. If several values of a window are equal, the first in row-major order gets the gradient.
	MaxPool Op = "maxpool"
	// GAP averages a map over its positions and returns features of C values. It reads Alpha and Sigma: with
	// an Alpha above 0 the average is guided in training, and Guide says what its weights are. In evaluation
	// it is the plain average.
	GAP Op = "gap"
	// AttendPool averages a map over its positions with weights that it predicts: the softmax over positions of
	// a linear function of each. Its parameters are weight (1 × C) and bias (1), which begin at 0, so that it
	// begins as GAP. In training loss.Config.Attention pulls the weights towards a Gaussian of Sigma cells
	// around the image's point, as Guide with an Alpha of 1 returns it.
	AttendPool Op = "attendpool"
	// Add adds two inputs of the same shape.
	Add Op = "add"
	// Linear multiplies the last axis by a matrix. It reads Out and Bias. Its parameters are weight (out ×
	// in) and, with Bias, bias.
	Linear Op = "linear"
	// LayerNorm normalises the last axis. It reads Eps. Its parameters are weight and bias.
	LayerNorm Op = "layernorm"
	// Attention returns softmax(q·kᵀ/√(D/Heads))·v, tokens of D values. Its input is tokens of 3·D values,
	// as timm's qkv layer returns them: the queries, the keys and the values, each of them Heads heads of
	// D/Heads values.
	Attention Op = "attention"
	// GELU is x·Φ(x) with the exact normal distribution function.
	GELU Op = "gelu"
	// Embed turns a map of D channels into tokens, row by row, prepends Tokens learned tokens and adds the
	// position embedding. Its parameters have no prefix, as in timm: cls_token (1 × Tokens × D) and pos_embed
	// (1 × T × D).
	Embed Op = "embed"
	// ClassToken returns the first Tokens tokens one after another, features of Tokens·D values.
	ClassToken Op = "cls"
	// DropPath is stochastic depth: in training it multiplies each image's values by 0 with probability
	// Rate, and otherwise by 1/(1-Rate).
	DropPath Op = "droppath"
)

// Image is the index in Layer.In that stands for the network's input.
const Image = -1

// Layer is one step of a network.
type Layer struct {
	Op   Op
	Name string // prefix of the parameters' names, such as "layer1.0.conv1"; empty for layers without parameters
	In   []int  // the layers whose outputs are read, or Image; two for Add, else one

	Out                 int     // output channels or features: Conv, Linear
	Kernel, Stride, Pad int     // pixels: Conv, MaxPool
	Bias                bool    // Conv, Linear
	Eps                 float64 // BatchNorm, LayerNorm
	Momentum            float64 // BatchNorm
	Heads               int     // Attention
	Tokens              int     // Embed, ClassToken: 1 for the class token alone
	Rate                float64 // DropPath, in [0, 1)
	Alpha               float64 // GAP: share of the weight that is around the point, in [0, 1]
	Sigma               float64 // GAP, AttendPool: width of that weight in cells, above 0
}

// Arch describes a network.
type Arch struct {
	Name     string
	Channels int     // of the input
	Size     int     // height and width of the input in pixels
	Usual    int     // the architecture's default for Size; 0: it has none
	Layers   []Layer // in an order in which each layer reads only earlier ones
	Features int     // index of the layer whose output is the penultimate features

	Classes      int   // outputs of the class head
	PointOutputs int   // outputs of the point head: 0 (no point head), 2, or 2·Classes (x and y of class c at 2c and 2c+1)
	Heads        Heads // the heads' layers
}

// Heads has the indexes of the heads in Layers. Points is -1 if the network has no point head.
type Heads struct{ Classes, Points int }

// PointPrefix is the prefix of the names of the point head's parameters, and AttendName the name of the pooling that
// predicts its weights.
const (
	PointPrefix = "point_head."
	AttendName  = "attention_pool"
)

// Shape is the shape of one image's value in the network: 1 to 3 axes, each at least 1.
type Shape []int

// Len returns the number of values.
func (s Shape) Len() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// In returns the shape of the input, H × W × C.
func (a *Arch) In() Shape { return Shape{a.Size, a.Size, a.Channels} }

// Width returns the number of penultimate features.
func (a *Arch) Width() int {
	shapes, err := a.Shapes()
	if err != nil {
		return 0
	}
	return shapes[a.Features].Len()
}

// Shapes returns the shape of each layer's output for one image. The error names the layer whose inputs do
// not fit.
func (a *Arch) Shapes() ([]Shape, error) {
	out := make([]Shape, len(a.Layers))
	for i, l := range a.Layers {
		in := make([]Shape, len(l.In))
		for j, k := range l.In {
			if k >= i || k < Image {
				return nil, fmt.Errorf("%s: layer %d (%s %s) reads layer %d", a.Name, i, l.Op, l.Name, k)
			}
			in[j] = a.In()
			if k != Image {
				in[j] = out[k]
			}
		}
		s, err := l.shape(in)
		if err != nil {
			return nil, fmt.Errorf("%s: layer %d (%s %s): %w", a.Name, i, l.Op, l.Name, err)
		}
		out[i] = s
	}
	return out, nil
}

func (l Layer) shape(in []Shape) (Shape, error) {
	want := 1
	if l.Op == Add {
		want = 2
	}
	if len(in) != want {
		return nil, fmt.Errorf("%d inputs, want %d", len(in), want)
	}
	x := in[0]
	if axes, ok := axesOf[l.Op]; ok && len(x) != axes {
		return nil, fmt.Errorf("input of shape %v, want %d axes", x, axes)
	}
	last := x[len(x)-1]
	switch l.Op {
	case Conv, MaxPool:
		if l.Kernel < 1 || l.Stride < 1 || x[0]+2*l.Pad < l.Kernel || x[1]+2*l.Pad < l.Kernel {
			return nil, fmt.Errorf("kernel %d, stride %d, padding %d do not fit a map of %d × %d", l.Kernel, l.Stride, l.Pad, x[0], x[1])
		}
		c := last
		if l.Op == Conv {
			c = l.Out
		}
		return Shape{(x[0]+2*l.Pad-l.Kernel)/l.Stride + 1, (x[1]+2*l.Pad-l.Kernel)/l.Stride + 1, c}, nil
	case GAP, AttendPool:
		return Shape{last}, nil
	case Add:
		if fmt.Sprint(x) != fmt.Sprint(in[1]) {
			return nil, fmt.Errorf("adds shapes %v and %v", x, in[1])
		}
	case Linear:
		s := append(Shape{}, x...)
		s[len(s)-1] = l.Out
		return s, nil
	case Attention:
		if last%3 != 0 || l.Heads < 1 || last/3%l.Heads != 0 {
			return nil, fmt.Errorf("%d values do not make %d heads of queries, keys and values", last, l.Heads)
		}
		return Shape{x[0], last / 3}, nil
	case Embed:
		if l.Tokens < 1 {
			return nil, fmt.Errorf("%d tokens before those of patches, want at least 1", l.Tokens)
		}
		return Shape{x[0]*x[1] + l.Tokens, last}, nil
	case ClassToken:
		if l.Tokens < 1 || l.Tokens > x[0] {
			return nil, fmt.Errorf("the first %d of %d tokens, want at least 1", l.Tokens, x[0])
		}
		return Shape{l.Tokens * last}, nil
	case BatchNorm, ReLU, LayerNorm, GELU, DropPath:
	default:
		return nil, fmt.Errorf("unknown layer %q", l.Op)
	}
	return x, nil
}

var axesOf = map[Op]int{Conv: 3, BatchNorm: 3, MaxPool: 3, GAP: 3, AttendPool: 3, Attention: 2, Embed: 3, ClassToken: 2}
