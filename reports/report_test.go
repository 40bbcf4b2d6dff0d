package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/teststore"
	"abtool/internal/usage"
	"abtool/reports/chart"
	"abtool/reports/imagenet"
	"abtool/reports/internal/golden"
)

var (
	storeOnce           sync.Once
	storeDir, storePath string
)

func TestMain(m *testing.M) {
	code := m.Run()
	if storeDir != "" {
		os.RemoveAll(storeDir)
	}
	os.Exit(code)
}

// testStore returns a small store of both data sets, made once.
func testStore(t testing.TB) string {
	t.Helper()
	storeOnce.Do(func() {
		dir, err := os.MkdirTemp("", "abtool-reports-")
		if err != nil {
			t.Fatal(err)
		}
		storeDir = dir
		storePath, err = teststore.Make(context.Background(), dir,
			teststore.Options{Images: 2500, Pages: 250, Seed: 3, Dirty: 0.02})
		if err != nil {
			t.Fatal(err)
		}
	})
	if storePath == "" {
		t.Fatal("the store could not be made")
	}
	return storePath
}

func drawnFigures(t testing.TB) []chart.Figure {
	t.Helper()
	p := page{store: testStore(t), options: Options{Examples: DefaultExamples,
		Stats: result.Options{Bootstrap: 200, Seed: 1}}}
	if err := p.compute(context.Background()); err != nil {
		t.Fatal(err)
	}
	return p.all()
}

// Every figure looks as it did: a tenth of a per cent of the pixels may differ visibly, for
// numbers and letters that land on another pixel.
func TestGolden(t *testing.T) {
	for _, f := range drawnFigures(t) {
		for _, name := range []string{"light", "dark"} {
			path := filepath.Join("testdata", f.Name+"-"+name+".png")
			have := f.Image(name == "dark", 36) // small: half the size of what is read on a page
			if *golden.Update {
				var b bytes.Buffer
				if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, have); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
				continue
			}
			file, err := os.Open(path)
			if err != nil {
				t.Errorf("%v: go test ./reports -run TestGolden -update draws it", err)
				continue
			}
			want, err := png.Decode(file)
			file.Close()
			if err != nil {
				t.Fatal(err)
			}
			if share := differing(have, want); share > 0.001 {
				t.Errorf("%s: %.2f %% of the pixels differ. Look at it, and renew it with go test "+
					"./reports -run TestGolden -update", path, 100*share)
			}
		}
	}
}

// differing is the share of pixels that differ by more than a tenth in any channel.
func differing(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	n := 0
	r := a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			ar, ag, ab, _ := a.At(x, y).RGBA()
			br, bg, bb, _ := b.At(x, y).RGBA()
			for _, d := range []float64{float64(ar) - float64(br), float64(ag) - float64(bg),
				float64(ab) - float64(bb)} {
				if math.Abs(d) > 6553 {
					n++
					break
				}
			}
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}

// The comparison of pictures finds the differences that it must find.
func TestDiffering(t *testing.T) {
	a, b := image.NewNRGBA(image.Rect(0, 0, 100, 100)), image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for x := range 40 {
		b.Set(x, 7, color.Black)
		a.Set(x, 7, color.White)
	}
	if share := differing(a, b); share != 0.004 {
		t.Errorf("%v of the pixels differ, want 0.004", share)
	}
	if differing(a, image.NewNRGBA(image.Rect(0, 0, 9, 9))) != 1 {
		t.Error("another size is the same")
	}
}

