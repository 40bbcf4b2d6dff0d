package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"

	"abtool/schema"
)

// arrowBatch is the number of rows of a record batch.
const arrowBatch = 2048

// arrowFile replaces a finished Parquet table of a data set by the same rows in an Arrow IPC
// file. table is as imagenet/annotations, dir the data set's folder.
func arrowFile(table, dir string, sources []string) error {
	convert := toArrow[schema.Reject]
	switch table {
	case "imagenet/annotations":
		convert = toArrow[schema.ImageNetAnnotation]
	case "imagenet/images":
		convert = toArrow[schema.ImageNetImage]
	case "coco/annotations":
		convert = toArrow[schema.COCOAnnotation]
	case "coco/images":
		convert = toArrow[schema.COCOImage]
	}
	from := filepath.Join(dir, filepath.Base(table)+".parquet")
	to := filepath.Join(dir, filepath.Base(table)+".arrow")
	if err := convert(from, to, schema.Metadata(table, sources)); err != nil {
		return fmt.Errorf("writing %s: %w", to, err)
	}
	return os.Remove(from)
}

// toArrow writes the rows of a Parquet file, of type S, to an Arrow file.
func toArrow[S any](from, to string, meta [][2]string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	var zero S
	s := schema.TableOf(zero).Arrow(meta)
	w, err := ipc.NewFileWriter(out, ipc.WithSchema(s), ipc.WithZstd())
	if err != nil {
		return err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	rows := make([]S, arrowBatch)
	r := parquet.NewGenericReader[S](in)
	defer r.Close()
	for {
		n, err := r.Read(rows)
		for i := range n {
			v := reflect.ValueOf(&rows[i]).Elem()
			for k, field := range b.Fields() {
				appendArrow(field, v.Field(k))
			}
		}
		if n > 0 {
			batch := b.NewRecord()
			e := w.Write(batch)
			batch.Release()
			if e != nil {
				return e
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Sync()
}

// appendArrow appends a field of a row to the builder of its column.
func appendArrow(b array.Builder, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			b.AppendNull()
			return
		}
		v = v.Elem()
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Int32Builder:
		b.Append(int32(v.Int()))
	case *array.Int64Builder:
		b.Append(v.Int())
	case *array.Float64Builder:
		b.Append(v.Float())
	case *array.StringBuilder:
		b.Append(v.String())
	case *array.ListBuilder:
		b.Append(true)
		for i := range v.Len() {
			appendArrow(b.ValueBuilder(), v.Index(i))
		}
	case *array.StructBuilder:
		b.Append(true)
		for i := range v.NumField() {
			appendArrow(b.FieldBuilder(i), v.Field(i))
		}
	default:
		panic(fmt.Sprintf("no column of a store is of type %v", b.(interface{ Type() arrow.DataType }).Type()))
	}
}
