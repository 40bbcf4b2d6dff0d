package features_test

import (
	"crypto/sha256"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"abtool/features"
)

func drawCrop(t *rapid.T) features.Crop {
	w, h := rapid.IntRange(1, 3000).Draw(t, "width"), rapid.IntRange(1, 3000).Draw(t, "height")
	c, err := features.RandomCrop(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), w, h, features.CropOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var unitRange = rapid.Float64Range(-0.5, 1.5)

// Laws of crops, on any image, crop and point.
func TestCropLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCrop(t)
		x, y := unitRange.Draw(t, "x"), unitRange.Draw(t, "y")
		if c.W < 1 || c.H < 1 || c.X < 0 || c.Y < 0 || c.X+c.W > c.Width || c.Y+c.H > c.Height {
			t.Fatalf("%+v leaves the image", c)
		}
		if twice := c.Mirrored().Mirrored(); twice != c {
			t.Fatalf("mirrored twice, %+v is %+v", c, twice)
		}
		u, v, weight := c.Point(x, y)
		if mu, mv, mw := c.Mirrored().Point(x, y); math.Abs(1-mu-u) > 1e-9 || mv != v || math.Abs(u) > 1e-9 && math.Abs(u-1) > 1e-9 && mw != weight {
			t.Fatalf("%+v: (%v, %v) mirrored is (%v, %v)", c, u, v, mu, mv)
		}
		if wu, wv, _ := features.Whole(c.Width, c.Height).Point(x, y); wu != x || wv != y {
			t.Fatalf("the whole image moves (%v, %v) to (%v, %v)", x, y, wu, wv)
		}
		// The pixel that the point is on, minus the corner, is where it is in the crop.
		px, py := x*float64(c.Width)-float64(c.X), y*float64(c.Height)-float64(c.Y)
		if c.Flip {
			px = float64(c.W) - px
		}
		if math.Abs(u*float64(c.W)-px) > 1e-6 || math.Abs(v*float64(c.H)-py) > 1e-6 {
			t.Fatalf("%+v: (%v, %v) lies at (%v, %v) of the crop in px, want (%v, %v)", c, x, y, u*float64(c.W), v*float64(c.H), px, py)
		}
		inside := px >= 0 && px <= float64(c.W) && py >= 0 && py <= float64(c.H)
		if rim := min(math.Abs(px), math.Abs(px-float64(c.W)), math.Abs(py), math.Abs(py-float64(c.H))); rim > 1e-6 && inside != (weight == 1) {
			t.Fatalf("%+v: (%v, %v) has the weight %v", c, x, y, weight)
		}
	})
}

func TestCropKnown(t *testing.T) {
	c := features.Crop{Width: 400, Height: 200, X: 100, Y: 50, W: 200, H: 100}
	for _, x := range []struct {
		c          features.Crop
		x, y, u, v float64
		weight     float64
	}{
		{c, 0.5, 0.5, 0.5, 0.5, 1}, {c, 0.25, 0.25, 0, 0, 1}, {c, 0.75, 0.75, 1, 1, 1}, {c, 0, 0.5, -0.5, 0.5, 0}, {c, 0.375, 0.5, 0.25, 0.5, 1},
		{c.Mirrored(), 0.375, 0.5, 0.75, 0.5, 1}, {c.Mirrored(), 0, 0.5, 1.5, 0.5, 0}, {c, math.NaN(), 0.5, math.NaN(), 0.5, 0},
	} {
		u, v, weight := x.c.Point(x.x, x.y)
		if u != x.u && !(math.IsNaN(u) && math.IsNaN(x.u)) || v != x.v || weight != x.weight {
			t.Errorf("%+v of (%v, %v): (%v, %v) weight %v, want (%v, %v) %v", x.c, x.x, x.y, u, v, weight, x.u, x.v, x.weight)
		}
	}
	for _, o := range []features.CropOptions{{MinScale: 2}, {MinScale: -1}, {MinScale: 0.5, MaxScale: 0.4}, {MinRatio: 2}, {MaxRatio: math.Inf(1)}} {
		if _, err := features.RandomCrop(rand.New(rand.NewPCG(1, 1)), 10, 10, o); err == nil {
			t.Errorf("RandomCrop accepts the options %+v, which are out of range", o)
		}
	}
	if _, err := features.RandomCrop(rand.New(rand.NewPCG(1, 1)), 0, 10, features.CropOptions{}); err == nil {
		t.Error("an image without pixels is cropped")
	}
	// An image that no ratio fits has its middle taken.
	c, err := features.RandomCrop(rand.New(rand.NewPCG(1, 1)), 1000, 10, features.CropOptions{MinScale: 0.9, FlipShare: -1})
	if want := (features.Crop{Width: 1000, Height: 10, X: 493, W: 13, H: 10}); err != nil || c != want {
		t.Errorf("a strip: %+v, %v, want %+v", c, err, want)
	}
}

