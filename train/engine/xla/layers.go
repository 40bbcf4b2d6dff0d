//go:build xla

package xla

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"abtool/train/arch"
)

// network lowers an architecture to one graph. Maps are N × H × W × C, tokens N × T × D, features N × D.
type network struct {
	arch     *arch.Arch
	training bool
	dtype    dtypes.DType // of activations
	params   map[string]*graph.Node
	drop     *graph.Node // N × len(drops) factors of stochastic depth; nil in evaluation
	points   *graph.Node // N × 2 target points, and N × 1 whether they are valid; training with a point head only
	valid    *graph.Node
	attend   *graph.Node // attention loss of a pooling that predicts its weights; nil without one, or without points
	drops    []int       // indexes of the layers with stochastic depth
	outs     []*graph.Node
	stats    map[string]*graph.Node // new running statistics, by name; training only
}

// lower returns the outputs of the class head and, if there is one, the point head, in float32.
func (n *network) lower(image *graph.Node) []*graph.Node {
	n.outs, n.stats = make([]*graph.Node, len(n.arch.Layers)), map[string]*graph.Node{}
	image = n.image(image)
	heads := n.arch.Heads
	for i, l := range n.arch.Layers {
		x := make([]*graph.Node, len(l.In))
		for j, k := range l.In {
			x[j] = image
			if k != arch.Image {
				x[j] = n.outs[k]
			}
		}
		if i == heads.Classes || i == heads.Points {
			n.outs[i] = n.linear(l, graph.ConvertDType(x[0], dtypes.Float32)) // the heads are small, and the losses need their precision
			continue
		}
		n.outs[i] = n.layer(i, l, x)
	}
	out := []*graph.Node{n.outs[heads.Classes]}
	if heads.Points >= 0 {
		out = append(out, n.outs[heads.Points])
	}
	return out
}

// image normalises bytes. It returns floats as they are.
func (n *network) image(x *graph.Node) *graph.Node {
	if x.DType() == dtypes.Uint8 {
		g, scale, shift := x.Graph(), make([]float32, 3), make([]float32, 3)
		for c := range scale {
			scale[c], shift[c] = 1/(255*arch.Std[c]), -arch.Mean[c]/arch.Std[c]
		}
		x = graph.ConvertDType(x, dtypes.Float32)
		x = graph.Add(graph.Mul(x, channels(graph.Const(g, scale), 4)), channels(graph.Const(g, shift), 4))
	}
	return graph.ConvertDType(x, n.dtype)
}

func (n *network) layer(i int, l arch.Layer, x []*graph.Node) *graph.Node {
	switch l.Op {
	case arch.Conv:
		return n.conv(l, x[0])
	case arch.BatchNorm:
		return n.batchNorm(l, x[0])
	case arch.ReLU:
		return graph.Where(graph.GreaterThan(x[0], graph.ScalarZero(x[0].Graph(), x[0].DType())), x[0], graph.ZerosLike(x[0]))
	case arch.MaxPool:
		return maxPool(l, x[0])
	case arch.GAP:
		if l.Alpha > 0 && n.training {
			return n.guidedPool(l, x[0])
		}
		return graph.ReduceMean(graph.ConvertDType(x[0], dtypes.Float32), 1, 2)
	case arch.AttendPool:
		return n.attendPool(l, x[0])
	case arch.Add:
		return graph.Add(x[0], x[1])
	case arch.Linear:
		return n.linear(l, x[0])
	case arch.LayerNorm:
		return n.layerNorm(l, x[0])
	case arch.Attention:
		return attention(l, x[0])
	case arch.GELU:
		return gelu(x[0])
	case arch.Embed:
		return n.embed(l, x[0])
	case arch.ClassToken:
		d := x[0].Shape().Dimensions
		return graph.Reshape(graph.Slice(x[0], graph.AxisRange(), graph.AxisRange(0, l.Tokens), graph.AxisRange()), d[0], l.Tokens*d[2])
	case arch.DropPath:
		return n.dropPath(i, x[0])
	}
	panic(fmt.Errorf("the xla engine has no layer %q", l.Op))
}

