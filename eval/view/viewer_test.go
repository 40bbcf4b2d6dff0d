package view

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/internal/imagefile"
)

// A pilCase is what testdata/pil.py writes about a view of an image.
type pilCase struct {
	Width, Height        int // of an image that formula makes
	File, Result, SHA256 string

	Geometry     Geometry
	Size, Resize int
	Filter       Filter
	Border       int
}

func (c *pilCase) view() View {
	v := Default(c.Size).Of(c.Geometry, c.Border)
	v.Resize, v.Filter = c.Resize, c.Filter
	return v
}

func readCases(t *testing.T, path string) []pilCase {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []pilCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// formula makes the image of the same name in testdata/pil.py.
func formula(w, h int) *imagefile.RGB {
	m := &imagefile.RGB{W: w, H: h}
	for y := range h {
		for x := range w {
			for c := range 3 {
				m.Pix = append(m.Pix, byte(7*x*x+13*y+50*c+x*y*(c+1)))
			}
		}
	}
	return m
}

// Views are byte for byte those of PIL 9.4, whose hashes testdata/pil.py printed.
func TestHashes(t *testing.T) {
	cases := readCases(t, "testdata/pil.json")
	if len(cases) < 50 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		got := make([]byte, 3*c.Size*c.Size)
		if err := NewViewer(c.view()).Image(formula(c.Width, c.Height), got); err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) != c.SHA256 {
			t.Errorf("%d × %d pixels, %v: the result is not PIL's", c.Width, c.Height, c.view())
		}
	}
}

// python returns an interpreter that has PIL.
func python(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(p, "-c", "import PIL").Run() == nil {
			return p
		}
	}
	t.Skip("python3 with PIL is missing (Debian: python3-pil)")
	return ""
}

// These bound how much the bytes of a view differ from PIL's if Go decodes the JPEG instead of libjpeg-turbo,
// at most and on average: the two decoders round their cosine transforms differently. The most is in images that
// are enlarged, or whose colours are strong.
const (
	jpegTolerance     = 4
	jpegMeanTolerance = 0.2
)

// Files of every kind are seen as PIL sees them. Files without loss are equal byte for byte, and so are JPEGs
// with libjpeg-turbo; with Go's decoder they differ by at most jpegTolerance.
func TestPIL(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command(python(t), "testdata/pil.py", "files", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cases := readCases(t, filepath.Join(dir, "cases.json"))
	if len(cases) < 300 {
		t.Fatalf("only %d cases", len(cases))
	}
	worst, worstMean := 0, 0.0
	for _, c := range cases {
		file, err := os.ReadFile(filepath.Join(dir, c.File))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(dir, c.Result))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		if err := NewViewer(c.view()).File(file, got); err != nil {
			t.Errorf("%s, %v: %v", c.File, c.view(), err)
			continue
		}
		tolerance, meanTolerance := 0, 0.0
		if strings.HasSuffix(c.File, ".jpg") && (imagefile.Decoder == "image/jpeg" || strings.Contains(c.File, "cmyk")) {
			tolerance, meanTolerance = jpegTolerance, jpegMeanTolerance
		}
		most, mean := difference(want, got)
		worst, worstMean = max(worst, most), max(worstMean, mean)
		if most > tolerance || mean > meanTolerance {
			t.Errorf("%s, %v: differs from PIL by up to %d, %.3f on average", c.File, c.view(), most, mean)
		}
	}
	t.Logf("%d views with %s differ from PIL's by at most %d, and on average by at most %.3f", len(cases), imagefile.Decoder, worst, worstMean)
}

func difference(a, b []byte) (most int, mean float64) {
	for i := range a {
		d := int(a[i]) - int(b[i])
		d = max(d, -d)
		most, mean = max(most, d), mean+float64(d)
	}
	return most, mean / float64(max(len(a), 1))
}

