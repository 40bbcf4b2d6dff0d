package view

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Facet says how many rows have each value of a field.
type Facet struct {
	Field string  `json:"field"`
	N     int64   `json:"n"`    // rows that are counted, with those without a value
	Null  int64   `json:"null"` // rows without a value
	Bins  *Bins   `json:"bins,omitempty"`
	Count []int64 `json:"count"` // rows in each bin, or with each value

	Values   []string `json:"values,omitempty"`
	Distinct int64    `json:"distinct,omitempty"` // number of values; of these, the most frequent are listed
	Cut      bool     `json:"cut,omitempty"`      // whether there are more than those listed
}

// Bins are the bins of a histogram. They depend on the whole data set and not on a filter, so that bars stay where
// they are.
type Bins struct {
	Low  float64 `json:"low"`
	Step float64 `json:"step"`
	N    int     `json:"n"`
	// What lies outside is counted in the first and the last bin.
	Before bool    `json:"before,omitempty"`
	After  bool    `json:"after,omitempty"`
	Least  float64 `json:"least"` // smallest and largest value of the data set
	Most   float64 `json:"most"`
}

// Limits of a facet.
const (
	MostBins   = 40
	MostValues = 50
)

// edges computes the bins of the fields that are numeric. Far values are found by quantiles of some thousand rows.
func (v *View) edges(ctx context.Context, fields []Field) error {
	fields = slices.DeleteFunc(fields, func(f Field) bool { return !f.Kind.numeric() })
	if len(fields) == 0 {
		return nil
	}
	const sample = 20_000
	var all, some []string
	for _, f := range fields {
		all = append(all, fmt.Sprintf(`min("%[1]s")::DOUBLE, max("%[1]s")::DOUBLE`, f.Name))
		some = append(some, fmt.Sprintf(`quantile_disc("%[1]s"::DOUBLE, 0.005), quantile_disc("%[1]s"::DOUBLE, 0.99)`, f.Name))
	}
	ends, quantiles := make([]sql.NullFloat64, 2*len(fields)), make([]sql.NullFloat64, 2*len(fields))
	where := fmt.Sprintf(" WHERE seq %% %d = 0", max(1, v.Total/sample))
	for _, q := range []struct {
		text string
		to   []sql.NullFloat64
	}{{"SELECT " + strings.Join(all, ", ") + " FROM " + v.table, ends}, {"SELECT " + strings.Join(some, ", ") + " FROM " + v.table + where, quantiles}} {
		to := make([]any, len(q.to))
		for i := range to {
			to[i] = &q.to[i]
		}
		if err := v.db.QueryRowContext(ctx, q.text).Scan(to...); err != nil {
			return err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, f := range fields {
		e, q := ends[2*i:], quantiles[2*i:]
		if !e[0].Valid {
			continue
		}
		if !q[0].Valid { // no row of the sample has a value
			q = e
		}
		v.bins[f.Name] = binsOf(e[0].Float64, e[1].Float64, q[0].Float64, q[1].Float64, f.Kind != Number)
	}
	return nil
}

// binsOf returns bins from the least to the most value. If few values are far from the others, the bins end
// near the low and high quantiles.
func binsOf(least, most, low, high float64, whole bool) *Bins {
	b := &Bins{Least: least, Most: most}
	from, to := least, most
	if spread := high - low; spread > 0 {
		if to > high+spread {
			to = high
		}
		if from < low-spread {
			from = low
		}
	}
	b.Step = niceStep((to-from)/MostBins, whole)
	b.Low = math.Floor(from/b.Step) * b.Step
	b.N = int(math.Floor((to-b.Low)/b.Step)) + 1
	if !whole && b.N > 1 && b.Low+float64(b.N-1)*b.Step >= to {
		b.N-- // the most value is the upper edge of the last bin
	}
	for b.N > MostBins {
		b.Step = niceStep(b.Step*1.01, whole)
		b.Low = math.Floor(from/b.Step) * b.Step
		b.N = int(math.Floor((to-b.Low)/b.Step)) + 1
	}
	b.Before = least < b.Low
	b.After = most >= b.Low+float64(b.N)*b.Step && (whole || most > b.Low+float64(b.N)*b.Step)
	return b
}

// niceStep returns the smallest of 1, 2 and 5 times a power of 10 that is not below a step.
func niceStep(step float64, whole bool) float64 {
	if whole && step <= 1 {
		return 1
	}
	if !(step > 0) {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(step)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*p >= step*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// bin is the SQL of the number of a bin, for whole numbers.
func (b *Bins) bin(column string) string {
	return fmt.Sprintf("CASE WHEN %[1]s IS NOT NULL THEN greatest(0, least(%[2]d, floor((%[1]s - %[3]v) / %[4]v)))::INTEGER END",
		column, b.N-1, b.Low, b.Step)
}

// Facet counts the rows that a filter matches by the values of a field. The term of the field itself does not
// apply. search selects values that contain it, in any case.
func (v *View) Facet(ctx context.Context, f Filter, name, search string) (*Facet, error) {
	x, err := v.Field(name)
	if err != nil {
		return nil, err
	}
	if err := v.Wait(ctx, name); err != nil {
		return nil, err
	}
	own := f.Term(name)
	f = f.Without(name)
	key := name + "\x00" + search + "\x00" + v.key(f)
	if own != nil {
		key += "\x00" + strings.Join(own.Texts, "\x00")
	}
	v.mu.Lock()
	out := v.facets[key]
	v.mu.Unlock()
	if out != nil {
		return out, nil
	}
	where, err := v.where(ctx, f)
	if err != nil {
		return nil, err
	}
	defer where.done()
	out = &Facet{Field: name}
	switch {
	case x.apart:
		err = v.tagFacet(ctx, own, out, search, where)
	case x.Kind.numeric():
		err = v.histogram(ctx, x, out, where)
	default:
		err = v.values(ctx, x, own, out, search, where)
	}
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	if len(v.facets) > 2048 {
		clear(v.facets)
	}
	v.facets[key] = out
	v.mu.Unlock()
	return out, nil
}

func (v *View) histogram(ctx context.Context, x Field, out *Facet, where restriction) error {
	v.mu.Lock()
	b := v.bins[x.Name]
	v.mu.Unlock()
	column := `"` + x.Name + `"`
	if b == nil { // no row has a value
		n, err := v.scalar(ctx, "count(*)", where)
		out.N, out.Null, out.Count = n, n, []int64{}
		return err
	}
	out.Bins, out.Count = b, make([]int64, b.N)
	bin := b.bin(column)
	if x.Kind == Number {
		bin = b.exact(column)
	}
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf("SELECT %s, count(*) FROM %s WHERE %s GROUP BY 1", bin, v.table, where.sql), where.args...)
	return each(rows, err, func(scan func(...any) error) error {
		var bin sql.NullInt64
		var n int64
		if err := scan(&bin, &n); err != nil {
			return err
		}
		out.N += n
		if bin.Valid {
			out.Count[bin.Int64] += n
		} else {
			out.Null += n
		}
		return nil
	})
}

func (v *View) scalar(ctx context.Context, what string, where restriction) (n int64, err error) {
	err = v.db.QueryRowContext(ctx, "SELECT "+what+" FROM "+v.table+" WHERE "+where.sql, where.args...).Scan(&n)
	return n, err
}

// values counts the most frequent values. Those that the filter has are listed too.
func (v *View) values(ctx context.Context, x Field, own *Term, out *Facet, search string, where restriction) error {
	chosen := map[string]bool{}
	if own != nil {
		for _, t := range own.Texts {
			chosen[t] = true
		}
	}
	column, from := `"`+x.Name+`"`, v.table+" WHERE "+where.sql
	if x.Kind == List || x.Many {
		var err error
		if out.N, err = v.scalar(ctx, "count(*)", where); err != nil {
			return err
		}
	}
	if x.Kind == List {
		n, err := v.scalar(ctx, fmt.Sprintf(`count(*) FILTER (coalesce(len("%s"), 0) = 0)`, x.Name), where)
		if err != nil {
			return err
		}
		out.Null = n
		column, from = "value", fmt.Sprintf(`(SELECT unnest("%s") AS value FROM %s)`, x.Name, from)
	}
	if x.Many {
		return v.found(ctx, x, out, chosen, search, from, where.args)
	}
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf("SELECT value::VARCHAR, n FROM (SELECT %s AS value, count(*) AS n FROM %s GROUP BY 1)", column, from), where.args...)
	type counted struct {
		value string
		n     int64
	}
	var all []counted
	low := strings.ToLower(search)
	err = each(rows, err, func(scan func(...any) error) error {
		var value sql.NullString
		var n int64
		if err := scan(&value, &n); err != nil {
			return err
		}
		if x.Kind != List {
			out.N += n
		}
		switch {
		case !value.Valid && x.Kind != List:
			out.Null = n
		case value.Valid && (search == "" || strings.Contains(strings.ToLower(value.String), low)):
			all = append(all, counted{value.String, n})
		}
		return nil
	})
	slices.SortFunc(all, func(a, b counted) int {
		switch {
		case chosen[a.value] != chosen[b.value] && chosen[a.value]:
			return -1
		case chosen[a.value] != chosen[b.value]:
			return 1
		case a.n != b.n:
			return cmp.Compare(b.n, a.n)
		}
		return strings.Compare(a.value, b.value)
	})
	out.Values, out.Count = []string{}, []int64{}
	for _, c := range all[:min(len(all), MostValues)] {
		out.Values, out.Count = append(out.Values, c.value), append(out.Count, c.n)
	}
	out.Distinct = int64(len(all))
	out.Cut = len(all) > MostValues
	if x.Kind == Bool {
		order(out)
	}
	return err
}

// found lists values of a field with many of them: those that are chosen, and those that contain what is searched.
func (v *View) found(ctx context.Context, x Field, out *Facet, chosen map[string]bool, search, from string, args []any) error {
	out.Values, out.Count = []string{}, []int64{}
	column := `"` + x.Name + `"`
	if err := v.db.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FILTER (%s IS NULL), approx_count_distinct(%[1]s) FROM %s", column, from), args...).Scan(&out.Null, &out.Distinct); err != nil {
		return err
	}
	out.Cut = true
	if search == "" && len(chosen) == 0 {
		return nil
	}
	conditions := []string{}
	args = slices.Clone(args)
	for t := range chosen {
		conditions, args = append(conditions, column+" = ?"), append(args, t)
	}
	if search != "" {
		conditions, args = append(conditions, "contains(lower("+column+"), lower(?))"), append(args, search)
	}
	rows, err := v.db.QueryContext(ctx, fmt.Sprintf("SELECT %s, count(*) AS n FROM %s AND (%s) GROUP BY 1 ORDER BY n DESC, 1 LIMIT %d", column, from, strings.Join(conditions, " OR "), MostValues), args...)
	return each(rows, err, func(scan func(...any) error) error {
		var value string
		var n int64
		if err := scan(&value, &n); err != nil {
			return err
		}
		out.Values, out.Count = append(out.Values, value), append(out.Count, n)
		return nil
	})
}

// order lists true before false.
func order(out *Facet) {
	if len(out.Values) == 2 && out.Values[0] == "false" {
		slices.Reverse(out.Values)
		slices.Reverse(out.Count)
	}
}
