package columnar

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
)

type joinPoint struct {
	X *float64 `parquet:"x"`
}

type joinGroup struct {
	Sizes []int64 `parquet:"sizes,list"`
}

type joinRow struct {
	Seq    int64       `parquet:"seq"`
	Name   *string     `parquet:"name"`
	Size   *float64    `parquet:"size"`
	Points []joinPoint `parquet:"points,list"`
	Groups []joinGroup `parquet:"groups,list"`
}

// joinMore is a joinRow with columns that other files lack.
type joinMore struct {
	joinRow
	Arm   *string     `parquet:"arm"`
	Taken []joinPoint `parquet:"taken,list"`
}

func writeJoin[R any](t *testing.T, path string, rows []R, perGroup int) {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[R](&b)
	for part := range slices.Chunk(rows, perGroup) {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A table of several files has the rows of all, without those that are left out, and numbers them.
func TestJoin(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	random := func(i int) (r joinRow) {
		r.Seq = int64(i)
		if dice.IntN(3) > 0 {
			name := string(rune('a' + dice.IntN(5)))
			r.Name = &name
		}
		if dice.IntN(3) > 0 {
			size := dice.Float64()
			r.Size = &size
		}
		for range dice.IntN(4) {
			var p joinPoint
			if x := dice.Float64(); x < 0.8 {
				p.X = &x
			}
			r.Points = append(r.Points, p)
		}
		for range dice.IntN(3) {
			var g joinGroup
			for range dice.IntN(4) {
				g.Sizes = append(g.Sizes, dice.Int64N(100))
			}
			r.Groups = append(r.Groups, g)
		}
		return r
	}
	for round := range 20 {
		dir := t.TempDir()
		var parts []Part
		var want []joinMore
		for k := range 3 {
			var rows []joinMore
			var drop []int64
			for i := range dice.IntN(40) {
				row := joinMore{joinRow: random(i)}
				if k == 1 {
					arm := "b"
					row.Arm, row.Taken = &arm, []joinPoint{{}}
				}
				rows = append(rows, row)
				if dice.IntN(3) == 0 && round > 0 {
					drop = append(drop, int64(i))
					continue
				}
				row.Seq = int64(len(want))
				want = append(want, row)
			}
			path := filepath.Join(dir, string(rune('a'+k)))
			if k == 1 {
				writeJoin(t, path, rows, 7)
			} else {
				var fewer []joinRow
				for _, r := range rows {
					fewer = append(fewer, r.joinRow)
				}
				writeJoin(t, path, fewer, 7)
			}
			parts = append(parts, Part{Path: path, Drop: drop})
		}
		whole := filepath.Join(dir, "whole")
		writeJoin(t, whole, want, 1000)
		names := []string{"seq", "name", "size", "points.x", "groups.sizes", "arm", "taken.x"}
		joined, err := Join(parts...)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(whole)
		if err != nil {
			t.Fatal(err)
		}
		one, err := Join(Part{Path: "whole", Data: data})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := contentOf(t, joined, names), contentOf(t, one, names); joined.Rows() != int64(len(want)) || !reflect.DeepEqual(got, want) {
			t.Errorf("round %d: %d rows %q, want %d rows %q", round, joined.Rows(), got, len(want), want)
		}
		if _, err := joined.Reader("missing"); err == nil {
			t.Error("a column that no file has can be read")
		}
		if err := joined.Close(); err != nil {
			t.Error(err)
		}
	}
}

// contentOf returns the values of each row.
func contentOf(t *testing.T, table *Table, names []string) (rows []string) {
	t.Helper()
	r, err := table.Reader(names...)
	if err != nil {
		t.Fatal(err)
	}
	for g := range table.Groups() {
		if err := r.Read(g); err != nil {
			t.Fatal(err)
		}
		for i := range r.Rows() {
			var b []byte
			for _, name := range names {
				b = r.Column(name).Append(b, i)
			}
			rows = append(rows, string(b))
		}
	}
	return rows
}
