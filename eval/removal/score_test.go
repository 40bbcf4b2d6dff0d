package removal

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/store"
	"abtool/train/data"
)

// logit returns the score with a probability.
func logit(p float64) float32 { return float32(math.Log(p / (1 - p))) }

// Classes A, B and D; the score of A without A, B, D is .4, .3, .6: B violates, D does not. The other classes
// have no violation.
func TestReduce(t *testing.T) {
	rows := []Row{
		{Image: "1", Class: -1, Scores: []float32{9, 9, 9}},
		{Image: "1", Class: 0, Scores: []float32{logit(.4), logit(.9), logit(.9)}},
		{Image: "1", Class: 1, Scores: []float32{logit(.3), logit(.1), logit(.9)}},
		{Image: "1", Class: 2, Scores: []float32{logit(.6), logit(.9), logit(.1)}},
	}
	r := Reduce(rows)
	if r.Images != 1 || r.Edits != 3 || r.Pairs != 3 || r.Classes != 3 {
		t.Errorf("%+v", r)
	}
	// Of pair (1, A): V_avg ½, V_min 1, Δ_avg .4 − .45, Δ_min .4 − .3; of the others 0, 0, −.8, −.8.
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"V_avg", r.VAvg.Pairs.Value, 0.5 / 3}, {"V_min", r.VMin.Pairs.Value, 1.0 / 3},
		{"Δ_avg", r.DeltaAvg.Pairs.Value, (-0.05 - 0.8 - 0.8) / 3}, {"Δ_min", r.DeltaMin.Pairs.Value, (0.1 - 0.8 - 0.8) / 3},
		{"V_avg by class", r.VAvg.Classes.Value, 0.5 / 3},
	} {
		if math.Abs(c.got-c.want) > 1e-6 {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	if r.VAvg.Pairs.Interval(0, 1) != nil {
		t.Error("one image has an interval")
	}
	// Another image, where B violates A again, and A does not violate B: two of five pairs have a violation, and
	// one of three classes.
	rows = append(rows,
		Row{Image: "2", Class: 0, Scores: []float32{logit(.4), logit(.9), 0}},
		Row{Image: "2", Class: 1, Scores: []float32{logit(.3), logit(.1), 0}})
	r = Reduce(rows)
	if math.Abs(r.VMin.Pairs.Value-2.0/5) > 1e-12 || math.Abs(r.VMin.Classes.Value-1.0/3) > 1e-12 || math.Abs(r.VAvg.Pairs.Value-1.5/5) > 1e-12 {
		t.Errorf("of two images: %+v", r)
	}
	if s := r.VMin.Pairs.Samples; slices.Min(s) != 1.0/3 || slices.Max(s) != 0.5 || !r.VMin.Pairs.Interval(0, 1).Covers(r.VMin.Pairs.Value) {
		t.Errorf("samples from %v to %v, interval %+v", slices.Min(s), slices.Max(s), r.VMin.Pairs.Interval(0, 1))
	}
	slices.Reverse(rows)
	if again := Reduce(rows); again.VMin.Pairs.Value != r.VMin.Pairs.Value || *again.DeltaAvg.Pairs.Interval(-1, 1) != *r.DeltaAvg.Pairs.Interval(-1, 1) {
		t.Error("the result depends on the order of the rows")
	}
}

func TestReduceLeavesOut(t *testing.T) {
	r := Reduce([]Row{
		{Image: "1", Class: 0, Scores: []float32{0, 0, 0}},
		{Image: "1", Class: 1, Left: TooLarge},
		{Image: "1", Class: 2, Scores: []float32{1, 0, 0}, Outside: true},
		{Image: "2", Class: 0, Scores: []float32{0, 0, 0}}, // the only class that can be removed
		{Image: "2", Class: 1, Left: NoMask},
		{Image: "3", Class: 0, Scores: []float32{0, 0, 0}}, // an image with one class
	})
	if r.Images != 2 || r.Edits != 3 || r.Pairs != 2 || r.Without != 3 || r.Outside != 1 || r.Left[TooLarge] != 1 || r.Left[NoMask] != 1 {
		t.Errorf("%+v", r)
	}
}

// Scores that ignore the edit violate nothing, and neither do those of a network that only looks at the class.
// V_min is never below V_avg, and both depend only on the order of scores.
func TestReduceInvariants(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var constant, own, random, stretched []Row
		for i := range 2 + r.IntN(20) {
			id, classes := fmt.Sprint(i), 2+r.IntN(4)
			first := make([]float32, 6)
			for k := range first {
				first[k] = float32(r.NormFloat64())
			}
			for c := range classes {
				scores, monotone := make([]float32, 6), make([]float32, 6)
				for k := range scores {
					scores[k] = float32(r.IntN(5))
					monotone[k] = 3*scores[k]*scores[k]*scores[k] - 40
				}
				without := slices.Clone(first)
				without[c] -= 2
				constant = append(constant, Row{Image: id, Class: c, Scores: first})
				own = append(own, Row{Image: id, Class: c, Scores: without})
				random = append(random, Row{Image: id, Class: c, Scores: scores})
				stretched = append(stretched, Row{Image: id, Class: c, Scores: monotone})
			}
		}
		for _, rows := range [][]Row{constant, own} {
			if got := Reduce(rows); got.VAvg.Pairs.Value != 0 || got.VMin.Pairs.Value != 0 {
				t.Fatalf("no violation, but %+v", got)
			}
		}
		a, b := Reduce(random), Reduce(stretched)
		if !slices.Equal(a.VAvg.Pairs.Samples, b.VAvg.Pairs.Samples) || a.VMin.Pairs.Value != b.VMin.Pairs.Value || a.VAvg.Pairs.Value != b.VAvg.Pairs.Value {
			t.Fatalf("a monotone function of the scores changes %v to %v", a.VAvg.Pairs.Value, b.VAvg.Pairs.Value)
		}
		if a.VMin.Pairs.Value < a.VAvg.Pairs.Value || a.DeltaMin.Pairs.Value < a.DeltaAvg.Pairs.Value {
			t.Fatalf("V_min %v is below V_avg %v", a.VMin.Pairs.Value, a.VAvg.Pairs.Value)
		}
		// By definition.
		sum, pairs := 0.0, 0.0
		for _, c := range random {
			violations, others := 0.0, 0.0
			for _, o := range random {
				if o.Image == c.Image && o.Class != c.Class {
					others++
					if o.Scores[c.Class] < c.Scores[c.Class] {
						violations++
					}
				}
			}
			sum, pairs = sum+violations/others, pairs+1
		}
		if math.Abs(a.VAvg.Pairs.Value-sum/pairs) > 1e-12 || float64(a.Pairs) != pairs {
			t.Fatalf("V_avg %v of %d pairs, want %v of %v", a.VAvg.Pairs.Value, a.Pairs, sum/pairs, pairs)
		}
	}
}

