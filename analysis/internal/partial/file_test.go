package partial

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// made is a row with columns of all types.
type made struct {
	n     int64
	f     float64
	s     string
	list  []int64
	reals []float64
	who   int32
}

func (m *made) columns(c *Columns) {
	c.Int("n", &m.n)
	c.Float("f", &m.f)
	c.Text("s", &m.s)
	List(c, "list", &m.list)
	List(c, "reals", &m.reals)
	c.Ref("who", Workers, &m.who)
}

// read reads the table rows of a file.
func read(b []byte) (rows []made, err error) {
	var header string
	r, err := NewReader(bytes.NewReader(b), &header)
	if err != nil {
		return nil, err
	}
	v := Read(r)
	v.Limit(Workers, 2)
	if Rows(v, "rows", &rows, (*made).columns); v.Err != nil {
		return nil, v.Err
	}
	return rows, r.Close()
}

// Extreme values come back as they were, in the order of the first column.
func TestFile(t *testing.T) {
	want := []made{
		{math.MinInt64, math.Copysign(0, -1), "", []int64{}, []float64{math.Inf(1)}, -1},
		{-1, 1e-310, "é\n", []int64{math.MaxInt64, math.MinInt64, 0}, []float64{}, 1},
		{math.MaxInt64, math.MaxFloat64, strings.Repeat("x", 300), []int64{7}, []float64{1, 2, -3}, 0},
	}
	rows := []made{want[2], want[0], want[1]}
	var b bytes.Buffer
	w, err := NewWriter(&b, "header")
	if err != nil {
		t.Fatal(err)
	}
	v := Write(w)
	if Rows(v, "rows", &rows, (*made).columns); v.Err != nil || w.Close() != nil {
		t.Fatal(v.Err)
	}
	got, err := read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b made) bool {
		return a.n == b.n && math.Float64bits(a.f) == math.Float64bits(b.f) && a.s == b.s && slices.Equal(a.list, b.list) &&
			slices.Equal(a.reals, b.reals) && a.who == b.who
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// What a file claims is compared with what is there, before anything of that size is allocated.
func TestClaims(t *testing.T) {
	column := `{"name":"n","type":"int","bytes":`
	for _, c := range []struct{ text, want string }{
		{`{"table":"rows","rows":1000000000000,"columns":[` + column + `1}]}`, "claims 1 bytes for 1000000000000 rows"},
		{`{"table":"rows","rows":9,"columns":[` + column + `99000000000}]}` + "\n\x01", "it is cut off"},
		{`{"table":"rows","rows":9,"columns":[` + column + `-1}]}`, "claims -1 bytes"},
		{`{"table":"rows","rows":9,"columns":[]}`, "claims 9 rows of 0 columns"},
		{`{"table":"rows","rows":-9,"columns":[null]}`, "claims -9 rows"},
		{`{"table":"rows","rows":1,"columns":[null]}`, "a column is null"},
		{`{"table":"rows","rows":1,"columns":[{"name":"n","type":"int","list":true,"bytes":5}]}` + "\n\xff\xff\xff\x7f\x00", "cannot be decoded"},
		{`{"table":"rows","rows":1,"columns":[{"name":"n","type":"text","bytes":3}]}` + "\n\xff\x7fx", "cannot be decoded"},
		{`{"table":"rows","rows":1,"columns":[{"name":"m","type":"int","bytes":1}]}` + "\n\x00", `the column "m" of the type int in the place of "n"`},
		{`{"table":"other","rows":0}`, `the table "other" in the place of "rows"`},
		{`{"end":true}`, `in the place of "rows"`},
		{`[]`, "cannot unmarshal"},
		{strings.Repeat(" ", mostOfLine+1), "a line has more than"},
	} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte("\"header\"\n" + c.text + "\n"))
		z.Close()
		if _, err := read(b.Bytes()); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s: %v, want %q", c.text, err, c.want)
		}
	}
}
