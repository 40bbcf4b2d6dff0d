package cam

import (
	"math"
	"testing"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/loss"
	"abtool/train/weights"
)

// colours returns a network whose two classes are red and blue: a convolution of one pixel, and a head that
// reads its channels.
func colours(t *testing.T, size int) (*arch.Arch, *weights.Set) {
	t.Helper()
	a := &arch.Arch{Name: "colours", Channels: 3, Size: size, Classes: 2, Features: 2, Heads: arch.Heads{Classes: 3, Points: -1},
		Layers: []arch.Layer{
			{Op: arch.Conv, Name: "conv", In: []int{arch.Image}, Out: 3, Kernel: 1, Stride: 1},
			{Op: arch.ReLU, In: []int{0}},
			{Op: arch.GAP, In: []int{1}},
			{Op: arch.Linear, Name: "fc", In: []int{2}, Out: 2, Bias: true},
		}}
	return a, weights.NewSet(
		weights.Tensor{Name: "conv.weight", Shape: []int{3, 3, 1, 1}, Data: []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}},
		weights.Tensor{Name: "fc.weight", Shape: []int{2, 3}, Data: []float32{1, 0, 0, 0, 0, 1}},
		weights.Tensor{Name: "fc.bias", Shape: []int{2}, Data: []float32{5, -5}})
}

// The map of a class must be where its colour is, whatever the bias.
func TestNetwork(t *testing.T) {
	const size = 8
	a, set := colours(t, size)
	n, err := Open(a, set, func(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) })
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	images := make([]float32, 2*size*size*3)
	at := func(i, x, y, channel int) int { return ((i*size+y)*size+x)*3 + channel }
	for y := range 4 {
		for x := range 3 {
			images[at(0, x, y, 0)] = 2   // red at the top left of the first image
			images[at(1, x+5, y, 2)] = 1 // blue at the top right of the second
		}
	}
	views, err := n.Look(&engine.Batch{Images: images, Target: loss.Target{N: 2}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{5 + 24.0/64, -5}, {5, -5 + 12.0/64}} {
		for k, v := range want {
			if got := float64(views[i].Logits[k]); math.Abs(got-v) > 1e-6 {
				t.Errorf("image %d: logit %d is %v, want %v", i, k, got, v)
			}
		}
	}
	if got := views[0].Map(0, size, size).Boxes(0.5, true); len(got) != 1 || got[0] != (Box{0, 0, 3, 4}) {
		t.Errorf("red is at %v", got)
	}
	if got := views[1].Map(1, size, size).Boxes(0.5, true); len(got) != 1 || got[0] != (Box{5, 0, 7, 4}) {
		t.Errorf("blue is at %v", got)
	}
	if got := views[0].Map(1, size, size).Boxes(0.5, true); len(got) != 1 || got[0] != (Box{}) {
		t.Errorf("without blue, its box is %v", got)
	}
	if n.Size() != size || n.Transformer() {
		t.Errorf("size %d, transformer %v", n.Size(), n.Transformer())
	}
}

// A map without contrast, or one with a value that is not a number, is zero.
func TestNew(t *testing.T) {
	nan := float32(math.NaN())
	for _, logits := range [][]float32{{3, 3, 3, 3}, {1, 2, nan, 4}} {
		for i, v := range New(logits, 2, 2, 5, 5).Values {
			if v != 0 {
				t.Errorf("%v: value %d is %v", logits, i, v)
			}
		}
	}
	m := New([]float32{-2, -1}, 1, 2, 4, 1)
	// Positions -0.25, 0.25, 0.75, 1.25 of the two values, by cubic convolution: symmetric about the middle.
	if m.Values[0] != 0 || m.Values[3] != 1 || math.Abs(m.Values[1]+m.Values[2]-1) > 1e-7 {
		t.Errorf("%v", m.Values)
	}
}
