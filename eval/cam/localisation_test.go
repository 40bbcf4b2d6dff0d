package cam

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Three images with one map each; boxes that fit at other thresholds.
func TestLocalisation(t *testing.T) {
	cut := new(Cutter)
	m := two()
	block := cut.Overlaps(m, []Box{{1, 2, 4, 4}})  // IoU 1 at every threshold
	single := cut.Overlaps(m, []Box{{5, 5, 5, 5}}) // only the second contour, below 0.6
	half := cut.Overlaps(m, []Box{{1, 2, 3, 3}})   // 6/12
	var a Localisation
	a.Add("block", block, true)
	a.Add("single", single, true)
	a.Add("half", half, false)
	a.Add("without", nil, true)
	r := a.Result()
	if r.Images != 3 || r.Without != 1 {
		t.Errorf("%d images, %d without boxes", r.Images, r.Without)
	}
	for _, c := range []struct {
		name string
		got  Share
		want Share
	}{
		{"GT-known", r.GTKnown, Share{2, 3, 0.2}}, {"MaxBoxAcc", r.MaxBoxAcc, Share{2, 3, 0}},
		{"top-1", r.Top1, Share{1, 3, 0.2}}, {"top-1 at best", r.MaxTop1, Share{1, 3, 0}},
		{"0.3", r.ByIoU[0], Share{3, 3, 0}}, {"0.5", r.ByIoU[1], Share{3, 3, 0}}, {"0.7", r.ByIoU[2], Share{2, 3, 0}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, c.got, c.want)
		}
	}
	if got := r.MaxBoxAccV2(); math.Abs(got-8.0/9) > 1e-15 {
		t.Errorf("MaxBoxAccV2 %v", got)
	}
	// 0.6 of 255 is 153: the single pixel is not above int(0.6 · 255).
	if _, all := single.At(0.599); all != 1 {
		t.Errorf("below 0.6 the single pixel has IoU %v", all)
	}
	if _, all := single.At(0.6); all != 0 {
		t.Errorf("at 0.6 the single pixel has IoU %v", all)
	}
}

// The best threshold is one for all images.
func TestLocalisationBestThreshold(t *testing.T) {
	cut := new(Cutter)
	var l Localisation
	m := &Map{4, 1, []float64{0, 0.3, 0.6, 1}}
	l.Add("1", cut.Overlaps(m, []Box{{1, 0, 3, 0}}), true)
	l.Add("2", cut.Overlaps(m, []Box{{3, 0, 3, 0}}), true)
	l.Add("3", cut.Overlaps(m, []Box{{3, 0, 3, 0}}), true)
	r := l.Result()
	// At 0.2 the box is columns 1 to 3: an IoU of 1 with the first and of 1/3 with the others. From 0.3 on it
	// is 2 to 3: 2/3 and 1/2. (0.299 and 0.3 of 255 are the same byte.)
	if r.GTKnown.K != 1 || r.MaxBoxAcc != (Share{3, 3, 0.299}) || r.ByIoU[2] != (Share{2, 3, 0.6}) {
		t.Errorf("%+v", r)
	}
}

// An image that could not be read is wrong at every threshold, and is one of the images.
func TestUnreadable(t *testing.T) {
	cut := new(Cutter)
	var l Localisation
	l.Add("read", cut.Overlaps(two(), []Box{{1, 2, 4, 4}}), true)
	l.Unreadable("not read")
	r := l.Result()
	if half := (Share{1, 2, 0.2}); r.Images != 2 || r.Unreadable != 1 || r.GTKnown != half || r.Top1 != half || r.MaxBoxAccV2() != 0.5 {
		t.Errorf("%+v", r)
	}
}

