package columnar

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// cells adds rows to the columns of Rows, except seq.
func cells(rows *Rows) func(*row) {
	to := rows.Column
	number := func(name string, v float64) { to(name).Add(math.Float64bits(v)) }
	truth := func(v bool) uint64 {
		if v {
			return 1
		}
		return 0
	}
	return func(r *row) {
		to("id").AddText(r.ID)
		put(r.Name, to("name").AddText, func() {}) // what gets no value is null
		put(r.Small, func(v int32) { to("small").Add(uint64(v)) }, func() {})
		put(r.Size, func(v float64) { number("size", v) }, to("size").Null)
		put(r.On, func(v bool) { to("on").Add(truth(v)) }, func() {})
		for _, s := range r.Of {
			to("of").AddText(s)
		}
		for _, e := range r.List {
			put(e.T, func(v int64) { to("list.t").Add(uint64(v)) }, to("list.t").Null)
			put(e.X, func(v float64) { number("list.x", v) }, to("list.x").Null)
			put(e.S, to("list.s").AddText, to("list.s").Null)
			put(e.B, func(v bool) { to("list.b").Add(truth(v)) }, to("list.b").Null)
		}
		put(r.Same, to("same").AddText, func() {})
		put(r.Again, func(v int32) { to("again").Add(uint64(v)) }, func() {})
		put(r.Real, func(v float64) { number("real", v) }, func() {})
		put(r.Long, func(v int64) { to("long").Add(uint64(v)) }, func() {})
		put(r.Short, func(v int32) { to("short").Add(uint64(v)) }, func() {})
		for _, v := range r.Grid {
			to("grid").Add(uint64(math.Float32bits(v)))
		}
	}
}

// Rows that are written are read unchanged: from several spans and groups, without rows that were cut off,
// and with a column whose values came later.
func TestRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s, err := NewSchema[row]()
	if err != nil {
		t.Fatal(err)
	}
	rows := NewRows(s)
	rows.Column("seq").Late = true
	add := cells(rows)
	for _, null := range []float64{0, 0.01, 0.5, 1} {
		var want []row
		rows.Cut(0)
		for i := range 400 {
			want = append(want, randomRow(r, i, 20, null))
			add(&want[i])
			if list := rows.Column("list.x"); list.Entries() != len(want[i].List) {
				t.Fatalf("%d of %d entries", list.Entries(), len(want[i].List))
			}
			rows.EndRow()
			for range r.IntN(3) {
				again := randomRow(r, i, 20, null)
				add(&again)
				if r.IntN(2) == 0 {
					rows.EndRow()
				}
				rows.Cut(i + 1)
			}
		}
		for i := range want {
			rows.Column("seq").Add(uint64(want[i].Seq))
		}
		var b bytes.Buffer
		f := NewFile(&b, s, "test", [][2]string{{"key", "value"}})
		g := NewGroup(s, 2, compress)
		g.slots = 1000 // many pages
		g.Lay(&Layout{Deltas: []string{"seq", "id", "long"}, Steady: []string{"list.t"},
			Fractions: map[string]string{"list.x": "size"}})
		all := Span{Rows: rows, To: rows.Len()}
		for all.Len() > 0 {
			for range 1 + r.IntN(4) {
				n := r.IntN(all.Len() + 1)
				g.Add(all.Cut(0, n))
				all = all.Cut(n, all.Len())
			}
			if err := errors.Join(g.Encode(), f.Append(g)); err != nil {
				t.Fatal(err)
			}
			g.Reset()
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		equalRows(t, b.Bytes(), want)
		checkFooter(t, b.Bytes(), len(want))
		for i := range want {
			if n := (Span{Rows: rows}).Weight(i); n != len(want[i].Of)+len(want[i].List)+len(want[i].Grid) {
				t.Fatalf("row %d has %d entries", i, n)
			}
		}
	}
}
