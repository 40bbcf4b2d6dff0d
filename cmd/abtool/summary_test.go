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
		{store.Source{Name: "a", OtherFiles: 1, Headers: 1, Skipped: map[string]int64{"symbolic links": 1, "values next to the records": 1}},
			"  also in a, not read: 1 file of another kind, 1 header or empty page, 1 symbolic link, 1 value next to the records\n"},
		{store.Source{Name: "a", AppleDouble: 1200, Skipped: map[string]int64{"sparse files": 2}},
			"  also in a, not read: 1,200 AppleDouble files (._), 2 sparse files\n"},
	} {
		var b strings.Builder
		printSkipped(&b, test.src)
		if b.String() != test.want {
			t.Errorf("%+v: %q, want %q", test.src, b.String(), test.want)
		}
	}
}
