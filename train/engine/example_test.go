package engine_test

import (
	"fmt"
	"log"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/loss"
	"abtool/train/optim"
)

// A network learns two images, one black and one white, and the points where people clicked, in a few steps.
func Example() {
	a, err := arch.New("cnn5", arch.Options{Classes: 2, PointOutputs: 2, Size: 16})
	if err != nil {
		log.Fatal(err)
	}
	e, err := gorgonia.New(engine.Config{Arch: a, Loss: loss.Config{Lambda: 10}, Optim: optim.Config{Momentum: 0.9}, Workers: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(a.Init(1)); err != nil {
		log.Fatal(err)
	}
	b := &engine.Batch{
		Pixels: make([]byte, 2*a.Size*a.Size*3),
		Target: loss.Target{N: 2, Labels: []int32{0, 1}, Points: []float32{0.2, 0.2, 0.8, 0.8}, Valid: []bool{true, true}},
	}
	for i := len(b.Pixels) / 2; i < len(b.Pixels); i++ {
		b.Pixels[i] = 255
	}
	schedule := optim.Schedule{Kind: optim.Cosine, Base: 0.05, Steps: 20}
	for step := range schedule.Steps {
		if _, err := e.Step(schedule.At(step), b); err != nil {
			log.Fatal(err)
		}
	}
	out, err := e.Evaluate(b, false)
	if err != nil {
		log.Fatal(err)
	}
	for i := range b.N {
		fmt.Println("image", i, "is of class 1:", out.Logits[2*i+1] > out.Logits[2*i])
	}
	// Output:
	// image 0 is of class 1: false
	// image 1 is of class 1: true
}
