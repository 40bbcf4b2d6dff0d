package view

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"

	"abtool/query"
)

// A View is the summary of a data set. Several goroutines can use it.
type View struct {
	Set    string
	Fields []Field
	Total  int64

	db     *query.DB
	table  string
	whole  chan struct{} // closed when the late fields are there, or failed is set
	failed error

	queries *queries
	mu      sync.Mutex
	bins    map[string]*Bins // of numeric fields
	counts  map[string]int64 // by filter
	facets  map[string]*Facet
	tags    int // number of times that the tags were set; 0 without tags
}

// Open makes the summary of a data set. Complete adds the late fields, which take longer than all others.
func Open(ctx context.Context, db *query.DB, set string) (_ *View, err error) {
	v := &View{Set: set, db: db, table: "summary_" + set, queries: newQueries(db, set), whole: make(chan struct{}),
		counts: map[string]int64{}, facets: map[string]*Facet{}, bins: map[string]*Bins{}}
	v.Fields = slices.Clone(imagenetFields)
	if set == "coco" {
		v.Fields = slices.Clone(cocoFields)
	}
	for _, w := range db.Views() {
		if w.Name == set+"_annotations" && slices.ContainsFunc(w.Columns, func(c query.Column) bool { return c.Name == "arm" }) {
			v.Fields = append(v.Fields, arm)
		}
	}
	noted := slices.ContainsFunc(db.Views(), func(w query.View) bool { return w.Name == "notes" })
	if noted {
		v.Fields = append(v.Fields, tagField)
	}
	list := []string{"s.seq", "s.image_width AS width", "s.image_height AS height"}
	for _, f := range v.fields(false) {
		expression := f.sql
		if f.coded {
			if expression, err = v.coded(ctx, f); err != nil {
				return nil, err
			}
		}
		list = append(list, expression+" AS "+f.Name)
	}
	create := fmt.Sprintf("CREATE TABLE %s AS SELECT\n  %s\nFROM %s_annotations s ORDER BY s.seq", v.table, strings.Join(list, ",\n  "), set)
	if _, err := db.ExecContext(ctx, create); err != nil {
		return nil, fmt.Errorf("making the summary of %s: %w", set, err)
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+v.table).Scan(&v.Total); err != nil {
		return nil, err
	}
	if noted {
		if err := v.openTags(ctx); err != nil {
			return nil, err
		}
	}
	return v, v.edges(ctx, v.fields(false))
}

// Complete adds the late fields. It is called once.
func (v *View) Complete(ctx context.Context) error {
	defer close(v.whole)
	from := imagenetLate
	if v.Set == "coco" {
		from = cocoLate
	}
	list := []string{"s.*"}
	for _, f := range v.fields(true) {
		list = append(list, f.sql+" AS "+f.Name)
	}
	// A query that runs goes on with the table that it began with.
	_, err := v.db.ExecContext(ctx, fmt.Sprintf("CREATE OR REPLACE TABLE %s AS SELECT\n  %s\nFROM %s ORDER BY s.seq", v.table, strings.Join(list, ",\n  "), from))
	if err == nil {
		err = v.edges(ctx, v.fields(true))
	}
	if err != nil {
		v.failed = fmt.Errorf("completing the summary of %s: %w", v.Set, err)
	}
	return v.failed
}

// fields returns the fields that are late, or those that are not.
func (v *View) fields(late bool) (all []Field) {
	for _, f := range v.Fields {
		if f.late == late && !f.apart {
			all = append(all, f)
		}
	}
	return all
}

// Reading returns the names of the fields that are not there yet.
func (v *View) Reading() []string {
	select {
	case <-v.whole:
		return nil
	default:
		return names(v.fields(true))
	}
}

