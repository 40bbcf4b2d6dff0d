package eval

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"abtool/eval/view"
	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/loss"
)

// photograph returns a JPEG of the usual size of ImageNet, about 110 KB.
func photograph() []byte {
	r := rand.New(rand.NewPCG(1, 1))
	m := image.NewYCbCr(image.Rect(0, 0, 500, 375), image.YCbCrSubsampleRatio420)
	for i := range m.Y {
		m.Y[i] = byte(i%500/4 + r.IntN(40))
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = byte(100+i%250/4), byte(150-i/1000)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// BenchmarkLoader decodes an image in one goroutine, and BenchmarkResNet50 runs a network over one on all
// processors: the loader's share of an evaluation.
func BenchmarkLoader(b *testing.B) {
	file := photograph()
	v, to := view.NewViewer(view.Default(224)), make([]byte, 3*224*224)
	b.ReportMetric(float64(len(file)), "bytes")
	for b.Loop() {
		if err := v.File(file, to); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResNet50(b *testing.B) {
	a, err := arch.New("resnet50", arch.Options{})
	if err != nil {
		b.Fatal(err)
	}
	e, err := gorgonia.New(engine.Config{Arch: a})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(a.Init(1)); err != nil {
		b.Fatal(err)
	}
	const n = 16
	batch := &engine.Batch{Pixels: make([]byte, n*3*224*224), Target: loss.Target{N: n}}
	for b.Loop() {
		if _, err := e.Evaluate(batch, false); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*b.N), "ns/image")
}
