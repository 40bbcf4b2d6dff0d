package columnar

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Schema is the schema of a file.
type Schema struct {
	elements []format.SchemaElement
	orders   []format.ColumnOrder
	leaves   []leaf
}

// NewSchema returns the schema that parquet-go derives from the row type R.
func NewSchema[R any]() (*Schema, error) { return SchemaOf(parquet.SchemaOf(new(R))) }

// SchemaOf returns the schema of a parquet-go schema.
func SchemaOf(of *parquet.Schema) (*Schema, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, of)
	if err := w.Close(); err != nil {
		return nil, err
	}
	f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		return nil, err
	}
	s := &Schema{elements: f.Metadata().Schema, orders: f.Metadata().ColumnOrders}
	for _, path := range f.Schema().Columns() {
		l, ok := f.Schema().Lookup(path...)
		if !ok || l.MaxRepetitionLevel > 1 {
			return nil, fmt.Errorf("the column %v: lists within lists are not supported", path)
		}
		s.leaves = append(s.leaves, leaf{
			name: strings.ReplaceAll(strings.Join(path, "."), ".list.element", ""),
			path: path, kind: format.Type(l.Node.Type().Kind()), def: int(l.MaxDefinitionLevel),
			rep: int(l.MaxRepetitionLevel),
		})
	}
	return s, nil
}

const magic = "PAR1"

// File is a file that is being written.
type File struct {
	w      io.Writer
	schema *Schema
	at     int64
	meta   format.FileMetaData
}

// NewFile begins a file with the given key-value pairs in its footer.
func NewFile(w io.Writer, s *Schema, createdBy string, meta [][2]string) *File {
	f := &File{w: w, schema: s, meta: format.FileMetaData{Version: 2, Schema: s.elements,
		ColumnOrders: s.orders, CreatedBy: createdBy}}
	for _, kv := range meta {
		f.meta.KeyValueMetadata = append(f.meta.KeyValueMetadata, format.KeyValue{Key: kv[0], Value: kv[1]})
	}
	return f
}

func (f *File) write(b []byte) error {
	n, err := f.w.Write(b)
	f.at += int64(n)
	return err
}

// Append writes the row group that g has encoded.
func (f *File) Append(g *Group) error {
	if g.rows == 0 {
		return nil
	}
	if f.at == 0 {
		if err := f.write([]byte(magic)); err != nil {
			return err
		}
	}
	rg := format.RowGroup{NumRows: int64(g.rows), FileOffset: f.at, Ordinal: int16(len(f.meta.RowGroups))}
	for i, c := range g.columns {
		m := g.meta[i]
		if m.DictionaryPageOffset != 0 {
			m.DictionaryPageOffset = f.at
		}
		m.DataPageOffset += f.at
		rg.Columns = append(rg.Columns, format.ColumnChunk{MetaData: m})
		rg.TotalByteSize += m.TotalUncompressedSize
		rg.TotalCompressedSize += m.TotalCompressedSize
		if err := f.write(c.frame().out); err != nil {
			return err
		}
	}
	f.meta.RowGroups = append(f.meta.RowGroups, rg)
	f.meta.NumRows += rg.NumRows
	return nil
}

// Close writes the footer.
func (f *File) Close() error {
	if f.at == 0 {
		if err := f.write([]byte(magic)); err != nil {
			return err
		}
	}
	b, err := thrift.Marshal(&thrift.CompactProtocol{}, f.meta)
	if err != nil {
		return err
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(b)))
	return f.write(append(b, magic...))
}
