package columnar

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

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

// A Table is an open table of a store. Several Readers can read it at the same time.
type Table struct {
	path string
	rows int64
	data *os.File
	file *parquet.File
}

// Open opens a table, for example annotations of imagenet.
func Open(store, set, table string) (*Table, error) {
	path := filepath.Join(store, set, table+".parquet")
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the store is incomplete: %w: ingest again, with --force", err)
	}
	t := &Table{path: path, data: f}
	info, err := f.Stat()
	if err == nil {
		t.file, err = parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s is damaged: %w: ingest again, with --force", t.path, err)
	}
	for g := range t.Groups() {
		t.rows += t.GroupRows(g)
	}
	return t, nil
}

// Close closes the file.
func (t *Table) Close() error { return t.data.Close() }

// Groups returns the number of row groups.
func (t *Table) Groups() int { return len(t.file.RowGroups()) }

// Rows returns the number of rows.
func (t *Table) Rows() int64 { return t.rows }

// GroupRows returns the number of rows of a row group.
func (t *Table) GroupRows(group int) int64 { return t.file.RowGroups()[group].NumRows() }

// Has reports whether the table has a column.
func (t *Table) Has(column string) bool {
	_, err := findColumn(t.file.Schema(), column)
	return err == nil
}

// Reader returns a Reader of the named columns, such as "seq" or "mouse.x".
func (t *Table) Reader(columns ...string) (*Reader, error) {
	r := &Reader{table: t, named: map[string]*Values{}}
	for _, name := range columns {
		c, err := findColumn(t.file.Schema(), name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.path, err)
		}
		r.columns, r.named[name] = append(r.columns, c), &c.Values
	}
	return r, nil
}

// A Reader reads columns of a table, one row group at a time. Only one goroutine may use it.
type Reader struct {
	table   *Table
	columns []*fileColumn
	named   map[string]*Values
	rows    int
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
	g := r.table.file.RowGroups()[group]
	r.rows = int(g.NumRows())
	chunks := g.ColumnChunks()
	for _, c := range r.columns {
		if err := c.read(chunks[c.leaf.ColumnIndex], r.rows); err != nil {
			return fmt.Errorf("%s is damaged: row group %d, column %s: %w: ingest again, with --force",
				r.table.path, group, c.name, err)
		}
	}
	return nil
}

// empty removes the values and keeps their memory.
func (c *Values) empty() {
	c.Ints, c.Floats, c.Index, c.Dict = c.Ints[:0], c.Floats[:0], c.Index[:0], c.Dict[:0]
	c.Offsets, c.Inner = c.Offsets[:0], c.Inner[:0]
}

func (c *Values) values() int { return len(c.Ints) + len(c.Floats) + len(c.Index) }
