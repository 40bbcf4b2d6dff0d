package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"abtool/features"
	"abtool/train/loss"
)

// spot returns a grey image with a red square of 9 pixels around a point.
func spot(size int, u, v float64) *Batch {
	m := marked(size, size, u, v)
	b := &Batch{N: 1, Size: size, Pixels: make([]byte, 3*size*size)}
	rgb(m, m.Bounds(), b.Pixels)
	return b
}

// Rotations, shears and shifts, alone and in sequence, move the point in the same way as the pixels.
func TestGeometryMovesPoints(t *testing.T) {
	const size = 96
	rng := rand.New(rand.NewPCG(3, 4))
	var moves []operation
	for _, op := range operations {
		if strings.HasPrefix(op.name, "shear") || strings.HasPrefix(op.name, "shift") || op.name == "rotate" {
			moves = append(moves, op)
		}
	}
	if len(moves) != 5 {
		t.Fatalf("%d operations move", len(moves))
	}
	seen, left := 0, 0
	for n := range 200 {
		u, v := (math.Floor(size*rng.Float64())+0.5)/size, (math.Floor(size*rng.Float64())+0.5)/size
		b := spot(size, u, v)
		moved, names, whole := identity, "", true // no part of the mark is cut off on the way
		for range 1 + n%2 {
			op := moves[rng.IntN(len(moves))]
			moved = moved.then(op.run(b.Pixels, size, 0.9*rng.Float64(), rng.IntN(2) == 0))
			names += op.name + " "
			x, y := moved.point(u, v, size)
			whole = whole && min(u, v, 1-u, 1-v, x, y, 1-x, 1-y) > 0.1
		}
		x, y := moved.point(u, v, size)
		px, py, ok := redness(b, 0)
		switch {
		case x < -0.1 || x > 1.1 || y < -0.1 || y > 1.1:
			left++
			if ok {
				t.Errorf("%s: the point is at %.2f, %.2f, and the mark at %.2f, %.2f", names, x, y, px, py)
			}
		case whole:
			seen++
			if !ok || math.Abs(px-x) > 1.2/size || math.Abs(py-y) > 1.2/size {
				t.Errorf("%s: the point is at %.3f, %.3f, the mark at %.3f, %.3f (%v)", names, x, y, px, py, ok)
			}
		}
	}
	if seen < 60 || left < 5 {
		t.Errorf("%d points seen, %d left", seen, left)
	}
}

// With RandAugment in the loader, targets stay on their marks, and some leave the image.
func TestRandAugmentInLoader(t *testing.T) {
	s := markedSet(t, 64)
	o := LoaderOptions{Size: 96, Batch: 8, Train: true, Seed: 5, PointOutput: 2, Crops: features.CropOptions{MinScale: 0.9}}
	count := func(a RandAugment) (valid, moved int) {
		o.RandAugment = a
		for _, b := range epoch(t, s, o, 0, 0) {
			for i := range b.N {
				if !b.Target.Valid[i] {
					continue
				}
				valid++
				x, y, ok := redness(b, i)
				u, v := float64(b.Target.Points[2*i]), float64(b.Target.Points[2*i+1])
				if inside := min(u, v, 1-u, 1-v) > 0.1; ok && inside && math.Hypot(x-u, y-v) > 0.05 {
					moved++
				}
			}
		}
		return valid, moved
	}
	plain, _ := count(RandAugment{})
	valid, wrong := count(RandAugment{Magnitude: 10, Std: 0.5})
	if wrong > 1 { // colours can paint other things red
		t.Errorf("%d targets are not on their marks", wrong)
	}
	if valid >= plain || valid < plain/2 {
		t.Errorf("%d of %d points are left", valid, plain)
	}
}

