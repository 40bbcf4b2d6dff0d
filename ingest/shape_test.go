package ingest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"abtool/ingest/source"
	"abtool/schema"
)

// writeTar packs files, in order, each given as name and content.
func writeTar(t *testing.T, files ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o644, Size: int64(len(f[1]))}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, f[1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "x.tar", b.String())
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func cocoIDs(t *testing.T, store string) (ids []int64) {
	for _, r := range readTable[schema.COCOAnnotation](t, store, "coco/annotations") {
		ids = append(ids, r.ImageID)
	}
	return ids
}

// Files of other kinds in front, or a broken one, do not make COCO data of a tar ImageNet's.
func TestDataSetIsTold(t *testing.T) {
	jpeg := strings.Repeat("\xff\xd8 not records", 10_000)
	var files [][2]string
	for i := range 8 {
		files = append(files, [2]string{fmt.Sprintf("photo%d.jpg", i), jpeg})
	}
	files = append(files, [2]string{"readme.md", `"imageID"`}, [2]string{"0.json", `{"broken`}, [2]string{"1.json", `{"image_id": 1}`}, [2]string{"2.json", `{"image_id": 2}`})
	_, s := mustRun(t, Options{Sources: []string{writeTar(t, files...)}})
	if len(s.DataSets) != 1 || s.DataSets[0].Name != "coco" {
		t.Fatalf("%+v", s.DataSets)
	}
	if got := s.DataSets[0].Sources[0]; got.Records != 3 || got.Stored != 2 || got.Rejected != 1 || got.OtherFiles != 9 {
		t.Errorf("%+v", got)
	}
	out := filepath.Join(t.TempDir(), "store")
	if _, err := Run(t.Context(), Options{Sources: []string{writeTar(t, files[:9]...)}, Out: out}); !errors.Is(err, source.ErrUnknownInput) {
		t.Errorf("a tar of photographs: %v", err)
	}
	if _, err := Run(t.Context(), Options{Sources: []string{writeTar(t, files[9])}, Out: out}); err == nil || !strings.Contains(err.Error(), "--as imagenet or --as coco") {
		t.Errorf("JSON of an unknown data set must be refused with advice to use --as: %v", err)
	}
	_, s = mustRun(t, Options{Sources: []string{writeTar(t, files[9])}, Out: out, As: "coco"})
	if s.DataSets[0].Name != "coco" || s.Rejected() != 1 {
		t.Errorf("%+v", s.DataSets)
	}
}

// A broken line of JSON Lines is one reject, be it the first one, and wherever the file is.
func TestBrokenLine(t *testing.T) {
	for broken := range 5 {
		var b strings.Builder
		for i := range 10 {
			line := fmt.Sprintf(`{"image_id": %d, "mouseTracking": [{"x": 0.5, "y": 0.5, "timeAt": 4}]}`, i)
			if i == broken {
				line = line[:40]
			}
			b.WriteString(line + "\n")
		}
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "a.json"), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, source := range []string{writeFile(t, "lines.json", b.String()), folder, writeTar(t, [2]string{"a.jsonl", b.String()})} {
			store, s := mustRun(t, Options{Sources: []string{source}})
			if ids := cocoIDs(t, store); len(ids) != 9 || s.Rejected() != 1 {
				t.Errorf("%s with line %d broken: stored %v, rejected %d", filepath.Base(source), broken, ids, s.Rejected())
			}
		}
	}
}

// An object may spread over lines, and several objects may follow each other.
func TestSpreadObjects(t *testing.T) {
	page := "{\n \"page\": {\n  \"annotations\": [\n   {\"imageID\": \"n01440764/n01440764_1\", \"selected\": true},\n   {\"imageID\": \"n01440764/n01440764_2\"}\n  ]\n }\n}\n"
	for _, text := range []string{page, page + strings.ReplaceAll(page, "_", "_7"), "\n" + page} {
		want := int64(strings.Count(text, "imageID"))
		_, s := mustRun(t, Options{Sources: []string{writeFile(t, "x.json", text)}})
		if s.Records() != want || s.Rejected() != 0 {
			t.Errorf("%d records, %d rejected, in\n%s", s.Records(), s.Rejected(), text)
		}
	}
}