// Areas, ratios and flips of many crops are distributed as they should be.
func TestCropDistribution(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const n = 20_000
	var area, logs, flips float64
	for range n {
		c, err := features.RandomCrop(r, 2000, 2000, features.CropOptions{MinScale: 0.1, MaxScale: 0.5, FlipShare: 0.25})
		if err != nil {
			t.Fatal(err)
		}
		a := float64(c.W*c.H) / 4e6
		ratio := float64(c.W) / float64(c.H)
		if a < 0.0995 || a > 0.5005 || ratio < 0.749 || ratio > 1.335 {
			t.Fatalf("a crop of area %v and ratio %v", a, ratio)
		}
		area += a / n
		logs += math.Log(ratio) / n
		if c.Flip {
			flips += 1.0 / n
		}
	}
	if math.Abs(area-0.3) > 0.005 || math.Abs(logs) > 0.01 || math.Abs(flips-0.25) > 0.02 {
		t.Errorf("mean area %v, mean log ratio %v, share of flips %v", area, logs, flips)
	}
}

func TestLabel(t *testing.T) {
	for _, x := range []struct {
		rule         string
		present, has bool
		weight       float64
		want         bool
	}{
		{features.LabelsKept, true, true, 0, true}, {features.LabelsPublished, true, true, 0, false}, {features.LabelsPublished, true, true, 1, true},
		{features.LabelsPublished, true, false, 0, true}, {features.LabelsPublished, false, true, 1, false}, {features.LabelsKept, false, true, 1, false},
	} {
		if got := features.Label(x.rule, x.present, x.has, x.weight); got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
	}
}

// Uniform is its documented formula, in other arithmetic.
func TestUniform(t *testing.T) {
	formula := func(text string) (x, y float64) {
		d := sha256.Sum256([]byte(text))
		part := func(b []byte) float64 {
			n := new(big.Int).SetBytes(b)
			f, _ := new(big.Rat).SetFrac(n.Rsh(n, 11), new(big.Int).Lsh(big.NewInt(1), 53)).Float64()
			return f
		}
		return part(d[:8]), part(d[8:16])
	}
	for _, c := range []struct {
		seed         uint64
		image, class string
		text         string
	}{{1, "n01440764_105", "", "1\nrandom\nn01440764_105"}, {18446744073709551615, "459214", "hot dog", "18446744073709551615\nrandom\n459214\nhot dog"}} {
		x, y := features.Uniform(c.seed, c.image, c.class)
		if wx, wy := formula(c.text); x != wx || y != wy {
			t.Errorf("%+v: (%v, %v), want (%v, %v)", c, x, y, wx, wy)
		}
	}
	// Another program's answer (docs/reference/targets.md has it in Python).
	if x, y := features.Uniform(1, "n01440764_105", ""); x != 0.3956168259359475 || y != 0.7873452551222868 {
		t.Errorf("Uniform gives (%v, %v), not the point that the formula gives in Python", x, y)
	}
}
