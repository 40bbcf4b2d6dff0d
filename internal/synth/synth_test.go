package synth

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// simulate runs a simulation into a fresh folder.
func simulate(t testing.TB, f func(context.Context, Options) (Result, error), o Options) (string, Result) {
	t.Helper()
	if o.Out == "" {
		o.Out = filepath.Join(t.TempDir(), "sim")
	}
	res, err := f(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return o.Out, res
}

// digest hashes all files below a folder with their names.
func digest(t testing.TB, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		h.Write([]byte(strings.TrimPrefix(path, dir)))
		h.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func read(t testing.TB, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(parts[len(parts)-1], ".gz") {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		r.Multistream(false)
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	return data
}

var everything = []struct {
	name string
	run  func(context.Context, Options) (Result, error)
	o    Options
}{
	{"imagenet targz", ImageNet, Options{Images: 160, Format: "targz", Boxes: true, AppleDouble: true}},
	{"imagenet tar", ImageNet, Options{Images: 150, Format: "tar", AppleDouble: true}},
	{"imagenet folder", ImageNet, Options{Images: 150, Format: "folder"}},
	{"imagenet jsonl", ImageNet, Options{Images: 160, Format: "jsonl"}},
	{"imagenet pages", ImageNet, Options{Images: 160, Format: "pages"}},
	{"imagenet dump", ImageNet, Options{Images: 160, Format: "dump"}},
	{"coco json", COCO, Options{Images: 90, Format: "json"}},
	{"coco jsonl", COCO, Options{Images: 90, Format: "jsonl"}},
	{"coco pages", COCO, Options{Images: 90, Format: "pages"}},
	{"coco dump", COCO, Options{Images: 90, Format: "dump"}},
}

// TestSameBytes: the bytes depend on seed and options, not on the number of workers or the run.
func TestSameBytes(t *testing.T) {
	for _, c := range everything {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.o
			o.Seed, o.Dirty = 7, 0.3
			o.Workers = 1
			a, _ := simulate(t, c.run, o)
			o.Workers = 5
			b, _ := simulate(t, c.run, o)
			if digest(t, a) != digest(t, b) {
				t.Error("1 and 5 workers wrote different bytes")
			}
			o.Seed = 8
			other, _ := simulate(t, c.run, o)
			if digest(t, a) == digest(t, other) {
				t.Error("two seeds gave the same bytes")
			}
		})
	}
}

func TestRenderedImages(t *testing.T) {
	sums := map[string]bool{}
	for _, workers := range []int{1, 3} {
		dir := t.TempDir()
		o := Options{Images: 6, Workers: workers, Out: filepath.Join(dir, "sim"), ImagesOut: filepath.Join(dir, "jpeg", "imagenet")}
		simulate(t, ImageNet, o)
		o.Out, o.ImagesOut = filepath.Join(dir, "simcoco"), filepath.Join(dir, "jpeg", "coco")
		simulate(t, COCO, o)
		sums[digest(t, filepath.Join(dir, "jpeg"))] = true
		if names, _ := filepath.Glob(filepath.Join(dir, "jpeg", "imagenet", "n0*", "n0*_*.JPEG")); len(names) != 6 {
			t.Errorf("%d images of ImageNet, want 6", len(names))
		}
		if names, _ := filepath.Glob(filepath.Join(dir, "jpeg", "coco", "COCO_train2014_*.jpg")); len(names) != 6 {
			t.Errorf("%d images of COCO, want 6", len(names))
		}
	}
	if len(sums) != 1 {
		t.Error("1 and 3 workers rendered different images")
	}
}

// TestCancel: an interrupted simulation leaves no files.
func TestCancel(t *testing.T) {
	for _, c := range everything {
		ctx, cancel := context.WithCancel(t.Context())
		o := c.o
		dir := t.TempDir()
		o.Images, o.Workers, o.Out = 30000, 2, filepath.Join(dir, "sim")
		o.Progress = func(done, total int) { cancel() }
		if _, err := c.run(ctx, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want %v", c.name, err, context.Canceled)
		}
		cancel()
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s left %v", c.name, left)
		}
	}
}

// TestCancelRendering: images that were rendered go too, also in the middle of a chunk.
func TestCancelRendering(t *testing.T) {
	dir := t.TempDir()
	for _, run := range []func(context.Context, Options) (Result, error){ImageNet, COCO} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		o := Options{Images: 30000, Out: filepath.Join(dir, "sim"), ImagesOut: filepath.Join(dir, "jpeg", "all")}
		if _, err := run(ctx, o); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
		}
		cancel()
		for _, name := range []string{"sim", "jpeg/all", "jpeg/all.partial"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				t.Errorf("%s was left", name)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis.tex"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "no output folder"},
		{Options{Out: full}, "not empty"},
		{Options{Out: filepath.Join(full, "thesis.tex")}, "give a folder"},
		{Options{Out: "x", Images: -1}, "must be positive"},
		{Options{Out: "x", Dirty: 1.5}, "share from 0 to 1"},
		{Options{Out: "x", Format: "csv"}, "choose one of"},
	} {
		_, err := ImageNet(t.Context(), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.o, err, c.want)
		}
	}
	if _, err := COCO(t.Context(), Options{Out: full, Images: 1, Force: true}); err != nil {
		t.Errorf("with Force: %v", err)
	}
	if _, err := os.Stat(filepath.Join(full, "thesis.tex")); err != nil {
		t.Error("Force removed a file that is not ours")
	}
}

// TestFewImages: the smallest runs work in every form.
func TestFewImages(t *testing.T) {
	for _, c := range everything {
		for _, n := range []int{1, 3, 41} {
			o := c.o
			o.Images = n
			_, res := simulate(t, c.run, o)
			if res.Images != int64(n) {
				t.Errorf("%s: %d images, want %d", c.name, res.Images, n)
			}
		}
	}
}

func BenchmarkImageNet(b *testing.B) {
	const images = 20000
	for b.Loop() {
		dir := b.TempDir()
		if _, err := ImageNet(b.Context(), Options{Images: images, Out: filepath.Join(dir, "sim")}); err != nil {
			b.Fatal(err)
		}
		os.RemoveAll(dir)
	}
	b.ReportMetric(float64(images*b.N)/b.Elapsed().Seconds(), "images/s")
}

func BenchmarkCOCO(b *testing.B) {
	const pages = 4000
	for b.Loop() {
		dir := b.TempDir()
		if _, err := COCO(b.Context(), Options{Images: pages, Out: filepath.Join(dir, "sim")}); err != nil {
			b.Fatal(err)
		}
		os.RemoveAll(dir)
	}
	b.ReportMetric(float64(pages*b.N)/b.Elapsed().Seconds(), "pages/s")
}