// The difference of two networks that differ by the same amount in each image has no spread, though each of them
// has.
func TestMinus(t *testing.T) {
	var first, second, fewer []Row
	for i := range 20 {
		id := fmt.Sprint(i)
		low := float32(i % 7)
		// Class 0 violates in every third image with the first network, and class 1 never; with the second
		// network class 1 violates in every image, too.
		own := low - 1
		if i%3 == 0 {
			own = low + 1
		}
		a := []Row{{Image: id, Class: 0, Scores: []float32{own, 5}}, {Image: id, Class: 1, Scores: []float32{low, 0}}}
		b := []Row{{Image: id, Class: 0, Scores: []float32{own, 5}}, {Image: id, Class: 1, Scores: []float32{low, 9}}}
		first, second = append(first, a...), append(second, b...)
		if i > 0 {
			fewer = append(fewer, b...)
		}
	}
	a, b := Reduce(first), Reduce(second)
	d := b.VMin.Minus(a.VMin).Pairs
	if i := d.Interval(-1, 1); math.Abs(d.Value-0.5) > 1e-12 || i == nil || math.Abs(i.Low-0.5) > 1e-12 || math.Abs(i.High-0.5) > 1e-12 {
		t.Errorf("%v, %+v; want exactly a half", d.Value, i)
	}
	if i := a.VMin.Pairs.Interval(0, 1); i.High-i.Low < 0.05 {
		t.Errorf("the network itself has an interval of %+v", i)
	}
	if Reduce(fewer).Same(a) || !b.Same(a) {
		t.Error("the same images are not recognised")
	}
}

func square(x0, y0, x1, y1 float64) plane.Mask {
	return plane.Mask{Polygon: []float64{x0, y0, x1, y0, x1, y1, x0, y1}, Rings: []int64{8}}
}