func TestColourOperations(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	source := make([]byte, 3*32*32)
	for i := range source {
		source[i] = byte(60 + rng.IntN(100))
	}
	run := func(name string, level float64, negative bool) []byte {
		p := slices.Clone(source)
		i := slices.IndexFunc(operations, func(o operation) bool { return o.name == name })
		if m := operations[i].run(p, 32, level, negative); m != identity {
			t.Errorf("%s moves pixels", name)
		}
		return p
	}
	for i, v := range run("invert", 0.9, false) {
		if v != 255-source[i] {
			t.Fatal("invert")
		}
	}
	if p := run("autocontrast", 0, false); slices.Min(p) != 0 || slices.Max(p) != 255 {
		t.Errorf("autocontrast gives %d to %d", slices.Min(p), slices.Max(p))
	}
	// 1024 pixels of a channel in steps of 255 − 60 … are spread over the whole range.
	if p := run("equalise", 0, false); slices.Max(p) < 250 || slices.Min(p) > 5 {
		t.Errorf("equalise gives %d to %d", slices.Min(p), slices.Max(p))
	}
	if p := run("posterise", 0.5, false); p[0] != source[0]&0xc0 {
		t.Errorf("posterise to 2 bits: %d of %d", p[0], source[0])
	}
	for i, v := range run("solarise", 0.5, false) { // from 128 on
		if want := source[i]; v != want && (want < 128 || v != 255-want) {
			t.Fatal("solarise")
		}
	}
	for i, v := range run("add and solarise", 1, false) {
		if want := source[i]; want < 128 && v != want+110 || want >= 128 && v != want {
			t.Fatal("add and solarise")
		}
	}
	if p := run("brightness", 1, true); int(p[7]) != int(0.1*float64(source[7])+0.5) {
		t.Errorf("brightness: %d of %d", p[7], source[7])
	}
	p := run("colour", 1, true) // nearly grey
	if spread := slices.Max(p[:3]) - slices.Min(p[:3]); spread > 12 {
		t.Errorf("colour: %v of %v", p[:3], source[:3])
	}
	roughness := func(p []byte) (sum float64) {
		for i := 3; i < len(p); i++ {
			sum += math.Abs(float64(p[i]) - float64(p[i-3]))
		}
		return sum
	}
	if a, b, c := roughness(run("sharpness", 1, true)), roughness(source), roughness(run("sharpness", 1, false)); !(a < b && b < c) {
		t.Errorf("sharpness: %g, %g, %g", a, b, c)
	}
	if a, b := roughness(run("contrast", 0.5, true)), roughness(source); a > 0.6*b {
		t.Errorf("contrast: %g of %g", a, b)
	}
}

// pair returns a batch of two images of one grey each: 50 with a point at the upper left, 200 with a point
// at the lower right.
func pair(size int, multi bool) *Batch {
	b := &Batch{N: 2, Size: size, Pixels: make([]byte, 2*3*size*size)}
	for i := range b.Pixels {
		b.Pixels[i] = 50
		if i >= len(b.Pixels)/2 {
			b.Pixels[i] = 200
		}
	}
	b.Target = loss.Target{N: 2, Labels: []int32{0, 2}, Points: []float32{0.25, 0.25, 0.75, 0.75}, Valid: []bool{true, true}}
	if multi { // the first image has classes 0 and 1, the second 1 and 2
		b.Target = loss.Target{N: 2, Classes: []float32{1, 1, 0, 0, 1, 1}, Points: []float32{0.1, 0.1, 0.2, 0.2, 0, 0, 0, 0, 0.8, 0.8, 0.9, 0.9},
			Valid: []bool{true, true, false, false, true, true}}
	}
	return b
}

// mixed draws until the share is on the wanted side of ½.
func mixed(t *testing.T, m Mix, multi, larger bool, want func(share float64, box rectangle) bool) (*Batch, float64, rectangle) {
	t.Helper()
	for seed := range uint64(1000) {
		share, box, _ := m.draw(rand.New(rand.NewPCG(seed, 1)), 64)
		if share > 0.5 == larger && want(share, box) {
			b := pair(64, multi)
			outputs := 2
			if multi {
				outputs = 6
			}
			m.apply(rand.New(rand.NewPCG(seed, 1)), b, 3, outputs)
			return b, share, box
		}
	}
	t.Fatal("no such draw")
	return nil, 0, rectangle{}
}

