package scan

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// parquetFile is a table in Parquet; its groups are the row groups.
type parquetFile struct{ *parquet.File }

func openParquet(f *os.File, size int64) (file, error) {
	pq, err := parquet.OpenFile(f, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	return parquetFile{pq}, nil
}

func (f parquetFile) groups() int { return len(f.RowGroups()) }

func (f parquetFile) rows(group int) int64 { return f.RowGroups()[group].NumRows() }

// parquetColumn is a Column and its place in the file.
type parquetColumn struct {
	Column
	name string
	kind parquet.Kind
	leaf parquet.LeafColumn
	list []int // definition levels from which the list of each level has an element
}

// parquetReader reads columns of a Parquet table.
type parquetReader struct {
	file    parquetFile
	columns []*parquetColumn
}

func (f parquetFile) reader(names []string) (groupReader, []*Column, error) {
	r := &parquetReader{file: f}
	var columns []*Column
	for _, name := range names {
		c, err := f.column(name)
		if err != nil {
			return nil, nil, err
		}
		r.columns, columns = append(r.columns, c), append(columns, &c.Column)
	}
	return r, columns, nil
}

// column finds a column of the schema by its dotted name and its levels.
func (f parquetFile) column(name string) (*parquetColumn, error) {
	c := &parquetColumn{name: name}
	var path []string
	var node parquet.Node = f.Schema()
	def := 0
	enter := func(field string) bool {
		for _, n := range node.Fields() {
			if n.Name() == field {
				node = n
				path = append(path, field)
				if n.Optional() {
					def++
				}
				if n.Repeated() {
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
			return nil, fmt.Errorf("no column %s: %w", name, errNoColumn)
		}
		for !node.Leaf() && enter("list") && enter("element") {
		}
	}
	leaf, ok := f.Schema().Lookup(path...)
	if !ok || len(c.list) > 2 {
		return nil, fmt.Errorf("the column %s: %w", name, errNoLeaf)
	}
	c.leaf, c.kind = leaf, leaf.Node.Type().Kind()
	return c, nil
}

func (r *parquetReader) read(group int) (rows int, err error) {
	g := r.file.RowGroups()[group]
	rows = int(g.NumRows())
	chunks := g.ColumnChunks()
	for _, c := range r.columns {
		if err := c.read(chunks[c.leaf.ColumnIndex], rows); err != nil {
			return 0, fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return rows, nil
}

func (c *parquetColumn) read(chunk parquet.ColumnChunk, rows int) error {
	c.empty()
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
