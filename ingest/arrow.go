package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"

	"abtool/schema"
)

// A record batch ends with the row that reaches either of these.
const (
	arrowRows   = 4096
	arrowValues = 1 << 18 // of all columns together, about 2 MB
)

// arrowFile writes the rows of a complete Parquet table to an Arrow IPC file next to it. table is its name in
// the store, for example imagenet/annotations, and dir is the folder of the data set. With study, the table has
// the columns of studies.
func arrowFile(table, dir string, sources []string, study bool) error {
	t := schema.TableAt(table)
	if !study {
		t = t.WithoutStudy()
	}
	from := filepath.Join(dir, filepath.Base(table)+".parquet")
	to := filepath.Join(dir, filepath.Base(table)+".arrow")
	if err := toArrow(from, to, t.Arrow(schema.Metadata(table, sources))); err != nil {
		return fmt.Errorf("writing %s: %w", to, err)
	}
	return nil
}

// toArrow writes the rows of a Parquet file to an Arrow file; s has the same columns. It has one record batch
// in memory at a time, or one row if that is larger.
func toArrow(from, to string, s *arrow.Schema) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	f, err := parquet.OpenFile(in, info.Size())
	if err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w, err := ipc.NewFileWriter(out, ipc.WithSchema(s), ipc.WithZstd())
	if err != nil {
		return err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	columns, err := arrowColumns(f.Schema(), b)
	if err != nil {
		return err
	}
	batch := arrowBatch{w: w, b: b}
	for _, g := range f.RowGroups() {
		if err := batch.addGroup(g, columns); err != nil {
			return err
		}
	}
	if err := batch.flush(); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Sync()
}

// arrowBatch is the record batch being filled.
type arrowBatch struct {
	w            *ipc.FileWriter
	b            *array.RecordBuilder
	rows, values int
}

// addGroup appends the rows of a row group; columns are in the order of the Parquet file.
func (a *arrowBatch) addGroup(g parquet.RowGroup, columns []arrowColumn) (err error) {
	r := g.Rows()
	defer func() { err = errors.Join(err, r.Close()) }()
	var rows [1]parquet.Row // more rows at a time are not faster, and a row can have a million values
	for {
		n, err := r.ReadRows(rows[:])
		if n > 0 {
			if err := a.add(rows[0], columns); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// add appends a row, and writes the batch if it is full.
func (a *arrowBatch) add(row parquet.Row, columns []arrowColumn) error {
	for _, v := range row {
		columns[v.Column()].add(v)
	}
	a.rows++
	a.values += len(row)
	if a.rows < arrowRows && a.values < arrowValues {
		return nil
	}
	return a.flush()
}

// flush writes the batch, if it has rows.
func (a *arrowBatch) flush() error {
	if a.rows == 0 {
		return nil
	}
	a.rows, a.values = 0, 0
	r := a.b.NewRecord()
	defer r.Release()
	return a.w.Write(r)
}

// arrowColumn appends the values of one Parquet leaf to its Arrow builder, and begins the lists and structs
// around it. In a store, lists and their elements are never null. With the lists around a leaf numbered from
// 0, therefore, a value begins list k if its repetition level is at most k, and list k has an element if the
// definition level is above k.
type arrowColumn struct {
	lists   []arrowList // from the outermost
	defined int         // definition level of a value that is not null
	value   func(parquet.Value)
	null    func()
}

// arrowList is a list around a leaf, with the struct of its elements if they are structs. The first leaf in a
// list begins both; for its other leaves both are nil.
type arrowList struct {
	list   *array.ListBuilder
	object *array.StructBuilder // also nil if the elements are not structs
}

// add appends a value and begins the lists and structs that its levels ask for.
func (c *arrowColumn) add(v parquet.Value) {
	repeated, defined := v.RepetitionLevel(), v.DefinitionLevel()
	for k, l := range c.lists {
		if repeated <= k && l.list != nil {
			l.list.Append(true)
		}
		if defined <= k {
			return // an empty list
		}
		if repeated <= k+1 && l.object != nil {
			l.object.Append(true)
		}
	}
	if defined < c.defined {
		c.null()
		return
	}
	c.value(v)
}

// arrowColumns returns the columns that fill b, in the order of the Parquet schema.
func arrowColumns(s *parquet.Schema, b *array.RecordBuilder) ([]arrowColumn, error) {
	t := arrowTree{s: s, columns: make([]arrowColumn, len(s.Columns()))}
	for i, f := range b.Schema().Fields() {
		if err := t.add([]string{f.Name}, b.Field(i), nil); err != nil {
			return nil, err
		}
	}
	for i, c := range t.columns {
		if c.value == nil {
			return nil, fmt.Errorf("internal error: the Arrow schema lacks the column %v", s.Columns()[i])
		}
	}
	return t.columns, nil
}

// arrowTree walks the builders and finds the Parquet leaf of each.
type arrowTree struct {
	s       *parquet.Schema
	columns []arrowColumn
}

// add enters the leaves of b, which has the path in the Parquet schema, and lies in the lists.
func (t *arrowTree) add(path []string, b array.Builder, lists []arrowList) error {
	path, lists = slices.Clip(path), slices.Clip(lists)
	switch b := b.(type) {
	case *array.ListBuilder:
		return t.add(append(path, "list", "element"), b.ValueBuilder(), append(lists, arrowList{list: b}))
	case *array.StructBuilder:
		lists[len(lists)-1].object = b
		for i, f := range b.Type().(*arrow.StructType).Fields() {
			if err := t.add(append(path, f.Name), b.FieldBuilder(i), lists); err != nil {
				return err
			}
			lists = make([]arrowList, len(lists)) // the first leaf begins them all
		}
		return nil
	}
	leaf, ok := t.s.Lookup(path...)
	value := arrowValue(b)
	if !ok || value == nil || leaf.MaxRepetitionLevel != len(lists) || leaf.MaxDefinitionLevel > len(lists)+1 {
		return fmt.Errorf("internal error: the Parquet file has no column %v as %v", path, b.Type())
	}
	t.columns[leaf.ColumnIndex] = arrowColumn{lists: lists, defined: leaf.MaxDefinitionLevel, value: value, null: b.AppendNull}
	return nil
}

// arrowValue returns a function that appends a value that is not null to b, or nil if no column has the type
// of b.
func arrowValue(b array.Builder) func(parquet.Value) {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		return func(v parquet.Value) { b.Append(v.Boolean()) }
	case *array.Int32Builder:
		return func(v parquet.Value) { b.Append(v.Int32()) }
	case *array.Int64Builder:
		return func(v parquet.Value) { b.Append(v.Int64()) }
	case *array.Float64Builder:
		return func(v parquet.Value) { b.Append(v.Double()) }
	case *array.StringBuilder:
		return func(v parquet.Value) { b.BinaryBuilder.Append(v.ByteArray()) }
	}
	return nil
}
