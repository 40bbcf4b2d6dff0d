package cam

import (
	"math"
	"strings"
	"testing"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/loss"
)

// Two tokens of width 1: the first attends with ¼ and ¾, the second with ½ and ½. With the shortcut that is
// [[⅝, ⅜], [¼, ¾]], whose square begins with 0.484375 and 0.515625.
func TestRollout(t *testing.T) {
	block := []float32{1, 0, 9, 0, float32(math.Log(3)), 9}
	for _, c := range []struct {
		blocks int
		want   [2]float64
	}{{1, [2]float64{0.625, 0.375}}, {2, [2]float64{0.484375, 0.515625}}} {
		var blocks [][]float32
		var heads []int
		for range c.blocks {
			blocks, heads = append(blocks, block), append(heads, 1)
		}
		got := rollout(blocks, 2, 1, heads)
		for i, want := range c.want {
			if math.Abs(got[i]-want) > 1e-7 {
				t.Errorf("%d blocks: %v, want %v", c.blocks, got, c.want)
			}
		}
	}
	// Two heads: the other one attends equally. The mean of both is [[⅜, ⅝], [½, ½]].
	got := rollout([][]float32{{1, 0, 0, 0, 9, 9, 0, 0, float32(math.Log(3)), 0, 9, 9}}, 2, 2, []int{2})
	if math.Abs(got[0]-(0.5+0.375/2)) > 1e-7 || math.Abs(got[1]-0.625/2) > 1e-7 {
		t.Errorf("two heads: %v", got)
	}
}

// Without queries and keys all tokens attend equally, so that every patch has the same share, (1 − 2⁻ⁿ) / tokens
// after n blocks, and the map is empty. A network that looks for one patch finds it.
func TestRolloutOfNetworks(t *testing.T) {
	a, err := arch.New("vit_mini_patch4_32", arch.Options{Classes: 2, PointOutputs: 2, Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	set := a.Init(1)
	open := func() *Rollout {
		r, err := OpenRollout(a, set, func(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	images := make([]float32, 2*16*16*3)
	for i := range images {
		images[i] = float32(i%7) - 3
	}
	b := &engine.Batch{Images: images, Target: loss.Target{N: 2}}
	maps, err := open().Maps(b, 16, 16)
	if err != nil || len(maps) != 2 || len(maps[0].Values) != 256 {
		t.Fatalf("%d maps, %v", len(maps), err)
	}
	for _, v := range maps[1].Values {
		if !(v >= 0 && v <= 1) {
			t.Fatalf("a value of %v", v)
		}
	}
	for _, p := range a.Params() {
		if strings.Contains(p.Name, "qkv") {
			q, _ := set.Get(p.Name)
			clear(q.Data)
		}
	}
	r := open()
	if r.tokens != 17 || len(r.blocks) != 6 {
		t.Errorf("%d tokens, %d blocks", r.tokens, len(r.blocks))
	}
	out, err := r.blocks[5].Evaluate(b, false)
	if err != nil {
		t.Fatal(err)
	}
	same := out.Logits[:len(out.Logits)/2]
	for i, v := range rollout([][]float32{same, same, same, same, same, same}, r.tokens, r.width, r.heads) {
		want := (1 - math.Pow(0.5, 6)) / 17
		if i == 0 {
			want += math.Pow(0.5, 6)
		}
		if math.Abs(v-want) > 1e-9 {
			t.Errorf("token %d: %v, want %v", i, v, want)
		}
	}
	c, set2 := colours(t, 8)
	if _, err := OpenRollout(c, set2, nil); err == nil || !strings.Contains(err.Error(), "rollout is for transformers") {
		t.Errorf("a network without attention: %v", err)
	}
}
