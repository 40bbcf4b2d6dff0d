package metric

import (
	"bytes"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/eval/classes"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/internal/synth/evalsets"
)

// names returns the row of a network that names the colour in the middle of an image.
func names(t *testing.T, s *sets.Set, i int) outputs.Row {
	t.Helper()
	im := s.Images[i]
	r := outputs.Row{Set: s.Name, Group: im.Group, Path: im.Path(), Labels: im.Labels, Confidence: 1, ConfidenceO: 1}
	var b bytes.Buffer
	if err := s.Read(i, &b); err != nil {
		t.Fatal(err)
	}
	decoded, _, err := image.Decode(&b)
	if err != nil {
		r.Unreadable, r.Best = true, -1
		return r
	}
	middle := decoded.Bounds().Max.Div(2)
	red, green, blue, _ := decoded.At(middle.X, middle.Y).RGBA()
	r.Best = int32(evalsets.Class(float64(red>>8), float64(green>>8), float64(blue>>8)))
	r.Top5 = []int32{r.Best}
	// The logit of the colour's class is the only one that is not 0, so that the lowest class of a subset without it
	// wins.
	among := func(subset []int32) int32 {
		if slices.Contains(subset, r.Best) {
			return r.Best
		}
		return subset[0]
	}
	r.BestA, r.BestR = among(classes.A()), among(classes.R())
	r.BestO, r.BestObjectNet = among(classes.O()), among(classes.AllObjectNet())
	return r
}

// The numbers of a network that names colours are the answers that the synthetic sets were written with.
func TestSyntheticSets(t *testing.T) {
	dir := t.TempDir()
	res, err := evalsets.Write(evalsets.Options{Out: dir, Seed: 3, Size: 56, Damaged: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := sets.Open([]string{filepath.Join(dir, "sets.toml")}, classes.ImageNet())
	if err != nil {
		t.Fatal(err)
	}
	about := outputs.About{Classes: 1000, ImageNet: true}
	for _, s := range c.Sets {
		about.Sets = append(about.Sets, outputs.SetAbout{Name: s.Name, Kind: s.Kind, Expected: s.Expected})
	}
	n := NewNetwork(about, c.Real.Labels)
	for _, s := range c.Sets {
		for i := range s.Images {
			r := names(t, s, i)
			if err := n.Add(&r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	counted := n.Numbers()
	get := func(id string) Number {
		i := slices.IndexFunc(counted, func(x Number) bool { return x.ID == id })
		if i < 0 {
			t.Fatalf("there is no number %s", id)
		}
		return counted[i]
	}
	groups := map[string]map[string]int{}
	for _, a := range res.Sets {
		groups[a.Set] = a.Groups
		measure := Top1
		switch a.Set {
		case "imagenet-flat", "c", "backgrounds":
			continue
		case "a", "r":
			measure = Subset
		case "o":
			measure = Agreement
		}
		x := get(a.Set + "." + measure)
		if want := float64(a.Right) / float64(a.Images); math.Abs(float64(x.Value)-want) > 1e-12 ||
			x.N != int64(a.Images) {
			t.Errorf("%s is %v of %d, want %v of %d", x.ID, x.Value, x.N, want, a.Images)
		}
		if set := n.Set(a.Set); set.Unreadable != a.Damaged {
			t.Errorf("%s has %d unreadable images, want %d", a.Set, set.Unreadable, a.Damaged)
		}
	}
	mean := 0.0
	for g, right := range groups["c"] {
		if corruption, _, _ := strings.Cut(g, "/"); !slices.Contains(extra, corruption) {
			mean += float64(right) / 4 / 75
		}
	}
	if x := get("c.mean"); math.Abs(float64(x.Value)-mean) > 1e-12 || len(x.Notes) != 0 {
		t.Errorf("the mean accuracy is %v, want %v; notes %v", x.Value, mean, x.Notes)
	}
	gap := float64(groups["backgrounds"]["mixed_same"]-groups["backgrounds"]["mixed_rand"]) / 45
	if x := get("backgrounds.gap"); math.Abs(float64(x.Value)-gap) > 1e-12 {
		t.Errorf("the gap is %v, want %v", x.Value, gap)
	}
	real, all := get("imagenet.real"), get("imagenet.real-of-all")
	right := func(x Number) float64 { return float64(x.Value) * float64(x.N) }
	if math.Abs(right(real)-right(all)) > 1e-9 || real.N >= all.N {
		t.Errorf("ReaL is %v of %d, and %v of all %d", real.Value, real.N, all.Value, all.N)
	}
	if micro, macro := get("si-size.top1"), get("si-size.macro"); micro.Value == macro.Value {
		t.Errorf("both means of SI-size are %v, and the groups have different sizes", micro.Value)
	}
}
