package removal_test

import (
	"fmt"

	"abtool/eval/removal"
)

// A network whose score of class 0 falls more when class 1 is removed than when class 0 is.
func ExampleReduce() {
	r := removal.Reduce([]removal.Row{
		{Image: "1", Class: 0, Scores: []float32{0.4, 2}},
		{Image: "1", Class: 1, Scores: []float32{0.3, -1}},
	})
	fmt.Println(r.Pairs, "pairs, V_min", r.VMin.Pairs.Value)
	// Output: 2 pairs, V_min 0.5
}