// judgements returns the maps of two networks on the same images, compared with boxes at random.
func judgements(n int) (a, b *Localisation, overlaps [2][]*Overlaps, right [2][]bool) {
	rng := rand.New(rand.NewPCG(3, 7))
	cut := new(Cutter)
	a, b = new(Localisation), new(Localisation)
	for i := range n {
		truth := []Box{{rng.IntN(4), rng.IntN(4), 6 + rng.IntN(4), 6 + rng.IntN(4)}}
		for k, l := range []*Localisation{a, b} {
			logits := make([]float32, 9)
			for p := range logits {
				logits[p] = rng.Float32()
			}
			o, correct := cut.Overlaps(New(logits, 3, 3, 10, 10), truth), rng.IntN(3) > 0
			l.Add(fmt.Sprintf("%04d", i), o, correct)
			overlaps[k], right[k] = append(overlaps[k], o), append(right[k], correct)
		}
	}
	return a, b, overlaps, right
}

// The maxima of bootstrap samples, by brute force over images and thresholds.
func TestMaxima(t *testing.T) {
	const n = 40
	l, _, overlaps, right := judgements(n)
	force := func(times []int32) (top1, known, v2 float64) {
		for i := range Thresholds {
			var k, c int64
			for j, o := range overlaps[0] {
				if largest, _ := o.At(tau(i)); largest >= 0.5 {
					k += int64(times[j])
					c += int64(times[j]) * int64(b2i(right[0][j]))
				}
			}
			known, top1 = max(known, float64(k)/n), max(top1, float64(c)/n)
		}
		for _, level := range levels {
			most := 0.0
			for i := range Thresholds {
				var k int64
				for j, o := range overlaps[0] {
					if _, all := o.At(tau(i)); all >= level {
						k += int64(times[j])
					}
				}
				most = max(most, float64(k)/n)
			}
			v2 += most / 3
		}
		return top1, known, v2
	}
	m, at, r := l.Maxima(), 0, l.Result()
	for _, c := range []struct{ got, want float64 }{
		{m.MaxBoxAcc.Value, r.MaxBoxAcc.Value()}, {m.MaxTop1.Value, r.MaxTop1.Value()}, {m.MaxBoxAccV2.Value, r.MaxBoxAccV2()},
		{m.ByIoU[2].Value, r.ByIoU[2].Value()},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("the sample of all images has %v, want %v", c.got, c.want)
		}
	}
	drawn := make([][]int32, 0, samples)
	for k := range samples { // as package stat draws
		rng, times := rand.New(rand.NewPCG(1, uint64(k))), make([]int32, n)
		for range n {
			times[rng.IntN(n)]++
		}
		drawn = append(drawn, times)
	}
	for ; at < samples; at += 97 {
		top1, known, v2 := force(drawn[at])
		if math.Abs(m.MaxTop1.Samples[at]-top1) > 1e-12 || math.Abs(m.MaxBoxAcc.Samples[at]-known) > 1e-12 || math.Abs(m.MaxBoxAccV2.Samples[at]-v2) > 1e-12 {
			t.Errorf("sample %d: %v, %v, %v, want %v, %v, %v", at, m.MaxTop1.Samples[at], m.MaxBoxAcc.Samples[at], m.MaxBoxAccV2.Samples[at], top1, known, v2)
		}
	}
	if i := m.MaxBoxAccV2.Interval(0, 1); !i.Covers(m.MaxBoxAccV2.Value) || i.High-i.Low < 0.05 || i.High-i.Low > 0.5 {
		t.Errorf("interval %+v of %v", i, m.MaxBoxAccV2.Value)
	}
}

// Images that only one of two networks has right, by brute force.
func TestOnly(t *testing.T) {
	a, b, overlaps, right := judgements(30)
	var known, top1 [2]int64
	for i := range overlaps[0] {
		x, _ := overlaps[0][i].At(Classic)
		y, _ := overlaps[1][i].At(Classic)
		p, q := x >= 0.5, y >= 0.5
		known[0] += int64(b2i(p && !q))
		known[1] += int64(b2i(q && !p))
		p, q = p && right[0][i], q && right[1][i]
		top1[0] += int64(b2i(p && !q))
		top1[1] += int64(b2i(q && !p))
	}
	gotTop1, gotKnown, ok := a.Only(b)
	if !ok || gotTop1 != top1 || gotKnown != known || known[0] == 0 || top1[1] == 0 {
		t.Errorf("%v and %v, %v; want %v and %v", gotTop1, gotKnown, ok, top1, known)
	}
	if d := a.Result().GTKnown.K - b.Result().GTKnown.K; d != known[0]-known[1] {
		t.Errorf("the counts differ by %d, and the pairs by %d", d, known[0]-known[1])
	}
	b.Unreadable("another")
	if _, _, ok := a.Only(b); ok {
		t.Error("networks are compared on different images")
	}
}

