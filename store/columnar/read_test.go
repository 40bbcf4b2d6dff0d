package columnar_test

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"

	"abtool/internal/teststore"
	"abtool/schema"
	"abtool/store/columnar"
)

func ptr[T any](v T) *T { return &v }

// write writes rows as a table of a store, with the given number of rows per group.
func write[T any](t testing.TB, set, table string, rows []T, group int) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, set), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, set, table+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	w := parquet.NewGenericWriter[T](f)
	for i := 0; i < len(rows); i += group {
		if _, err := w.Write(rows[i:min(i+group, len(rows))]); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLists(t *testing.T) {
	rows := []schema.ImageNetAnnotation{
		{Seq: 0, ImageID: "a_1", WorkerID: ptr("W1"), Selected: ptr(true), PageIdx: ptr(int32(3)),
			Mouse: []schema.Point{{T: ptr(int64(5)), X: ptr(0.25), Y: ptr(0.5)}, {T: nil, X: ptr(0.125), Y: nil}}},
		{Seq: 1, ImageID: "a_2", Selected: ptr(false)},
		{Seq: 2, ImageID: "a_3", WorkerID: ptr("W2"), Mouse: []schema.Point{{T: ptr(int64(7))}}},
	}
	tab, err := columnar.Open(write(t, "imagenet", "annotations", rows, 2), "imagenet", "annotations")
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	r, err := tab.Reader("seq", "image_id", "worker_id", "selected", "page_idx", "mouse.t", "mouse.x", "clicks.x")
	if err != nil {
		t.Fatal(err)
	}
	if tab.Groups() != 2 || tab.Rows() != 3 || tab.GroupRows(1) != 1 {
		t.Fatalf("%d groups, %d rows, %d in the second", tab.Groups(), tab.Rows(), tab.GroupRows(1))
	}
	var got []string
	for g := range tab.Groups() {
		if err := r.Read(g); err != nil {
			t.Fatal(err)
		}
		for i := range r.Rows() {
			id, _ := r.Column("image_id").Text(i)
			w, ok := r.Column("worker_id").Text(i)
			if !ok {
				w = "-"
			}
			got = append(got, id+" "+w)
		}
		c := r.Column("mouse.x")
		switch g {
		case 0:
			want := []float64{0.25, 0.125}
			if d := cmp.Diff(want, c.Floats); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]int32{0, 2, 2}, c.Offsets); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]int64{5, columnar.Null}, r.Column("mouse.t").Ints); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]int64{1, 0}, r.Column("selected").Ints); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]int64{3, columnar.Null}, r.Column("page_idx").Ints); d != "" {
				t.Error(d)
			}
		case 1:
			if len(c.Floats) != 1 || !math.IsNaN(c.Floats[0]) || cmp.Diff([]int32{0, 1}, c.Offsets) != "" {
				t.Errorf("second group: %v %v", c.Floats, c.Offsets)
			}
			if r.Column("selected").Ints[0] != columnar.Null {
				t.Error("selected is not null")
			}
		}
	}
	if d := cmp.Diff([]string{"a_1 W1", "a_2 -", "a_3 W2"}, got); d != "" {
		t.Error(d)
	}
}

func TestListsInLists(t *testing.T) {
	rows := []schema.COCOImage{
		{ImageID: 1, Instances: []schema.Instance{{ID: 1, Polygon: []float64{1, 2, 3}, Rings: []int32{3}},
			{ID: 2}, {ID: 3, Polygon: []float64{4}, RLECounts: []int64{9, 8}}}},
		{ImageID: 2},
		{ImageID: 3, Instances: []schema.Instance{{ID: 4, Polygon: []float64{5}, Category: ptr("cat")}}},
	}
	tab, err := columnar.Open(write(t, "coco", "images", rows, 10), "coco", "images")
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	r, err := tab.Reader("instances.polygon", "instances.rle_counts", "instances.category", "instances.id")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Read(0); err != nil {
		t.Fatal(err)
	}
	p := r.Column("instances.polygon")
	if d := cmp.Diff([]int32{0, 3, 3, 4}, p.Offsets); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int32{0, 3, 3, 4, 5}, p.Inner); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]float64{1, 2, 3, 4, 5}, p.Floats); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int32{0, 0, 0, 2, 2}, r.Column("instances.rle_counts").Inner); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int32{-1, -1, -1, 0}, r.Column("instances.category").Index); d != "" {
		t.Error(d)
	}
}

