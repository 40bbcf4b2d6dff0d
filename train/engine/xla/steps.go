//go:build xla

package xla

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"abtool/train/loss"
	"abtool/train/optim"
)

func sqrt(v float64) float64 { return math.Sqrt(v) }

// The graphs are: step (one batch, everything), gradients and update (for several batches), and evaluate.

// backward is the part of a graph that computes losses, gradients and running statistics.
type backward struct {
	report []*graph.Node // indexed by report…; norm and updated are not set
	total  *graph.Node
	grads  []*graph.Node          // of the trained parameters
	stats  map[string]*graph.Node // new running statistics, by name
}

// backward lowers the network, the objective and its gradient. in has the batch's inputs in the order of
// transfer.
func (e *Engine) backward(values map[string]*graph.Node, in []*graph.Node) backward {
	n := &network{arch: e.cfg.Arch, training: true, dtype: e.dtype(), params: values, drops: e.drops}
	heads := 2
	if e.cfg.Arch.PointOutputs > 0 {
		heads = 4
	}
	if len(e.drops) > 0 {
		n.drop = in[heads]
	}
	if heads == 4 {
		n.points, n.valid = in[2], in[3]
	}
	outs := n.lower(in[0])
	o := objective{cfg: e.cfg.Loss, classes: e.cfg.Arch.Classes}
	class := o.class(outs[0], in[1])
	point, valid := graph.ScalarZero(class.Graph(), dtypes.Float32), graph.ScalarZero(class.Graph(), dtypes.Float32)
	if len(outs) > 1 {
		point, valid = o.point(outs[1], in[2], in[3])
	}
	b := backward{report: make([]*graph.Node, reportLen), stats: n.stats}
	b.report[reportClass], b.report[reportPoint], b.report[reportValid] = class, point, valid
	b.total = graph.Add(class, graph.MulScalar(point, e.cfg.Loss.Lambda))
	if n.attend != nil {
		b.report[reportAttend] = n.attend
		b.total = graph.Add(b.total, graph.MulScalar(n.attend, e.cfg.Loss.Attention))
	}
	var wrt []*graph.Node
	for _, p := range e.trained() {
		wrt = append(wrt, values[p.Name])
	}
	b.grads = graph.Gradient(b.total, wrt...)
	return b
}

func (e *Engine) dtype() dtypes.DType {
	if e.prec == BF16 {
		return dtypes.BFloat16
	}
	return dtypes.Float32
}

// pack packs a report into one vector, so that one copy brings it back to the host.
func pack(g *graph.Graph, report []*graph.Node) *graph.Node {
	parts := make([]*graph.Node, len(report))
	for i, v := range report {
		if v == nil {
			v = graph.ScalarZero(g, dtypes.Float32)
		}
		parts[i] = graph.Reshape(v, 1)
	}
	return graph.Concatenate(parts, 0)
}

// buildStep compiles a step with one batch.
func (e *Engine) buildStep(r *resident) (*program, error) {
	vars := e.variables()
	inputs := append(r.buffers(), &input{name: "scalars", shape: shapes.Make(dtypes.Float32, rateLen)})
	return e.d.build("step", e.d.n, vars, inputs, func(v, in []*graph.Node) (news, results []*graph.Node) {
		b := e.backward(e.values(v), in)
		news = e.update(v, b.grads, b.stats, b.total, in[len(in)-1], b.report)
		return news, []*graph.Node{pack(b.total.Graph(), b.report)}
	})
}

