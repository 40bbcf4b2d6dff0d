// Package scan reads the tables of a store by column, a row group at a time: what analyses and
// features compute from. Values come as flat slices, lists as offsets into them, and nothing is
// allocated for a value. Tables are Parquet or Arrow IPC files, whose row groups are the record
// batches; what is read does not tell which.
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
	"io/fs"
	"math"
	"os"
	"path/filepath"
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
	file
	path string
	rows int64
	data *os.File
}

// file is a table's file in one of the formats. Its methods can be called from any goroutine.
type file interface {
	groups() int
	rows(group int) int64
	reader(columns []string) (groupReader, []*Column, error)
}

// A groupReader reads a row group into the columns that it came with.
type groupReader interface {
	read(group int) (rows int, err error)
}

// Errors of a column's name; the table's path comes before them.
var (
	errNoColumn = errors.New("it was written by another version, ingest again")
	errNoLeaf   = errors.New("it is no leaf")
)

// Open opens a table, as "imagenet" and "annotations".
func Open(store, set, table string) (*Table, error) {
	path := filepath.Join(store, set, table)
	open, ext := openParquet, ".parquet"
	f, err := os.Open(path + ext)
	if errors.Is(err, fs.ErrNotExist) {
		if a, e := os.Open(path + ".arrow"); !errors.Is(e, fs.ErrNotExist) {
			open, ext, f, err = openArrow, ".arrow", a, e
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the store is incomplete: %w: ingest again, with --force", err)
	}
	t := &Table{path: path + ext, data: f}
	info, err := f.Stat()
	if err == nil {
		t.file, err = open(f, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("reading %s: %w", t.path, err)
	}
	for g := range t.Groups() {
		t.rows += t.GroupRows(g)
	}
	return t, nil
}

// Close closes the file.
func (t *Table) Close() error { return t.data.Close() }

// Groups is the number of row groups.
func (t *Table) Groups() int { return t.groups() }

// Rows is the number of rows.
func (t *Table) Rows() int64 { return t.rows }

// GroupRows is the number of rows of a row group.
func (t *Table) GroupRows(group int) int64 { return t.file.rows(group) }

// Reader reads the named columns, as "seq" or "mouse.x".
func (t *Table) Reader(columns ...string) (*Reader, error) {
	from, read, err := t.reader(columns)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.path, err)
	}
	r := &Reader{path: t.path, from: from, columns: map[string]*Column{}}
	for i, name := range columns {
		r.columns[name] = read[i]
	}
	return r, nil
}

// A Reader reads columns of a table, one row group at a time. It belongs to one goroutine.
type Reader struct {
	path    string
	from    groupReader
	columns map[string]*Column
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
func (r *Reader) Read(group int) (err error) {
	if r.rows, err = r.from.read(group); err != nil {
		return fmt.Errorf("reading %s, row group %d, %w", r.path, group, err)
	}
	return nil
}

// empty drops the values, and keeps their memory.
func (c *Column) empty() {
	c.Ints, c.Floats, c.Index, c.Dict = c.Ints[:0], c.Floats[:0], c.Index[:0], c.Dict[:0]
	c.Offsets, c.Inner = c.Offsets[:0], c.Inner[:0]
}

func (c *Column) values() int { return len(c.Ints) + len(c.Floats) + len(c.Index) }