// A large JSON file in an archive is read as it is outside of one, and so is the file after it.
func TestLargeMember(t *testing.T) {
	var b strings.Builder
	const n = 30_000
	for i := range n {
		fmt.Fprintf(&b, `, {"image_id": %d, "worker_id": "0123456789"}`, i)
	}
	source := writeTar(t, [2]string{"a.json", `{"image_id": 999999}`}, [2]string{"coco_ab.json", "[" + b.String()[2:] + "]"},
		[2]string{"photo.jpg", strings.Repeat("x", 2*source.UnitBytes)}, [2]string{"z.json", `{"image_id": 888888}`})
	store, s := mustRun(t, Options{Sources: []string{source}})
	ids := cocoIDs(t, store)
	if len(ids) != n+2 || ids[0] != 999999 || ids[1] != 0 || ids[n] != n-1 || ids[n+1] != 888888 || s.Rejected() != 0 {
		t.Errorf("%d rows, %d rejected", len(ids), s.Rejected())
	}
}

// Offsets count from the beginning of the file, its byte order mark included.
func TestOffsets(t *testing.T) {
	for text, want := range map[string]int64{
		"\xef\xbb\xbf{\"image_id\": 1}\n[]\n":    19,
		"\xef\xbb\xbf [{\"image_id\": 1}, 5]":    22,
		"\n\n[{\"image_id\": 1},\n 5]":           21,
		"{\"image_id\": 1}\n\n\nnull\n":          18,
		"\xef\xbb\xbf\n[{\"image_id\": 1}] tail": 22,
	} {
		for _, folder := range []bool{false, true} {
			path := writeFile(t, "x.json", text)
			if folder {
				path = filepath.Dir(path)
			}
			store, _ := mustRun(t, Options{Sources: []string{path}, As: "coco"})
			rejects := readTable[schema.Reject](t, store, "coco/rejects")
			if len(rejects) != 1 || rejects[0].Offset != want {
				t.Errorf("%q (folder: %v): %+v, want offset %d", text, folder, rejects, want)
			}
		}
	}
}

// Objects without boxes are counted, however many; objects that come twice are rejected.
func TestInstancesAccount(t *testing.T) {
	var b strings.Builder
	const n = 20_000
	b.WriteString(`{"images": [{"id": 1, "width": 4, "height": 5}], "annotations": [`)
	for i := range n {
		fmt.Fprintf(&b, `{"id": %d, "image_id": 1, "category_id": 1, "iscrowd": 0},`, i)
	}
	path := writeFile(t, "instances_x.json", strings.TrimSuffix(b.String(), ",")+"]} and more")
	store, s := mustRun(t, Options{Instances: []string{path}})
	src := s.DataSets[0].Sources[0]
	if src.Records != n+2 || src.Stored != n+1 || src.Rejected != 1 || s.DataSets[0].Nulled[0].Count != n {
		t.Errorf("%+v, %+v", src, s.DataSets[0].Nulled)
	}
	if rows := readTable[schema.COCOImage](t, store, "coco/images"); len(rows) != 1 || len(rows[0].Instances) != n {
		t.Errorf("%d images", len(rows))
	}
	_, s = mustRun(t, Options{Instances: []string{path, path}})
	if src := s.DataSets[0].Sources[1]; src.Stored != 0 || src.Rejected != n+2 {
		t.Errorf("the second time: %+v", src)
	}
}

// A run that waits for standard input can be interrupted.
func TestInterruptedPipe(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := Run(ctx, Options{Sources: []string{"-"}, Stdin: r, Out: filepath.Join(t.TempDir(), "store")})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// A folder may be a symbolic link, and may hold the store.
func TestFolderLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte(`{"image_id": 1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	for range 2 {
		_, s := mustRun(t, Options{Sources: []string{link}, Out: filepath.Join(dir, "store"), Force: true})
		if diff := cmp.Diff([]int64{1, 1}, []int64{s.Records(), s.DataSets[0].Rows["annotations"]}); diff != "" {
			t.Error(diff)
		}
	}
}
