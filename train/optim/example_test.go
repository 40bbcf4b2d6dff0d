package optim_test

import (
	"fmt"
	"log"
	"math"

	"abtool/train/optim"
)

// An optimiser finds the minimum of x² from its gradient, 2x.
func Example() {
	x := optim.Param{Name: "x", Shape: []int{1}, Value: []float32{1}, Grad: []float32{0}}
	params := []optim.Param{x}
	o, err := optim.New(optim.Config{Kind: optim.SGD, Momentum: 0.5}, params)
	if err != nil {
		log.Fatal(err)
	}
	s := optim.Schedule{Kind: optim.Cosine, Base: 0.1, Steps: 100, Warmup: 5}
	for step := range s.Steps {
		x.Grad[0] = 2 * x.Value[0]
		o.Clip(params)
		o.Step(params, s.At(step))
	}
	fmt.Println("found:", math.Abs(float64(x.Value[0])) < 0.01)
	// Output: found: true
}
