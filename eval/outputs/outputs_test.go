package outputs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// about and rows are examples with everything that a file can have.
func about() *About {
	return &About{
		Version: "1", Network: "resnet18.tv_in1k", Arch: "resnet18", Weights: "ab", Engine: "gorgonia", Classes: 3,
		ClassesHash: "cd", ClassNames: []string{"a", "b", "c"}, Logits: true,
		Sets: []SetAbout{
			{Name: "c", Kind: "c", Root: "imagenet-c", View: "crop", Images: 2, Expected: 3750000, Notes: []string{"2 of 3,750,000 images"}},
			{Name: "a", Kind: "a", Root: "imagenet-a", View: "resize-crop:256:bilinear", Images: 1, Unreadable: 1},
		},
	}
}

func rows() []Row {
	return []Row{
		{
			Set: "c", Group: "fog/3", Path: "weather/fog/3/n01440764/ILSVRC2012_val_00000293.JPEG", Labels: []int32{0}, Best: 2,
			Top5: []int32{2, 0, 1}, Confidence: 0.5, BestA: 6, BestR: 1, BestO: 1, BestObjectNet: 409, ConfidenceO: 0.25,
			Logits: []float32{1, -2, 3.5},
		},
		{Set: "c", Group: "fog/4", Path: "x", Labels: []int32{0, 2}, Best: 1, Top5: []int32{1, 0, 2}, BestA: -1, BestR: -1, BestO: -1, BestObjectNet: -1, Logits: []float32{0, 0.5, 0}},
		{Set: "a", Path: "n01498041/0.1_a.jpg", Best: -1, BestA: -1, BestR: -1, BestO: -1, BestObjectNet: -1, Unreadable: true},
	}
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outputs.parquet")
	want := rows()
	if err := Write(path, func(w *Writer) (*About, error) { return about(), w.Add(want...) }); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff(*about(), f.About); diff != "" {
		t.Errorf("the metadata differ:\n%s", diff)
	}
	for range 2 {
		got, err := f.All()
		if err != nil || f.Len() != int64(len(want)) {
			t.Fatal(f.Len(), err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("the rows differ:\n%s", diff)
		}
	}
	i := 0
	for r, err := range f.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		short := want[i]
		short.Logits = nil
		if diff := cmp.Diff(short, *r, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("row %d differs without its logits:\n%s", i, diff)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d rows of %d", i, len(want))
	}
	if s, ok := f.About.Set("a"); !ok || s.Unreadable != 1 {
		t.Errorf("set a: %v, %v", s, ok)
	}
	if _, ok := f.About.Set("r"); ok {
		t.Error("the file has a set r")
	}
}

// Rows with logits are written in several row groups, and read in their order.
func TestManyRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outputs.parquet")
	defer func(n int) { groupValues = n }(groupValues)
	groupValues = 1 << 14
	const n, classes = 300, 1 << 7
	err := Write(path, func(w *Writer) (*About, error) {
		logits := make([]float32, classes)
		for i := range n {
			logits[i%classes] = 1
			if err := w.Add(Row{Set: "folder", Path: fmt.Sprint(i), Best: int32(i), Logits: logits}); err != nil {
				return nil, err
			}
			logits[i%classes] = 0
		}
		return &About{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if groups := len(f.rows.RowGroups()); groups < 2 || groups > 4 {
		t.Errorf("%d row groups", groups)
	}
	i := 0
	for r, err := range f.WithLogits() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Path != fmt.Sprint(i) || len(r.Logits) != classes || r.Logits[i%classes] != 1 || r.Logits[(i+1)%classes] != 0 {
			t.Fatalf("row %d is of image %s", i, r.Path)
		}
		i++
	}
	if i != n {
		t.Errorf("%d rows of %d", i, n)
	}
}

// After an error the old file is unchanged.
func TestWriteFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outputs.parquet")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	want := errors.New("no")
	if err := Write(path, func(w *Writer) (*About, error) { return nil, want }); !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "missing"), "no such file"},
		{dir, "it is a folder"},
		{write("a.gz", "\x1f\x8b\x08aaaaaaaaaaaaaaaaaaa"), "not a Parquet file of abtool eval"},
		{write("a.parquet", "PAR1aaaaaaaaaaaaPAR1"), "reading outputs from"},
	} {
		if f, err := Open(c.path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", c.path, f, err, c.want)
		}
	}
}
