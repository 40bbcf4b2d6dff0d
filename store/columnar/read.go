package columnar

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// Null stands for null in Values.Ints.
const Null = math.MinInt64

// Values has the values of one column for the rows of one row group. Its slices are valid until the next
// Read.
type Values struct {
	Ints   []int64   // whole numbers, or booleans as 0 and 1; Null for null
	Floats []float64 // real numbers; NaN for null
	Index  []int32   // for text, its index in Dict; -1 for null
	Dict   []string  // texts; the same text can occur twice

	// Offsets has the offsets of lists: row i has the values from Offsets[i] to before Offsets[i+1]. For a
	// list of lists these are indexes into Inner, which has the offsets of the inner lists.
	Offsets, Inner []int32
}

// Text returns the i-th text; ok is false for null.
func (c *Values) Text(i int) (s string, ok bool) {
	if k := c.Index[i]; k >= 0 {
		return c.Dict[k], true
	}
	return "", false
}

// A Table is an open table of a store, or of several stores one after the other. Several Readers can read it at
// the same time.
type Table struct {
	files  []tableFile
	groups []rowGroup
	rows   int64
	joint  bool // of Join: its rows are numbered
}

// tableFile is a file of a table.
type tableFile struct {
	path string
	data io.Closer
	file *parquet.File
}

// rowGroup is a row group of a table.
type rowGroup struct {
	parquet.RowGroup
	of    int     // number of its file
	at    int     // number of the row group in its file
	first int64   // number of its first row in the table
	rows  int64   // without those that are left out
	drop  []int32 // rows that are left out, in order
}

// A Part is a file of a table that has several.
type Part struct {
	Path string
	Data []byte  // the content of the file, if it is not on the disk; Path then names it in errors
	Drop []int64 // numbers of its rows that the table leaves out, in order
}

// Open opens a table, for example annotations of imagenet.
func Open(store, set, table string) (*Table, error) {
	t := &Table{}
	if err := t.add(Part{Path: PathOf(store, set, table)}); err != nil {
		return nil, err
	}
	return t, nil
}

// PathOf returns the path of the file of a table.
func PathOf(store, set, table string) string { return filepath.Join(store, set, table+".parquet") }

// Join opens a table with the rows of several files, one file after the other. The column seq has the number
// of the row in this table. A column that only some of the files have is null, or an empty list, in the others.
func Join(parts ...Part) (*Table, error) {
	t := &Table{joint: true}
	for _, p := range parts {
		if err := t.add(p); err != nil {
			t.Close()
			return nil, err
		}
	}
	return t, nil
}

