package targetfile

import (
	"errors"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
)

// readParquet reads the file column by column. Of several errors it returns the one in the earliest row, as
// if it had read row by row.
func readParquet(f io.ReaderAt, size int64) ([]Target, error) {
	pq, err := parquet.OpenFile(f, size)
	if err != nil {
		return nil, err
	}
	at, err := present(func(name string) (int, bool) {
		leaf, ok := pq.Schema().Lookup(name)
		return leaf.ColumnIndex, ok
	})
	if err != nil {
		return nil, err
	}
	var list []Target
	cols := columns()
	first, fault := math.MaxInt, error(nil)
	for i, leaf := range at {
		if leaf < 0 {
			continue
		}
		c := &cols[i]
		n, err := eachValue(pq, leaf, func(row int, v parquet.Value) error {
			if i == 0 {
				list = append(list, empty())
			}
			if row >= len(list) {
				return nil
			}
			return put(c, &list[row], typedCell(v), row)
		})
		if err != nil && n < first {
			first, fault = n, err
		}
	}
	return list, fault
}

// A visit is called with the value of a row, counted from 0.
type visit func(row int, v parquet.Value) error

// eachValue calls f with the values of a column; for a list, with its first value. It returns the row at
// which an error occurred.
func eachValue(pq *parquet.File, leaf int, f visit) (row int, err error) {
	buf := make([]parquet.Value, 512)
	for _, group := range pq.RowGroups() {
		pages := group.ColumnChunks()[leaf].Pages()
		row, err = eachInPages(pages, buf, row, f)
		if err := errors.Join(err, pages.Close()); err != nil {
			return row, err
		}
	}
	return row, nil
}

func eachInPages(pages parquet.Pages, buf []parquet.Value, row int, f visit) (int, error) {
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return row, nil
		}
		if err != nil {
			return row, err
		}
		row, err = eachInPage(page, buf, row, f)
		parquet.Release(page)
		if err != nil {
			return row, err
		}
	}
}

func eachInPage(page parquet.Page, buf []parquet.Value, row int, f visit) (int, error) {
	values := page.Values()
	for {
		n, err := values.ReadValues(buf)
		for _, v := range buf[:n] {
			if v.RepetitionLevel() > 0 {
				continue
			}
			if err := f(row, v); err != nil {
				return row, err
			}
			row++
		}
		if errors.Is(err, io.EOF) {
			return row, nil
		}
		if err != nil {
			return row, err
		}
	}
}
