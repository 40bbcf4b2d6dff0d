package scan

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"testing"
)

var (
	xmlGrammar  = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
	jsonGrammar = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

func checkNumber(t *testing.T, s string) {
	t.Helper()
	for _, c := range []struct {
		g  Grammar
		re *regexp.Regexp
	}{{XML, xmlGrammar}, {JSON, jsonGrammar}} {
		v, n := Number([]byte(s), c.g)
		whole := n == len(s) && n > 0
		if whole != c.re.MatchString(s) {
			t.Fatalf("number(%q, %v) read %d bytes; in the grammar: %v", s, c.g, n, c.re.MatchString(s))
		}
		if !whole {
			continue
		}
		want, _ := strconv.ParseFloat(s, 64)
		if math.Float64bits(v) != math.Float64bits(want) {
			t.Fatalf("number(%q) = %v, strconv %v", s, v, want)
		}
	}
}

func TestNumberEqualsStrconv(t *testing.T) {
	for _, s := range []string{
		"0", "-0", "+0", "0.0", "1", "-1", "+1", ".5", "5.", ".", "", "-", "1e5", "1E+5", "1e", "1e-", "1e999", "-1e999", "1e-999",
		"0.5925925925925926", "0.12716049382716049", "9007199254740993", "9007199254740992.5", "9007199254740993.0000",
		"18446744073709551615", "18446744073709551616", "99999999999999999999", "0.00000000000000000001", "1641431028323",
		"0.1", "0.30000000000000004", "1.7976931348623157e308", "4.9e-324", "00.5", "01", "NaN", "inf", "0x10", "1_000", "243px", " 1", "1 ",
		"0.9999999999999999999", "0.99999999999999999999", "4503599627370497.5", "2.5000000000000000001",
	} {
		checkNumber(t, s)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		var s string
		switch r.IntN(5) {
		case 0: // what a front end computes: pixel / width
			s = strconv.FormatFloat(float64(r.IntN(700))/float64(1+r.IntN(700)), 'f', -1, 64)
		case 1: // any mantissa and scale the fast path can meet
			d := strconv.FormatUint(r.Uint64()>>r.IntN(64), 10)
			p := r.IntN(len(d) + 1)
			s = d[:p] + "." + d[p:]
		case 2: // any float at all
			s = strconv.FormatFloat(math.Float64frombits(r.Uint64()), 'g', -1, 64)
		case 3: // halfway cases between two floats
			f := 0.5 + r.Float64()/2
			s = strconv.FormatFloat(f+math.Ldexp(1, -54), 'f', 17+r.IntN(3), 64)
		case 4:
			s = strconv.FormatInt(r.Int64N(2e12), 10)
		}
		checkNumber(t, s)
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0.5", "-1e5", "9007199254740993", "1e", ".5", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkNumber(t, s)
		if _, n := Number([]byte(s), JSON); n == len(s) && n > 0 && !json.Valid([]byte(s)) {
			t.Fatalf("Number reads %q as a JSON number, but encoding/json rejects it", s)
		}
	})
}

func BenchmarkNumber(b *testing.B) {
	in := [][]byte{[]byte("0.5925925925925926"), []byte("0.12716049382716049"), []byte("0.629"), []byte("1641431028323")}
	b.Run("abtool", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			Number(in[i&3], XML)
		}
	})
	b.Run("strconv", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			strconv.ParseFloat(string(in[i&3]), 64)
		}
	})
}
