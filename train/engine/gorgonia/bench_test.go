package gorgonia

import (
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/internal/draw"
	"abtool/train/loss"
	"abtool/train/optim"
)

// benchThreads is what PyTorch is given too.
const benchThreads = 2

type benchCase struct {
	arch        string
	size, batch int
}

// BenchmarkStep measures images per second of whole training steps: forward, backward, update; two heads,
// random data.
func BenchmarkStep(b *testing.B) {
	for _, c := range []benchCase{{"resnet18", 64, 32}, {"resnet8", 32, 16}, {"resnet50", 64, 16}, {"vit_mini_patch4_32", 32, 16}} {
		b.Run(c.arch, func(b *testing.B) { c.measure(b) })
	}
}

// measure returns the images a second.
func (c benchCase) measure(b *testing.B) float64 {
	a, err := arch.New(c.arch, arch.Options{Classes: 10, PointOutputs: 2, Size: c.size})
	if err != nil {
		b.Fatal(err)
	}
	e, err := New(engine.Config{Arch: a, Loss: loss.Config{Lambda: 10}, Optim: optim.Config{Momentum: 0.9}, Workers: benchThreads})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(a.Init(1)); err != nil {
		b.Fatal(err)
	}
	batch := &engine.Batch{Images: draw.Values("bench", c.batch*a.In().Len())}
	batch.N = c.batch
	for i := range c.batch {
		batch.Labels = append(batch.Labels, int32(i%10))
		batch.Points = append(batch.Points, 0.3, 0.7)
		batch.Valid = append(batch.Valid, true)
	}
	for range 2 {
		if _, err := e.Step(0.01, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := e.Step(0.01, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	rate := float64(b.N*c.batch) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "img/s")
	b.ReportMetric(peakMB(), "peakMB")
	return rate
}

// peakMB is the process's largest resident size so far, or 0 where it cannot be read.
func peakMB() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			kb, _ := strconv.ParseFloat(f[1], 64)
			return kb / 1024
		}
	}
	return 0
}

// BenchmarkRatio compares the engine with graphs of gorgonia's operations and, if python3-torch is
// installed, with PyTorch, in one run.
func BenchmarkRatio(b *testing.B) {
	c := benchCase{"resnet18", 64, 32}
	ours := c.measure(b)
	b.Logf("matrix products: %s", BLAS)
	plain := c.plain(b)
	b.ReportMetric(ours/plain, "×gorgonia")
	b.Logf("gorgonia's own operations: %.1f img/s; here %.1f", plain, ours)
	out, err := exec.Command("/usr/bin/python3", "../../../scripts/torch_bench.py", c.arch, strconv.Itoa(c.size), strconv.Itoa(c.batch), strconv.Itoa(benchThreads)).Output()
	var torch struct {
		Torch string
		Rate  float64 `json:"img/s"`
		MB    float64
	}
	if err != nil || json.Unmarshal(out, &torch) != nil {
		b.Logf("no PyTorch: %v", err)
		return
	}
	b.ReportMetric(ours/torch.Rate, "×torch")
	b.Logf("PyTorch %s: %.1f img/s, peak %.0f MB", torch.Torch, torch.Rate, torch.MB)
}

// plain measures three steps of a graph of gorgonia's own operations with class head and cross-entropy.
func (c benchCase) plain(b *testing.B) float64 {
	a, err := arch.New(c.arch, arch.Options{Classes: 10, Size: c.size})
	if err != nil {
		b.Fatal(err)
	}
	p := plainGraph{graph: G.NewGraph(), arch: a, init: values(a.Init(1)), batch: c.batch}
	p.build()
	machine := G.NewTapeMachine(p.graph, G.BindDualValues(p.params...))
	defer machine.Close()
	solver := G.NewVanillaSolver(G.WithLearnRate(0.01))
	const steps = 3
	var start time.Time
	for i := range steps + 1 {
		if i == 1 {
			start = time.Now()
		}
		if err := machine.RunAll(); err != nil {
			b.Fatal(err)
		}
		if err := solver.Step(G.NodesToValueGrads(p.params)); err != nil {
			b.Fatal(err)
		}
		machine.Reset()
	}
	return steps * float64(c.batch) / time.Since(start).Seconds()
}