// A white image with a red square (class 0 of the network, 7 of the objects), a blue one (class 1, 8), and one of
// an unknown class. The network scores the amount of a colour.
func scene() (*data.Pixels, *coco.Image) {
	m := &data.Pixels{W: 40, H: 30, Pix: slices.Repeat([]byte{255}, 3*40*30)}
	for y := range 30 {
		for x := range 40 {
			at := 3 * (y*40 + x)
			switch {
			case x >= 8 && x < 12 && y >= 8 && y < 12:
				m.Pix[at+1], m.Pix[at+2] = 0, 0
			case x >= 25 && x < 30 && y >= 15 && y < 20:
				m.Pix[at], m.Pix[at+1] = 0, 0
			}
		}
	}
	return m, &coco.Image{ID: 5, Width: 40, Height: 30, Instances: []coco.Instance{
		{Class: 7, Mask: square(8, 8, 12, 12)},
		{Class: 8, Mask: square(25, 15, 30, 20)},
		{Class: -1, Mask: square(0, 0, 40, 30)},
	}}
}

func colours(images []*data.Pixels) (scores [][]float32, err error) {
	for _, m := range images {
		s := make([]float32, 3)
		for i := 0; i < len(m.Pix); i += 3 {
			if m.Pix[i] > 200 && m.Pix[i+2] < 50 {
				s[0]++
			}
			if m.Pix[i+2] > 200 && m.Pix[i] < 50 {
				s[1]++
			}
		}
		scores = append(scores, s)
	}
	return scores, nil
}

func TestRows(t *testing.T) {
	m, objects := scene()
	e := &Editor{Options: Default(Harmonic)}
	e.Seen = func(w, h int) image.Rectangle { return image.Rect(20, 0, 40, 30) }
	rows, err := e.Rows("5", m, objects, []int32{7, 8, 9}, colours)
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{Image: "5", Class: -1, Scores: []float32{16, 25, 0}},
		{Image: "5", Class: 0, Share: 14 * 14 / 1200.0, Outside: true, Scores: []float32{0, 25, 0}},
		{Image: "5", Class: 1, Share: 15 * 15 / 1200.0, Scores: []float32{16, 0, 0}},
	}
	if fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("rows\n%+v, want\n%+v", rows, want)
	}
	if r := Reduce(rows); r.VAvg.Pairs.Value != 0 || r.VMin.Pairs.Value != 0 || r.Pairs != 2 || r.Outside != 1 {
		t.Errorf("%+v", r)
	}
	// Above the limit, without a mask, without two classes, and of another size.
	e.Limit = 0.17
	objects.Instances = append(objects.Instances, coco.Instance{Class: 9})
	rows, err = e.Rows("5", m, objects, []int32{7, 8, 9}, colours)
	if err != nil || len(rows) != 4 || rows[1].Left != "" || rows[2].Left != TooLarge || rows[3].Left != NoMask || rows[2].Scores != nil {
		t.Errorf("%+v, %v", rows, err)
	}
	if rows, err := e.Rows("5", m, objects, []int32{7, -1, -1}, colours); rows != nil || err != nil {
		t.Errorf("one class: %+v, %v", rows, err)
	}
	objects.Width = 80
	if _, err := e.Rows("5", m, objects, []int32{7, 8}, colours); err == nil || !strings.Contains(err.Error(), "masks are for 80 × 30") {
		t.Errorf("masks of another size: %v", err)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, w int) {
		m := image.NewRGBA(image.Rect(0, 0, w, 30))
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		m.Set(0, 0, color.RGBA{255, 0, 0, 255})
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
	}
	put("5_44.png", 40)
	e := &Editor{Options: Default(Given)}
	e.Given = Folder(dir, []store.Category{{ID: 44}, {ID: 46}})
	m, objects := scene()
	rows, err := e.Rows("5", m, objects, []int32{7, 8}, colours)
	if err != nil {
		t.Fatal(err)
	}
	if rows[1].Scores[0] != 1 || rows[1].Scores[1] != 0 || rows[2].Left != NotGiven {
		t.Errorf("%+v", rows)
	}
	put("5_46.png", 41)
	if _, err := e.Rows("5", m, objects, []int32{7, 8}, colours); err == nil || !strings.Contains(err.Error(), "has 41 × 30 pixels") {
		t.Errorf("a given image of another size: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "5_46.jpg"), []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Rows("5", m, objects, []int32{7, 8}, colours); err == nil || !strings.Contains(err.Error(), "5_46.jpg") {
		t.Errorf("a file that is not an image: %v", err)
	}
	if _, err := ParseFill("magic"); err == nil || !strings.Contains(err.Error(), "harmonic mean blur given") {
		t.Errorf("an unknown fill: %v", err)
	}
}

func BenchmarkReduce(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var rows []Row
	for i := range 40000 {
		for c := range 3 {
			scores := make([]float32, 80)
			for k := range scores {
				scores[k] = r.Float32()
			}
			rows = append(rows, Row{Image: fmt.Sprint(i), Class: c + i%70, Scores: scores})
		}
	}
	for b.Loop() {
		Reduce(rows)
	}
}
