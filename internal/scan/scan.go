// Package scan reads the tables of a store by column, a row group at a time: what analyses and
// features compute from. Values come as flat slices, lists as offsets into them, and nothing is
// allocated for a value.
//
//	t, err := scan.Open("store", "imagenet", "annotations")
//	defer t.Close()
//	r, err := t.Reader("image_id", "mouse.x")
//	for g := range t.Groups() {
//		err := r.Read(g)
//		x := r.Column("mouse.x")
//		for row := range r.Rows() {
//			trace := x.Floats[x.Offsets[row]:x.Offsets[row+1]]
//		}
//	}
package scan

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// Null is the whole number that stands for null in Column.Ints.
const Null = math.MinInt64

// A Column holds the values of one column for the rows of one row group. Its slices are valid
// until the next Read.
type Column struct {
	Ints   []int64   // of whole numbers and booleans (0, 1); Null where there is none
	Floats []float64 // of real numbers; NaN where there is none
	Index  []int32   // of text: the place in Dict; -1 where there is none
	Dict   []string  // different texts, though one may come twice

	// Offsets of a list: row i has the values Offsets[i] to Offsets[i+1], without the latter. For
	// a list in a list they are places in Inner, which has the offsets of the inner lists.
	Offsets, Inner []int32

	kind parquet.Kind
	path []string
	leaf parquet.LeafColumn
	list []int // definition levels from which the list of each level has an element
}

// Text is the i-th text; ok is false for null.
func (c *Column) Text(i int) (s string, ok bool) {
	if k := c.Index[i]; k >= 0 {
		return c.Dict[k], true
	}
	return "", false
}

// A Table is an open table of a store. Several Readers can read it at a time.
type Table struct {
	path string
	file *os.File
	pq   *parquet.File
}

// Open opens a table, as "imagenet" and "annotations".
func Open(store, set, table string) (*Table, error) {
	path := filepath.Join(store, set, table+".parquet")
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the store is incomplete: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		var pq *parquet.File
		if pq, err = parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err == nil {
			return &Table{path: path, file: f, pq: pq}, nil
		}
	}
	f.Close()
	return nil, fmt.Errorf("reading %s: %w", path, err)
}

// Close closes the file.
func (t *Table) Close() error { return t.file.Close() }

// Groups is the number of row groups.
func (t *Table) Groups() int { return len(t.pq.RowGroups()) }

// Rows is the number of rows.
func (t *Table) Rows() int64 { return t.pq.NumRows() }

// GroupRows is the number of rows of a row group.
func (t *Table) GroupRows(group int) int64 { return t.pq.RowGroups()[group].NumRows() }

// Reader reads the named columns, as "seq" or "mouse.x".
func (t *Table) Reader(columns ...string) (*Reader, error) {
	r := &Reader{table: t, columns: map[string]*Column{}}
	for _, name := range columns {
		c, err := t.column(name)
		if err != nil {
			return nil, err
		}
		r.columns[name] = c
		r.order = append(r.order, c)
	}
	return r, nil
}

// column finds a column of the schema by its dotted name and its levels.
func (t *Table) column(name string) (*Column, error) {
	c := &Column{}
	var node parquet.Node = t.pq.Schema()
	def := 0
	enter := func(field string) bool {
		for _, f := range node.Fields() {
			if f.Name() == field {
				node = f
				c.path = append(c.path, field)
				if f.Optional() {
					def++
				}
				if f.Repeated() {
					def++
					c.list = append(c.list, def)
				}
				return true
			}
		}
		return false
	}
	for _, field := range strings.Split(name, ".") {
		if !enter(field) {
			return nil, fmt.Errorf("%s has no column %s: it was written by another version, ingest again", t.path, name)
		}
		for !node.Leaf() && enter("list") && enter("element") {
		}
	}
	leaf, ok := t.pq.Schema().Lookup(c.path...)
	if !ok || len(c.list) > 2 {
		return nil, fmt.Errorf("%s: the column %s is no leaf", t.path, name)
	}
	c.leaf, c.kind = leaf, leaf.Node.Type().Kind()
	return c, nil
}

// A Reader reads columns of a table, one row group at a time. It belongs to one goroutine.
type Reader struct {
	table   *Table
	columns map[string]*Column
	order   []*Column
	rows    int
}

// Column is a column that the Reader reads; it panics for others.
func (r *Reader) Column(name string) *Column {
	c := r.columns[name]
	if c == nil {
		panic("scan: the column " + name + " is not read")
	}
	return c
}

// Rows is the number of rows of the group that was read last.
func (r *Reader) Rows() int { return r.rows }

// Read reads a row group.
func (r *Reader) Read(group int) error {
	g := r.table.pq.RowGroups()[group]
	r.rows = int(g.NumRows())
	chunks := g.ColumnChunks()
	for _, c := range r.order {
		if err := c.read(chunks[c.leaf.ColumnIndex], r.rows); err != nil {
			return fmt.Errorf("reading %s, row group %d, column %s: %w", r.table.path, group, strings.Join(c.path, "."), err)
		}
	}
	return nil
}

func (c *Column) read(chunk parquet.ColumnChunk, rows int) error {
	c.Ints, c.Floats, c.Index, c.Dict = c.Ints[:0], c.Floats[:0], c.Index[:0], c.Dict[:0]
	c.Offsets, c.Inner = c.Offsets[:0], c.Inner[:0]
	pages := chunk.Pages()
	defer pages.Close()
	var d decoder
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		err = d.page(c, p)
		parquet.Release(p)
		if err != nil {
			return err
		}
	}
	got := len(c.Offsets)
	switch len(c.list) {
	case 0:
		got = len(c.Ints) + len(c.Floats) + len(c.Index)
	case 1:
		c.Offsets = append(c.Offsets, int32(c.values()))
	case 2:
		c.Offsets = append(c.Offsets, int32(len(c.Inner)))
		c.Inner = append(c.Inner, int32(c.values()))
	}
	if got != rows {
		return fmt.Errorf("%d rows where %d are announced: the file is damaged", got, rows)
	}
	return nil
}

func (c *Column) values() int { return len(c.Ints) + len(c.Floats) + len(c.Index) }
