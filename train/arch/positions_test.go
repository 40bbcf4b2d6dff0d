package arch

import (
	"slices"
	"strings"
	"testing"
)

func TestPositions(t *testing.T) {
	for _, c := range []struct {
		name          string
		size          int
		rows, outputs int
	}{
		{"resnet18", 224, 7, 7 * 7 * 5}, {"resnet50", 64, 2, 2 * 2 * 5}, {"cnn4", 64, 8, 8 * 8 * 5},
		{"vit_mini_patch4_32", 32, 8, (8*8 + 1) * 5},
	} {
		a, err := New(c.name, Options{Classes: 5, PointOutputs: 2, Size: c.size})
		if err != nil {
			t.Fatal(err)
		}
		p, err := a.Positions()
		if err != nil {
			t.Fatal(err)
		}
		if p.Rows != c.rows || p.Columns != c.rows || p.Arch.Classes != c.outputs || p.Classes != 5 {
			t.Errorf("%s: %+v, want %d rows and %d outputs", c.name, p, c.rows, c.outputs)
		}
		if shapes, _ := p.Arch.Shapes(); shapes[p.Arch.Heads.Classes].Len() != c.outputs {
			t.Errorf("%s: the head has shape %v", c.name, shapes[p.Arch.Heads.Classes])
		}
		// The same parameters, apart from the point head: the weights of a run fit.
		names := func(a *Arch) (list []string) {
			for _, p := range a.Params() {
				if !strings.HasPrefix(p.Name, PointPrefix) {
					list = append(list, p.Name)
				}
			}
			return list
		}
		if !slices.Equal(names(a), names(p.Arch)) {
			t.Errorf("%s: other parameters: %v", c.name, names(p.Arch))
		}
	}
	if a, err := New("resnet18", Options{Attend: true}); err != nil {
		t.Error(err)
	} else if _, err := a.Positions(); err == nil || !strings.Contains(err.Error(), "predicts its weights") {
		t.Errorf("a pooling that predicts its weights: %v", err)
	}
	a := &Arch{Name: "flat", Channels: 1, Size: 1, Classes: 2, Layers: []Layer{
		{Op: Conv, In: []int{Image}, Out: 1, Kernel: 1, Stride: 1}, {Op: Linear, In: []int{0}, Out: 2}}, Heads: Heads{1, -1}}
	if _, err := a.Positions(); err == nil || !strings.Contains(err.Error(), "no pooling") {
		t.Errorf("a network without pooling: %v", err)
	}
}

// Two positions, three classes.
func TestPositionsOutputs(t *testing.T) {
	p := Positions{Rows: 1, Columns: 2, Classes: 3}
	out := []float32{1, 2, 3, 5, 4, 3}
	if got := p.Logits(out); !slices.Equal(got, []float32{3, 3, 3}) {
		t.Errorf("logits %v", got)
	}
	if got := p.Map(out, 1); !slices.Equal(got, []float32{2, 4}) {
		t.Errorf("map %v", got)
	}
	p.Token = true
	out = append([]float32{7, 8, 9}, out...)
	if got := p.Logits(out); !slices.Equal(got, []float32{7, 8, 9}) {
		t.Errorf("logits of the class token %v", got)
	}
	if got := p.Map(out, 0); !slices.Equal(got, []float32{1, 5}) {
		t.Errorf("map of the tokens of patches %v", got)
	}
}