// Class activation maps of 50,000 images.
func BenchmarkMaxima(b *testing.B) {
	l, _, _, _ := judgements(2000)
	for i := range 48000 {
		l.images = append(l.images, l.images[i%2000])
	}
	for b.Loop() {
		l.Maxima()
	}
}

// For images of any size, squares of even side in the middle are compared with boxes as the benchmark's
// predictions are; EVALUATION's regression does this on the metadata of ILSVRC.
func squares(images []Image) (best [3]Share) {
	for side := 40; side <= 224; side += 2 {
		square := Box{112 - side/2, 112 - side/2, min(112+side/2, 223), min(112+side/2, 223)}
		var hits [3]int64
		for i := range images {
			iou := square.best(images[i].On(224))
			for k, level := range levels {
				if iou >= level {
					hits[k]++
				}
			}
		}
		for k, n := range hits {
			if n > best[k].K {
				best[k] = Share{n, int64(len(images)), float64(side)}
			}
		}
	}
	return best
}

// Squares in the middle against boxes of ground truth, without images. The metadata of the benchmark are not
// in this repository: name a folder such as wsolevaluation/metadata/ILSVRC/test in WSOL_METADATA. Without it,
// boxes whose answer is known are used.
func TestSquares(t *testing.T) {
	if dir := os.Getenv("WSOL_METADATA"); dir != "" {
		images, err := ReadMetadata(dir)
		if err != nil {
			t.Fatal(err)
		}
		best := squares(images)
		var got []string
		for _, s := range best {
			got = append(got, fmt.Sprintf("%.3f at %v", 100*s.Value(), s.Tau))
		}
		if want := "76.814 at 130, 54.062 at 158, 29.280 at 188"; strings.Join(got, ", ") != want {
			t.Errorf("%v, want %s", got, want)
		}
		if len(images) != 50000 {
			t.Errorf("%d images", len(images))
		}
	}
	// Squares of side 100, in images of twice the size: a square of side s fits with (101/(s+1))² or its
	// inverse, so that the sides from 84 on have 0.7.
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("image_ids.txt", "a.jpg\nb.jpg\n")
	put("class_labels.txt", "a.jpg,3\nb.jpg,0\n")
	put("image_sizes.txt", "a.jpg,448,448\nb.jpg,224,112\n")
	put("localization.txt", "a.jpg,124,124,325,325\nb.jpg,0,0,1,1\nb.jpg,62,31,162,81\n")
	images, err := ReadMetadata(dir)
	if err != nil {
		t.Fatal(err)
	}
	if images[0].Class != 3 || len(images[1].Boxes) != 2 || images[1].Height != 112 {
		t.Errorf("read %+v", images)
	}
	if got := images[0].On(224); got[0] != (Box{62, 62, 162, 162}) {
		t.Errorf("the box is at %v", got)
	}
	best := squares(images)
	if best[0].K != 2 || best[1].K != 2 || best[2] != (Share{2, 2, 84}) {
		t.Errorf("%+v", best)
	}
	for _, c := range []struct{ name, text, want string }{
		{"localization.txt", "a.jpg,1,2,3\n", "line 1 has 4 fields, want 5"},
		{"localization.txt", "a.jpg,5,2,3,4\n", "is not a box"},
		{"localization.txt", "a.jpg,a,2,3,4\n", `"a" is not a whole number`},
		{"localization.txt", "c.jpg,1,2,3,4\n", "c.jpg is not in image_ids.txt"},
		{"image_sizes.txt", "a.jpg,448,448\n", "has no size of b.jpg"},
		{"image_ids.txt", "a.jpg\na.jpg\n", "a.jpg occurs twice"},
	} {
		old, err := os.ReadFile(filepath.Join(dir, c.name))
		if err != nil {
			t.Fatal(err)
		}
		put(c.name, c.text)
		if _, err := ReadMetadata(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %q: %v, want %q", c.name, c.text, err, c.want)
		}
		put(c.name, string(old))
	}
}

