package pass

import (
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/result"
	"abtool/byproduct"
)

// A Profile summarises the rows of one annotator, HIT, class, week or arm.
type Profile[P any] interface {
	*P
	Merge(*P)
	Row() []any // the cells of its columns
	Columns(*partial.Columns)
}

// Groups has a profile for each value of a key.
type Groups[P any, T Profile[P]] struct {
	Key     string
	Without int64 // rows without the key
	names   *byproduct.Names
	list    []T // by number of the key; nil where there are no rows
}

// kinds are the kinds of numbers of keys.
var kinds = map[string]partial.Kind{
	"worker": partial.Workers, "hit": partial.HITs, "class": partial.Classes, "week": partial.Weeks, "arm": partial.Arms,
}

// NewGroups returns empty groups by the key worker, hit, class, week or arm. Rows without the id that the key
// needs are left out.
func NewGroups[P any, T Profile[P]](
	e *Base, c *Counts, key string, classes *byproduct.Names, rows, id string,
) *Groups[P, T] {
	names := map[string]*byproduct.Names{"worker": e.Workers, "hit": e.HITs, "class": classes, "week": e.Weeks, "arm": e.Arms}
	g := &Groups[P, T]{Key: key, names: names[key]}
	c.joins(g, func(from any) { g.Merge(from.(*Groups[P, T])) })
	c.tables = append(c.tables, func(v *partial.Visitor) {
		partial.ByNumber(v, "by_"+key, kinds[key], &g.list, func(p *T) bool { return *p != nil }, func(p *T, to *partial.Columns) {
			if *p == nil {
				*p = new(P)
			}
			(*p).Columns(to)
		})
	})
	c.Excludes(&g.Without, "no "+id, rows)
	return g
}

// At returns the profile for a number of the key, and makes it if needed. It returns nil for −1.
func (g *Groups[P, T]) At(id int32) T {
	if id < 0 {
		return nil
	}
	for int(id) >= len(g.list) {
		g.list = append(g.list, nil)
	}
	if g.list[id] == nil {
		g.list[id] = new(P)
	}
	return g.list[id]
}

// Merge adds the profiles of another goroutine.
func (g *Groups[P, T]) Merge(o *Groups[P, T]) {
	for id, from := range o.list {
		if from != nil {
			g.At(int32(id)).Merge(from)
		}
	}
}

// Sorted returns the numbers of the profiles, in the order of their names, and the profiles.
func (g *Groups[P, T]) Sorted() (ids []int32, profiles []T) {
	for _, id := range g.names.Sorted() {
		if int(id) < len(g.list) && g.list[id] != nil {
			ids, profiles = append(ids, id), append(profiles, g.list[id])
		}
	}
	return ids, profiles
}

// Table returns a table with a row for each profile: its name, the cells that cells returns for the i-th
// profile under the header extra, and the profile's own cells.
func (g *Groups[P, T]) Table(
	e *Base, title string, extra, own result.Header, cells func(i int, p T) []any,
) result.Table {
	header := slices.Concat(result.Header{{g.Key, "", "the " + g.Key}}, extra, own)
	t := result.Table{Name: "by_" + g.Key, Title: title, Columns: header.Columns()}
	ids, profiles := g.Sorted()
	for i, p := range profiles {
		row := []any{e.Options.Show(g.Key, g.names.List[ids[i]])}
		if cells != nil {
			row = append(row, cells(i, p)...)
		}
		t.Rows = append(t.Rows, append(row, p.Row()...))
	}
	return t
}