// Figures are well-formed SVG without a link to anywhere, say what they are, and hold no
// undefined number.
func TestSVG(t *testing.T) {
	links := regexp.MustCompile(`(?:href|src)="([^"]{0,5})`)
	for _, f := range drawnFigures(t) {
		var b bytes.Buffer
		if err := f.Write(&b, "svg", false); err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
		for _, m := range links.FindAllSubmatch(b.Bytes(), -1) {
			if string(m[1]) != "data:" {
				t.Errorf("%s links to %s…", f.Name, m[1])
			}
		}
		if bytes.Contains(b.Bytes(), []byte("NaN")) || bytes.Contains(b.Bytes(), []byte("Inf")) {
			t.Errorf("%s draws an undefined number", f.Name)
		}
		if f.Title == "" || f.Caption == "" || f.Alt == "" || strings.Contains(f.Caption, "%!") ||
			strings.Contains(f.Alt, "%!") {
			t.Errorf("%s: title %q, caption %q, alt %q", f.Name, f.Title, f.Caption, f.Alt)
		}
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func makeReport(t *testing.T, o Options) *Report {
	t.Helper()
	if o.Stats.Bootstrap == 0 {
		o.Stats.Bootstrap = 50
	}
	if o.Only == nil {
		o.Only = []string{"imagenet-maps", "coco-sequences", "imagenet-examples"}
	}
	r, err := Make(context.Background(), testStore(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The same store and options give the same bytes, for any number of goroutines.
func TestSame(t *testing.T) {
	dir := t.TempDir()
	makeReport(t, Options{Out: filepath.Join(dir, "a"), Stats: result.Options{Jobs: 1}})
	makeReport(t, Options{Out: filepath.Join(dir, "b"), Stats: result.Options{Jobs: 3}})
	a, b := contents(t, filepath.Join(dir, "a")), contents(t, filepath.Join(dir, "b"))
	if len(a) != 3+3*4 {
		t.Errorf("%d files", len(a))
	}
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs between runs", name)
		}
	}
	var d result.Document
	if err := json.Unmarshal([]byte(a["/stats.json"]), &d); err != nil || d.Schema != result.Schema {
		t.Errorf("stats.json: %v, schema %q", err, d.Schema)
	}
	page := a["/index.html"]
	for _, bad := range []string{"http://", "https://", "ZgotmplZ", "%!"} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// A folder is replaced only with Force, only if it is a report, and only at the end.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "report")
	makeReport(t, Options{Out: out})
	before := contents(t, out)
	if _, err := Make(context.Background(), testStore(t), Options{Out: out}); err == nil ||
		!strings.Contains(err.Error(), "--force") {
		t.Errorf("without Force: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Make(ended, testStore(t), Options{Out: out, Force: true}); err == nil {
		t.Error("an interrupted run makes a report")
	}
	if after := contents(t, out); len(after) != len(before) || after["/index.html"] != before["/index.html"] {
		t.Error("what failed changed the report")
	}
	makeReport(t, Options{Out: out, Force: true, Only: []string{"coco-maps"}})
	if after := contents(t, out); len(after) != 3+4 {
		t.Errorf("the new report has %d files", len(after))
	}
	if err := os.WriteFile(filepath.Join(out, "thesis.tex"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(context.Background(), testStore(t),
		Options{Out: out, Force: true, Only: []string{"coco-maps"},
			Stats: result.Options{Bootstrap: -1}}); err == nil || !strings.Contains(err.Error(), "thesis.tex") {
		t.Errorf("a folder with something else in it: %v", err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("%d entries are left next to the report", len(entries))
	}
	for _, o := range []Options{{}, {Out: filepath.Join(dir, "x"), Only: []string{"nothing"}},
		{Out: filepath.Join(dir, "x"), Images: filepath.Join(dir, "none")}} {
		o.Stats.Bootstrap = -1
		if _, err := Make(context.Background(), testStore(t), o); !usage.Is(err) {
			t.Errorf("%+v: %v is not an error of wrong use", o, err)
		}
	}
}

// Worker ids are nowhere in a report that hides them.
func TestHidden(t *testing.T) {
	out := filepath.Join(t.TempDir(), "report")
	makeReport(t, Options{Out: out, Only: []string{"imagenet", "coco"}, Stats: result.Options{Hide: true}})
	d, err := analysis.Run(context.Background(), testStore(t),
		result.Options{Names: []string{"workers", "hits"}, Bootstrap: -1})
	if err != nil {
		t.Fatal(err)
	}
	files := contents(t, out)
	n := 0
	for _, set := range d.DataSets {
		for _, s := range set.Statistics {
			for _, row := range s.Tables[0].Rows {
				n++
				for name, text := range files {
					if strings.Contains(text, row[0].(string)) && !strings.HasSuffix(name, ".png") {
						t.Fatalf("%s has the id %s", name, row[0])
					}
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d ids were looked for", n)
	}
}

// An image from --images is drawn under its trace.
func TestImages(t *testing.T) {
	p := page{store: testStore(t), options: Options{Examples: 3,
		Stats: result.Options{Bootstrap: -1, Seed: 1, Names: []string{"counts"}}}}
	if err := p.compute(context.Background()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	x := p.examples[0]
	if err := os.MkdirAll(filepath.Join(dir, x.Class), 0o777); err != nil {
		t.Fatal(err)
	}
	red := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range red.Pix {
		red.Pix[i] = []uint8{200, 20, 20, 255}[i%4]
	}
	f, err := os.Create(filepath.Join(dir, x.Class, x.Image+".JPEG")) // decoded by what is in it
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, red); err != nil {
		t.Fatal(err)
	}
	f.Close()
	count := func(images string) (n int) {
		found, err := chart.OpenPhotos(images, p.examples)
		if err != nil {
			t.Fatal(err)
		}
		figure := imagenet.Examples.Figure(p.examples, found)
		m := figure.Image(false, 36)
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				if r, g, b, _ := m.At(x, y).RGBA(); r > 0xb000 && g < 0x3000 && b < 0x3000 {
					n++
				}
			}
		}
		return n
	}
	if with, without := count(dir), count(""); with < 500 || without > 20 {
		t.Errorf("%d red pixels with the image, %d without", with, without)
	}
	// What is missing is named: the one of an image whose file is not an image, and those that are not there.
	if err := os.WriteFile(filepath.Join(dir, x.Class, x.Image+".JPEG"), []byte("<html>"), 0o666); err != nil {
		t.Fatal(err)
	}
	found, err := chart.OpenPhotos(dir, p.examples)
	if err != nil {
		t.Fatal(err)
	}
	imagenet.Examples.Figure(p.examples, found)
	want := []string{
		fmt.Sprintf("a trace is drawn without its image: %s/%s.JPEG: a page of HTML, not the data: the "+
			"download failed, get the data again", x.Class, x.Image),
		fmt.Sprintf("2 of the 3 images of traces are not in %s", dir),
	}
	if got := found.Notes(); !slices.Equal(got, want) {
		t.Errorf("notes %q, want %q", got, want)
	}
}