func TestPxAP(t *testing.T) {
	var p Precision
	p.Add(&Map{2, 2, []float64{1, .5, .25, 0}}, []Pixel{Foreground, Background, Foreground, Background})
	if got := p.PxAP(); math.Abs(got-5.0/6) > 1e-15 {
		t.Errorf("%v, want 0.8333", got)
	}
	// Ignored pixels change nothing.
	var q Precision
	q.Add(&Map{3, 2, []float64{1, .5, .9, .25, 0, .1}}, []Pixel{Foreground, Background, Ignored, Foreground, Background, Ignored})
	if q.PxAP() != p.PxAP() {
		t.Errorf("with ignored pixels %v", q.PxAP())
	}
	// A constant map is as good as chance: the share of the foreground.
	for _, v := range []float64{0, 0.5, 1} {
		var c Precision
		c.Add(&Map{2, 2, []float64{v, v, v, v}}, []Pixel{Foreground, Background, Background, Background})
		if got := c.PxAP(); got != 0.25 {
			t.Errorf("a constant map of %v: %v", v, got)
		}
	}
	var none Precision
	none.Add(&Map{1, 1, []float64{1}}, []Pixel{Background})
	if got := none.PxAP(); !math.IsNaN(got) {
		t.Errorf("without foreground: %v", got)
	}
}

// PxAP by brute force: precision and recall of the pixels at or above every threshold.
func TestPxAPByForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var a, b Precision
		var values []float64
		var mask []Pixel
		for _, p := range []*Precision{&a, &b} {
			m, pixels := &Map{7, 5, make([]float64, 35)}, make([]Pixel, 35)
			for i := range m.Values {
				m.Values[i] = float64(r.IntN(2001)) / 2000
				pixels[i] = Pixel(r.IntN(3))
			}
			p.Add(m, pixels)
			values, mask = append(values, m.Values...), append(mask, pixels...)
		}
		a.Merge(&b)
		want, last := 0.0, 0.0
		for i := Thresholds; i >= 0; i-- {
			at := min(float64(i)*0.001, 1)
			var yes, no, total float64
			for k, v := range values {
				total += float64(b2i(mask[k] == Foreground))
				if v >= at {
					yes += float64(b2i(mask[k] == Foreground))
					no += float64(b2i(mask[k] == Background))
				}
			}
			if yes+no > 0 {
				want += (yes/total - last) * yes / (yes + no)
				last = yes / total
			}
		}
		if got := a.PxAP(); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestBins(t *testing.T) {
	for i := range Thresholds {
		if v := float64(i) * 0.001; bin(v) != i || bin(math.Nextafter(v, -1)) != max(i-1, 0) {
			t.Errorf("%v is in bin %d, and the value below it in %d", v, bin(v), bin(math.Nextafter(v, -1)))
		}
	}
	if bin(1) != Thresholds || bin(math.Nextafter(1, 0)) != Thresholds-1 {
		t.Error("1 is not alone in its bin")
	}
}

