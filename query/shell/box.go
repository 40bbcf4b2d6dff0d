package shell

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/rivo/uniseg"

	"abtool/internal/ui"
	"abtool/query"
)

const (
	minCell = 10 // width to which columns are cut before a column is left out
	maxCell = 80 // width of a text if the width of the box is not limited

	leftNamed = 8 // number of left-out columns that are named
)

// A column is a column of a box as it is shown.
type column struct {
	name, typ string
	cells     []string
	right     bool
	width     int
	full      int // width that shows all cells in full
}

// box draws a result with rules. Columns that do not fit the width are cut, and then left out from the
// middle. A line below names them.
func (p *Printer) box(cols []query.ResultColumn, next nextRow, more func() bool) error {
	table := make([]column, len(cols))
	for i, c := range cols {
		table[i] = column{name: oneLine(c.Name), typ: strings.ToLower(typeLabel(c.Type)), right: c.Type.Numeric()}
	}
	rows := 0
	err := each(next, func(row []driver.Value) error {
		for i, v := range row {
			text := "NULL"
			if v != nil {
				text = oneLine(cell(v))
			}
			table[i].cells = append(table[i].cells, text)
		}
		rows++
		return nil
	})
	if err != nil {
		return err
	}
	limit := 0
	if p.Width != nil {
		limit = p.Width()
	}
	for i := range table {
		table[i].measure(limit)
	}
	shown, left := fit(table, limit)
	var b strings.Builder
	rule(&b, shown, "┌", "┬", "┐")
	line(&b, shown, func(c column) (string, bool) { return c.name, false })
	line(&b, shown, func(c column) (string, bool) { return c.typ, false })
	rule(&b, shown, "├", "┼", "┤")
	for i := range rows {
		line(&b, shown, func(c column) (string, bool) { return c.cells[i], c.right })
	}
	rule(&b, shown, "└", "┴", "┘")
	b.WriteString(footer(rows, more(), len(cols), left))
	_, err = p.W.Write([]byte(b.String()))
	return err
}

func footer(rows int, more bool, cols int, left []string) string {
	var notes []string
	switch {
	case more:
		notes = append(notes, fmt.Sprintf("the first %s rows, there are more: --limit 0 shows all",
			ui.Thousands(int64(rows))))
	case rows == 0:
		notes = append(notes, "no rows")
	case rows > 20:
		notes = append(notes, ui.Thousands(int64(rows))+" rows")
	}
	if n := len(left); n > 0 {
		if n > leftNamed {
			left = append(left[:leftNamed:leftNamed], fmt.Sprintf("and %d more", n-leftNamed))
		}
		notes = append(notes, fmt.Sprintf("%d of %d columns are left out (%s): --mode line shows all", n,
			cols, strings.Join(left, ", ")))
	}
	if notes == nil {
		return ""
	}
	return strings.Join(notes, "\n") + "\n"
}

func typeLabel(t query.Type) string {
	switch t.Name {
	case "LIST", "ARRAY":
		return typeLabel(*t.Elem) + "[]"
	case "STRUCT":
		return "struct"
	case "BIGINT":
		return "int64"
	case "INTEGER":
		return "int32"
	}
	return t.Name
}

func (c *column) measure(limit int) {
	c.width = max(displayWidth(c.name), displayWidth(c.typ), 1)
	for _, s := range c.cells {
		c.width = max(c.width, displayWidth(s))
	}
	if limit == 0 {
		c.width = min(c.width, maxCell)
	}
	c.full = c.width
}

// fit cuts columns, the widest first, so that the box fits a width. If that is not enough, it leaves out
// columns in the middle.
func fit(table []column, limit int) (shown []column, left []string) {
	shown = slices.Clone(table)
	if limit <= 0 {
		return shown, nil
	}
	total := func() int {
		n := 1
		for _, c := range shown {
			n += c.width + 3
		}
		return n
	}
	for total() > limit {
		widest := -1
		for i, c := range shown {
			if c.width > minCell && (widest < 0 || c.width > shown[widest].width) && !c.right {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		shown[widest].width = max(minCell, shown[widest].width-(total()-limit))
	}
	cut := -1
	for total() > limit && len(shown) > 2 {
		if cut < 0 {
			cut = len(shown) / 2
			left = append(left, shown[cut].name)
			shown[cut] = column{name: "…",
				cells: slices.Repeat([]string{"…"}, len(shown[cut].cells)), width: 1, full: 1}
			continue
		}
		// take a column from the side with more columns
		if at := cut + 1; len(shown)-cut-1 >= cut && at < len(shown) {
			left = append(left, shown[at].name)
			shown = slices.Delete(shown, at, at+1)
		} else {
			left = append([]string{shown[cut-1].name}, left...)
			shown = slices.Delete(shown, cut-1, cut)
			cut--
		}
	}
	for i := range shown { // the width of left-out columns goes to columns that were cut
		shown[i].width += max(0, min(limit-total(), shown[i].full-shown[i].width))
	}
	return shown, left
}

func rule(b *strings.Builder, cols []column, begin, between, end string) {
	for i, c := range cols {
		if i == 0 {
			b.WriteString(begin)
		} else {
			b.WriteString(between)
		}
		b.WriteString(strings.Repeat("─", c.width+2))
	}
	b.WriteString(end + "\n")
}

func line(b *strings.Builder, cols []column, cell func(column) (text string, right bool)) {
	for _, c := range cols {
		text, right := cell(c)
		text = clip(text, c.width)
		pad := strings.Repeat(" ", c.width-displayWidth(text))
		if right {
			text = pad + text
		} else {
			text += pad
		}
		b.WriteString("│ " + text + " ")
	}
	b.WriteString("│\n")
}

// clip cuts a text to a display width.
func clip(s string, width int) string {
	if displayWidth(s) <= width {
		return s
	}
	var b strings.Builder
	n := 0
	for g := uniseg.NewGraphemes(s); g.Next(); {
		if n += g.Width(); n > width-1 {
			break
		}
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

func displayWidth(s string) int { return uniseg.StringWidth(s) }

// oneLine makes control characters visible, so that a cell stays on one line and text of the data cannot
// control the terminal.
func oneLine(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case isControl(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }
