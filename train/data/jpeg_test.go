package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/features"
	"abtool/internal/imagefile"
	"abtool/internal/photo"
)

// jpegOf describes a JPEG that a test writes with random coefficients.
type jpegOf struct {
	width, height int
	sampling      []byte // of each component: across << 4 | down; the first has most
	apart         bool   // a scan for each component
	progressive   bool   // two for each, the second of runs of empty blocks
	restart       int    // units between restarts; 0: none
}

// bitWriter writes a scan: bits from the highest on, a zero after each byte of ones.
type bitWriter struct {
	bytes.Buffer
	acc, n uint
}

func (w *bitWriter) bits(v, n uint) {
	for n > 0 {
		n--
		w.acc, w.n = w.acc<<1|v>>n&1, w.n+1
		if w.n == 8 {
			w.WriteByte(byte(w.acc))
			if w.acc == 0xff {
				w.WriteByte(0)
			}
			w.acc, w.n = 0, 0
		}
	}
}

func (w *bitWriter) mark(kind byte) {
	for w.n > 0 {
		w.bits(1, 1)
	}
	w.Write([]byte{0xff, kind})
}

func (w *bitWriter) segment(kind byte, b ...byte) {
	w.Write([]byte{0xff, kind})
	binary.Write(w, binary.BigEndian, uint16(len(b)+2))
	w.Write(b)
}

// write returns the file. Its Huffman codes are the symbols themselves, in eight bits.
func (j jpegOf) write(rng *rand.Rand) []byte {
	w := &bitWriter{}
	w.mark(0xd8)
	if len(j.sampling) == 4 {
		w.segment(0xee, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), byte(2*rng.IntN(2)))...)
	}
	w.segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{3}, 64)...)...)
	for class := range byte(2) {
		n := 16 // of means, which libjpeg limits; 255 of the rest
		if class == 1 {
			n = 255
		}
		table := make([]byte, 17+n)
		table[0], table[8] = class<<4, byte(n)
		for i := range n {
			table[17+i] = byte(i)
		}
		w.segment(0xc4, table...)
	}
	if j.restart > 0 {
		w.segment(0xdd, byte(j.restart>>8), byte(j.restart))
	}
	frame := []byte{8, byte(j.height >> 8), byte(j.height), byte(j.width >> 8), byte(j.width), byte(len(j.sampling))}
	for i, s := range j.sampling {
		frame = append(frame, byte(i+1), s, 0)
	}
	if j.progressive {
		w.segment(0xc2, frame...)
	} else {
		w.segment(0xc0+byte(rng.IntN(2)), frame...)
	}
	var all, one []int
	for i := range j.sampling {
		all = append(all, i)
	}
	if !j.apart {
		j.scan(w, rng, all, !j.progressive)
	}
	for _, i := range all {
		one = []int{i}
		if j.apart {
			j.scan(w, rng, one, !j.progressive)
		}
		if j.progressive {
			j.runs(w, rng, i)
		}
	}
	w.mark(0xd9)
	return w.Bytes()
}

// units returns the number of units of a scan, across and down, and the number of a component's blocks in
// each unit.
func (j jpegOf) units(components []int) (int, int, func(component int) int) {
	wide, high := int(j.sampling[0]>>4), int(j.sampling[0]&15)
	ceil := func(a, b int) int { return (a + b - 1) / b }
	if len(components) == 1 {
		s := j.sampling[components[0]]
		return ceil(j.width*int(s>>4), 8*wide), ceil(j.height*int(s&15), 8*high), func(int) int { return 1 }
	}
	return ceil(j.width, 8*wide), ceil(j.height, 8*high), func(c int) int { return int(j.sampling[c]>>4) * int(j.sampling[c]&15) }
}

func (j jpegOf) header(w *bitWriter, components []int, from, to byte) {
	b := []byte{byte(len(components))}
	for _, c := range components {
		b = append(b, byte(c+1), 0)
	}
	w.segment(0xda, append(b, from, to, 0)...)
}

// scan writes the blocks of components, or only their means if not full.
func (j jpegOf) scan(w *bitWriter, rng *rand.Rand, components []int, full bool) {
	last := byte(63)
	if !full {
		last = 0
	}
	j.header(w, components, 0, last)
	across, down, blocks := j.units(components)
	for unit := range across * down {
		if j.restart > 0 && unit > 0 && unit%j.restart == 0 {
			w.mark(0xd0 + byte((unit/j.restart-1)%8))
		}
		for _, c := range components {
			for range blocks(c) {
				n := uint(rng.IntN(7))
				w.bits(n, 8)
				w.bits(uint(rng.Uint32()), n)
				for k := 1; full; {
					zeros, n := rng.IntN(16), uint(1+rng.IntN(5))
					if k += zeros + 1; k > 63 {
						w.bits(0, 8)
						break
					}
					w.bits(uint(zeros)<<4|n, 8)
					w.bits(uint(rng.Uint32()), n)
				}
			}
		}
	}
	for w.n > 0 {
		w.bits(1, 1)
	}
}

