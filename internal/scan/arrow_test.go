package scan

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"abtool/internal/teststore"
	"abtool/schema"
)

// stores makes the same data as Parquet and as Arrow.
func stores(t testing.TB, o teststore.Options) (asParquet, asArrow string) {
	t.Helper()
	made := func(format string) string {
		o.Format = format
		store, err := teststore.Make(context.Background(), t.TempDir(), o)
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	return made("parquet"), made("arrow")
}

func open(t testing.TB, store, set, table string) *Table {
	t.Helper()
	tab, err := Open(store, set, table)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tab.Close() })
	return tab
}

// leavesOf are the dotted names of a table's columns.
func leavesOf(table string) (names []string) {
	var walk func(prefix string, cols []schema.Column)
	walk = func(prefix string, cols []schema.Column) {
		for _, c := range cols {
			name := c.Name
			if prefix != "" && !strings.HasPrefix(name, prefix) {
				name = prefix + name
			}
			if len(c.Fields) > 0 {
				walk(name+".", c.Fields)
				continue
			}
			names = append(names, name)
		}
	}
	walk("", schema.TableAt(table).Columns)
	return names
}

// rowsOf are all rows of a column, whatever the row groups: values, lists or lists of lists.
func rowsOf(t testing.TB, tab *Table, name string) (rows []any) {
	t.Helper()
	r, err := tab.Reader(name)
	if err != nil {
		t.Fatal(err)
	}
	c := r.Column(name)
	value := func(i int32) any {
		switch {
		case len(c.Index) > 0:
			if s, ok := c.Text(int(i)); ok {
				return s
			}
			return nil
		case len(c.Ints) > 0:
			return c.Ints[i]
		}
		return c.Floats[i]
	}
	list := func(from, to int32, of func(int32) any) any {
		out := []any{}
		for i := from; i < to; i++ {
			out = append(out, of(i))
		}
		return out
	}
	inner := func(i int32) any { return list(c.Inner[i], c.Inner[i+1], value) }
	for g := range tab.Groups() {
		if err := r.Read(g); err != nil {
			t.Fatal(err)
		}
		if int64(r.Rows()) != tab.GroupRows(g) {
			t.Fatalf("group %d: %d rows of %d", g, r.Rows(), tab.GroupRows(g))
		}
		for i := range int32(r.Rows()) {
			switch {
			case len(c.Inner) > 0:
				rows = append(rows, list(c.Offsets[i], c.Offsets[i+1], inner))
			case len(c.Offsets) > 0:
				rows = append(rows, list(c.Offsets[i], c.Offsets[i+1], value))
			default:
				rows = append(rows, value(i))
			}
		}
		used := make([]bool, len(c.Dict))
		for _, k := range c.Index {
			if k >= 0 {
				used[k] = true
			}
		}
		if slices.Contains(used, false) {
			t.Errorf("%s: a text of the dictionary is in no row", name)
		}
	}
	return rows
}

// TestArrowIsParquet reads every column of every table in both formats.
func TestArrowIsParquet(t *testing.T) {
	asParquet, asArrow := stores(t, teststore.Options{Images: 3000, Pages: 300, Seed: 3, Dirty: 0.05})
	batches := 0
	for _, table := range []string{"imagenet/annotations", "imagenet/images", "imagenet/rejects", "coco/annotations", "coco/images", "coco/rejects"} {
		set, name, _ := strings.Cut(table, "/")
		p, a := open(t, asParquet, set, name), open(t, asArrow, set, name)
		if p.Rows() != a.Rows() || p.Rows() == 0 {
			t.Errorf("%s: %d rows in Parquet, %d in Arrow", table, p.Rows(), a.Rows())
		}
		batches = max(batches, a.Groups())
		leaves := leavesOf(table)
		if len(leaves) < 4 {
			t.Fatalf("%s has the columns %v", table, leaves)
		}
		for _, c := range leaves {
			if d := cmp.Diff(rowsOf(t, p, c), rowsOf(t, a, c), cmpopts.EquateNaNs()); d != "" {
				t.Errorf("%s %s: %.1000s", table, c, d)
			}
		}
	}
	if batches < 2 {
		t.Errorf("at most %d record batches: make the store larger", batches)
	}
}