// buildGradients compiles the gradients of a batch, which are added to sums. The graph reads the sums and
// then the values; its scalars are the batch's share and whether the sums begin at 0.
func (e *Engine) buildGradients(r *resident) (*program, error) {
	var vars []*variable
	for _, p := range e.trained() {
		vars = append(vars, newVariable("sum/"+p.Name, p.Shape))
	}
	sums := len(vars)
	for _, p := range e.params {
		vars = append(vars, p.value)
	}
	inputs := append(r.buffers(), &input{name: "scalars", shape: shapes.Make(dtypes.Float32, 2)})
	return e.d.build("gradients", e.d.n, vars, inputs, func(v, in []*graph.Node) (news, results []*graph.Node) {
		b := e.backward(e.values(v[sums:]), in)
		share, first := scalar(in[len(in)-1], 0), scalar(in[len(in)-1], 1)
		again := graph.Equal(first, graph.ScalarZero(first.Graph(), dtypes.Float32))
		news = make([]*graph.Node, len(vars))
		for i, g := range b.grads {
			before := graph.Where(again, v[i], graph.ZerosLike(v[i]))
			news[i] = graph.Add(before, graph.Mul(g, share))
		}
		for i, p := range e.params {
			if s := b.stats[p.Name]; s != nil { // a running statistic
				news[sums+i] = graph.Where(graph.IsFinite(s), s, v[sums+i])
			}
		}
		return news, []*graph.Node{pack(b.total.Graph(), b.report)}
	})
}

// buildUpdate compiles the update with the sums of gradients, which come after the variables.
func (e *Engine) buildUpdate() (*program, error) {
	vars := e.variables()
	count := len(vars)
	for _, p := range e.trained() {
		vars = append(vars, p.sum)
	}
	inputs := []*input{{name: "scalars", shape: shapes.Make(dtypes.Float32, rateLen)}}
	return e.d.build("update", e.d.n, vars, inputs, func(v, in []*graph.Node) (news, results []*graph.Node) {
		report := make([]*graph.Node, reportLen)
		news = e.update(v[:count], v[count:], nil, nil, in[0], report)
		return append(news, make([]*graph.Node, len(vars)-count)...), []*graph.Node{pack(in[0].Graph(), report)}
	})
}

// buildEvaluate compiles the forward pass for inference, on one device.
func (e *Engine) buildEvaluate(image *input) (*program, error) {
	var vars []*variable
	for _, p := range e.params {
		vars = append(vars, p.value)
	}
	return e.d.build("evaluate", 1, vars, []*input{image}, func(v, in []*graph.Node) (news, results []*graph.Node) {
		n := &network{arch: e.cfg.Arch, dtype: e.dtype(), params: e.values(v)}
		return nil, n.lower(in[0])
	})
}

// The scalars of an update.
const (
	rateLR       = iota // learning rate
	rateSize            // lr/(1−β1ᵗ)
	rateSecond          // 1/√(1−β2ᵗ)
	rateKeep            // 1−lr·decay
	rateKeepLess        // the same, of AdamP's scale-invariant weights
	rateLen
)

func scalar(v *graph.Node, i int) *graph.Node {
	return graph.Reshape(graph.Slice(v, graph.AxisRange(i, i+1)))
}

// update returns the new values of all variables, or the old values if the loss or the gradient is not
// finite. v has the variables' nodes; total may be nil. It completes the report.
func (e *Engine) update(v, grads []*graph.Node, stats map[string]*graph.Node, total, rates *graph.Node, report []*graph.Node) []*graph.Node {
	g := rates.Graph()
	square := graph.ScalarZero(g, dtypes.Float32)
	for _, d := range grads {
		square = graph.Add(square, graph.ReduceAllSum(graph.Mul(d, d)))
	}
	norm := graph.Sqrt(square)
	sound := graph.IsFinite(norm)
	if total != nil {
		sound = graph.LogicalAnd(sound, graph.IsFinite(total))
	}
	report[reportNorm], report[reportUpdated] = norm, graph.ConvertDType(sound, dtypes.Float32)
	if c := e.optim.ClipNorm; c > 0 {
		scale := graph.MinScalar(graph.Div(graph.Scalar(g, dtypes.Float32, c), graph.AddScalar(norm, 1e-6)), 1)
		scaled := make([]*graph.Node, len(grads))
		for i, d := range grads {
			scaled[i] = graph.Mul(d, scale)
		}
		grads = scaled
	}
	news := make([]*graph.Node, len(v))
	slots, trained := len(slotNames(e.optim)), len(e.trained())
	at := 0 // index among the trained parameters
	for i, p := range e.params {
		if p.Buffer {
			news[i] = v[i]
			if s := stats[p.Name]; s != nil {
				news[i] = s
			}
			continue
		}
		var old []*graph.Node
		for k := range slots {
			old = append(old, v[len(e.params)+k*trained+at])
		}
		u := updating{cfg: e.optim, param: p, rates: rates}
		value, moments := u.step(v[i], grads[at], old)
		news[i] = value
		for k, m := range moments {
			news[len(e.params)+k*trained+at] = m
		}
		at++
	}
	if e.optim.EMA > 0 {
		from := len(e.params) + slots*trained
		for i := range e.params {
			news[from+i] = graph.Add(graph.MulScalar(v[from+i], e.optim.EMA), graph.MulScalar(news[i], 1-e.optim.EMA))
		}
	}
	for i := range news {
		switch {
		case news[i] == v[i]:
			news[i] = nil // leave it: another graph has moved this running statistic
		default:
			news[i] = graph.Where(sound, news[i], v[i])
		}
	}
	return news
}

