package shell

import (
	"bufio"
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"abtool/internal/ui"
	"abtool/query"
)

// DefaultRows is the number of rows that box mode prints.
const DefaultRows = 40

// Printer prints results in one of the Modes.
type Printer struct {
	W       io.Writer
	Mode    string     // one of Modes
	Limit   int        // largest number of rows, 0 for all
	Limited bool       // whether Limit applies in every mode, not only in box mode
	Width   func() int // width of the terminal in columns; nil or 0 is unlimited
}

// NewPrinter returns a printer in box mode for a terminal, otherwise in CSV mode.
func NewPrinter(w io.Writer) *Printer {
	p := &Printer{W: w, Mode: "csv", Limit: DefaultRows}
	if f, tty := ui.Terminal(w); tty {
		p.Mode = "box"
		p.Width = func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil {
				return 0
			}
			return width
		}
	} else if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil {
		p.Width = func() int { return n }
	}
	return p
}

// A nextRow returns a row that is valid until the next call, or io.EOF.
type nextRow func() ([]driver.Value, error)

// modes has the functions that print the rows of a result, by mode. next returns no more rows than the limit.
var modes = map[string]func(p *Printer, cols []query.ResultColumn, next nextRow) error{
	"markdown": (*Printer).markdown, "csv": (*Printer).csv, "json": (*Printer).json,
	"jsonlines": (*Printer).jsonLines, "line": (*Printer).line,
}

// Modes returns the modes of printing: box, csv, json, jsonlines, line, markdown.
func Modes() []string {
	names := slices.Sorted(maps.Keys(modes))
	return append([]string{"box"}, names...)
}

// rows returns the number of rows to print, 0 for all.
func (p *Printer) rows() int {
	if p.Mode == "box" || p.Limited {
		return p.Limit
	}
	return 0
}

// Want returns the form of results that Print takes: the rows that are printed, and one more if there are others.
// JSON is made from values, and all other modes from texts.
func (p *Printer) Want() query.Want {
	w := query.Want{Text: p.Mode != "json" && p.Mode != "jsonlines"}
	if n := p.rows(); n > 0 {
		w.First = n + 1
	}
	return w
}

// Print prints a result that has the form of Want. Only box mode keeps the result in memory.
func (p *Printer) Print(ctx context.Context, r *query.Rows, notes io.Writer) error {
	buffered := *p
	w := bufio.NewWriterSize(p.W, 64<<10)
	buffered.W = w
	err := buffered.result(ctx, r, notes)
	if e := w.Flush(); err == nil { // otherwise it returns the same error
		err = e
	}
	return err
}

func (p *Printer) result(ctx context.Context, r *query.Rows, notes io.Writer) error {
	n, more := 0, false
	buf := make([]driver.Value, len(r.Columns))
	next := func() ([]driver.Value, error) {
		switch ctx.Err() {
		case context.Canceled:
			return nil, query.ErrStopped
		case context.DeadlineExceeded:
			return nil, query.ErrTimeout
		}
		if err := r.Next(buf); err != nil {
			return nil, err
		}
		if limit := p.rows(); limit > 0 && n == limit {
			more = true
			return nil, io.EOF
		}
		n++
		return buf, nil
	}
	if p.Mode == "box" && isPlan(r.Columns) {
		return p.plan(next)
	}
	if p.Mode == "box" {
		return p.box(r.Columns, next, func() bool { return more })
	}
	err := modes[p.Mode](p, r.Columns, next)
	if err == nil && more {
		fmt.Fprintf(notes, "The first %s rows, there are more: --limit 0 gives all.\n", ui.Thousands(int64(n)))
	}
	return err
}

// cell returns the text of a value of Want.Text; a null is "".
func cell(v driver.Value) string {
	text, _ := v.(string)
	return text
}

// isPlan reports whether a result comes from EXPLAIN, which draws a plan.
func isPlan(cols []query.ResultColumn) bool {
	return len(cols) == 2 && cols[0].Name == "explain_key" && cols[1].Name == "explain_value"
}

