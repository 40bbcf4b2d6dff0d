package columnar

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
)

type element struct {
	T *int64   `parquet:"t"`
	X *float64 `parquet:"x"`
	S *string  `parquet:"s"`
	B *bool    `parquet:"b"`
}

type row struct {
	Seq   int64     `parquet:"seq"`
	ID    string    `parquet:"id"`
	Name  *string   `parquet:"name"`
	Small *int32    `parquet:"small"`
	Size  *float64  `parquet:"size"`
	On    *bool     `parquet:"on"`
	Of    []string  `parquet:"of,list"`
	List  []element `parquet:"list,list"`
	Same  *string   `parquet:"same"`
	Again *int32    `parquet:"again"`
	Real  *float64  `parquet:"real"`
	Long  *int64    `parquet:"long"`
	Short *int32    `parquet:"short"`
	Grid  []float32 `parquet:"grid,list"`
}

var zip, _ = zstd.NewWriter(nil, zstd.WithZeroFrames(true))

func compress(dst, src []byte) []byte { return zip.EncodeAll(src, dst) }

// columns adds rows to a group.
func columns(g *Group) func(*row) {
	seq, id, name, small, size, on := g.Ints(nil), g.IDs(nil), g.Texts(nil), g.Numbers(nil), g.Numbers(nil), g.Bools(nil)
	of := g.List()
	ofText := g.Texts(of)
	list := g.List()
	t, x, s, b := g.Ints(list), g.Numbers(list), g.Texts(list), g.Bools(list)
	t.Steady = true
	same, again := g.Texts(nil), g.Numbers(nil)
	same.Repeats, again.Repeats = true, true
	real, long, short := g.Plain(nil), g.Plain(nil), g.Plain(nil)
	grid := g.List()
	cell := g.Plain(grid)
	return func(r *row) {
		seq.Add(r.Seq)
		id.Add(r.ID)
		put(r.Name, name.Add, name.Null)
		put(r.Small, func(v int32) { small.Add(uint64(v)) }, small.Null)
		put(r.Size, func(v float64) { size.Add(math.Float64bits(v)) }, size.Null)
		put(r.On, on.Add, on.Null)
		of.Add(len(r.Of))
		for _, v := range r.Of {
			ofText.Add(v)
		}
		list.Add(len(r.List))
		for _, e := range r.List {
			put(e.T, t.Add, t.Null)
			put(e.X, func(v float64) { x.Add(math.Float64bits(v)) }, x.Null)
			put(e.S, s.Add, s.Null)
			put(e.B, b.Add, b.Null)
		}
		put(r.Same, same.Add, same.Null)
		put(r.Again, func(v int32) { again.Add(uint64(v)) }, again.Null)
		put(r.Real, func(v float64) { real.Add(math.Float64bits(v)) }, real.Null)
		put(r.Long, func(v int64) { long.Add(uint64(v)) }, long.Null)
		put(r.Short, func(v int32) { short.Add(uint64(v)) }, short.Null)
		grid.Add(len(r.Grid))
		for _, v := range r.Grid {
			cell.Add(uint64(math.Float32bits(v)))
		}
		g.EndRow()
	}
}

func put[T any](p *T, add func(T), null func()) {
	if p == nil {
		null()
	} else {
		add(*p)
	}
}

// Rows of every kind, also if they take several pages, are read as they were written.
func TestRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name       string
		rows, most int // elements of a list
		null       float64
	}{
		{"empty", 0, 0, 0}, {"one", 1, 0, 0}, {"null", 50, 3, 1}, {"half", 300, 20, 0.5},
		{"few nulls", 1000, 300, 0.001},
		{"no null", 200, 40, 0}, {"many rows", 3000, 1, 0.1}, {"long lists", 3, 10000, 0.01},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(c.rows)))
			var rows []row
			for i := range c.rows {
				rows = append(rows, randomRow(r, i, c.most, c.null))
			}
			s, err := NewSchema[row]()
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			f := NewFile(&b, s, "test", [][2]string{{"key", "value"}})
			g := NewGroup(s, 1+c.rows%3, compress)
			g.slots = 1000 // many pages
			put := columns(g)
			for i := range rows {
				put(&rows[i])
				if i == 0 || i == len(rows)-1 { // the group is used again
					if err := g.Encode(); err != nil {
						t.Fatal(err)
					}
					if err := f.Append(g); err != nil {
						t.Fatal(err)
					}
					g.Reset()
				}
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			equalRows(t, b.Bytes(), rows)
			checkFooter(t, b.Bytes(), len(rows))
		})
	}
}