// TestArrowReaders reads from several goroutines, batches in any order.
func TestArrowReaders(t *testing.T) {
	_, store := stores(t, teststore.Options{Images: 3000, Seed: 3})
	tab := open(t, store, "imagenet", "annotations")
	var wg sync.WaitGroup
	sums := make([]float64, 4)
	for k := range sums {
		r, err := tab.Reader("mouse.x", "mouse.y", "worker_id")
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for i := range tab.Groups() {
				if err := r.Read((i + k) % tab.Groups()); err != nil {
					t.Error(err)
				}
				x := r.Column("mouse.x")
				if !slices.Equal(x.Offsets, r.Column("mouse.y").Offsets) {
					t.Error("x and y have different lists")
				}
				for _, v := range x.Floats {
					if !math.IsNaN(v) {
						sums[k] += math.Round(v * 1000)
					}
				}
			}
		})
	}
	wg.Wait()
	if sums[0] == 0 || slices.Min(sums) != slices.Max(sums) {
		t.Errorf("sums %v", sums)
	}
}

// TestArrowErrors says what is wrong with a file.
func TestArrowErrors(t *testing.T) {
	_, store := stores(t, teststore.Options{Pages: 30, Seed: 1})
	path := filepath.Join(store, "coco", "annotations.arrow")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tab := open(t, store, "coco", "annotations")
	for name, want := range map[string]string{"nothing": "no column nothing: it was written by another version", "mouse": "no column mouse"} {
		if _, err := tab.Reader(name); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("column %s: %v", name, err)
		}
	}
	for _, n := range []int{0, 5, 20, len(whole) / 2, len(whole) - 1} {
		if err := readAll(t, whole[:n]); !errors.Is(err, errDamaged) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	os.Remove(path)
	if _, err := Open(store, "coco", "annotations"); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "incomplete") {
		t.Errorf("no file: %v", err)
	}
}

// readAll reads a file as coco/annotations.
func readAll(t testing.TB, file []byte) error {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "coco"), 0o777), os.WriteFile(filepath.Join(dir, "coco", "annotations.arrow"), file, 0o666)); err != nil {
		t.Fatal(err)
	}
	tab, err := Open(dir, "coco", "annotations")
	if err != nil {
		return err
	}
	defer tab.Close()
	r, err := tab.Reader(leavesOf("coco/annotations")...)
	if err != nil {
		return err
	}
	for g := range tab.Groups() {
		if err := r.Read(g); err != nil {
			return err
		}
		for name, c := range r.columns { // what a caller indexes must be there
			if len(c.Offsets) > 0 && (len(c.Offsets) != r.Rows()+1 || int(c.Offsets[r.Rows()]) != c.values()) {
				t.Fatalf("%s: %d rows, %d offsets, %d values", name, r.Rows(), len(c.Offsets), c.values())
			}
			for _, k := range c.Index {
				if k >= 0 {
					_ = c.Dict[k]
				}
			}
		}
	}
	return nil
}

// TestArrowDamage changes bytes all over a file: reading fails, or it was of no consequence.
func TestArrowDamage(t *testing.T) {
	_, store := stores(t, teststore.Options{Pages: 12, Seed: 1})
	whole, err := os.ReadFile(filepath.Join(store, "coco", "annotations.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	failed, tried := 0, 0
	for at := 0; at < len(whole); at += 101 {
		for _, x := range []byte{0x01, 0x80, 0xff} {
			b := slices.Clone(whole)
			b[at] ^= x
			if readAll(t, b) != nil {
				failed++
			}
			tried++
		}
	}
	if failed < tried/4 {
		t.Errorf("%d of %d changes were seen", failed, tried)
	}
	t.Logf("%d of %d changes were seen", failed, tried)
}

func FuzzArrow(f *testing.F) {
	_, store := stores(f, teststore.Options{Pages: 3, Seed: 1})
	whole, err := os.ReadFile(filepath.Join(store, "coco", "annotations.arrow"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, file []byte) { readAll(t, file) })
}

// BenchmarkScan reads what the engine of statistics reads.
func BenchmarkScan(b *testing.B) {
	asParquet, asArrow := stores(b, teststore.Options{Images: 30000, Seed: 1})
	for _, s := range []struct{ name, store string }{{"parquet", asParquet}, {"arrow", asArrow}} {
		b.Run(s.name, func(b *testing.B) {
			tab := open(b, s.store, "imagenet", "annotations")
			r, err := tab.Reader("seq", "image_id", "worker_id", "assignment_id", "hit_submit_time", "page_idx", "image_idx", "position_x", "position_y",
				"image_width", "image_height", "original_width", "original_height", "selected", "selected_count", "hovered_count", "estimate_time", "t0",
				"clicks.t", "clicks.x", "clicks.y", "mouse.t", "mouse.x", "mouse.y", "hovers.t", "hovers.action")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			values := 0
			for b.Loop() {
				values = 0
				for g := range tab.Groups() {
					if err := r.Read(g); err != nil {
						b.Fatal(err)
					}
					for _, c := range r.columns {
						values += c.values()
					}
				}
			}
			b.ReportMetric(float64(tab.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(values)*float64(b.N)/b.Elapsed().Seconds(), "values/s")
		})
	}
}
