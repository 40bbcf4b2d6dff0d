package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// ColumnSize is what a column takes of its file.
type ColumnSize struct {
	Table  string `json:"table"`  // as imagenet/annotations
	Column string `json:"column"` // dotted, as mouse.x
	Bytes  int64  `json:"bytes"`  // compressed
	Plain  int64  `json:"plain"`  // encoded, before compression
	Values int64  `json:"values"` // nulls and one for each empty list included
}

// ColumnSizes reads from the footers of a store's Parquet files what each column takes, in the
// order of the schema.
func ColumnSizes(store string, s *Account) (sizes []ColumnSize, err error) {
	for _, d := range s.DataSets {
		for _, table := range Tables {
			more, err := columnSizes(filepath.Join(store, d.Name, table+".parquet"), d.Name+"/"+table)
			if err != nil {
				return nil, err
			}
			sizes = append(sizes, more...)
		}
	}
	return sizes, nil
}

func columnSizes(path, table string) ([]ColumnSize, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the store is incomplete: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	p, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	var sizes []ColumnSize
	for _, path := range p.Schema().Columns() {
		name := strings.Join(path, ".")
		sizes = append(sizes, ColumnSize{Table: table, Column: strings.ReplaceAll(name, ".list.element", "")})
	}
	for _, g := range p.Metadata().RowGroups {
		for i, c := range g.Columns {
			sizes[i].Bytes += c.MetaData.TotalCompressedSize
			sizes[i].Plain += c.MetaData.TotalUncompressedSize
			sizes[i].Values += c.MetaData.NumValues
		}
	}
	return sizes, nil
}
