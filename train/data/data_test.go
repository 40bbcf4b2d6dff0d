package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/features"
	"abtool/features/targetfile"
)

// marked returns a grey image with a red square around a point.
func marked(w, h int, x, y float64) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = []uint8{90, 90, 90, 255}[i%4]
	}
	cx, cy := int(x*float64(w)), int(y*float64(h))
	for py := max(0, cy-4); py < min(h, cy+5); py++ {
		for px := max(0, cx-4); px < min(w, cx+5); px++ {
			m.SetNRGBA(px, py, color.NRGBA{255, 0, 0, 255})
		}
	}
	return m
}

// redness returns the centre of the red pixels of a batch's image, in fractions.
func redness(b *Batch, i int) (x, y float64, ok bool) {
	var sx, sy, n float64
	p := b.Pixels[i*3*b.Size*b.Size:]
	for py := range b.Size {
		for px := range b.Size {
			if v := p[3*(py*b.Size+px):]; int(v[0])-int(v[1]) > 80 {
				sx, sy, n = sx+float64(px)+0.5, sy+float64(py)+0.5, n+1
			}
		}
	}
	return sx / n / float64(b.Size), sy / n / float64(b.Size), n > 0
}

func markedSet(t *testing.T, n int) *Set {
	t.Helper()
	src := &Memory{}
	var targets []targetfile.Target
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		x, y := 0.1+0.8*rng.Float64(), 0.1+0.8*rng.Float64()
		id, class := fmt.Sprint("i", i), []string{"cat", "dog"}[i%2]
		src.Add(Item{ID: id, Class: class}, marked(200+i%7*20, 160+i%5*30, x, y))
		targets = append(targets, targetfile.Target{Image: id, Class: class, ClassIndex: -1, X: x, Y: y, Weight: 1, Label: true})
	}
	s, err := NewSet(src, targets, SetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func epoch(t *testing.T, s *Set, o LoaderOptions, n, from int) []*Batch {
	t.Helper()
	l, err := NewLoader(s, o)
	if err != nil {
		t.Fatal(err)
	}
	var out []*Batch
	for b := range l.Epoch(context.Background(), n, from) {
		out = append(out, b)
	}
	return out
}

// Points move with crops and flips: a mark painted at the point is where the target says, and is gone if
// the target is not valid.
func TestPointsFollowPixels(t *testing.T) {
	s := markedSet(t, 64)
	for _, train := range []bool{true, false} {
		valid, gone := 0, 0
		for e := range 3 {
			for _, b := range epoch(t, s, LoaderOptions{Size: 96, Batch: 8, Train: train, Seed: 5, PointOutput: 2}, e, 0) {
				for i := range b.N {
					x, y, ok := redness(b, i)
					if !b.Target.Valid[i] {
						gone++
						continue
					}
					valid++
					u, v := float64(b.Target.Points[2*i]), float64(b.Target.Points[2*i+1])
					// Near the border a part of the mark is cut off.
					if near := u < 0.1 || u > 0.9 || v < 0.1 || v > 0.9; !ok && !near || ok && !near && (math.Abs(x-u) > 0.04 || math.Abs(y-v) > 0.04) {
						t.Errorf("train %v, %s: the mark is at %.3f, %.3f (%v), the target at %.3f, %.3f", train, b.IDs[i], x, y, ok, u, v)
					}
				}
			}
		}
		if valid < 60 || train && gone < 5 {
			t.Errorf("train %v: %d points in their crops, %d outside", train, valid, gone)
		}
	}
}

func digest(list []*Batch) string {
	h := fnv.New64a()
	for _, b := range list {
		fmt.Fprint(h, b.N, b.IDs, b.Target.Labels, b.Target.Points, b.Target.Valid)
		h.Write(b.Pixels)
	}
	return fmt.Sprint(h.Sum64())
}

// An epoch is the same for any number of workers, differs from other epochs, and can be resumed at any batch.
func TestOrder(t *testing.T) {
	s := markedSet(t, 40)
	o := LoaderOptions{Size: 32, Batch: 6, Train: true, Seed: 9, PointOutput: 2, Jitter: Jitter{0.4, 0.4, 0.4}, Erase: Erase{0.5}, Workers: 1}
	first := epoch(t, s, o, 3, 0)
	o.Workers, o.Ahead = 5, 4
	if again := epoch(t, s, o, 3, 0); digest(first) != digest(again) {
		t.Error("the number of workers changes the epoch")
	}
	if rest := epoch(t, s, o, 3, 4); digest(first[4:]) != digest(rest) || len(rest) != 2 {
		t.Error("an epoch resumed at a batch differs from the whole epoch")
	}
	if other := epoch(t, s, o, 4, 0); digest(first) == digest(other) {
		t.Error("two epochs are equal")
	}
	o.Seed++
	if other := epoch(t, s, o, 3, 0); digest(first) == digest(other) {
		t.Error("two seeds give the same epoch")
	}
	seen := map[string]bool{}
	for _, b := range first {
		for _, id := range b.IDs {
			seen[id] = true
		}
	}
	if len(first) != 6 || len(seen) != 36 {
		t.Errorf("%d batches with %d images", len(first), len(seen))
	}
	// Stopping early leaves nothing behind (the race detector and the test's end would tell).
	l, _ := NewLoader(s, o)
	for range l.Epoch(context.Background(), 0, 0) {
		break
	}
}

// Images that cannot be read are counted. Training replaces them by others; evaluation leaves them out.
func TestCorrupt(t *testing.T) {
	dir := t.TempDir()
	for i := range 12 {
		class := filepath.Join(dir, []string{"a", "b"}[i%2])
		if err := os.MkdirAll(class, 0o777); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, marked(80, 60, 0.5, 0.5), nil); err != nil {
			t.Fatal(err)
		}
		text := b.Bytes()
		if i == 3 {
			text = text[:len(text)/3]
		}
		if i == 4 {
			text = []byte("not a picture")
		}
		if err := os.WriteFile(filepath.Join(class, fmt.Sprintf("x%d.JPEG", i)), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSet(src, nil, SetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		train bool
		want  int
	}{{true, 12}, {false, 10}} {
		l, err := NewLoader(s, LoaderOptions{Size: 16, Batch: 4, Train: c.train})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for b := range l.Epoch(context.Background(), 0, 0) {
			n += b.N
			if slices.Contains(b.IDs, "x4") || slices.Contains(b.IDs, "") || len(b.Pixels) != b.N*16*16*3 || len(b.Target.Labels) != b.N {
				t.Errorf("a batch has %v", b.IDs)
			}
		}
		if bad, names := l.Corrupt(); n != c.want || bad < 2 || len(names) != 2 ||
			names[0] != `a/x4.JPEG: not an image that abtool reads (JPEG, PNG, WebP, BMP, TIFF, GIF): it begins with "not a picture"` ||
			names[1] != "b/x3.JPEG: a JPEG image that ends too early (unexpected EOF): get it again" {
			t.Errorf("train %v: %d images, %d corrupt: %v", c.train, n, bad, names)
		}
	}
}

func TestSources(t *testing.T) {
	dir := t.TempDir()
	// A shard.
	var shard bytes.Buffer
	w := tar.NewWriter(&shard)
	add := func(name string, b []byte) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(b))}); err != nil {
			t.Fatal(err)
		}
		w.Write(b)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, marked(50, 40, 0.5, 0.5)); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		add(fmt.Sprintf("n0_%d.png", i), picture.Bytes())
		add(fmt.Sprintf("n0_%d.cls", i), []byte(fmt.Sprint(i%2, "\n")))
		add(fmt.Sprintf("n0_%d.json", i), []byte("{}"))
	}
	w.Close()
	if err := os.WriteFile(filepath.Join(dir, "shard-0.tar"), shard.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := src.Image(3); err != nil || src.Len() != 4 || src.Item(3) != (Item{"n0_3", "1"}) || m.Bounds().Dx() != 50 {
		t.Errorf("shard: %d images, %+v, %v", src.Len(), src.Item(3), err)
	}
	src.Close()

	// idx files, one of them gzip'd.
	var images bytes.Buffer
	z := gzip.NewWriter(&images)
	binary.Write(z, binary.BigEndian, []uint32{0x803, 3, 2, 2})
	z.Write([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	z.Close()
	name := filepath.Join(dir, "train-images-idx3-ubyte")
	os.WriteFile(name, images.Bytes(), 0o666)
	os.WriteFile(filepath.Join(dir, "train-labels-idx1-ubyte"), []byte{0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9}, 0o666)
	src, err = Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := src.Image(1); err != nil || src.Item(1) != (Item{"1", "0"}) || m.At(1, 1) != (color.Gray{7}) {
		t.Errorf("idx: %+v, %v", src.Item(1), err)
	}
	set, err := NewSet(src, nil, SetOptions{})
	if err != nil || !slices.Equal(set.Classes, []string{"0", "7", "9"}) {
		t.Errorf("classes %v, %v", set.Classes, err)
	}
	os.WriteFile(filepath.Join(dir, "train-labels-idx1-ubyte"), []byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 0}, 0o666)
	if _, err := Open(name); err == nil {
		t.Error("OpenIDX accepts fewer labels than images")
	}
	for _, path := range []string{filepath.Join(dir, "none"), filepath.Join(dir, "*.zip"), filepath.Join(dir, "train-labels-idx1-ubyte")} {
		if _, err := Open(path); err == nil {
			t.Errorf("Open accepts %s", path)
		}
	}
}

func TestTargets(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "t.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("rule,image_id,class,class_index,x,y,weight\nfinal-click,i0,cat,0,0.25,0.5,1\nfinal-click,i1,dog,1,,,0\n")
	list, err := targetfile.Read(path)
	if err != nil || len(list) != 2 || list[0].X != 0.25 || list[1].Weight != 0 || !math.IsNaN(list[1].X) {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, bad := range []string{"", "a,b\n1,2\n", "image_id,x,y\n", "image_id,x,y\ni,zero,1\n"} {
		write(bad)
		if _, err := targetfile.Read(path); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	src := &Memory{}
	for i := range 4 {
		src.Add(Item{ID: fmt.Sprint("i", i), Class: []string{"cat", "dog"}[i%2]}, marked(20, 20, 0.5, 0.5))
	}
	base := []targetfile.Target{{Image: "i0", Class: "cat", X: 0.5, Y: 0.5, Weight: 1, Label: true}}
	for name, c := range map[string]struct {
		targets []targetfile.Target
		o       SetOptions
		want    string
	}{
		"missing image":  {append(slices.Clone(base), targetfile.Target{Image: "zebra", Weight: 1}), SetOptions{}, "zebra"},
		"another class":  {[]targetfile.Target{{Image: "i0", Class: "dog", Weight: 1, X: 0.5, Y: 0.5}}, SetOptions{}, "class cat by its folder"},
		"two for one":    {[]targetfile.Target{{Image: "i0", Class: "chat"}, {Image: "i1", Class: "chat"}}, SetOptions{}, "i1 has class dog by its folder or shard and chat by its target, but class cat was chat before"},
		"one for two":    {[]targetfile.Target{{Image: "i0", Class: "chat"}, {Image: "i2", Class: "chien"}}, SetOptions{}, "i2 has class cat by its folder or shard and chien by its target, but class cat was chat before"},
		"several labels": {append(slices.Clone(base), base[0]), SetOptions{}, "--set multi=true"},
		"two targets":    {append(slices.Clone(base), base[0]), SetOptions{}, "has 2 targets"},
		"two rules":      {append(slices.Clone(base), targetfile.Target{Image: "i1", Rule: "other", Weight: 1}), SetOptions{}, "2 rules"},
		"no split":       {base, SetOptions{Split: "val"}, "val"},
		"no targets":     {nil, SetOptions{Supervision: LUAB}, "needs a file of targets"},
		"another net":    {base, SetOptions{Classes: []string{"fish", "dog"}}, "2 classes do not include cat"},
		"no supervision": {base, SetOptions{Supervision: "much"}, "none rand luab"},
	} {
		if _, err := NewSet(src, c.targets, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for supervision, want := range map[Supervision]int{None: 0, Rand: 1, LUAB: 1} {
		s, err := NewSet(src, append(slices.Clone(base), targetfile.Target{Image: "i1", Class: "dog", Weight: 0}), SetOptions{Supervision: supervision, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, im := range s.Images {
			n += len(im.Points)
		}
		if n != want || len(s.Images) != 4 {
			t.Errorf("%s: %d points on %d images", supervision, n, len(s.Images))
		}
		if supervision == Rand {
			if x, y := features.Uniform(3, "i0", ""); s.Images[0].Points[0] != (Point{0, x, y}) {
				t.Error("the random point is not that of features.Uniform")
			}
		}
	}
	s, err := NewSet(src, []targetfile.Target{{Image: "i0", Class: "cup", X: 0.2, Y: 0.3, Weight: 1, Label: true}, {Image: "i0", Class: "tie", Label: true}, {Image: "i2", Class: "tie", X: 0.4, Y: 0.1, Weight: 1, Label: true}}, SetOptions{Multi: true, WithTarget: true})
	if err != nil || len(s.Images) != 2 || !slices.Equal(s.Images[0].Labels, []int{0, 1}) || !slices.Equal(s.Images[0].Points, []Point{{0, 0.2, 0.3}}) {
		t.Errorf("several labels: %+v, %v", s, err)
	}
	for _, b := range epoch(t, s, LoaderOptions{Size: 8, Batch: 2, PointOutput: 4}, 0, 0) {
		if !slices.Equal(b.Target.Classes, []float32{1, 1, 0, 1}) || !slices.Equal(b.Target.Valid, []bool{true, false, false, true}) {
			t.Errorf("a batch of several labels: %v, %v", b.Target.Classes, b.Target.Valid)
		}
	}
}

// Notes reports everything that silently changes what is learned: mixed splits, and images and labels
// without a row.
func TestNotes(t *testing.T) {
	src := &Memory{}
	for i := range 4 {
		src.Add(Item{ID: fmt.Sprint("i", i), Class: []string{"cat", "dog"}[i%2]}, marked(20, 20, 0.5, 0.5))
	}
	targets := []targetfile.Target{{Image: "i0", Class: "cat", Split: "train", X: 0.5, Y: 0.5, Weight: 1, Label: true}, {Image: "i1", Class: "dog", Split: "val", X: 0.5, Y: 0.5, Weight: 1, Label: true}}
	labels := append(slices.Clone(targets), targetfile.Target{Image: "i1", Class: "cat", Split: "val", X: math.NaN(), Y: math.NaN(), Label: true})
	for _, c := range []struct {
		targets []targetfile.Target
		o       SetOptions
		want    []string
	}{
		{nil, SetOptions{}, nil},
		{targets, SetOptions{}, []string{"targets of all splits (train, val) are used"}},
		{targets, SetOptions{Split: "train"}, []string{"2 images are left out"}},
		{labels, SetOptions{Split: "val", Multi: true, WithTarget: true}, []string{"2 images are left out"}},
		{targets, SetOptions{Split: "val", Multi: true, WithTarget: true}, []string{"2 images are left out", "nobody placed"}},
		{append(slices.Clone(targets[:1]), targetfile.Target{Image: "i9", Split: "train"}), SetOptions{Partial: true}, []string{"1 targets are left out"}},
	} {
		s, err := NewSet(src, c.targets, c.o)
		if err != nil {
			t.Fatal(err)
		}
		notes := s.Notes()
		ok := len(notes) == len(c.want)
		for i := 0; ok && i < len(notes); i++ {
			ok = strings.Contains(notes[i], c.want[i])
		}
		if !ok {
			t.Errorf("%+v: %q, want %q", c.o, notes, c.want)
		}
	}
}

// Scaling keeps an image of one colour, averages pixels at half the size, and shifts nothing.
func TestScale(t *testing.T) {
	var z resizer
	rng := rand.New(rand.NewPCG(3, 4))
	m := &Pixels{W: 64, H: 48, Pix: make([]byte, 3*64*48)}
	for i := range m.Pix {
		m.Pix[i] = byte(rng.IntN(256))
	}
	same := make([]byte, 3*48*48)
	c := features.Whole(64, 48)
	c.W, c.X = 48, 7
	z.crop(m, 8, c, 48, same)
	for y := range 48 {
		if !bytes.Equal(same[3*48*y:3*48*(y+1)], m.Pix[3*(64*y+7):3*(64*y+55)]) {
			t.Fatal("a crop of the size that is asked for changes pixels")
		}
	}
	flipped := make([]byte, len(same))
	z.crop(m, 8, c.Mirrored(), 48, flipped)
	for y := range 48 {
		for x := range 48 {
			if !bytes.Equal(flipped[3*(48*y+x):][:3], same[3*(48*y+47-x):][:3]) {
				t.Fatal("a mirrored crop is not the mirror image")
			}
		}
	}
	for i := range m.Pix {
		m.Pix[i] = 77
	}
	for _, size := range []int{3, 17, 48, 100, 224} {
		flat := make([]byte, 3*size*size)
		z.crop(m, 8, features.Whole(64, 48), size, flat)
		for _, v := range flat {
			if v != 77 {
				t.Fatalf("a flat image is %d after scaling to %d", v, size)
			}
		}
	}
	// A ramp stays a ramp: the value at a place is that of the place.
	for y := range 48 {
		for x := range 64 {
			m.Pix[3*(64*y+x)] = byte(4 * x)
		}
	}
	ramp := make([]byte, 3*32*32)
	z.crop(m, 8, features.Whole(64, 48), 32, ramp)
	for x := 2; x < 30; x++ {
		if have, want := float64(ramp[3*(32*16+x)]), 4*((float64(x)+0.5)*2-0.5); math.Abs(have-want) > 1 {
			t.Errorf("the ramp at %d is %v, want %v", x, have, want)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Batches in reused memory are the same as in new memory, for single and several labels, mixed or not, and also
// after images that could not be read. The memory that the loader holds does not grow.
func TestReuse(t *testing.T) {
	for name, o := range map[string]LoaderOptions{
		"training":   {Size: 32, Batch: 6, Train: true, Seed: 9, PointOutput: 2, Workers: 3, Crops: features.CropOptions{MinScale: 0.1}},
		"mixed":      {Size: 32, Batch: 6, Train: true, Seed: 9, PointOutput: 2, Workers: 3, Mix: Mix{0.8, 1, 0.5}},
		"evaluation": {Size: 32, Batch: 6, PointOutput: 2, Workers: 3},
	} {
		s := markedSet(t, 40)
		s.Source = unreadable{s.Source, 13}
		var want []string
		for k := range 3 {
			for _, b := range epoch(t, s, o, k, 0) {
				want = append(want, digest([]*Batch{b}))
			}
		}
		l, err := NewLoader(s, o)
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		buffers := map[*byte]bool{}
		for k := range 3 {
			for b := range l.Epoch(t.Context(), k, 0) {
				have = append(have, digest([]*Batch{b}))
				buffers[&b.Pixels[0]] = true
				for i := range b.Pixels { // a new batch does not depend on what the memory had
					b.Pixels[i] = 99
				}
				for _, values := range [][]float32{b.Target.Points, b.Target.Classes} {
					for i := range values {
						values[i] = 99
					}
				}
				for i := range b.Target.Valid {
					b.Target.Valid[i] = true
				}
				l.Reuse(b)
			}
		}
		if !slices.Equal(have, want) {
			t.Errorf("%s: the batches differ in reused memory", name)
		}
		if len(buffers) > 5 {
			t.Errorf("%s: %d buffers for %d batches, want at most 5", name, len(buffers), len(have))
		}
	}
}

// unreadable is a source of which one image cannot be read.
type unreadable struct {
	Source
	which int
}

func (u unreadable) Image(i int) (image.Image, error) {
	if i == u.which {
		return nil, errors.New("damaged")
	}
	return u.Source.Image(i)
}

// Picture of a Batch returns what the network sees; Picture of a Set returns the whole image.
func TestPicture(t *testing.T) {
	src := &Memory{}
	for i, v := range []uint8{10, 200} {
		m := image.NewNRGBA(image.Rect(0, 0, 8, 6))
		for p := range m.Pix {
			m.Pix[p] = v
			if p%4 == 3 {
				m.Pix[p] = 255
			}
		}
		src.Add(Item{ID: string(rune('a' + i)), Class: string(rune('p' + i))}, m)
	}
	set, err := NewSet(src, nil, SetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := set.Picture(1); err != nil || m.Bounds().Dx() != 8 || m.Bounds().Dy() != 6 {
		t.Errorf("%v, %v", m.Bounds(), err)
	}
	l, err := NewLoader(set, LoaderOptions{Size: 4, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	for b := range l.Epoch(context.Background(), 0, 0) {
		for i, want := range []uint32{10, 200} {
			m := b.Picture(i)
			if r, _, _, _ := m.At(3, 2).RGBA(); r>>8 != want || m.Bounds().Dx() != 4 {
				t.Errorf("picture %d is %d, want %d", i, r>>8, want)
			}
		}
	}
}

// picture writes a small JPEG, and makes its folders.
func picture(t *testing.T, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	var b bytes.Buffer
	err := jpeg.Encode(&b, marked(20, 20, 0.5, 0.5), nil)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(name), 0o777)
	}
	if err == nil {
		err = os.WriteFile(name, b.Bytes(), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Targets can name an image by its path, with its extension, or by the name of COCO's file.
func TestTargetsNameFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"n01/n01_0.JPEG", "n01/n01_1.JPEG", "n02/COCO_train2014_000000000009.jpg", "n02/b.png.jpg"} {
		picture(t, dir, name)
	}
	set, err := func() (*Set, error) {
		src, err := Open(dir)
		if err != nil {
			return nil, err
		}
		return NewSet(src, []targetfile.Target{{Image: "n01_0.JPEG", Weight: 1}, {Image: "n01/n01_1", Weight: 1}, {Image: "train2014/COCO_train2014_000000000009.jpg", Weight: 1}, {Image: "b.png", Weight: 1}},
			SetOptions{WithTarget: true})
	}()
	if err != nil || len(set.Images) != 4 || set.Unlisted != 0 || set.Images[2].ID != "9" || set.Images[3].ID != "b.png" && set.Images[2].ID != "b.png" {
		t.Errorf("%+v, %v", set, err)
	}
}

// Errors about classes say what was found.
func TestClasses(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"one class":        {[]string{"n01/a.jpg", "n01/b.jpg"}, "only one class (n01): at least 2 are needed"},
		"no class":         {[]string{"a.jpg", "b.jpg"}, "no classes: the images are not in folders of classes"},
		"an image outside": {[]string{"a.jpg", "n01/b.jpg", "n02/c.jpg"}, "the image a has no class: it is not in a folder of a class"},
		"splits":           {[]string{"train/a.jpg", "val/b.jpg"}, "the classes would be train and val, which are splits: give one of these folders to --images and another to --val-images"},
	} {
		dir := t.TempDir()
		for _, f := range c.files {
			picture(t, dir, f)
		}
		if _, err := OpenSet(dir, "", SetOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	// The folder that holds the splits, given instead of one of them.
	dir := t.TempDir()
	for _, f := range []string{"train/n01/a.jpg", "train/n02/b.jpg", "val/n01/c.jpg"} {
		picture(t, dir, f)
	}
	set, err := OpenSet(dir, "", SetOptions{})
	if err != nil || !slices.Equal(set.Classes, []string{"n01", "n02"}) || !slices.Equal(set.Notes(), []string{
		"the images of all folders of splits (train, val) are used: to keep them apart, give one folder to --images and another to --val-images"}) {
		t.Errorf("folders of splits: %q, %v", set.Notes(), err)
	}
}

// Corrupt counts the reasons why images cannot be read, and names the first image of each.
func TestReasons(t *testing.T) {
	dir := t.TempDir()
	picture(t, dir, "n01/a.jpg")
	picture(t, dir, "n02/b.jpg")
	for name, text := range map[string]string{"n02/c.jpg": "\x00\x00\x00\x20ftypavif", "n02/d.png": "\x00\x00\x00\x20ftypavif", "n01/e.gif": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	set, err := OpenSet(dir, "", SetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLoader(set, LoaderOptions{Size: 8, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for b := range l.Epoch(context.Background(), 0, 0) {
		n += b.N
	}
	times, reasons := l.Corrupt()
	if n != 2 || times != 3 || !slices.Equal(reasons, []string{"2 images such as n02/c.jpg: an AVIF image: convert it to PNG or JPEG", "n01/e.gif: an empty file: get it again"}) {
		t.Errorf("%d images are read and %d not: %q", n, times, reasons)
	}
}

// The same images are held out for validation whatever other images there are, and no image is in both sets.
func TestHoldout(t *testing.T) {
	dir := t.TempDir()
	for i := range 40 {
		picture(t, dir, []string{"cat", "dog"}[i%2], fmt.Sprintf("i%d.jpg", i))
	}
	o := SplitOptions{Images: dir, Holdout: 0.3, Supervision: None}
	train, val, err := OpenSplit(o)
	if err != nil {
		t.Fatal(err)
	}
	if n, m := len(train.Images), len(val.Images); n+m != 40 || m < 4 || m > 20 {
		t.Errorf("%d images to train on and %d to validate on", n, m)
	}
	for _, im := range val.Images {
		if slices.ContainsFunc(train.Images, func(other Image) bool { return other.ID == im.ID }) {
			t.Errorf("%s is in the training set and in the validation set", im.ID)
		}
	}
	for i := 1; i < 20; i += 2 {
		if err := os.Remove(filepath.Join(dir, "dog", fmt.Sprintf("i%d.jpg", i))); err != nil {
			t.Fatal(err)
		}
	}
	_, fewer, err := OpenSplit(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, im := range fewer.Images {
		if !slices.ContainsFunc(val.Images, func(other Image) bool { return other.ID == im.ID }) {
			t.Errorf("%s is held out, but not if there are more images", im.ID)
		}
	}
	if _, _, err := OpenSplit(SplitOptions{Images: dir, Holdout: 1, Supervision: None}); err == nil {
		t.Error("OpenSplit returns no error if no image is left to train on")
	}
}