// runs writes a component's coefficients other than the means: a block with one of them, then a run of
// blocks without.
func (j jpegOf) runs(w *bitWriter, rng *rand.Rand, component int) {
	j.header(w, []int{component}, 1, 63)
	across, down, _ := j.units([]int{component})
	for left := across * down; left > 0; {
		w.bits(uint(rng.IntN(15))<<4|4, 8)
		w.bits(uint(rng.Uint32()), 4)
		run := min(left, 1+rng.IntN(3*across)) // with the rest of this one
		n := uint(bits.Len(uint(run)) - 1)
		w.bits(n<<4, 8)
		w.bits(uint(run), n)
		left -= run
	}
	for w.n > 0 {
		w.bits(1, 1)
	}
}

// jpegKinds has files of all kinds that Go's decoder reads.
func jpegKinds(t testing.TB, rng *rand.Rand) map[string][]byte {
	kinds := map[string][]byte{}
	for name, sampling := range map[string][]byte{
		"grey": {0x11}, "grey 2x2": {0x22}, "4:4:4": {0x11, 0x11, 0x11}, "4:2:2": {0x21, 0x11, 0x11}, "4:2:0": {0x22, 0x11, 0x11},
		"4:4:0": {0x12, 0x11, 0x11}, "4:1:1": {0x41, 0x11, 0x11}, "4:1:0": {0x42, 0x11, 0x11}, "CMYK": {0x11, 0x11, 0x11, 0x11}, "CMYK 2x2": {0x22, 0x11, 0x11, 0x22},
	} {
		for _, way := range []string{"", "restart", "apart", "progressive"} {
			j := jpegOf{width: 1 + rng.IntN(90), height: 1 + rng.IntN(90), sampling: sampling, apart: way == "apart", progressive: way == "progressive"}
			if way == "restart" {
				j.restart = 1 + rng.IntN(9)
			}
			kinds[name+" "+way] = j.write(rng)
		}
	}
	m := image.NewNRGBA(image.Rect(0, 0, 70, 83))
	grey := image.NewGray(m.Rect)
	for i := range m.Pix {
		m.Pix[i] = byte(rng.IntN(256)) | byte(255*b2i(i%4 == 3))
		grey.Pix[i/4] = m.Pix[i]
	}
	for name, m := range map[string]image.Image{"encoded colours": m, "encoded grey": grey} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		kinds[name] = b.Bytes()
	}
	return kinds
}

// If a JPEG is decoded down to a row, the rows above are the same as in the whole image. Sequential JPEGs
// are not decoded much farther.
func TestJPEGAbove(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for range 2 {
		for name, b := range jpegKinds(t, rng) {
			m, err := jpeg.Decode(bytes.NewReader(b))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			width, height := m.Bounds().Dx(), m.Bounds().Dy()
			want := make([]byte, 3*width*height)
			rgb(m, m.Bounds(), want)
			have := make([]byte, len(want))
			for bottom := 1; bottom <= height; bottom++ {
				part, err := jpegAbove(b, height, bottom)
				if err != nil {
					t.Fatalf("%s, %d × %d to %d: %v", name, width, height, bottom, err)
				}
				rows := min(height, (bottom+15)/16*16)
				if jpegHeight(b) == 0 {
					rows = height
				}
				if part.Bounds() != image.Rect(0, 0, width, rows) || (jpegHeight(b) == 0) != (bytes.Contains(b, []byte{0xff, 0xc2})) {
					t.Fatalf("%s, %d × %d to %d: the part is %v", name, width, height, bottom, part.Bounds())
				}
				rgb(part, image.Rect(0, 0, width, bottom), have)
				if !bytes.Equal(have[:3*width*bottom], want[:3*width*bottom]) {
					t.Fatalf("%s, %d × %d to %d: the rows differ", name, width, height, bottom)
				}
			}
		}
	}
}

// A file that ends too early is an error, also if only rows before its end are needed.
func TestJPEGTruncated(t *testing.T) {
	for name, b := range jpegKinds(t, rand.New(rand.NewPCG(23, 24))) {
		c, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for end := 0; end < len(b); end += 1 + (len(b)-end)/20 {
			if _, err := jpegAbove(b[:end], c.Height, 1); err == nil {
				t.Errorf("%s: the first %d of %d bytes are an image", name, end, len(b))
			}
			if _, _, err := new(jpegDecoder).decode(b[:end], c.Height, 1, 8); err == nil {
				t.Errorf("%s: the first %d of %d bytes are an image for %s", name, end, len(b), imagefile.Decoder)
			}
		}
	}
}

// The first picture of a GIF can be smaller than the size in the file's header; the size of the picture
// counts.
func TestOpenGIF(t *testing.T) {
	m := image.NewPaletted(image.Rect(3, 2, 23, 12), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{m}, Delay: []int{0}, Config: image.Config{Width: 40, Height: 30}}); err != nil {
		t.Fatal(err)
	}
	o, err := open(b.Bytes())
	if err != nil || fmt.Sprint(o.width, o.height) != "20 10" {
		t.Errorf("%d × %d, %v", o.width, o.height, err)
	}
}

