package view

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
)

// A Sum is what an annotator adds to the value of a field: of its rows with a value, the number, and the sum of the
// values. Yes and no are 1 and 0.
type Sum struct {
	N     int64
	Total float64
}

// Measured returns the fields that have a mean or a share.
func (v *View) Measured() (fields []Field) {
	for _, f := range v.Fields {
		if f.Kind == Bool || f.Kind == Whole || f.Kind == Number {
			fields = append(fields, f)
		}
	}
	return fields
}

// Sums returns what each annotator adds to fields, of the rows that a filter matches. Rows without an annotator count
// by their images.
func (v *View) Sums(ctx context.Context, f Filter, fields []Field) (map[string][]Sum, error) {
	if err := v.Wait(ctx, names(fields)...); err != nil {
		return nil, err
	}
	where, err := v.where(ctx, f)
	if err != nil {
		return nil, err
	}
	defer where.done()
	list := []string{"coalesce(worker_id::VARCHAR, 'image ' || image_id)"}
	for _, x := range fields {
		value := `"` + x.Name + `"`
		if x.Kind == Bool {
			value += "::INT"
		}
		list = append(list, fmt.Sprintf(`count("%s")`, x.Name), fmt.Sprintf("coalesce(sum(%s), 0)::DOUBLE", value))
	}
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s GROUP BY 1", strings.Join(list, ", "), v.table, where.sql), where.args...)
	out := map[string][]Sum{}
	return out, each(rows, err, func(scan func(...any) error) error {
		var who string
		sums := make([]Sum, len(fields))
		to := []any{&who}
		for i := range sums {
			to = append(to, &sums[i].N, &sums[i].Total)
		}
		if err := scan(to...); err != nil {
			return err
		}
		out[who] = sums
		return nil
	})
}

// BinsOf returns the bins of a numeric field, or nil if no row has a value.
func (v *View) BinsOf(name string) *Bins {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.bins[name]
}

// Common returns bins for the values of two data sets.
func Common(a, b *Bins, whole bool) *Bins {
	if a == nil || b == nil || *a == *b {
		if a == nil {
			return b
		}
		return a
	}
	end := func(b *Bins) float64 { return min(b.Most, b.Low+float64(b.N)*b.Step) }
	start := func(b *Bins) float64 { return max(b.Least, b.Low) }
	low, high := min(start(a), start(b)), max(end(a), end(b))
	out := binsOf(low, high, low, high, whole)
	out.Least, out.Most = min(a.Least, b.Least), max(a.Most, b.Most)
	out.Before = out.Least < out.Low
	out.After = out.Most > out.Low+float64(out.N)*out.Step
	return out
}

// Histogram counts the rows that a filter matches in bins of a numeric field, and those without a value.
func (v *View) Histogram(ctx context.Context, f Filter, name string, b *Bins) (count []int64, null int64, err error) {
	if err := v.Wait(ctx, name); err != nil {
		return nil, 0, err
	}
	where, err := v.where(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	defer where.done()
	count = make([]int64, b.N)
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf("SELECT %s, count(*) FROM %s WHERE %s GROUP BY 1", b.exact(`"`+name+`"`), v.table, where.sql), where.args...)
	return count, null, each(rows, err, func(scan func(...any) error) error {
		var bin sql.NullInt64
		var n int64
		if err := scan(&bin, &n); err != nil {
			return err
		}
		if bin.Valid {
			count[bin.Int64] += n
		} else {
			null = n
		}
		return nil
	})
}

// exact is the SQL of the number of a bin, which has the values of the bin's Range, whatever the division rounds.
func (b *Bins) exact(column string) string {
	x, k := column+"::DOUBLE", fmt.Sprintf("floor((%s::DOUBLE - %v) / %v)", column, b.Low, b.Step)
	edge := func(k string) string { return fmt.Sprintf("round(%v + %s * %v, 9)", b.Low, k, b.Step) }
	return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN greatest(0, least(%d, %s + (%s >= %s)::INT - (%s < %s)::INT))::INTEGER END",
		column, b.N-1, k, x, edge("("+k+" + 1)"), x, edge(k))
}

// Range returns the range of a bin. The first and the last have what lies outside, too.
func (b *Bins) Range(i int, whole bool) Range {
	round := func(v float64) float64 { return math.Round(v*1e9) / 1e9 }
	r := Range{Low: round(b.Low + float64(i)*b.Step), High: round(b.Low + float64(i+1)*b.Step), Below: true}
	if i == 0 && b.Before {
		r.Low = math.Inf(-1)
	}
	if i == b.N-1 && (b.After || !whole) {
		r.High, r.Below = math.Inf(1), false
	}
	return r
}

// Values returns the distinct values of a text field of the data set.
func (v *View) Values(ctx context.Context, name string) ([]string, error) {
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf(`SELECT DISTINCT "%s"::VARCHAR FROM %s WHERE "%[1]s" IS NOT NULL ORDER BY 1`, name, v.table))
	return texts(rows, err)
}
