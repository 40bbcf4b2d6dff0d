package query

import (
	"context"
	"database/sql"
	"math"

	"github.com/duckdb/duckdb-go/v2"

	"abtool/byproduct/plane"
)

// The arguments of point_in_mask.
const (
	argX = iota
	argY
	argWidth
	argHeight
	argPolygon
	argRings
	argRLEHeight
	argRLEWidth
	argCounts
)

// pointInMask implements the function point_in_mask for chunks of rows.
type pointInMask struct{ args []duckdb.TypeInfo }

func (f *pointInMask) Config() duckdb.ScalarFuncConfig {
	result, _ := duckdb.NewTypeInfo(duckdb.TYPE_BOOLEAN)
	return duckdb.ScalarFuncConfig{InputTypeInfos: f.args, ResultTypeInfo: result, SpecialNullHandling: true}
}

func (f *pointInMask) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{ChunkContextExecutor: executeMask}
}

func executeMask(ctx context.Context, chunk *duckdb.ChunkIteratorState) error {
	if ctx != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	var m plane.Mask
	for row, err := range chunk.Rows() {
		if err != nil {
			return err
		}
		x, xok := (*row.GetValuePtr(argX)).(float64)
		y, yok := (*row.GetValuePtr(argY)).(float64)
		w, wok := (*row.GetValuePtr(argWidth)).(int64)
		h, hok := (*row.GetValuePtr(argHeight)).(int64)
		var result any
		if xok && yok && wok && hok {
			px, py, ok := plane.Pixel(x, y, w, h)
			if ok {
				readMask(&m, row)
			}
			result = ok && m.Has(px, py)
		}
		if err := row.SetResult(result); err != nil {
			return err
		}
	}
	return nil
}

// readMask reads the mask of a row, in the form of the store, into m and reuses its memory. A null value
// becomes NaN in a polygon and 0 elsewhere.
func readMask(m *plane.Mask, row *duckdb.ChunkIteratorState) {
	m.Polygon, m.Rings, m.Runs = m.Polygon[:0], m.Rings[:0], m.Runs[:0]
	for _, v := range list(row, argPolygon) {
		f, ok := v.(float64)
		if !ok {
			f = math.NaN()
		}
		m.Polygon = append(m.Polygon, f)
	}
	for _, v := range list(row, argRings) {
		n, _ := v.(int32)
		m.Rings = append(m.Rings, int64(n))
	}
	for _, v := range list(row, argCounts) {
		n, _ := v.(int64)
		m.Runs = append(m.Runs, n)
	}
	m.Height, _ = (*row.GetValuePtr(argRLEHeight)).(int64)
	m.Width, _ = (*row.GetValuePtr(argRLEWidth)).(int64)
}

// list returns the list in a column of a row, or nil for null.
func list(row *duckdb.ChunkIteratorState, column int) []any {
	v, _ := (*row.GetValuePtr(column)).([]any)
	return v
}

func registerMask(c *sql.Conn) error {
	f := &pointInMask{}
	scalar := func(t duckdb.Type) duckdb.TypeInfo {
		info, _ := duckdb.NewTypeInfo(t)
		return info
	}
	listOf := func(t duckdb.Type) duckdb.TypeInfo {
		info, _ := duckdb.NewListInfo(scalar(t))
		return info
	}
	f.args = []duckdb.TypeInfo{
		argX: scalar(duckdb.TYPE_DOUBLE), argY: scalar(duckdb.TYPE_DOUBLE),
		argWidth: scalar(duckdb.TYPE_BIGINT), argHeight: scalar(duckdb.TYPE_BIGINT),
		argPolygon: listOf(duckdb.TYPE_DOUBLE), argRings: listOf(duckdb.TYPE_INTEGER),
		argRLEHeight: scalar(duckdb.TYPE_BIGINT), argRLEWidth: scalar(duckdb.TYPE_BIGINT),
		argCounts: listOf(duckdb.TYPE_BIGINT),
	}
	return duckdb.RegisterScalarUDF(c, maskDoc.Name, f)
}