// guidedPool averages a map with weights around the image's point (arch.Layer.Guide).
func (n *network) guidedPool(l arch.Layer, x *graph.Node) *graph.Node {
	x = graph.ConvertDType(x, dtypes.Float32)
	d := x.Shape().Dimensions
	images, cells := d[0], d[1]*d[2]
	share := graph.MulScalar(graph.BroadcastToDims(n.valid, images, cells), l.Alpha)
	equal := graph.DivScalar(graph.AddScalar(graph.Neg(share), 1), float64(cells))
	return weighted(x, graph.StopGradient(graph.Add(equal, graph.Mul(share, n.around(l, d)))))
}

// attendPool averages a map with weights that it predicts. In training it computes the attention loss.
func (n *network) attendPool(l arch.Layer, x *graph.Node) *graph.Node {
	x = graph.ConvertDType(x, dtypes.Float32)
	d := x.Shape().Dimensions
	l.Bias = true
	scores := graph.Reshape(n.linear(l, x), d[0], d[1]*d[2])
	if n.training && n.points != nil {
		shifted := graph.Sub(scores, graph.StopGradient(graph.ReduceAndKeep(scores, graph.ReduceMax, -1)))
		logs := graph.Sub(shifted, graph.Log(graph.ReduceAndKeep(graph.Exp(shifted), graph.ReduceSum, -1)))
		each := graph.Neg(graph.ReduceSum(graph.Mul(graph.StopGradient(n.around(l, d)), logs), -1))
		n.attend = graph.ReduceAllMean(graph.Mul(each, graph.Reshape(n.valid, d[0])))
	}
	return weighted(x, softmax(scores))
}

// weighted averages a map with weights, N × cells.
func weighted(x, weights *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	weights = graph.BroadcastToDims(graph.Reshape(weights, d[0], d[1], d[2], 1), d...)
	return graph.ReduceSum(graph.Mul(x, weights), 1, 2)
}

// around returns the Gaussian around each image's point, N × cells (arch.Layer.Around), for maps of
// dimensions d.
func (n *network) around(l arch.Layer, d []int) *graph.Node {
	g, images, rows, columns := n.points.Graph(), d[0], d[1], d[2]
	axis := func(i, cells int) *graph.Node {
		at := graph.AddScalar(graph.MulScalar(graph.Slice(n.points, graph.AxisRange(), graph.AxisRange(i, i+1)), float64(cells)), -0.5)
		cell := graph.Iota(g, shapes.Make(dtypes.Float32, images, cells), 1)
		off := graph.Sub(cell, graph.BroadcastToDims(at, images, cells))
		return graph.Mul(off, off)
	}
	dx, dy := axis(0, columns), axis(1, rows)
	distance := graph.Add(graph.BroadcastToDims(graph.Reshape(dy, images, rows, 1), images, rows, columns),
		graph.BroadcastToDims(graph.Reshape(dx, images, 1, columns), images, rows, columns))
	return softmax(graph.MulScalar(graph.Reshape(distance, images, rows*columns), -1/(2*l.Sigma*l.Sigma)))
}

// param returns a parameter in float32.
func (n *network) param(l arch.Layer, name string) *graph.Node { return n.params[l.Name+"."+name] }

// channels reshapes a vector so that it broadcasts along the last of rank axes.
func channels(v *graph.Node, rank int) *graph.Node {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	dims[rank-1] = v.Shape().Size()
	return graph.Reshape(v, dims...)
}

func (n *network) bias(l arch.Layer, y *graph.Node) *graph.Node {
	if !l.Bias {
		return y
	}
	return graph.Add(y, channels(graph.ConvertDType(n.param(l, "bias"), y.DType()), y.Rank()))
}

// convAxes are the axes of maps and of weights in PyTorch's layout.
var convAxes = compute.ConvolveAxesConfig{
	InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3,
	KernelOutputChannels: 0, KernelInputChannels: 1, KernelSpatial: []int{2, 3},
	OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
}

func (n *network) conv(l arch.Layer, x *graph.Node) *graph.Node {
	w := graph.ConvertDType(n.param(l, "weight"), x.DType())
	dims := x.Shape().Dimensions
	if l.Kernel == l.Stride && l.Pad == 0 && dims[1]%l.Stride == 0 && dims[2]%l.Stride == 0 {
		return n.bias(l, patches(l.Kernel, x, w))
	}
	pad := [2]int{l.Pad, l.Pad}
	y := graph.Convolve(x, w).AxesConfig(convAxes).Strides(l.Stride).PaddingPerDim([][2]int{pad, pad}).Done()
	return n.bias(l, y)
}

