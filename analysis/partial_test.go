package analysis_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/ingest"
	"abtool/internal/synth"
	"abtool/internal/teststore"
	"abtool/schema"
	"abtool/store"
)

// shards returns stores among which the images of simulated records are dealt, with the same ground truth in each, and the
// store of two studies.
func shards(t testing.TB, n int) (dirs []string) {
	t.Helper()
	dir := t.TempDir()
	o := synth.Options{Images: 60, Seed: 3, Format: "jsonl", Out: filepath.Join(dir, "imagenet"), Dirty: 0.05, Boxes: true}
	if _, err := synth.ImageNet(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	o = synth.Options{Images: 60, Seed: 4, Format: "jsonl", Out: filepath.Join(dir, "coco"), Dirty: 0.05}
	if _, err := synth.COCO(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	for k, lines := range dealt(t, n, filepath.Join(dir, "imagenet", "imagenet_ab.jsonl"), filepath.Join(dir, "coco", "coco_ab.jsonl")) {
		path := filepath.Join(dir, fmt.Sprint("lines", k), "records.jsonl")
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(lines), 0o666); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "stores", fmt.Sprint("s", k))
		if _, err := ingest.Run(context.Background(), ingest.Options{Sources: []string{path}, Out: out,
			Boxes:     []string{filepath.Join(dir, "imagenet", "boxes.tar.gz")},
			Instances: []string{filepath.Join(dir, "coco", "instances_train2014.json")}}); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, out)
	}
	return dirs
}

// dealt deals the lines of files to n parts by their images.
func dealt(t testing.TB, n int, files ...string) []string {
	t.Helper()
	parts := make([]string, n)
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var record map[string]any
			json.Unmarshal([]byte(line), &record) // a damaged record has no image
			h := fnv.New32a()
			for _, key := range []string{"imageID", "image_id"} {
				if record[key] != nil {
					fmt.Fprint(h, record[key])
					break
				}
			}
			parts[h.Sum32()%uint32(n)] += line
		}
	}
	return parts
}

func shardOptions(by string) result.Options {
	return result.Options{Bootstrap: 40, Seed: 1, Jobs: 2, By: by, Tool: "test"}
}