// Wait waits until the fields are there that have the names.
func (v *View) Wait(ctx context.Context, names ...string) error {
	if !slices.ContainsFunc(v.Fields, func(f Field) bool { return f.late && slices.Contains(names, f.Name) }) {
		return nil
	}
	select {
	case <-v.whole:
		return v.failed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WaitAll waits until all fields are there.
func (v *View) WaitAll(ctx context.Context) error { return v.Wait(ctx, names(v.Fields)...) }

// coded returns the expression of a field of texts that are often the same, as an enumeration: rows are grouped
// faster by numbers.
func (v *View) coded(ctx context.Context, f Field) (string, error) {
	name := v.Set + "_" + f.Name
	_, err := v.db.ExecContext(ctx, fmt.Sprintf("CREATE TYPE %s AS ENUM (SELECT DISTINCT %s::VARCHAR AS v FROM %s_annotations WHERE v IS NOT NULL ORDER BY v)",
		name, f.Name, v.Set))
	if err != nil {
		return "", fmt.Errorf("listing the values of %s: %w", f.Name, err)
	}
	return f.sql + "::" + name, nil
}

// Names returns the names of the fields of a filter.
func (f Filter) Names() (all []string) {
	for _, t := range f.Terms {
		all = append(all, t.Field)
	}
	return all
}

// Parse reads a filter of the data set.
func (v *View) Parse(text string) (Filter, error) { return Parse(text, v.Fields) }

// Field returns a field by its name.
func (v *View) Field(name string) (Field, error) {
	for _, f := range v.Fields {
		if f.Name == name {
			return f, nil
		}
	}
	return Field{}, unknown(name, v.Fields)
}

// A restriction is the condition of a filter. done must be called after the last query with it.
type restriction struct {
	sql  string
	args []any // values of its parameters
	done func()
}

// where returns the condition of a filter.
func (v *View) where(ctx context.Context, f Filter) (r restriction, err error) {
	r.done = func() {}
	var conditions []string
	for _, t := range f.Terms {
		x, err := v.Field(t.Field)
		if err != nil {
			return r, err
		}
		if err := v.Wait(ctx, t.Field); err != nil {
			return r, err
		}
		c, a := condition(x, t, v.Set)
		conditions, r.args = append(conditions, c), append(r.args, a...)
	}
	if f.Rows != "" {
		t, err := v.queries.use(ctx, f.Rows)
		if err != nil {
			return r, err
		}
		conditions = append(conditions, "seq IN (FROM "+t.name+")")
		r.done = func() { v.queries.release(t) }
	}
	r.sql = "true"
	if len(conditions) > 0 {
		r.sql = strings.Join(conditions, " AND ")
	}
	return r, nil
}

// Prepare runs the query of a filter, whose rows are then kept for a while.
func (v *View) Prepare(ctx context.Context, f Filter) error {
	r, err := v.where(ctx, Filter{Rows: f.Rows})
	if err == nil {
		r.done()
	}
	return err
}

// condition returns the SQL of a term.
func condition(x Field, t Term, set string) (string, []any) {
	if x.apart {
		return tagCondition(t, set)
	}
	var parts []string
	var args []any
	column := `"` + x.Name + `"`
	if len(t.Texts) > 0 {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.Texts)), ", ")
		cast := ""
		switch {
		case x.Kind == Bool:
			cast = "::VARCHAR"
		case x.coded: // a value that no row has is null, and equal to none
			marks = strings.ReplaceAll(marks, "?", "TRY_CAST(? AS "+set+"_"+x.Name+")")
		case x.Kind.numeric():
			marks = strings.ReplaceAll(marks, "?", "?::DOUBLE")
		}
		if x.Kind == List {
			parts = append(parts, fmt.Sprintf("list_has_any(%s, [%s])", column, marks))
		} else {
			parts = append(parts, fmt.Sprintf("%s%s IN (%s)", column, cast, marks))
		}
		for _, v := range t.Texts {
			args = append(args, v)
		}
	}
	if t.Null {
		null := column + " IS NULL"
		if x.Kind == List {
			null = fmt.Sprintf("coalesce(len(%s), 0) = 0", column)
		}
		parts = append(parts, null)
	}
	if r := t.Range; r != nil {
		below := "<="
		if r.Below {
			below = "<"
		}
		parts = append(parts, fmt.Sprintf("(%s >= ?::DOUBLE AND %s %s ?::DOUBLE)", column, column, below))
		args = append(args, r.Low, r.High)
	}
	c := "(" + strings.Join(parts, " OR ") + ")"
	if t.Not {
		c = "NOT coalesce(" + c + ", false)"
	}
	return c, args
}

// key returns what tells a filter from others, and from the same one with other tags.
func (v *View) key(f Filter) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return fmt.Sprint(v.tags, "\x00", f.String(), "\x00", f.Rows)
}

// Count returns the number of rows that a filter matches.
func (v *View) Count(ctx context.Context, f Filter) (n int64, err error) {
	key := v.key(f)
	v.mu.Lock()
	n, ok := v.counts[key]
	v.mu.Unlock()
	if ok {
		return n, nil
	}
	where, err := v.where(ctx, f)
	if err != nil {
		return 0, err
	}
	defer where.done()
	n, err = v.scalar(ctx, "count(*)", where)
	if err == nil {
		v.mu.Lock()
		if len(v.counts) > 4096 {
			clear(v.counts)
		}
		v.counts[key] = n
		v.mu.Unlock()
	}
	return n, err
}

// each calls f for each row of a result.
func each(rows *sql.Rows, err error, f func(scan func(...any) error) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// texts returns the only column of a result.
func texts(rows *sql.Rows, err error) (all []string, _ error) {
	err = each(rows, err, func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		all = append(all, text)
		return err
	})
	return all, err
}