func always(float64, rectangle) bool { return true }

// points returns a point of an image and its validity as text.
func points(b *Batch, i, per int) string {
	var out []string
	for k := i * per; k < (i+1)*per; k++ {
		text := "-"
		if b.Target.Valid[k] {
			text = fmt.Sprintf("%.2g,%.2g", b.Target.Points[2*k], b.Target.Points[2*k+1])
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestMixup(t *testing.T) {
	for _, larger := range []bool{true, false} {
		b, share, _ := mixed(t, Mix{Mixup: 0.8}, false, larger, always)
		if v := float64(b.Pixels[0]); math.Abs(v-(50*share+200*(1-share))) > 1 {
			t.Errorf("a pixel is %g with a share of %g", v, share)
		}
		if v := float64(b.Pixels[len(b.Pixels)-1]); math.Abs(v-(200*share+50*(1-share))) > 1 {
			t.Errorf("a pixel of the partner is %g with a share of %g", v, share)
		}
		q := b.Target.Classes
		if b.Target.Labels != nil || math.Abs(float64(q[0])-share) > 1e-6 || math.Abs(float64(q[2])-(1-share)) > 1e-6 || q[1] != 0 {
			t.Errorf("classes %v with a share of %g", q, share)
		}
		if err := b.Target.Check(loss.Config{}, 3, 2); err != nil {
			t.Error(err)
		}
		own, other := "0.25,0.25", "0.75,0.75"
		if !larger {
			own, other = other, own
		}
		if points(b, 0, 1) != own || points(b, 1, 1) != other {
			t.Errorf("larger share %v: points %s and %s", larger, points(b, 0, 1), points(b, 1, 1))
		}
	}
	// The larger share has no point: there is none.
	b := pair(64, false)
	b.Target.Valid[0] = false
	for seed := range uint64(100) {
		if share, _, _ := (Mix{Mixup: 0.8}).draw(rand.New(rand.NewPCG(seed, 1)), 64); share > 0.5 {
			Mix{Mixup: 0.8}.apply(rand.New(rand.NewPCG(seed, 1)), b, 3, 2)
			break
		}
	}
	if points(b, 0, 1) != "-" || points(b, 1, 1) != "0.75,0.75" {
		t.Errorf("points %s and %s", points(b, 0, 1), points(b, 1, 1))
	}
	// Several labels: each class has its point; class 1 that of the larger share.
	b, _, _ = mixed(t, Mix{Mixup: 0.8}, true, true, always)
	if points(b, 0, 3) != "0.1,0.1 0.2,0.2 0.9,0.9" || points(b, 1, 3) != "0.1,0.1 0.8,0.8 0.9,0.9" {
		t.Errorf("points %s and %s", points(b, 0, 3), points(b, 1, 3))
	}
}

func TestCutmix(t *testing.T) {
	m := Mix{Cutmix: 1}
	in := func(box rectangle, v float64) bool { return box.has(v*64, v*64) }
	for _, c := range []struct {
		what        string
		larger      bool
		left, right bool // whether the points of the first and the second lie in the rectangle
		first       string
	}{
		{"own seen, the larger", true, false, false, "0.25,0.25"},
		{"own hidden, the partner's seen", true, true, true, "0.75,0.75"},
		{"own hidden, the partner's outside", true, true, false, "-"},
		{"both seen, own the larger", true, false, true, "0.25,0.25"},
		{"both seen, the partner's the larger", false, false, true, "0.75,0.75"},
	} {
		b, share, box := mixed(t, m, false, c.larger, func(_ float64, box rectangle) bool { return in(box, 0.25) == c.left && in(box, 0.75) == c.right })
		if got := points(b, 0, 1); got != c.first {
			t.Errorf("%s: the point is %s, want %s; rectangle %v", c.what, got, c.first, box)
		}
		partner := 0
		for i := 0; i < len(b.Pixels)/2; i += 3 {
			if b.Pixels[i] == 200 {
				partner++
				if x, y := i/3%64, i/3/64; !box.has(float64(x), float64(y)) {
					t.Fatalf("%s: the partner is at %d, %d, outside of %v", c.what, x, y, box)
				}
			}
		}
		if got := 1 - float64(partner)/(64*64); math.Abs(got-share) > 1e-9 || math.Abs(float64(b.Target.Classes[0])-share) > 1e-6 {
			t.Errorf("%s: %g of the image is left, the label's share is %g, want %g", c.what, got, b.Target.Classes[0], share)
		}
	}
}

// Shares have the mean ½ and the variance 1/(4(2a+1)) of Beta(a, a), and Switch is the probability of cutmix.
func TestMixDraw(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for _, a := range []float64{0.2, 0.8, 1, 3} {
		var sum, square float64
		const n = 20000
		for range n {
			v := beta(r, a)
			sum, square = sum+v, square+v*v
		}
		mean, variance := sum/n, square/n-sum/n*sum/n
		if want := 1 / (4 * (2*a + 1)); math.Abs(mean-0.5) > 0.02 || math.Abs(variance/want-1) > 0.05 {
			t.Errorf("Beta(%g, %g) has mean %g and variance %g, want 0.5 and %g", a, a, mean, variance, want)
		}
	}
	cuts := 0
	for range 1000 {
		if _, _, cut := (Mix{0.8, 1, 0.5}).draw(r, 64); cut {
			cuts++
		}
	}
	if cuts < 400 || cuts > 600 {
		t.Errorf("%d of 1000 are cutmix", cuts)
	}
}

// Mixed and repeated epochs are the same for any number of workers and can be resumed. Repetitions of an
// image are adjacent and differ.
func TestMixedEpochs(t *testing.T) {
	s := markedSet(t, 40)
	o := LoaderOptions{Size: 32, Batch: 6, Train: true, Seed: 9, PointOutput: 2, RandAugment: RandAugment{Magnitude: 9, Std: 0.5}, Mix: Mix{0.8, 1, 0.5}, Repeat: 3, Workers: 1}
	first := epoch(t, s, o, 3, 0)
	o.Workers = 5
	if digest(first) != digest(epoch(t, s, o, 3, 0)) || digest(first[4:]) != digest(epoch(t, s, o, 3, 4)) {
		t.Error("the epoch depends on the number of workers, or on the batch at which it begins")
	}
	seen := map[string]int{}
	for _, b := range first {
		if len(b.Target.Classes) != 2*b.N {
			t.Fatalf("%d class values", len(b.Target.Classes))
		}
		for i := 0; i < b.N; i += 3 {
			if b.IDs[i] != b.IDs[i+1] || b.IDs[i] != b.IDs[i+2] {
				t.Errorf("%v", b.IDs)
			}
			if b.Crops[i] == b.Crops[i+1] || b.Crops[i+1] == b.Crops[i+2] {
				t.Errorf("both repetitions of %s have the same crop", b.IDs[i])
			}
		}
		for _, id := range b.IDs {
			seen[id]++
		}
	}
	if len(first) != 6 || len(seen) != 12 {
		t.Errorf("%d batches of %d images", len(first), len(seen))
	}
	if o.Train = false; epoch(t, s, o, 3, 0)[0].Target.Classes != nil {
		t.Error("a batch of evaluation is mixed")
	}
}

func TestChangesCheck(t *testing.T) {
	for want, o := range map[string]LoaderOptions{
		"RandAugment": {RandAugment: RandAugment{Magnitude: 11}}, "mixup -1": {Mix: Mix{Mixup: -1}}, "with probability 2": {Mix: Mix{Switch: 2}}, "each image -1 times": {Repeat: -1},
	} {
		o.Size, o.Batch = 8, 2
		if _, err := NewLoader(markedSet(t, 4), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
