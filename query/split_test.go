package query

import "testing"

func TestOneLine(t *testing.T) {
	for _, c := range []struct {
		text, want string
		ok         bool
	}{
		{"SELECT 1 -- one\n  AS a;\n", "SELECT 1 AS a;", true},
		{"/* what /* inner */ */ SELECT 'x  -- y'\t\t, \"a  b\"", "SELECT 'x  -- y' , \"a  b\"", true},
		{"SELECT 1--1\n-1", "SELECT 1 -1", true},
		{"SELECT $$a\nb$$", "SELECT $$a\nb$$", false},
		{"SELECT 'a\nb'", "SELECT 'a\nb'", false},
		{"-- nothing", "", true},
	} {
		if got, ok := OneLine(c.text); got != c.want || ok != c.ok {
			t.Errorf("%q: %q, %v, want %q, %v", c.text, got, ok, c.want, c.ok)
		}
	}
}
