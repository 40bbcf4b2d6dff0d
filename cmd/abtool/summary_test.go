package main

import (
	"strings"
	"testing"

	"abtool/store"
)

func TestPrintSkipped(t *testing.T) {
	for _, test := range []struct {
		src  store.Source
		want string
	}{
		{store.Source{Name: "a"}, ""},
		{store.Source{Name: "a", OtherFiles: 1, Headers: 1,
			Skipped: map[string]int64{"symbolic links": 1, "values next to the records": 1}},
			"  also in a, not read: 1 file of another kind, 1 header or empty page, 1 symbolic link, 1 " +
				"value next to the records\n"},
		{store.Source{Name: "a", AppleDouble: 1200, Skipped: map[string]int64{"sparse files": 2}},
			"  also in a, not read: 1,200 AppleDouble files (._), 2 sparse files\n"},
		{store.Source{Name: "a", Repaired: 1},
			"  repaired in a: 1 string has bytes that are not UTF-8, replaced by U+FFFD\n"},
		{store.Source{Name: "a", Repaired: 2},
			"  repaired in a: 2 strings have bytes that are not UTF-8, replaced by U+FFFD\n"},
	} {
		var b strings.Builder
		printSkipped(&b, test.src)
		if b.String() != test.want {
			t.Errorf("%+v: %q, want %q", test.src, b.String(), test.want)
		}
	}
}

func TestPrintExamples(t *testing.T) {
	var b strings.Builder
	printExamples(&b, []store.Example{{
		Source: "a.tar.gz", Member: "b.xml", Offset: 313344, Reason: "too_deep",
		Snippet: `<annotation>\n\t\t<a>\\n \xff`,
	}})
	want := `The first rejects (all are in the rejects tables):
  a.tar.gz, b.xml, byte 313,344: record left out
    reason  too_deep: elements or values nested deeper than the limit (256)
    text    <annotation> <a>\\n \xff

`
	if b.String() != want {
		t.Errorf("%s, want %s", b.String(), want)
	}
}