// updating has the settings and scalars of an update.
type updating struct {
	cfg   optim.Config
	param *param
	rates *graph.Node
}

func (u updating) step(value, grad *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	decays := u.cfg.WeightDecay > 0 && (u.param.Decay || u.cfg.DecayAll)
	if u.cfg.Kind == optim.SGD {
		if decays {
			grad = graph.Add(grad, graph.MulScalar(value, u.cfg.WeightDecay))
		}
		return u.sgd(value, grad, slots)
	}
	return u.adam(value, grad, slots, decays)
}

func (u updating) sgd(value, grad *graph.Node, slots []*graph.Node) (*graph.Node, []*graph.Node) {
	lr := scalar(u.rates, rateLR)
	if len(slots) == 0 {
		return graph.Sub(value, graph.Mul(grad, lr)), nil
	}
	m := graph.Add(graph.MulScalar(slots[0], u.cfg.Momentum), grad)
	move := m
	if u.cfg.Nesterov {
		move = graph.Add(grad, graph.MulScalar(m, u.cfg.Momentum))
	}
	return graph.Sub(value, graph.Mul(move, lr)), []*graph.Node{m}
}

// adam returns the new value and moments of a parameter by AdamW or AdamP, as optim.Optimizer computes
// them.
func (u updating) adam(value, grad *graph.Node, slots []*graph.Node, decays bool) (*graph.Node, []*graph.Node) {
	c := u.cfg
	first := graph.Add(graph.MulScalar(slots[0], c.Beta1), graph.MulScalar(grad, 1-c.Beta1))
	second := graph.Add(graph.MulScalar(slots[1], c.Beta2), graph.MulScalar(graph.Mul(grad, grad), 1-c.Beta2))
	m := first
	if c.Kind == optim.AdamP && c.Nesterov {
		m = graph.Add(graph.MulScalar(m, c.Beta1), graph.MulScalar(grad, 1-c.Beta1))
	}
	move := graph.Div(m, graph.AddScalar(graph.Mul(graph.Sqrt(second), scalar(u.rates, rateSecond)), c.Eps))
	keep := scalar(u.rates, rateKeep)
	if c.Kind == optim.AdamP && len(u.param.Shape) > 1 {
		less := scalar(u.rates, rateKeepLess)
		move, keep = u.project(value, grad, move, keep, less)
	}
	if decays {
		value = graph.Mul(value, keep)
	}
	return graph.Sub(value, graph.Mul(move, scalar(u.rates, rateSize))), []*graph.Node{first, second}
}