// add opens a file and adds its row groups.
func (t *Table) add(p Part) error {
	f := tableFile{path: p.Path}
	var at io.ReaderAt = bytes.NewReader(p.Data)
	size := int64(len(p.Data))
	if p.Data == nil {
		file, err := os.Open(p.Path)
		if err != nil {
			return fmt.Errorf("the store is incomplete: %w: ingest again, with --force", err)
		}
		info, err := file.Stat()
		if err != nil {
			file.Close()
			return fmt.Errorf("%s is damaged: %w: ingest again, with --force", p.Path, err)
		}
		f.data, at, size = file, file, info.Size()
	}
	var err error
	if f.file, err = parquet.OpenFile(at, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err != nil {
		f.close()
		return fmt.Errorf("%s is damaged: %w: ingest again, with --force", p.Path, err)
	}
	t.files = append(t.files, f)
	from, drop := int64(0), p.Drop
	for i, rg := range f.file.RowGroups() {
		g := rowGroup{RowGroup: rg, of: len(t.files) - 1, at: i, first: t.rows}
		to := from + rg.NumRows()
		for ; len(drop) > 0 && drop[0] < to; drop = drop[1:] {
			g.drop = append(g.drop, int32(drop[0]-from))
		}
		g.rows, from = rg.NumRows()-int64(len(g.drop)), to
		t.groups, t.rows = append(t.groups, g), t.rows+g.rows
	}
	return nil
}

func (f *tableFile) close() error {
	if f.data == nil {
		return nil
	}
	return f.data.Close()
}

// Close closes the files.
func (t *Table) Close() (err error) {
	for i := range t.files {
		err = errors.Join(err, t.files[i].close())
	}
	return err
}

// Groups returns the number of row groups.
func (t *Table) Groups() int { return len(t.groups) }

// Joined reports whether the table is made of several files.
func (t *Table) Joined() bool { return t.joint }

// Rows returns the number of rows.
func (t *Table) Rows() int64 { return t.rows }

// GroupRows returns the number of rows of a row group.
func (t *Table) GroupRows(group int) int64 { return t.groups[group].rows }

// Has reports whether the table has a column.
func (t *Table) Has(column string) bool {
	return slices.ContainsFunc(t.files, func(f tableFile) bool {
		_, err := findColumn(f.file.Schema(), column)
		return err == nil
	})
}

// Reader returns a Reader of the named columns, such as "seq" or "mouse.x".
func (t *Table) Reader(columns ...string) (*Reader, error) {
	r := &Reader{table: t, named: map[string]*Values{}}
	for _, name := range columns {
		c := &tableColumn{name: name, numbers: t.joint && name == "seq"}
		var missing error
		for _, f := range t.files {
			found, err := findColumn(f.file.Schema(), name)
			if err != nil {
				missing = cmp.Or(missing, fmt.Errorf("%s: %w", f.path, err))
			} else {
				found.Values, c.kind, c.lists = &c.Values, found.kind, len(found.list)
			}
			c.in = append(c.in, found)
		}
		if missing != nil && !slices.ContainsFunc(c.in, func(f *fileColumn) bool { return f != nil }) {
			return nil, missing
		}
		r.columns, r.named[name] = append(r.columns, c), &c.Values
	}
	return r, nil
}

// A Reader reads columns of a table, one row group at a time. Only one goroutine may use it.
type Reader struct {
	table   *Table
	columns []*tableColumn
	named   map[string]*Values
	rows    int
}

// tableColumn is a column of a table.
type tableColumn struct {
	Values
	name    string
	kind    parquet.Kind
	lists   int           // levels of lists
	in      []*fileColumn // by file; nil in a file without the column
	numbers bool          // whether it gets the numbers of the rows
}

// Column returns the values of a column. It panics if the Reader does not read that column.
func (r *Reader) Column(name string) *Values {
	c := r.named[name]
	if c == nil {
		panic("columnar: the column " + name + " is not read")
	}
	return c
}

// Rows returns the number of rows of the last row group that was read.
func (r *Reader) Rows() int { return r.rows }

// Read reads a row group.
func (r *Reader) Read(group int) error {
	g := &r.table.groups[group]
	r.rows = int(g.rows)
	chunks := g.ColumnChunks()
	for _, c := range r.columns {
		if f := c.in[g.of]; f == nil {
			c.fill(int(g.NumRows()))
		} else if err := f.read(chunks[f.leaf.ColumnIndex], int(g.NumRows())); err != nil {
			return fmt.Errorf("%s is damaged: row group %d, column %s: %w: ingest again, with --force",
				r.table.files[g.of].path, g.at, c.name, err)
		}
		if len(g.drop) > 0 {
			c.leave(g.drop, c.lists)
		}
		if c.numbers {
			for i := range c.Ints {
				c.Ints[i] = g.first + int64(i)
			}
		}
	}
	return nil
}

// fill gives a column that the file lacks its values: null, or an empty list.
func (c *tableColumn) fill(rows int) {
	c.empty()
	if c.lists > 0 {
		c.Offsets = append(c.Offsets, make([]int32, rows+1)...)
		if c.lists > 1 {
			c.Inner = append(c.Inner, 0)
		}
		return
	}
	for range rows {
		switch c.kind {
		case parquet.Double:
			c.Floats = append(c.Floats, math.NaN())
		case parquet.ByteArray:
			c.Index = append(c.Index, -1)
		default:
			c.Ints = append(c.Ints, Null)
		}
	}
}

// leave removes rows, whose numbers are in order.
func (c *Values) leave(drop []int32, lists int) {
	switch lists {
	case 0:
		c.cut(drop, func(i int32) (from, to int32) { return i, i + 1 })
	case 1:
		c.cut(drop, func(i int32) (from, to int32) { return c.Offsets[i], c.Offsets[i+1] })
		c.Offsets = shorten(c.Offsets, drop)
	default:
		c.cut(drop, func(i int32) (from, to int32) { return c.Inner[c.Offsets[i]], c.Inner[c.Offsets[i+1]] })
		var lists []int32
		for _, i := range drop {
			for k := c.Offsets[i]; k < c.Offsets[i+1]; k++ {
				lists = append(lists, k)
			}
		}
		c.Inner, c.Offsets = shorten(c.Inner, lists), shorten(c.Offsets, drop)
	}
}

// cut removes the values of rows; of returns where the values of a row are.
func (c *Values) cut(drop []int32, of func(i int32) (from, to int32)) {
	at, to, end := int32(0), int32(0), int32(c.values())
	move := func(until int32) {
		if len(c.Ints) > 0 {
			copy(c.Ints[to:], c.Ints[at:until])
		}
		if len(c.Floats) > 0 {
			copy(c.Floats[to:], c.Floats[at:until])
		}
		if len(c.Index) > 0 {
			copy(c.Index[to:], c.Index[at:until])
		}
		to += until - at
	}
	for _, i := range drop {
		from, next := of(i)
		move(from)
		at = next
	}
	move(end)
	c.Ints, c.Floats, c.Index = c.Ints[:min(len(c.Ints), int(to))], c.Floats[:min(len(c.Floats), int(to))], c.Index[:min(len(c.Index), int(to))]
}

// shorten removes the lists of the numbers in drop from offsets.
func shorten(offsets, drop []int32) []int32 {
	if len(drop) == 0 {
		return offsets
	}
	gone, out := int32(0), 0
	for i := range offsets {
		offset := offsets[i] - gone
		if len(drop) > 0 && int(drop[0]) == i {
			gone, drop = gone+offsets[i+1]-offsets[i], drop[1:]
			continue
		}
		offsets[out] = offset
		out++
	}
	return offsets[:out]
}

// Append appends the value of a row, or all values in its list, as bytes that are the same for equal values.
func (c *Values) Append(to []byte, row int) []byte {
	from, end := int32(row), int32(row)+1
	if len(c.Offsets) > 0 {
		from, end = c.Offsets[row], c.Offsets[row+1]
		to = binary.AppendVarint(to, int64(end-from))
	}
	if len(c.Inner) > 0 {
		for k := from; k < end; k++ {
			to = binary.AppendVarint(to, int64(c.Inner[k+1]-c.Inner[k]))
		}
		from, end = c.Inner[from], c.Inner[end]
	}
	for k := from; k < end; k++ {
		switch {
		case len(c.Ints) > 0:
			to = binary.AppendVarint(to, c.Ints[k])
		case len(c.Floats) > 0:
			to = binary.LittleEndian.AppendUint64(to, math.Float64bits(c.Floats[k]))
		default:
			text, ok := c.Text(int(k))
			if !ok {
				to = append(to, 0)
				continue
			}
			to = append(binary.AppendUvarint(to, uint64(len(text))+1), text...)
		}
	}
	return to
}

// empty removes the values and keeps their memory.
func (c *Values) empty() {
	c.Ints, c.Floats, c.Index, c.Dict = c.Ints[:0], c.Floats[:0], c.Index[:0], c.Dict[:0]
	c.Offsets, c.Inner = c.Offsets[:0], c.Inner[:0]
}

func (c *Values) values() int { return len(c.Ints) + len(c.Floats) + len(c.Index) }