// plainGraph lowers the convolutional part of the catalogue to gorgonia's operations. Maps are
// N × C × H × W.
type plainGraph struct {
	graph  *G.ExprGraph
	arch   *arch.Arch
	init   map[string][]float32
	batch  int
	params G.Nodes
}

func (p *plainGraph) param(name string, shape ...int) *G.Node {
	n := G.NewTensor(p.graph, G.Float32, len(shape), G.WithName(name), G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(p.init[name]))))
	p.params = append(p.params, n)
	return n
}

func (p *plainGraph) build() {
	a := p.arch
	must := func(n *G.Node, err error) *G.Node {
		if err != nil {
			panic(err)
		}
		return n
	}
	shapes, _ := a.Shapes()
	image := tensor.New(tensor.WithShape(p.batch, a.Channels, a.Size, a.Size), tensor.WithBacking(draw.Values("bench", p.batch*a.In().Len())))
	out := make([]*G.Node, len(a.Layers))
	in := func(k int) (*G.Node, arch.Shape) {
		return out[k], shapes[k]
	}
	x0 := G.NewTensor(p.graph, G.Float32, 4, G.WithName("image"), G.WithValue(image))
	for i, l := range a.Layers {
		x, s := x0, a.In()
		if l.In[0] != arch.Image {
			x, s = in(l.In[0])
		}
		switch l.Op {
		case arch.Conv:
			w := p.param(l.Name+".weight", l.Out, s[2], l.Kernel, l.Kernel)
			out[i] = must(G.Conv2d(x, w, tensor.Shape{l.Kernel, l.Kernel}, []int{l.Pad, l.Pad}, []int{l.Stride, l.Stride}, []int{1, 1}))
		case arch.BatchNorm:
			scale, bias := p.param(l.Name+".weight", 1, s[2], 1, 1), p.param(l.Name+".bias", 1, s[2], 1, 1)
			n, _, _, _, err := G.BatchNorm(x, nil, nil, 0.1, l.Eps)
			n = must(n, err)
			n = must(G.BroadcastHadamardProd(n, scale, nil, []byte{0, 2, 3}))
			out[i] = must(G.BroadcastAdd(n, bias, nil, []byte{0, 2, 3}))
		case arch.ReLU:
			out[i] = must(G.Rectify(x))
		case arch.MaxPool:
			out[i] = must(G.MaxPool2D(x, tensor.Shape{l.Kernel, l.Kernel}, []int{l.Pad, l.Pad}, []int{l.Stride, l.Stride}))
		case arch.Add:
			out[i] = must(G.Add(x, out[l.In[1]]))
		case arch.GAP:
			out[i] = must(G.Mean(must(G.Reshape(x, tensor.Shape{p.batch, s[2], s[0] * s[1]})), 2))
		case arch.Linear:
			w, bias := p.param(l.Name+".weight", l.Out, s[0]), p.param(l.Name+".bias", 1, l.Out)
			out[i] = must(G.BroadcastAdd(must(G.Mul(x, must(G.Transpose(w)))), bias, nil, []byte{0}))
		}
	}
	hot := make([]float32, p.batch*a.Classes)
	for b := range p.batch {
		hot[b*a.Classes+b%a.Classes] = 1
	}
	label := G.NewMatrix(p.graph, G.Float32, G.WithName("label"), G.WithValue(tensor.New(tensor.WithShape(p.batch, a.Classes), tensor.WithBacking(hot))))
	probability := must(G.SoftMax(out[a.Heads.Classes]))
	cost := must(G.Neg(must(G.Mean(must(G.HadamardProd(must(G.Log(probability)), label))))))
	if _, err := G.Grad(cost, p.params...); err != nil {
		panic(err)
	}
}
