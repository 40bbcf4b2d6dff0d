package docgen

import (
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	const page = "# Title\n\n<!-- begin a -->\nold\n<!-- end a -->\nprose\n<!-- begin b -->\n<!-- end b -->\n"
	got, err := Fill([]byte(page), map[string]string{"a": "new\n", "b": "| x |"})
	const want = "# Title\n\n<!-- begin a -->\n\nnew\n\n<!-- end a -->\nprose\n<!-- begin b -->\n\n| x |\n\n<!-- end b -->\n"
	if err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if again, err := Fill(got, map[string]string{"a": "new", "b": "| x |"}); err != nil || string(again) != want {
		t.Errorf("filled again: %q, %v", again, err)
	}
	for says, parts := range map[string]map[string]string{
		`no part "c"`:                       {"a": "", "b": "", "c": ""},
		"2 parts, but the code generates 1": {"a": ""},
	} {
		if _, err := Fill([]byte(page), parts); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v, want %q", parts, err, says)
		}
	}
}

func TestTable(t *testing.T) {
	var p Page
	p.Head("name", "meaning")
	p.Row(Code("x<y"), "a < b | c\nd")
	const want = "| name | meaning |\n|---|---|\n| `x<y` | a &lt; b \\| c d |\n"
	if p.String() != want {
		t.Errorf("%q", p.String())
	}
}
