package loss_test

import (
	"fmt"
	"log"

	"abtool/train/loss"
)

func ExampleConfig_Eval() {
	c := loss.Config{Lambda: 10}
	target := loss.Target{N: 1, Labels: []int32{0}, Points: []float32{0.5, 0.75}, Valid: []bool{true}}
	logits, points := []float32{0, 0}, []float32{0, 0} // untrained heads: both classes alike, the point in the middle
	if err := target.Check(c, len(logits), len(points)); err != nil {
		log.Fatal(err)
	}
	parts := c.Eval(target, logits, points, nil, nil)
	fmt.Printf("%.3f = %.3f + 10 · %.5f\n", parts.Total, parts.Class, parts.Point)
	// Output:
	// 0.849 = 0.693 + 10 · 0.01562
}
