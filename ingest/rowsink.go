package ingest

import (
	"bytes"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"abtool/schema"
)

// slice has rows in the form that parquet-go takes. Values in their lists are not counted.
type slice[R any] []R

func (s slice[R]) Len() int              { return len(s) }
func (s slice[R]) Cut(i, j int) slice[R] { return s[i:j] }
func (s slice[R]) Weight(int) int        { return 0 }

// rowSink writes the rows of a small table to a file, with parquet-go.
//
// In an `optional` field that is not a pointer, parquet-go v0.32 writes some nulls as zeros: if k nulls are
// followed by exactly k values, and these by nulls only, then the last nulls. Therefore rows are written in
// runs that have nulls in the same fields.
type rowSink[R any] struct{ out *parquet.GenericWriter[R] }

// A shaped row has optional fields without a pointer. It reports which of them are null, in one bit each.
type shaped interface{ Shape() uint8 }

func newRowSink[R any](w io.Writer, name string, sources []string) rowSink[R] {
	return rowSink[R]{parquet.NewGenericWriter[R](w, writerOptions[R](schema.Metadata(name, sources))...)}
}

// roots has the name of the root of a table's schema in stores, by the type of the row.
var roots = map[string]string{"Reject": "rejectRow", "ImageNetImage": "imagenetImageRow", "COCOImage": "cocoImageRow",
	"PageAttempt": "pageRow", "Session": "sessionRow", "Review": "reviewRow"}

func writerOptions[R any](meta [][2]string) []parquet.WriterOption {
	s := parquet.SchemaOf(new(R))
	s = parquet.NewSchema(roots[s.Name()], s)
	o := []parquet.WriterOption{
		s,
		parquet.Compression(compression),
		parquet.CreatedBy("abtool", "", ""),
		parquet.PageBufferSize(256 << 10),
	}
	for _, kv := range meta {
		o = append(o, parquet.KeyValueMetadata(kv[0], kv[1]))
	}
	return o
}

func (s rowSink[R]) encoder() encoder[slice[R]] {
	e := &rowEncoder[R]{}
	e.w = parquet.NewGenericWriter[R](&e.buf, writerOptions[R](nil)...)
	return e
}

// append appends an encoded row group to the file without encoding it again.
func (s rowSink[R]) append(e encoder[slice[R]], rows int) error {
	file := e.(*rowEncoder[R]).buf.Bytes()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	if n := f.NumRows(); n != int64(rows) {
		return fmt.Errorf("internal error: a row group has %d rows, not %d", n, rows)
	}
	for _, rg := range f.RowGroups() {
		if _, err := s.out.WriteRowGroup(rg); err != nil {
			return err
		}
	}
	return nil
}

func (s rowSink[R]) close() error { return s.out.Close() }

// rowEncoder encodes one row group, as a Parquet file in memory.
type rowEncoder[R any] struct {
	buf bytes.Buffer
	w   *parquet.GenericWriter[R]
}

func (e *rowEncoder[R]) add(rows slice[R]) error {
	for len(rows) > 0 {
		n := e.run(rows)
		if _, err := e.w.Write(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// run returns the number of rows, from the first on, that have nulls in the same fields.
func (e *rowEncoder[R]) run(rows slice[R]) int {
	shape := func(i int) uint8 {
		if r, ok := any(rows[i]).(shaped); ok {
			return r.Shape()
		}
		return 0
	}
	first := shape(0)
	for i := 1; i < len(rows); i++ {
		if shape(i) != first {
			return i
		}
	}
	return len(rows)
}

func (e *rowEncoder[R]) finish() error { return e.w.Close() }

func (e *rowEncoder[R]) reset() {
	e.buf.Reset()
	e.w.Reset(&e.buf)
}
