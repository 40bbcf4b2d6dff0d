package view

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Page is rows in columns.
type Page struct {
	N       int64    `json:"n"`     // rows that the filter matches
	Total   int64    `json:"total"` // rows of the data set
	Page    int64    `json:"page"`  // number, from 1
	Pages   int64    `json:"pages"`
	Columns []string `json:"columns"`
	Data    [][]any  `json:"data"` // by column
}

// A Sort orders rows by a field, and then by seq. Rows without a value are last.
type Sort struct {
	Field string // "" orders by seq
	Down  bool

	by string // SQL in place of the column; "" for the column
}

// ParseSort reads a field, with a minus for descending order.
func (v *View) ParseSort(text string) (s Sort, err error) {
	s.Field, s.Down = strings.CutPrefix(text, "-")
	if s.Field == "" {
		return s, nil
	}
	f, err := v.Field(s.Field)
	if f.apart { // by the first tag
		s.by = fmt.Sprintf("(SELECT min(tag) FROM tags_%s t WHERE t.seq = %s.seq)", v.Set, v.table)
	}
	return s, err
}

// String returns the order as an address has it.
func (s Sort) String() string {
	if s.Down {
		return "-" + s.Field
	}
	return s.Field
}

// order returns the ORDER BY, forwards or backwards.
func (s Sort) order(back bool) string {
	direction := func(down bool) string {
		if down {
			return "DESC"
		}
		return "ASC"
	}
	if s.Field == "" {
		return "seq " + direction(s.Down != back)
	}
	nulls := "LAST"
	if back {
		nulls = "FIRST"
	}
	by := s.by
	if by == "" {
		by = `"` + s.Field + `"`
	}
	return fmt.Sprintf("%s %s NULLS %s, seq %s", by, direction(s.Down != back), nulls, direction(back))
}

// Rows returns a page of the rows that a filter matches. A number beyond the last page is the last page. Pages near
// the end are read from the end, and take as long as those near the start.
func (v *View) Rows(ctx context.Context, f Filter, s Sort, page, size int64) (*Page, error) {
	n, err := v.Count(ctx, f)
	if err == nil {
		err = v.Wait(ctx, s.Field)
	}
	if err != nil {
		return nil, err
	}
	out := v.page()
	out.N, out.Pages = n, max(1, (n+size-1)/size)
	out.Page = min(max(page, 1), out.Pages)
	skip := (out.Page - 1) * size
	limit := min(size, n-skip)
	back := skip > n/2
	if back {
		skip = n - skip - limit
	}
	if limit <= 0 {
		return out, nil
	}
	where, err := v.where(ctx, f)
	if err != nil {
		return nil, err
	}
	defer where.done()
	// The page is found by seq alone; then its other columns are read.
	return out, v.read(ctx, out, fmt.Sprintf("seq IN (SELECT seq FROM %s WHERE %s ORDER BY %s LIMIT %d OFFSET %d) ORDER BY %s",
		v.table, where.sql, s.order(back), limit, skip, s.order(false)), where.args)
}

// At returns the rows that have the numbers, in the order of seq.
func (v *View) At(ctx context.Context, seqs []int64) (*Page, error) {
	out := v.page()
	out.Page, out.Pages = 1, 1
	if len(seqs) == 0 {
		return out, nil
	}
	err := v.read(ctx, out, "seq IN ("+joined(seqs)+") ORDER BY seq", nil)
	out.N = int64(len(out.Data[0]))
	return out, err
}

// page returns a page without rows. It has no columns of fields that are not there yet.
func (v *View) page() *Page {
	p := &Page{Total: v.Total, Columns: []string{"seq", "width", "height"}}
	reading := v.Reading()
	for _, name := range names(v.Fields) {
		if !slices.Contains(reading, name) {
			p.Columns = append(p.Columns, name)
		}
	}
	p.Data = make([][]any, len(p.Columns))
	for i := range p.Data {
		p.Data[i] = []any{}
	}
	return p
}

// read appends rows to a page.
func (v *View) read(ctx context.Context, p *Page, where string, args []any) error {
	stored := slices.DeleteFunc(slices.Clone(p.Columns), func(name string) bool { return name == tagField.Name })
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf(`SELECT "%s" FROM %s WHERE %s`, strings.Join(stored, `", "`), v.table, where), args...)
	values := make([]any, len(stored))
	to := make([]any, len(values))
	for i := range values {
		to[i] = &values[i]
	}
	err = each(rows, err, func(scan func(...any) error) error {
		if err := scan(to...); err != nil {
			return err
		}
		for i, v := range values {
			p.Data[i] = append(p.Data[i], v)
		}
		return nil
	})
	if err == nil && len(stored) < len(p.Columns) { // it is the last one
		p.Data[len(stored)], err = v.tagsOf(ctx, p.Data[0])
	}
	return err
}

func names(fields []Field) (out []string) {
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return out
}