// equalRows reads a file and compares its rows with the given ones.
func equalRows(t *testing.T, file []byte, want []row) {
	t.Helper()
	got, err := parquet.Read[row](bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	bits := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), bits); d != "" {
		t.Errorf("%.2000s", d)
	}
}

// checkFooter compares the counts and limits in the footer with the content of the pages.
func checkFooter(t *testing.T, file []byte, rows int) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := f.Lookup("key"); v != "value" || f.NumRows() != int64(rows) {
		t.Errorf("key %q, %d rows", v, f.NumRows())
	}
	for gi, g := range f.RowGroups() {
		for i, c := range g.ColumnChunks() {
			m := f.Metadata().RowGroups[gi].Columns[i].MetaData
			values, nulls := int64(0), int64(0)
			var least, greatest []byte
			pages := c.Pages()
			for {
				p, err := pages.ReadPage()
				if err != nil {
					break
				}
				values, nulls = values+p.NumValues(), nulls+p.NumNulls()
				all := make([]parquet.Value, p.NumValues())
				n, _ := p.Values().ReadValues(all)
				for _, v := range all[:n] {
					if v.IsNull() {
						continue
					}
					if least == nil || c.Type().Compare(v, c.Type().Kind().Value(least)) < 0 {
						least = v.Bytes()
					}
					if greatest == nil || c.Type().Compare(v, c.Type().Kind().Value(greatest)) > 0 {
						greatest = v.Bytes()
					}
				}
			}
			pages.Close()
			s := m.Statistics
			if values != m.NumValues || nulls != s.NullCount {
				t.Errorf("%v: %d values, %d of them null; the footer says %d and %d", m.PathInSchema, values,
					nulls, m.NumValues, s.NullCount)
			}
			if s.MinValue == nil {
				continue
			}
			kind := c.Type().Kind()
			if c.Type().Compare(kind.Value(s.MinValue), kind.Value(least)) != 0 ||
				c.Type().Compare(kind.Value(s.MaxValue), kind.Value(greatest)) != 0 {
				t.Errorf("%v: from %x to %x; the footer says %x to %x", m.PathInSchema, least, greatest,
					s.MinValue, s.MaxValue)
			}
		}
	}
}

func randomRow(r *rand.Rand, i, most int, null float64) row {
	size := float64(r.IntN(300))
	if r.IntN(5) == 0 {
		size = r.Float64() * 300
	}
	w := row{
		Seq: int64(i) * int64(1+r.IntN(2)), ID: "n" + strconv.Itoa(i/4*3),
		Name: maybe(r, null, "name "+strconv.Itoa(r.IntN(40))), Small: maybe(r, null, int32(r.Uint32())),
		Size: maybe(r, null, size), On: maybe(r, null, r.IntN(2) == 0),
		Same: maybe(r, null, "same "+strconv.Itoa(i/9)), Again: maybe(r, null, int32(i/8%300)),
		Real: maybe(r, null, r.NormFloat64()), Long: maybe(r, null, r.Int64()-r.Int64()),
		Short: maybe(r, null, int32(r.Uint32())),
	}
	if r.IntN(2000) == 0 {
		w.Real = maybe(r, null, math.NaN())
	}
	for range min(most, r.IntN(5)) {
		w.Grid = append(w.Grid, r.Float32())
	}
	if most > 0 && r.IntN(3) > 0 {
		for range r.IntN(3) {
			w.Of = append(w.Of, strconv.Itoa(r.IntN(9)))
		}
		t := r.Int64N(1 << 20)
		for range r.IntN(most + 1) {
			x := float64(r.IntN(300)) / max(size, 1)
			switch r.IntN(30) {
			case 0:
				x = 0
			case 1:
				x = r.NormFloat64()
			}
			if t += r.Int64N(20); r.IntN(200) == 0 {
				t = r.Int64() - r.Int64()
			}
			w.List = append(w.List, element{maybe(r, null, t), maybe(r, null, x),
				maybe(r, null, strconv.Itoa(r.IntN(4))), maybe(r, null, r.IntN(2) == 0)})
		}
	}
	return w
}

