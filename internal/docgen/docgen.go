// Package docgen writes the generated parts of the project's Markdown pages.
//
// A page is prose that people edit. It has parts that are generated from the code, such as tables of
// columns. A part is between two comments, which readers of the page do not see:
//
//	<!-- begin NAME -->
//	…
//	<!-- end NAME -->
//
// A test of the package that generates the parts calls Check, which fails if the page differs from the
// code, and rewrites the parts with -update.
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

// Check fails the test if the parts of the page at path differ from the given ones, by name. With update it
// rewrites them instead.
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
		t.Errorf("%s differs from the code: run this test with -update", path)
	}
}

// Fill returns the page with its parts replaced by the given ones, by name. It returns an error if the page
// lacks one of them or has another part.
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
		return nil, fmt.Errorf("the page has %d parts, but the code generates %d", n, len(parts))
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

// Row appends a row to the table. It escapes characters that have a meaning in a table or in HTML.
func (p *Page) Row(cells ...string) {
	for i := range cells {
		parts := strings.Split(inTable.Replace(cells[i]), "`")
		for k := 0; k < len(parts); k += 2 { // the parts between are code
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

// Code returns text as code for a cell of a table.
func Code(text string) string { return "`" + text + "`" }