// patches computes a convolution whose windows do not overlap as a matrix product.
func patches(k int, x, w *graph.Node) *graph.Node {
	d, out := x.Shape().Dimensions, w.Shape().Dim(0)
	x = graph.Reshape(x, d[0], d[1]/k, k, d[2]/k, k, d[3])
	x = graph.TransposeAllAxes(x, 0, 1, 3, 5, 2, 4)
	x = graph.Reshape(x, d[0], d[1]/k, d[2]/k, d[3]*k*k)
	w = graph.Reshape(w, out, d[3]*k*k)
	return dot(x, w, []int{3}, []int{1}, nil, nil)
}

// dot returns a product in the type of its factors. Without it, GoMLX would make the gradients of a
// bfloat16 product's factors float32.
func dot(a, b *graph.Node, aSum, bSum, aBatch, bBatch []int) *graph.Node {
	return graph.Dot(a, b).WithAccumulatorDType(dtypes.InvalidDType).General(aSum, aBatch, bSum, bBatch)
}

func (n *network) linear(l arch.Layer, x *graph.Node) *graph.Node {
	w := graph.ConvertDType(n.param(l, "weight"), x.DType())
	return n.bias(l, dot(x, w, []int{x.Rank() - 1}, []int{1}, nil, nil))
}

// batchNorm computes in float32. It takes the variance in a second pass, because the mean square less the
// square of the mean would lose digits where images are alike.
func (n *network) batchNorm(l arch.Layer, x *graph.Node) *graph.Node {
	dtype, rank := x.DType(), x.Rank()
	x = graph.ConvertDType(x, dtypes.Float32)
	mean, variance := n.param(l, "running_mean"), n.param(l, "running_var")
	if n.training {
		count := float64(x.Shape().Size() / x.Shape().Dim(-1))
		batchMean := graph.ReduceMean(x, 0, 1, 2)
		d := graph.Sub(x, channels(graph.StopGradient(batchMean), rank)) // the derivative of the variance by the mean is 0
		batchVar := graph.ReduceMean(graph.Mul(d, d), 0, 1, 2)
		unbiased := graph.MulScalar(batchVar, count/max(1, count-1))
		n.stats[l.Name+".running_mean"] = mix(mean, batchMean, l.Momentum)
		n.stats[l.Name+".running_var"] = mix(variance, unbiased, l.Momentum)
		mean, variance = batchMean, batchVar
	}
	scale := graph.Div(n.param(l, "weight"), graph.Sqrt(graph.AddScalar(variance, l.Eps)))
	y := graph.Mul(graph.Sub(x, channels(mean, rank)), channels(scale, rank))
	return graph.ConvertDType(graph.Add(y, channels(n.param(l, "bias"), rank)), dtype)
}

// mix moves a running value by momentum towards the new value. No gradient flows through it.
func mix(running, now *graph.Node, momentum float64) *graph.Node {
	return graph.Add(graph.MulScalar(running, 1-momentum), graph.MulScalar(graph.StopGradient(now), momentum))
}

func (n *network) layerNorm(l arch.Layer, x *graph.Node) *graph.Node {
	dtype, rank := x.DType(), x.Rank()
	x = graph.ConvertDType(x, dtypes.Float32)
	d := graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMean, -1))
	variance := graph.ReduceAndKeep(graph.Mul(d, d), graph.ReduceMean, -1)
	y := graph.Div(d, graph.Sqrt(graph.AddScalar(variance, l.Eps)))
	y = graph.Add(graph.Mul(y, channels(n.param(l, "weight"), rank)), channels(n.param(l, "bias"), rank))
	return graph.ConvertDType(y, dtype)
}

