package main

import (
	"bufio"
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"abtool/internal/ui"
	"abtool/query"
)

// printer prints results in one of DuckDB's modes.
type printer struct {
	w       io.Writer
	mode    string
	limit   int
	limited bool       // the limit was asked for, so it holds in every mode
	width   func() int // of the terminal; nil or 0: unlimited
}

// modes print the rows that next gives, up to the limit; more tells whether there are others.
var modes = map[string]func(p *printer, cols []query.ResultColumn, next func() ([]driver.Value, error)) error{
	"markdown": (*printer).markdown, "csv": (*printer).csv, "json": (*printer).json, "jsonlines": (*printer).jsonLines, "line": (*printer).line,
}

func modeNames() []string {
	names := slices.Sorted(maps.Keys(modes))
	return append([]string{"box"}, names...)
}

// rows is the number of rows to print, 0 for all.
func (p *printer) rows() int {
	if p.mode == "box" || p.limited {
		return p.limit
	}
	return 0
}

// want is the part of a result that is printed, and one row more, which tells that there are
// others; JSON is made of values, all else of texts.
func (p *printer) want() query.Want {
	w := query.Want{Text: p.mode != "json" && p.mode != "jsonlines"}
	if n := p.rows(); n > 0 {
		w.First = n + 1
	}
	return w
}

// print prints a result that is as want says. It holds none of it but in box mode.
func (p *printer) print(ctx context.Context, r *query.Rows, notes io.Writer) error {
	buffered := *p
	w := bufio.NewWriterSize(p.w, 64<<10)
	buffered.w = w
	err := buffered.result(ctx, r, notes)
	if e := w.Flush(); err == nil { // else it is the same again
		err = e
	}
	return err
}

func (p *printer) result(ctx context.Context, r *query.Rows, notes io.Writer) error {
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
	if p.mode == "box" && isPlan(r.Columns) {
		return p.plan(next)
	}
	if p.mode == "box" {
		return p.box(r.Columns, next, func() bool { return more })
	}
	err := modes[p.mode](p, r.Columns, next)
	if err == nil && more {
		fmt.Fprintf(notes, "The first %s rows, there are more: --limit 0 gives all.\n", ui.Thousands(int64(n)))
	}
	return err
}

// cell is a value of Want.Text; a null is empty.
func cell(v driver.Value) string {
	text, _ := v.(string)
	return text
}

// isPlan tells the result of EXPLAIN, which is a drawing.
func isPlan(cols []query.ResultColumn) bool {
	return len(cols) == 2 && cols[0].Name == "explain_key" && cols[1].Name == "explain_value"
}

func (p *printer) plan(next func() ([]driver.Value, error)) error {
	return each(next, func(row []driver.Value) error {
		_, err := fmt.Fprintln(p.w, cell(row[1]))
		return err
	})
}

// each calls f for every row.
func each(next func() ([]driver.Value, error), f func([]driver.Value) error) error {
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

// csv prints RFC 4180 as DuckDB reads and writes it: a null is nothing, an empty text is "". A
// null alone on its line is "" too: readers skip empty lines.
func (p *printer) csv(cols []query.ResultColumn, next func() ([]driver.Value, error)) error {
	var b []byte
	for i, c := range cols {
		b = appendCSV(b, i, c.Name, true)
	}
	if _, err := p.w.Write(append(b, '\n')); err != nil {
		return err
	}
	return each(next, func(row []driver.Value) error {
		b = b[:0]
		for i, v := range row {
			b = appendCSV(b, i, cell(v), v != nil || len(row) == 1)
		}
		_, err := p.w.Write(append(b, '\n'))
		return err
	})
}

// appendCSV writes field i of a line; quoted tells whether an empty one has quotes.
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

func (p *printer) markdown(cols []query.ResultColumn, next func() ([]driver.Value, error)) error {
	names, rules := make([]string, len(cols)), make([]string, len(cols))
	for i, c := range cols {
		names[i], rules[i] = markdownCell(c.Name), "---"
		if c.Type.Numeric() {
			rules[i] = "--:"
		}
	}
	line := func(cells []string) error {
		_, err := fmt.Fprintf(p.w, "| %s |\n", strings.Join(cells, " | "))
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

func (p *printer) json(cols []query.ResultColumn, next func() ([]driver.Value, error)) error {
	sep := "["
	err := each(next, func(row []driver.Value) error {
		_, err := fmt.Fprintf(p.w, "%s%s", sep, object(cols, row))
		sep = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	if sep == "[" {
		_, err = io.WriteString(p.w, "[]\n")
	} else {
		_, err = io.WriteString(p.w, "]\n")
	}
	return err
}

func (p *printer) jsonLines(cols []query.ResultColumn, next func() ([]driver.Value, error)) error {
	return each(next, func(row []driver.Value) error {
		_, err := p.w.Write(append(object(cols, row), '\n'))
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

func (p *printer) line(cols []query.ResultColumn, next func() ([]driver.Value, error)) error {
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
		_, err := p.w.Write(b)
		return err
	})
}
