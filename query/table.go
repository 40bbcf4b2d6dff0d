package query

import (
	"context"
	"database/sql/driver"
	"fmt"
	"html"
	"io"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// A Table is a whole result in memory.
type Table struct {
	Columns []ResultColumn
	Rows    [][]driver.Value // values as in Rows.Next
}

// Table runs one statement in a separate session and keeps the result. It refuses what Session.Query
// does.
func (db *DB) Table(ctx context.Context, text string) (*Table, error) {
	s, err := db.Session(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	r, err := s.Query(ctx, text, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	t := &Table{Columns: r.Columns}
	for {
		row := make([]driver.Value, len(t.Columns))
		switch err := r.Next(row); err {
		case nil:
			t.Rows = append(t.Rows, row)
		case io.EOF:
			return t, nil
		default:
			return nil, err
		}
	}
}

// column returns the number of a column. It panics if the result does not have the column.
func (t *Table) column(name string) int {
	i := slices.IndexFunc(t.Columns, func(c ResultColumn) bool { return c.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("query: the result has no column %q", name))
	}
	return i
}

// Numbers returns the values of a column of numbers. Nulls and values that are not numbers become NaN. It
// panics if the result does not have the column.
func (t *Table) Numbers(column string) []float64 {
	c, out := t.column(column), make([]float64, len(t.Rows))
	for i, row := range t.Rows {
		out[i] = float(row[c])
	}
	return out
}

func float(v driver.Value) float64 {
	switch v := v.(type) {
	case duckdb.Decimal:
		return v.Float64()
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	}
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return float64(r.Int())
	case r.CanUint():
		return float64(r.Uint())
	case r.CanFloat():
		return r.Float()
	}
	return math.NaN()
}

// Texts returns the values of a column as DuckDB formats them. Nulls become "". It panics if the result does
// not have the column.
func (t *Table) Texts(column string) []string {
	c, out := t.column(column), make([]string, len(t.Rows))
	for i, row := range t.Rows {
		out[i] = t.Columns[c].Type.Text(row[c])
	}
	return out
}

// HTML returns the result as a table for a page or a notebook, with numbers right-aligned.
func (t *Table) HTML() string {
	var b strings.Builder
	cell := func(tag, text string, c ResultColumn) {
		side := "left"
		if c.Type.Numeric() {
			side = "right"
		}
		fmt.Fprintf(&b, `<%s style="text-align:%s">%s</%[1]s>`, tag, side, html.EscapeString(text))
	}
	b.WriteString("<table><thead><tr>")
	for _, c := range t.Columns {
		cell("th", c.Name, c)
	}
	b.WriteString("</tr></thead><tbody>\n")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for i, c := range t.Columns {
			cell("td", c.Type.Text(row[i]), c)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
