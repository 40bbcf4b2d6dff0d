package metric_test

import (
	"fmt"

	"abtool/eval/metric"
	"abtool/eval/outputs"
	"abtool/eval/sets"
)

// answered returns a network with the answers for some images of class 3. Usually metric.Read reads them from a file.
func answered(best ...int32) *metric.Network {
	n := metric.NewNetwork(outputs.About{
		Classes: 10, Sets: []outputs.SetAbout{{Name: "test", Kind: sets.Folder}},
	}, nil)
	for i, k := range best {
		row := outputs.Row{Set: "test", Path: fmt.Sprintf("three/%d.png", i), Labels: []int32{3}, Best: k, Top5: []int32{k}}
		if err := n.Add(&row); err != nil {
			panic(err)
		}
	}
	if err := n.Finish(); err != nil {
		panic(err)
	}
	return n
}

// Numbers have intervals, and two networks are compared on the images that only one of them has right.
func Example() {
	first, second := answered(3, 3, 1, 2, 3, 3, 7, 3), answered(3, 3, 3, 2, 3, 3, 3, 3)
	for _, x := range first.Numbers()[:1] {
		fmt.Printf("%s: %.3f of %d, %.3f to %.3f\n", x.ID, x.Value, x.N, x.Interval.Low, x.Interval.High)
	}
	for _, d := range metric.Compare(first, second)[:1] {
		fmt.Printf("%s: %+.3f, only the first %d, only the second %d, p = %.2f\n", d.ID, d.Value, d.Only[0], d.Only[1], d.P)
	}
	// Output:
	// test.top1: 0.625 of 8, 0.306 to 0.863
	// test.top1: +0.250, only the first 0, only the second 2, p = 0.50
}