func (p *Printer) plan(next nextRow) error {
	return each(next, func(row []driver.Value) error {
		_, err := fmt.Fprintln(p.W, cell(row[1]))
		return err
	})
}

// each calls f for every row.
func each(next nextRow, f func([]driver.Value) error) error {
	for {
		row, err := next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
}

// csv prints RFC 4180 as DuckDB reads and writes it: a null is an empty field and an empty text is "". A
// null that is alone on its line is also "", because readers skip empty lines.
func (p *Printer) csv(cols []query.ResultColumn, next nextRow) error {
	var b []byte
	for i, c := range cols {
		b = appendCSV(b, i, c.Name, true)
	}
	if _, err := p.W.Write(append(b, '\n')); err != nil {
		return err
	}
	return each(next, func(row []driver.Value) error {
		b = b[:0]
		for i, v := range row {
			b = appendCSV(b, i, cell(v), v != nil || len(row) == 1)
		}
		_, err := p.W.Write(append(b, '\n'))
		return err
	})
}

// appendCSV writes field i of a line; quoted says whether an empty field has quotes.
func appendCSV(b []byte, i int, text string, quoted bool) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	switch {
	case text == "" && !quoted:
		return b
	case text != "" && !strings.ContainsAny(text, ",\"\r\n") && strings.TrimSpace(text) == text:
		return append(b, text...)
	}
	return append(append(append(b, '"'), strings.ReplaceAll(text, `"`, `""`)...), '"')
}

func (p *Printer) markdown(cols []query.ResultColumn, next nextRow) error {
	names, rules := make([]string, len(cols)), make([]string, len(cols))
	for i, c := range cols {
		names[i], rules[i] = markdownCell(c.Name), "---"
		if c.Type.Numeric() {
			rules[i] = "--:"
		}
	}
	line := func(cells []string) error {
		_, err := fmt.Fprintf(p.W, "| %s |\n", strings.Join(cells, " | "))
		return err
	}
	if err := line(names); err != nil {
		return err
	}
	if err := line(rules); err != nil {
		return err
	}
	cells := make([]string, len(cols))
	return each(next, func(row []driver.Value) error {
		for i, v := range row {
			cells[i] = markdownCell(cell(v))
		}
		return line(cells)
	})
}

func markdownCell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", "<br>", "\r", "").Replace(s)
}

func (p *Printer) json(cols []query.ResultColumn, next nextRow) error {
	sep := "["
	err := each(next, func(row []driver.Value) error {
		_, err := fmt.Fprintf(p.W, "%s%s", sep, object(cols, row))
		sep = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	if sep == "[" {
		_, err = io.WriteString(p.W, "[]\n")
	} else {
		_, err = io.WriteString(p.W, "]\n")
	}
	return err
}

func (p *Printer) jsonLines(cols []query.ResultColumn, next nextRow) error {
	return each(next, func(row []driver.Value) error {
		_, err := p.W.Write(append(object(cols, row), '\n'))
		return err
	})
}

func object(cols []query.ResultColumn, row []driver.Value) []byte {
	b := []byte{'{'}
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(query.AppendString(b, cols[i].Name), ':')
		b = cols[i].Type.AppendJSON(b, v)
	}
	return append(b, '}')
}

func (p *Printer) line(cols []query.ResultColumn, next nextRow) error {
	width := 0
	for _, c := range cols {
		width = max(width, displayWidth(c.Name))
	}
	gap := ""
	return each(next, func(row []driver.Value) error {
		b := []byte(gap)
		gap = "\n"
		for i, v := range row {
			b = append(b, strings.Repeat(" ", width-displayWidth(cols[i].Name))...)
			b = append(b, oneLine(cols[i].Name)+" = "+oneLine(cell(v))+"\n"...)
		}
		_, err := p.W.Write(b)
		return err
	})
}
