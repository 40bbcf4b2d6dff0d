package ui

import (
	"math"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Thousands(0), "0"}, {Thousands(999), "999"}, {Thousands(1000), "1,000"}, {Thousands(1234567), "1,234,567"},
		{Thousands(-999), "-999"}, {Thousands(-123456), "-123,456"},
		{Thousands(math.MinInt64), "-9,223,372,036,854,775,808"},
		{Size(999), "999 B"}, {Size(1000), "1.0 kB"}, {Size(1234567), "1.2 MB"}, {Size(3e15), "3000.0 TB"},
		{Percent(0.1234, 1), "12.3 %"}, {Percent(1, 0), "100 %"},
		{Duration(340), "340 ms"}, {Duration(12300), "12.30 s"}, {Duration(543000), "9.05 min"},
		{Duration(-2000), "-2.00 s"},
		{Number(math.NaN(), "ms"), "–"}, {Number(0.5, "fraction"), "50.00 %"}, {Number(12345, "count"), "12,345"},
		{Number(1.5, "count"), "1.500"}, {Number(1500, "ms"), "1.50 s"}, {Number(0.25, ""), "0.2500"},
		{Minus("-1,234.5 %"), "−1,234.5 %"}, {Minus("1 - 2"), "1 - 2"},
		{Clean("a\x1b[2Jb\nc"), "a\ufffd[2Jb\ufffdc"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	var b strings.Builder
	Wrap(&b, "one two three", "  ", 10)
	if got, want := b.String(), "  one two\n  three\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A bar that is not drawn accepts every call, and writes nothing.
func TestNoBar(t *testing.T) {
	var b strings.Builder
	bar := NewBar(&b, false, Count)
	bar.Set("rows", 1, 2)
	bar.Clear()
	if b.Len() > 0 {
		t.Errorf("%q is written to a stream that is not a terminal", b.String())
	}
}
