package scan

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"testing"

	"abtool/ingest/internal/randtext"
)

// An id is exact, or it is rejected with a text that names its key.
func TestWholeID(t *testing.T) {
	num := func(s string) Value { return Value{Kind: Numeric, Text: []byte(s)} }
	str := func(s string) Value { return Value{Kind: String, Text: []byte(s)} }
	for _, c := range []struct {
		v     Value
		want  int64
		wrong string
	}{
		{v: num("391895"), want: 391895},
		{v: num("0"), want: 0},
		{v: num("-1"), want: -1},
		{v: num("1.0"), want: 1},
		{v: num("1e3"), want: 1000},
		{v: num("12.5e1"), want: 125},
		{v: num("1200e-2"), want: 12},
		{v: num("0e999999999999"), want: 0},
		{v: num("9007199254740993"), want: 9007199254740993},
		{v: num("9007199254740993.0"), want: 9007199254740993},
		{v: num("1610521604143693812"), want: 1610521604143693812},
		{v: num("9223372036854775807"), want: 1<<63 - 1},
		{v: num("-9223372036854775808"), want: -1 << 63},
		{v: num("9223372036854775808"), wrong: "id is 9223372036854775808, which does not fit 64 bits"},
		{v: num("-9223372036854775809"), wrong: "id is -9223372036854775809, which does not fit 64 bits"},
		{v: num("1e999999999999"), wrong: "id is 1e999999999999, which does not fit 64 bits"},
		{v: num("1.5"), wrong: "id is 1.5, which is not a whole number"},
		{v: num("1.00000000000000000001"), wrong: "id is 1.00000000000000000001, which is not a whole number"},
		{v: num("1e-999999999999"), wrong: "id is 1e-999999999999, which is not a whole number"},
		{v: str("000000391895"), want: 391895},
		{v: str("0000000000000000000000000007"), want: 7},
		{v: str("9007199254740993"), want: 9007199254740993},
		{v: str("99999999999999999999"), wrong: "id does not fit 64 bits"},
		{v: str("a.jpg"), wrong: "id is a string that is not digits"},
		{v: str("-1"), wrong: "id is a string that is not digits"},
		{v: str(" 1"), wrong: "id is a string that is not digits"},
		{v: str(""), wrong: "id is a string that is not digits"},
		{v: Value{}, wrong: "id is missing"},
		{v: Value{Kind: Bool, Yes: true}, wrong: "id is a boolean"},
		{v: Value{Kind: Array}, wrong: "id is a list"},
		{v: Value{Kind: Object}, wrong: "id is an object"},
	} {
		got, wrong := WholeID("id", c.v)
		if got != c.want || wrong != c.wrong {
			t.Errorf("%v %q: %d, %q; want %d, %q", c.v.Kind, c.v.Text, got, wrong, c.want, c.wrong)
		}
	}
}

// exactInt agrees with math/big on every number that JSON can write.
func TestExactIntEqualsBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 8))
	for range 20_000 {
		checkExactInt(t, []byte(randtext.JSONNumber(r, 'd', 2)))
	}
}

func FuzzExactInt(f *testing.F) {
	for _, s := range []string{"0", "-0", "1.0", "1e3", "9223372036854775807", "-9223372036854775808.00", "1E+18", "0.5e1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(checkExactInt)
}

func checkExactInt(t *testing.T, data []byte) {
	v, n := Number(data, JSON)
	if n == 0 || n != len(data) || n > 60 || v > 1e30 || v < -1e30 {
		return
	}
	if e := bytes.IndexAny(data, "eE"); e >= 0 && len(data)-e > 5 { // math/big would write all its zeros
		return
	}
	want, ok := new(big.Rat).SetString(string(data))
	if !ok {
		return
	}
	got, wrong := exactInt(data)
	whole := want.IsInt() && want.Num().IsInt64()
	if whole != (wrong == "") || whole && got != want.Num().Int64() {
		t.Fatalf("%q: %d %q, want %v", data, got, wrong, want)
	}
}