func TestClassPxAP(t *testing.T) {
	c := NewClassPrecision(3)
	good, bad := &Map{2, 1, []float64{1, 0}}, &Map{2, 1, []float64{0, 1}}
	mask := []Pixel{Foreground, Background}
	c.Add("1", 0, good, mask)
	c.Add("2", 0, good, mask)
	c.Add("2", 1, bad, mask)
	c.Add("3", 2, bad, []Pixel{Ignored, Background})
	r := c.Result()
	if r.Images != 3 || r.Classes != 2 || r.Pairs != 4 || r.Mean.Value != 0.75 || math.Abs(r.ByImage.Value-2.5/3) > 1e-15 {
		t.Errorf("%+v", r)
	}
	// Only image 2 has class 1, whose PxAP is ½, and without images 1 and 2 there is no foreground.
	for k, v := range r.Mean.Samples {
		if v != 0.75 && v != 1 && !math.IsNaN(v) || math.IsNaN(v) != math.IsNaN(r.ByImage.Samples[k]) {
			t.Errorf("sample %d: %v and %v", k, v, r.ByImage.Samples[k])
		}
	}
	// The order of the images and who counted them do not matter.
	d, e := NewClassPrecision(3), NewClassPrecision(3)
	d.Add("3", 2, bad, []Pixel{Ignored, Background})
	d.Add("2", 1, bad, mask)
	e.Add("2", 0, good, mask)
	e.Add("1", 0, good, mask)
	d.Merge(e)
	if q := d.Result(); !q.Same(r) || q.Mean.Value != r.Mean.Value || *q.ByImage.Interval(0, 1) != *r.ByImage.Interval(0, 1) {
		t.Errorf("%v of %d pairs, want %v of %d", q.Mean.Value, q.Pairs, r.Mean.Value, r.Pairs)
	}
	d.Add("4", 1, bad, mask)
	if q := d.Result(); q.Same(r) {
		t.Error("another image is not noticed")
	}
}

// Coarse bins change a sample little, and its mean is near the value.
func TestClassPxAPSamples(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	c := NewClassPrecision(2)
	for i := range 300 {
		m, mask := &Map{8, 8, make([]float64, 64)}, make([]Pixel, 64)
		for p := range mask {
			mask[p] = Pixel(b2i(rng.IntN(4) == 0))
			m.Values[p] = min(1, rng.Float64()*0.7+0.3*float64(mask[p]))
		}
		c.Add(fmt.Sprint(i), i%2, m, mask)
	}
	r := c.Result()
	if all := c.sample(func(int) int64 { return 1 }); math.Abs(all-r.Mean.Value) > 0.005 {
		t.Errorf("with coarse bins %v, want %v", all, r.Mean.Value)
	}
	if i := r.Mean.Interval(0, 1); !i.Covers(r.Mean.Value) || i.High-i.Low < 0.005 || i.High-i.Low > 0.1 {
		t.Errorf("interval %+v of %v", i, r.Mean.Value)
	}
}

// Pairs of COCO's validation images.
func BenchmarkClassPxAP(b *testing.B) {
	c := NewClassPrecision(80)
	m, mask := New([]float32{1, 2, 3, 4}, 2, 2, 224, 224), make([]Pixel, 224*224)
	for i := range 100 {
		mask[i*400] = Foreground
	}
	c.Add("0", 0, m, mask)
	for i := range 116000 {
		p := c.pairs[0]
		p.image, p.class = fmt.Sprint(i/3), i%80
		c.pairs = append(c.pairs, p)
	}
	for b.Loop() {
		c.Result()
	}
}

func BenchmarkAdd(b *testing.B) {
	m, mask := New([]float32{1, 2, 3, 4}, 2, 2, 224, 224), make([]Pixel, 224*224)
	var p Precision
	for b.Loop() {
		p.Add(m, mask)
	}
}

func TestByPath(t *testing.T) {
	find := ByPath([]Image{{Path: "val2/0/0.jpeg", Class: 1}, {Path: "val2/1/0.jpeg", Class: 2}, {Path: "val/a.JPEG", Class: 3}})
	for _, c := range []struct {
		path string
		want int
	}{{"n01/a.JPEG", 3}, {"a.JPEG", 3}, {"v2/0/0.jpeg", 1}, {"1/0.jpeg", 2}, {"0.jpeg", 0}, {"b.JPEG", 0}} {
		if m, ok := find(c.path); m.Class != c.want || ok != (c.want > 0) {
			t.Errorf("%s is %+v, %v, want %d", c.path, m, ok, c.want)
		}
	}
}
