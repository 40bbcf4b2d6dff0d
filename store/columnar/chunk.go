package columnar

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// fileColumn has the place of a column in a file, and reads it into its values.
type fileColumn struct {
	*Values
	name string
	kind parquet.Kind
	leaf parquet.LeafColumn
	list []int // for each level of lists, the least definition level at which the list has an element
}

// findColumn finds a column of a schema by its dotted name.
func findColumn(s *parquet.Schema, name string) (*fileColumn, error) {
	c := &fileColumn{name: name}
	var path []string
	var node parquet.Node = s
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
			return nil, fmt.Errorf("the column %s is missing: another version of abtool wrote this table, "+
				"ingest again", name)
		}
		for !node.Leaf() && enter("list") && enter("element") {
		}
	}
	leaf, ok := s.Lookup(path...)
	if !ok || len(c.list) > 2 {
		return nil, fmt.Errorf("the column %s is not a leaf of the schema", name)
	}
	c.leaf, c.kind = leaf, leaf.Node.Type().Kind()
	return c, nil
}

func (c *fileColumn) read(chunk parquet.ColumnChunk, rows int) error {
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
		return fmt.Errorf("the column has %d rows, but the footer says %d", got, rows)
	}
	return nil
}