// maxPool finds for each output the first of the largest values of its window and takes the value from
// there, so that the gradient goes to that one alone.
func maxPool(l arch.Layer, x *graph.Node) *graph.Node {
	x = padWith(x, l.Pad, -1e30) // stands for -inf, in all types
	d := x.Shape().Dimensions
	h, w := (d[1]-l.Kernel)/l.Stride+1, (d[2]-l.Kernel)/l.Stride+1
	var window []*graph.Node
	for i := range l.Kernel {
		for j := range l.Kernel {
			window = append(window, graph.Slice(x, graph.AxisRange(),
				graph.AxisRange(i, i+(h-1)*l.Stride+1).Stride(l.Stride), graph.AxisRange(j, j+(w-1)*l.Stride+1).Stride(l.Stride), graph.AxisRange()))
		}
	}
	g := x.Graph()
	best, place := graph.StopGradient(window[0]), graph.Zeros(g, shapes.Make(dtypes.Int32, window[0].Shape().Dimensions...))
	for k, v := range window[1:] {
		v = graph.StopGradient(v)
		more := graph.GreaterThan(v, best)
		place = graph.Where(more, graph.FillScalar(g, place.Shape(), float64(k+1)), place)
		best = graph.Max(best, v)
	}
	y := graph.ZerosLike(window[0])
	for k, v := range window {
		y = graph.Where(graph.Equal(place, graph.Scalar(g, dtypes.Int32, float64(k))), v, y)
	}
	return y
}

// padWith pads a map by concatenation, because GoMLX has no gradient of Pad.
func padWith(x *graph.Node, pad int, value float64) *graph.Node {
	if pad == 0 {
		return x
	}
	for axis := 1; axis <= 2; axis++ {
		s := x.Shape().Clone()
		s.Dimensions[axis] = pad
		edge := graph.FillScalar(x.Graph(), s, value)
		x = graph.Concatenate([]*graph.Node{edge, x, edge}, axis)
	}
	return x
}

// attention computes the softmax in float32.
func attention(l arch.Layer, x *graph.Node) *graph.Node {
	images, tokens, width := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2)/3
	x = graph.Reshape(x, images, tokens, 3, l.Heads, width/l.Heads)
	part := func(k int) *graph.Node { // N × T × heads × D/heads
		p := graph.Slice(x, graph.AxisRange(), graph.AxisRange(), graph.AxisRange(k, k+1), graph.AxisRange(), graph.AxisRange())
		return graph.Reshape(p, images, tokens, l.Heads, width/l.Heads)
	}
	batch := []int{0, 2}
	scores := dot(part(0), part(1), []int{3}, []int{3}, batch, batch) // N × heads × T × T
	p := softmax(graph.DivScalar(graph.ConvertDType(scores, dtypes.Float32), sqrt(float64(width/l.Heads))))
	y := dot(graph.ConvertDType(p, x.DType()), part(2), []int{3}, []int{1}, []int{0, 1}, batch) // N × heads × T × D/heads
	return graph.Reshape(graph.TransposeAllAxes(y, 0, 2, 1, 3), images, tokens, width)
}

func softmax(x *graph.Node) *graph.Node {
	e := graph.Exp(graph.Sub(x, graph.StopGradient(graph.ReduceAndKeep(x, graph.ReduceMax, -1))))
	return graph.Div(e, graph.ReduceAndKeep(e, graph.ReduceSum, -1))
}

func gelu(x *graph.Node) *graph.Node {
	dtype := x.DType()
	x = graph.ConvertDType(x, dtypes.Float32)
	phi := graph.MulScalar(graph.AddScalar(graph.Erf(graph.DivScalar(x, sqrt(2))), 1), 0.5)
	return graph.ConvertDType(graph.Mul(x, phi), dtype)
}

func (n *network) embed(l arch.Layer, x *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	tokens := graph.Reshape(x, d[0], d[1]*d[2], d[3])
	cls := graph.ConvertDType(n.params["cls_token"], x.DType())
	cls = graph.BroadcastToDims(cls, d[0], l.Tokens, d[3])
	tokens = graph.Concatenate([]*graph.Node{cls, tokens}, 1)
	return graph.Add(tokens, graph.ConvertDType(n.params["pos_embed"], x.DType()))
}

func (n *network) dropPath(i int, x *graph.Node) *graph.Node {
	if n.drop == nil {
		return x
	}
	at := 0
	for n.drops[at] != i {
		at++
	}
	dims := make([]int, x.Rank())
	for k := range dims {
		dims[k] = 1
	}
	dims[0] = x.Shape().Dim(0)
	f := graph.Reshape(graph.Slice(n.drop, graph.AxisRange(), graph.AxisRange(at, at+1)), dims...)
	return graph.Mul(x, graph.ConvertDType(f, x.DType()))
}
