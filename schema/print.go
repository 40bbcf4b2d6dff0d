package schema

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// name returns the last part of the dotted name.
func (c Column) name() string { return c.Name[strings.LastIndexByte(c.Name, '.')+1:] }

const textWidth = 100 // width of the lines of Text, in columns of a terminal

// Text prints the table for a terminal: every column with its type, unit and range, followed by its meaning,
// its source and the cases in which it is null.
func (t Table) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: one row is %s\n\n", t.Path, strings.ReplaceAll(t.Row, "`", ""))
	t.Walk(func(c Column) {
		indent := strings.Repeat("  ", 1+strings.Count(c.Name, "."))
		about := []string{c.Type}
		for _, s := range []string{c.Unit, c.Range} {
			if s != "" {
				about = append(about, s)
			}
		}
		fmt.Fprintf(&b, "%s%s  (%s)\n", indent, c.Name, strings.Join(about, "; "))
		text := fmt.Sprintf("%s From: %s.", c.Doc, c.From)
		if c.Null != "never" {
			text += fmt.Sprintf(" Null: %s.", c.Null)
		}
		wrap(&b, text, indent+"    ")
	})
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap writes text in lines of at most textWidth characters, each after indent.
func wrap(b *strings.Builder, text, indent string) {
	at := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case at == 0:
			b.WriteString(indent)
			at = len(indent)
		case at+1+n > textWidth:
			b.WriteString("\n" + indent)
			at = len(indent)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	b.WriteByte('\n')
}