// A viewer gives the same result whatever it has seen before, and for an image in any type.
func TestReuse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, v := range []View{Default(16), Default(16).Of(Squash, 1), Default(16).Of(Crop, 0)} {
		used := NewViewer(v)
		for range 50 {
			m := formula(19+r.IntN(60), 19+r.IntN(60))
			nrgba := image.NewNRGBA(m.Bounds())
			for i := range m.W * m.H {
				nrgba.SetNRGBA(i%m.W, i/m.W, m.At(i%m.W, i/m.W).(color.NRGBA))
			}
			want, got := make([]byte, 3*16*16), make([]byte, 3*16*16)
			for _, x := range []image.Image{m, nrgba, struct{ image.Image }{m}} {
				if err := NewViewer(v).Image(m, want); err != nil {
					t.Fatal(err)
				}
				if err := used.Image(x, got); err != nil || !bytes.Equal(want, got) {
					t.Fatalf("%v of a %T of %v differs: %v", v, x, m.Bounds(), err)
				}
			}
		}
	}
}

// A hole of 2 in 4 × 4 pixels covers rows and columns 1 and 2, and a hole of 0 covers nothing.
func TestHole(t *testing.T) {
	m := &imagefile.RGB{W: 4, H: 4, Pix: bytes.Repeat([]byte{200}, 48)}
	for _, hole := range []int{0, 2, 4} {
		for _, black := range []bool{false, true} {
			v := Default(4).Of(AsIs, 0)
			v.Hole, v.Black = hole, black
			pixels := make([]byte, 48)
			if err := NewViewer(v).Image(m, pixels); err != nil {
				t.Fatal(err)
			}
			pixels = slices.Repeat(pixels, 2)
			for i, got := range v.Values(pixels, nil) {
				x, y, c := i/3%4, i/12%4, i%3
				first, end := 2-hole/2, 2+hole/2
				inside := x >= first && x < end && y >= first && y < end
				want := (200/float32(255) - v.Mean[c]) / v.Std[c]
				if inside && black {
					want = -v.Mean[c] / v.Std[c]
				} else if inside {
					want = 0
				}
				if got != want {
					t.Fatalf("hole %d, black %v: value (%d, %d, %d) is %v, want %v", hole, black, x, y, c, got, want)
				}
			}
		}
	}
}

func TestImageErrors(t *testing.T) {
	for _, c := range []struct {
		v    View
		w, h int
		want string
	}{
		{Default(16).Of(Crop, 0), 15, 20, "smaller than the crop of 16 × 16"},
		{Default(16).Of(AsIs, 0), 16, 17, "takes only images of 16 × 16"},
		{Default(16).Of("", 2), 4, 20, "nothing within a border of 2"},
	} {
		err := NewViewer(c.v).Image(formula(c.w, c.h), make([]byte, 3*16*16))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v of %d × %d: %v, want %q", c.v, c.w, c.h, err, c.want)
		}
	}
	if err := NewViewer(Default(16)).File([]byte("no image"), make([]byte, 3*16*16)); err == nil {
		t.Error("text is an image")
	}
}

// The steady state of a viewer allocates nothing.
func TestAllocations(t *testing.T) {
	small, large := formula(50, 40), formula(60, 45)
	v, to := NewViewer(Default(32)), make([]byte, 3*32*32)
	if n := testing.AllocsPerRun(20, func() {
		for _, m := range []*imagefile.RGB{small, large} {
			if err := v.Image(m, to); err != nil {
				t.Fatal(err)
			}
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A photograph of the usual size of ImageNet.
func BenchmarkImage(b *testing.B) {
	m := image.NewYCbCr(image.Rect(0, 0, 500, 375), image.YCbCrSubsampleRatio420)
	v, to := NewViewer(Default(224)), make([]byte, 3*224*224)
	for b.Loop() {
		if err := v.Image(m, to); err != nil {
			b.Fatal(err)
		}
	}
}