func jsonOf(t testing.TB, d *result.Document) string {
	t.Helper()
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// gathered returns the bytes of the partial of stores.
func gathered(t testing.TB, o result.Options, dirs ...string) []byte {
	t.Helper()
	place, err := store.List(dirs...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := analysis.Gather(context.Background(), place, o)
	if err != nil {
		t.Fatal(err)
	}
	return marshalled(t, p)
}

func marshalled(t testing.TB, p *analysis.Partial) []byte {
	t.Helper()
	b, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unmarshalled(t testing.TB, b []byte) *analysis.Partial {
	t.Helper()
	p := &analysis.Partial{}
	if err := p.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	return p
}

// merged returns the bytes of merged partials.
func merged(t testing.TB, parts ...[]byte) []byte {
	t.Helper()
	p := unmarshalled(t, parts[0])
	for _, b := range parts[1:] {
		if err := p.Merge(unmarshalled(t, b)); err != nil {
			t.Fatal(err)
		}
	}
	return marshalled(t, p)
}

// Partials of stores are merged, in any grouping, to what one run over all stores computes.
func TestPartials(t *testing.T) {
	stores := shards(t, 3)
	study, err := teststore.Make(context.Background(), t.TempDir(), teststore.Options{Studies: []string{"browse", "tag"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range append([]string{""}, result.Keys...) {
		dirs := stores
		if by == "arm" {
			dirs = []string{study}
		}
		o := shardOptions(by)
		want, err := analysis.Run(context.Background(), strings.Join(dirs, ","), o)
		if err != nil {
			t.Fatal(err)
		}
		var parts [][]byte
		for _, dir := range dirs {
			parts = append(parts, gathered(t, o, dir))
		}
		one := merged(t, parts...)
		if again := merged(t, one); !bytes.Equal(one, again) {
			t.Errorf("by %q: a partial that is read and written has other bytes", by)
		}
		if len(parts) > 1 {
			if other := merged(t, parts[0], merged(t, parts[1:]...)); !bytes.Equal(one, other) {
				t.Errorf("by %q: a + (b + c) has other bytes than (a + b) + c", by)
			}
		}
		if a, b := jsonOf(t, want), jsonOf(t, unmarshalled(t, one).Document()); a != b {
			t.Errorf("by %q: other statistics:\n%s", by, firstDifference(a, b))
		}
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return strings.Join(x[max(0, i-30):min(len(x), i+3)], "\n") + "\n— and —\n" + strings.Join(y[max(0, i-3):min(len(y), i+3)], "\n")
		}
	}
	return "the second is longer"
}

// The bytes of a partial do not depend on the number of goroutines.
func TestPartialJobs(t *testing.T) {
	dir := shards(t, 2)[0]
	regroup[schema.ImageNetAnnotation](t, 3, dir, "imagenet", "annotations.parquet")
	regroup[schema.COCOAnnotation](t, 3, dir, "coco", "annotations.parquet")
	one, many := shardOptions("worker"), shardOptions("worker")
	one.Jobs, many.Jobs = 1, 4
	if !bytes.Equal(gathered(t, one, dir), gathered(t, many, dir)) {
		t.Error("four goroutines give other bytes than one")
	}
}

// A file that is cut off or changed anywhere is damaged.
func TestPartialDamage(t *testing.T) {
	b := gathered(t, shardOptions(""), shards(t, 4)[0])
	read := func(b []byte) error { return new(analysis.Partial).UnmarshalBinary(b) }
	if err := read(b); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(b); i += 1 + len(b)/150 {
		if err := read(b[:i]); !errors.Is(err, analysis.ErrDamaged) {
			t.Errorf("%d of %d bytes: %v", i, len(b), err)
		}
		if i < 10 { // the header of gzip has a time, which says nothing
			continue
		}
		other := bytes.Clone(b)
		other[i] ^= 0x10
		p := &analysis.Partial{}
		switch err := p.UnmarshalBinary(other); {
		case errors.Is(err, analysis.ErrDamaged):
		case err != nil, !bytes.Equal(marshalled(t, p), b): // some bits of the last byte of a block say nothing
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	if err := read(append(bytes.Clone(b), b...)); !errors.Is(err, analysis.ErrDamaged) {
		t.Errorf("two files in one: %v", err)
	}
}

// The program of the documentation reads a file.
func TestPartialPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	text, err := os.ReadFile("../docs/reference/partial.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(text), "```python\n")
	program, _, _ = strings.Cut(program, "```")
	path := filepath.Join(t.TempDir(), "part.gz")
	b := gathered(t, shardOptions(""), shards(t, 2)...)
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", program, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d := unmarshalled(t, b).Document()
	accuracy, times := d.Statistic("imagenet", "click_accuracy").Value("accuracy"), d.Statistic("imagenet", "timing").Value("time_to_click.median")
	if want := fmt.Sprintf("\n%d %d\n%d\n", *accuracy.K, accuracy.N, times.N); !strings.HasSuffix(string(out), want) || accuracy.N == 0 {
		t.Errorf("it prints %q, want %q at the end", out, want)
	}
}

// FuzzPartial reads files with any content. What can be read can be written, and gives the same bytes again.
func FuzzPartial(f *testing.F) {
	dir := shards(f, 20)[0]
	for _, name := range []string{"scanning", "hits", "calibration", "sequences", "browsing", "category_recall"} {
		o := shardOptions("")
		o.Names = []string{name}
		z, err := gzip.NewReader(bytes.NewReader(gathered(f, o, dir)))
		if err != nil {
			f.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(text)
		z.Close()
		p, err := analysis.ReadPartial(&b, 1)
		if err != nil {
			return
		}
		first := marshalled(t, p)
		if !bytes.Equal(first, marshalled(t, unmarshalled(t, first))) {
			t.Error("it has other bytes when it is read and written again")
		}
	})
}

// pageStore is a store of a COCO page of an image, or of none for 0, and of a ground truth of some images, each with an
// object of a width.
func pageStore(t *testing.T, page, width int, truth ...int) string {
	var records, images, objects []string
	if page > 0 {
		records = []string{fmt.Sprintf(`{"image_id": %d, "hit_id": "h%d", "worker_id": "w%d", "actionHistories": [%s]}`, page, page%2, page%3,
			iconAction("add", "cat", 0.3, 0.3, 10))}
	}
	for _, id := range truth {
		images = append(images, fmt.Sprintf(`{"id": %d, "width": 10, "height": 10}`, id))
		objects = append(objects, rectangle(id, id, 1, 0, 0, float64(width), 9))
	}
	return cocoStore(t, records, images, objects)
}

// A ground truth can be in several stores, if it is the same or has other images. It counts once. It cannot be apart
// from the records of its images.
func TestPartialTruth(t *testing.T) {
	a, b, g := pageStore(t, 1, 5, 1, 2), pageStore(t, 2, 5, 1, 2), pageStore(t, 4, 5, 4)
	o := shardOptions("")
	part := func(dir string) []byte { return gathered(t, o, dir) }
	one, other := merged(t, part(a), part(b), part(g)), merged(t, part(a), merged(t, part(b), part(g)))
	if !bytes.Equal(one, other) {
		t.Error("another grouping gives other bytes")
	}
	want, err := analysis.Run(context.Background(), strings.Join([]string{a, b, g}, ","), o)
	if err != nil {
		t.Fatal(err)
	}
	if x, y := jsonOf(t, want), jsonOf(t, unmarshalled(t, one).Document()); x != y {
		t.Errorf("other statistics:\n%s", firstDifference(x, y))
	}
	if n := want.Statistic("coco", "counts").Value("images_gt").N; n != 3 {
		t.Errorf("%d images of the ground truth, want 3", n)
	}
	for _, c := range []struct{ a, b, want string }{
		{a, pageStore(t, 1, 5, 1), "records of the image 1 are in both"},
		{pageStore(t, 3, 5, 1), pageStore(t, 7, 5, 3), "records of the image 3 are in one, and its objects in the other"},
		{pageStore(t, 7, 5, 3), pageStore(t, 3, 5, 1), "records of the image 3 are in one, and its objects in the other"},
		{a, pageStore(t, 9, 4, 1, 2), "the image 1 is in the ground truth of both, which are not the same"},
	} {
		err := unmarshalled(t, part(c.a)).Merge(unmarshalled(t, part(c.b)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