// TestWhatIngestWrites reads a store's encodings with a Reader and as rows with parquet-go.
func TestWhatIngestWrites(t *testing.T) {
	store, err := teststore.Make(context.Background(), t.TempDir(),
		teststore.Options{Images: 500, Seed: 1, Dirty: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(store, "imagenet", "annotations.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := make([]schema.ImageNetAnnotation, 100000)
	n, err := parquet.NewGenericReader[schema.ImageNetAnnotation](f).Read(want)
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	want = want[:n]
	tab, err := columnar.Open(store, "imagenet", "annotations")
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	r, err := tab.Reader("seq", "image_id", "worker_id", "hit_submit_time", "selected", "position_x",
		"mouse.t", "mouse.x", "mouse.y", "hovers.action")
	if err != nil {
		t.Fatal(err)
	}
	var got []schema.ImageNetAnnotation
	text := func(c *columnar.Values, i int) *string {
		if s, ok := c.Text(i); ok {
			return &s
		}
		return nil
	}
	whole := func(v int64) *int64 {
		if v == columnar.Null {
			return nil
		}
		return &v
	}
	for g := range tab.Groups() {
		if err := r.Read(g); err != nil {
			t.Fatal(err)
		}
		for i := range r.Rows() {
			a := schema.ImageNetAnnotation{Seq: r.Column("seq").Ints[i],
				WorkerID: text(r.Column("worker_id"), i), HITSubmitTime: whole(r.Column("hit_submit_time").Ints[i])}
			a.ImageID, _ = r.Column("image_id").Text(i)
			if s := r.Column("selected").Ints[i]; s != columnar.Null {
				a.Selected = ptr(s == 1)
			}
			if x := r.Column("position_x").Floats[i]; !math.IsNaN(x) {
				a.PositionX = &x
			}
			m := r.Column("mouse.t")
			for k := m.Offsets[i]; k < m.Offsets[i+1]; k++ {
				p := schema.Point{T: whole(m.Ints[k])}
				if x := r.Column("mouse.x").Floats[k]; !math.IsNaN(x) {
					p.X = &x
				}
				if y := r.Column("mouse.y").Floats[k]; !math.IsNaN(y) {
					p.Y = &y
				}
				a.Mouse = append(a.Mouse, p)
			}
			h := r.Column("hovers.action")
			for k := h.Offsets[i]; k < h.Offsets[i+1]; k++ {
				a.Hovers = append(a.Hovers, schema.Hover{Action: text(h, int(k))})
			}
			got = append(got, a)
		}
	}
	read := cmp.FilterPath(func(p cmp.Path) bool {
		switch p.String() {
		case "Seq", "ImageID", "WorkerID", "HITSubmitTime", "Selected", "PositionX", "Mouse", "Mouse.T",
			"Mouse.X", "Mouse.Y", "Hovers", "Hovers.Action", "":
			return false
		}
		return true
	}, cmp.Ignore())
	if len(got) == 0 || len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	if d := cmp.Diff(want, got, read, cmpopts.EquateEmpty()); d != "" {
		t.Error(d[:min(len(d), 2000)])
	}
}

// If a file was cut or overwritten, the error says that it is damaged and what to do.
func TestDamaged(t *testing.T) {
	rows := make([]schema.ImageNetAnnotation, 1000)
	for i := range rows {
		rows[i] = schema.ImageNetAnnotation{Seq: int64(i), ImageID: "a_1",
			Mouse: []schema.Point{{X: ptr(float64(i))}}}
	}
	dir := write(t, "imagenet", "annotations", rows, 500)
	path := filepath.Join(dir, "imagenet", "annotations.parquet")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	overwritten := slices.Clone(whole)
	for i := 4; i < len(overwritten)/2; i++ {
		overwritten[i] = 0xff
	}
	for name, data := range map[string][]byte{"empty": nil, "cut": whole[:len(whole)/2], "overwritten": overwritten} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		err := readAll(dir)
		if err == nil || !strings.Contains(err.Error(), "is damaged: ") ||
			!strings.Contains(err.Error(), "ingest again, with --force") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func readAll(dir string) error {
	tab, err := columnar.Open(dir, "imagenet", "annotations")
	if err != nil {
		return err
	}
	defer tab.Close()
	r, err := tab.Reader("seq", "image_id", "mouse.x")
	if err != nil {
		return err
	}
	for g := range tab.Groups() {
		if err := r.Read(g); err != nil {
			return err
		}
	}
	return nil
}