// project removes the radial part of move, by output channel or for the whole parameter, if the gradient is
// nearly orthogonal to the weights.
func (u updating) project(value, grad, move, keep, less *graph.Node) (*graph.Node, *graph.Node) {
	size, shape := u.param.Len(), u.param.Shape
	out, kept := move, keep
	// The last projection that applies wins; by channel is the last, and wins if both apply.
	for _, rows := range []int{1, shape[0]} {
		width := size / rows
		w, g, d := graph.Reshape(value, rows, width), graph.Reshape(grad, rows, width), graph.Reshape(move, rows, width)
		dot := func(a, b *graph.Node) *graph.Node { return graph.ReduceAndKeep(graph.Mul(a, b), graph.ReduceSum, -1) }
		length := graph.Sqrt(dot(w, w))
		norms := graph.Mul(graph.MaxScalar(length, u.cfg.Eps), graph.MaxScalar(graph.Sqrt(dot(g, g)), u.cfg.Eps))
		cosine := graph.ReduceAllMax(graph.Div(graph.Abs(dot(w, g)), norms))
		flat := graph.LessThan(cosine, graph.Scalar(cosine.Graph(), dtypes.Float32, u.cfg.Delta/sqrt(float64(width))))
		unit := graph.AddScalar(length, u.cfg.Eps)
		along := graph.Div(dot(w, d), graph.Mul(unit, unit))
		projected := graph.Reshape(graph.Sub(d, graph.Mul(w, along)), shape...)
		out, kept = graph.Where(flat, projected, out), graph.Where(flat, less, kept)
	}
	return out, kept
}

// objective is loss.Config as a graph.
type objective struct {
	cfg     loss.Config
	classes int
}

// class returns the mean class loss. target is N labels, or N × classes.
func (o objective) class(logits, target *graph.Node) *graph.Node {
	g, n := logits.Graph(), logits.Shape().Dim(0)
	if target.Rank() == 1 {
		iota := graph.Iota(g, shapes.Make(dtypes.Int32, n, o.classes), 1)
		target = graph.ConvertDType(graph.Equal(iota, graph.BroadcastToDims(graph.Reshape(target, n, 1), n, o.classes)), dtypes.Float32)
	}
	if o.cfg.Class == loss.Binary {
		return graph.ReduceAllMean(binary(logits, target))
	}
	if s := o.cfg.LabelSmoothing; s > 0 {
		target = graph.AddScalar(graph.MulScalar(target, 1-s), s/float64(o.classes))
	}
	shifted := graph.Sub(logits, graph.StopGradient(graph.ReduceAndKeep(logits, graph.ReduceMax, -1)))
	logs := graph.Sub(shifted, graph.Log(graph.ReduceAndKeep(graph.Exp(shifted), graph.ReduceSum, -1)))
	return graph.DivScalar(graph.Neg(graph.ReduceAllSum(graph.Mul(target, logs))), float64(n))
}

// binary returns the binary cross-entropy of each value. It defines the gradient, because |x| has none at
// 0.
func binary(x, y *graph.Node) *graph.Node {
	value := graph.Add(graph.Sub(graph.MaxScalar(x, 0), graph.Mul(x, y)), graph.Log1p(graph.Exp(graph.Neg(graph.Abs(x)))))
	z := graph.IdentityWithCustomGradient(x, func(_, v *graph.Node) *graph.Node { return graph.Mul(v, graph.Sub(graph.Sigmoid(x), y)) })
	return graph.Add(graph.StopGradient(value), graph.Sub(z, graph.StopGradient(x)))
}

// point returns the mean point loss, and the number of images with a valid point. valid is N × points, 1 or
// 0.
func (o objective) point(h, target, valid *graph.Node) (*graph.Node, *graph.Node) {
	beta := o.cfg.Beta
	if beta == 0 {
		beta = loss.DefaultBeta
	}
	n, points := valid.Shape().Dim(0), valid.Shape().Dim(1)
	d := graph.Sub(graph.Sigmoid(h), target)
	size := graph.Abs(d)
	s := graph.Where(graph.LessThan(size, graph.Scalar(d.Graph(), dtypes.Float32, beta)), graph.MulScalar(graph.Mul(d, d), 1/(2*beta)), graph.AddScalar(size, -beta/2))
	both := graph.ReduceSum(graph.Reshape(s, n, points, 2), -1)
	count := graph.ReduceSum(valid, -1)
	each := graph.Div(graph.ReduceSum(graph.Mul(both, valid), -1), graph.MulScalar(graph.MaxScalar(count, 1), 2))
	return graph.ReduceAllMean(each), graph.ReduceAllSum(graph.MinScalar(count, 1))
}