func FuzzJPEGAbove(f *testing.F) {
	for _, b := range jpegKinds(f, rand.New(rand.NewPCG(25, 26))) {
		f.Add(b, uint16(20))
	}
	f.Fuzz(func(t *testing.T, b []byte, bottom uint16) {
		o, err := open(b)
		if err != nil || o.jpeg == nil || o.width*o.height > 1<<18 {
			return
		}
		row := 1 + int(bottom)%o.height
		m, err := jpegAbove(b, o.height, row)
		if err == nil && (m.Bounds().Dx() != o.width || m.Bounds().Dy() < row || m.Bounds().Dy() > o.height) {
			t.Errorf("an image of %d × %d to row %d is %v", o.width, o.height, row, m.Bounds())
		}
	})
}

// The decoder of this build gives the crops that Go's gives, within rounding: of whole files of all kinds, and of
// the rows that a crop needs.
func TestDecoder(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	var d jpegDecoder
	var z resizer
	for name, b := range jpegKinds(t, rng) {
		o, err := open(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cropsOf(rng, o.width, o.height) {
			m, err := jpegAbove(b, o.height, c.Y+c.H)
			if err != nil {
				t.Fatal(err)
			}
			have, eighths, err := o.above(&d, c.Y+c.H, 8)
			if err != nil || eighths != 8 {
				t.Fatalf("%s: %d eighths, error %v", name, eighths, err)
			}
			for _, size := range []int{16, 50} {
				got, want := make([]byte, 3*size*size), make([]byte, 3*size*size)
				z.crop(have, 8, c, size, got)
				z.crop(m, 8, c, size, want)
				if mean, most := difference(got, want); mean > 1 || most > 6 {
					t.Errorf("%s, %+v to %d: the mean difference from Go's decoder is %.2f, the largest %v", name, c, size, mean, most)
				}
			}
		}
	}
}

// A crop of a JPEG that is decoded at a reduced size differs from the crop of the whole image by at most 1.5 of 255
// on average, and by 40 where it differs most.
func TestReduced(t *testing.T) {
	if !reduces {
		t.Skip("built without the tag turbojpeg")
	}
	rng := rand.New(rand.NewPCG(33, 34))
	var whole, part jpegDecoder
	var z resizer
	seen := map[int]int{}
	for _, c := range []struct{ width, height, size int }{{500, 375, 112}, {1601, 1203, 224}, {1601, 1203, 96}} {
		for seed := range uint64(4) {
			b, err := photo.JPEG(seed, c.width, c.height, 90)
			if err != nil {
				t.Fatal(err)
			}
			o, err := open(b)
			if err != nil {
				t.Fatal(err)
			}
			want, have := make([]byte, 3*c.size*c.size), make([]byte, 3*c.size*c.size)
			for range 20 {
				crop, err := features.RandomCrop(rng, o.width, o.height, features.CropOptions{})
				if err != nil {
					t.Fatal(err)
				}
				m, _, err := o.above(&whole, crop.Y+crop.H, 8)
				if err != nil {
					t.Fatal(err)
				}
				small, eighths, err := o.above(&part, crop.Y+crop.H, eighthsFor(crop, c.size))
				if err != nil {
					t.Fatal(err)
				}
				z.crop(m, 8, crop, c.size, want)
				z.crop(small, eighths, crop, c.size, have)
				if mean, most := difference(have, want); mean > 1.5 || most > 40 || eighths == 8 && most > 0 {
					t.Errorf("%+v to %d pixels at %d eighths: the mean difference is %.2f, the largest %v", crop, c.size, eighths, mean, most)
				}
				seen[eighths]++
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("the sizes were %v, want 1, 2, 4 and 8 eighths", seen)
	}
}

// Only training decodes at a reduced size, and only if it is asked to. Without libjpeg-turbo, asking is an error.
func TestReducedLoader(t *testing.T) {
	dir := t.TempDir()
	for i := range 4 {
		b, err := photo.JPEG(uint64(i), 400, 300, 90)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprint("class", i%2), fmt.Sprintf("p%d.jpg", i))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, b, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	set, err := NewSet(src, nil, SetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o := LoaderOptions{Size: 32, Batch: 4}
	plain := digest(epoch(t, set, o, 0, 0))
	o.Reduced = true
	if digest(epoch(t, set, o, 0, 0)) != plain {
		t.Error("an evaluation is decoded at a reduced size")
	}
	o.Train = true
	if !reduces {
		if _, err := NewLoader(set, o); err == nil || !strings.Contains(err.Error(), "-tags turbojpeg") {
			t.Errorf("error %v, want one that names the build tag", err)
		}
		return
	}
	reduced := epoch(t, set, o, 0, 0)
	o.Reduced = false
	whole := epoch(t, set, o, 0, 0)
	if mean, _ := difference(reduced[0].Pixels, whole[0].Pixels); mean == 0 || mean > 1.5 {
		t.Errorf("decoded at a reduced size, a batch differs by %.2f, want more than 0 and at most 1.5", mean)
	}
}
