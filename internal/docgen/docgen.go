// Package docgen fills in the generated parts of the project's Markdown pages.
//
// A page is prose that people edit, with parts that are made from the code, such as tables of
// columns. A part stands between two comments, which no reader of the page sees:
//
//	<!-- begin NAME -->
//	…
//	<!-- end NAME -->
//
// A test of the package that knows the parts calls Check: it fails where the page differs from
// the code, and rewrites the parts with -update.
package docgen

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Check fails the test if the page at path has other parts than the given ones, by name. With
// update it writes them instead.
func Check(t testing.TB, path string, update bool, parts map[string]string) {
	t.Helper()
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Fill(have, parts)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	switch {
	case bytes.Equal(have, want):
	case update:
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what the code says: run this test with -update", path)
	}
}

// Fill returns the page with its parts replaced by those given by name. It is an error if the
// page lacks one of them, or has a part that is not given.
func Fill(page []byte, parts map[string]string) ([]byte, error) {
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->\n"
		before, rest, ok := bytes.Cut(page, []byte(begin))
		_, after, closed := bytes.Cut(rest, []byte(end))
		if !ok || !closed {
			return nil, fmt.Errorf("the page has no part %q", name)
		}
		text := strings.Trim(parts[name], "\n")
		page = slices.Concat(before, []byte(begin+"\n"+text+"\n\n"+end), after)
	}
	if n := bytes.Count(page, []byte("<!-- begin ")); n != len(parts) {
		return nil, fmt.Errorf("the page has %d parts, and the code gives %d", n, len(parts))
	}
	return page, nil
}

// A Page collects the text of one part.
type Page struct{ strings.Builder }

// Printf appends formatted text.
func (p *Page) Printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// Head begins a table with the names of its columns.
func (p *Page) Head(names ...string) {
	p.line(names)
	p.WriteString(strings.Repeat("|---", len(names)) + "|\n")
}

// Row appends a row to the table, with escapes for what has a meaning in a table or in HTML.
func (p *Page) Row(cells ...string) {
	for i := range cells {
		parts := strings.Split(inTable.Replace(cells[i]), "`")
		for k := 0; k < len(parts); k += 2 { // the others are code
			parts[k] = inText.Replace(parts[k])
		}
		cells[i] = strings.Join(parts, "`")
	}
	p.line(cells)
}

func (p *Page) line(cells []string) { p.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

var (
	inTable = strings.NewReplacer("|", `\|`, "\n", " ")
	inText  = strings.NewReplacer("<", "&lt;")
)

// Anchor returns the name by which a forge links to a heading.
func Anchor(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(title)) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Code is text as code, which may stand in a cell.
func Code(text string) string { return "`" + text + "`" }