func maybe[T any](r *rand.Rand, null float64, v T) *T {
	if r.Float64() < null {
		return nil
	}
	return &v
}

// IDs are encoded as parquet-go encodes them, also if a page begins among equal ids.
func TestIDs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		var c IDs
		var all []byte
		ends := []uint32{0}
		id := ""
		for range n {
			switch r.IntN(4) {
			case 0:
				id = strconv.Itoa(r.IntN(100000))
			case 1:
				id = id[:r.IntN(len(id)+1)] + "x"
			}
			c.Add(id)
			all = append(all, id...)
			ends = append(ends, uint32(len(all)))
		}
		i := r.IntN(n + 1)
		j := i + r.IntN(n+1-i)
		var e delta.ByteArrayEncoding
		want, err := e.EncodeByteArray(nil, all, ends[i:j+1])
		if got := c.page([]byte("before"), &scratch{}, i, j); err != nil || string(got) != "before"+string(want) {
			t.Fatalf("%v: %q from %d to %d became %q, not %q", err, all, i, j, got, want)
		}
	}
}

// Runs are read as the indexes that they were made of. They are not used if packing takes fewer bytes.
func TestRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for _, c := range []struct {
		name      string
		long, top int // runs and numbers
		ok        bool
	}{{"long", 40, 1 << 20, true}, {"short", 6, 1 << 15, true}, {"none", 1, 1 << 15, false},
		{"of zeros", 6, 1, false}, {"of a byte", 30, 1 << 8, true}} {
		t.Run(c.name, func(t *testing.T) {
			var index []int32
			for range 500 {
				k := r.Int32N(int32(c.top))
				for range 1 + r.IntN(2*c.long-1) {
					index = append(index, k)
				}
			}
			b, ok := appendRuns(nil, index)
			if ok != c.ok {
				t.Fatalf("runs: %v", ok)
			}
			if !ok {
				return
			}
			var e rle.DictionaryEncoding
			got, err := e.DecodeInt32(make([]int32, 0, len(index)), b)
			if err != nil || !slices.Equal(got, index) {
				t.Errorf("%v: %v became %v", err, index, got)
			}
		})
	}
}

func FuzzDelta(f *testing.F) {
	f.Add(uint64(1), 5, uint8(3))
	f.Add(uint64(2), 128, uint8(7))
	f.Add(uint64(3), 129, uint8(8))
	f.Add(uint64(4), 1000, uint8(20))
	f.Add(uint64(5), 300, uint8(62))
	f.Add(uint64(6), 1, uint8(63))
	f.Fuzz(func(t *testing.T, seed uint64, n int, bits uint8) {
		r := rand.New(rand.NewPCG(seed, 0))
		values := make([]int64, min(max(n, 0), 5000))
		v := int64(0)
		for i := range values {
			v += int64(r.Uint64N(1<<(bits%63)+1)) >> r.IntN(int(bits%63)+1)
			if r.IntN(50) == 0 {
				v -= int64(r.Uint64N(1<<(bits%63) + 1))
			}
			if r.IntN(1000) == 0 {
				v = []int64{math.MinInt64, math.MaxInt64, 0}[r.IntN(3)]
			}
			values[i] = v
		}
		var e delta.BinaryPackedEncoding
		got, err := e.DecodeInt64(nil, appendDelta(nil, values))
		if err != nil || !slices.Equal(got, values) {
			t.Fatalf("%v: %v became %v", err, values, got)
		}
	})
}

// SchemaOf rejects a schema that cannot be written, and a column of the wrong kind panics.
func TestSchema(t *testing.T) {
	if _, err := NewSchema[struct {
		A [][]int64 `parquet:"a,list"`
	}](); err == nil {
		t.Error("SchemaOf accepts a list of lists")
	}
	s, err := NewSchema[row]()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a group accepts a column of texts for an integer")
		}
	}()
	NewGroup(s, 1, compress).Texts(nil)
}
