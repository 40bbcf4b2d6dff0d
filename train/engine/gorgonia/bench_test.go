package gorgonia

import (
	"testing"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/internal/draw"
	"abtool/train/loss"
	"abtool/train/optim"
)

// BenchmarkStep measures images a second of whole training steps: forward, backward, update.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		arch        string
		size, batch int
	}{{"resnet18", 64, 32}, {"resnet8", 32, 16}, {"vit_mini_patch4_32", 32, 16}} {
		b.Run(c.arch, func(b *testing.B) {
			a, err := arch.New(c.arch, arch.Options{Classes: 10, PointOutputs: 2, Size: c.size})
			if err != nil {
				b.Fatal(err)
			}
			e, err := New(engine.Config{Arch: a, Loss: loss.Config{Lambda: 10}, Optim: optim.Config{Momentum: 0.9}, Workers: 2})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			if err := e.SetWeights(a.Init(1)); err != nil {
				b.Fatal(err)
			}
			batch := &engine.Batch{Images: draw.Values("bench", c.batch*a.In().Len())}
			batch.N = c.batch
			batch.Labels = make([]int32, c.batch)
			for i := range batch.Labels {
				batch.Labels[i] = int32(i % 10)
			}
			if _, err := e.Step(0.01, batch); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := e.Step(0.01, batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*c.batch)/b.Elapsed().Seconds(), "img/s")
		})
	}
}
