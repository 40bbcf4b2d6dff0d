package query

import (
	"context"
	"database/sql"
	"math"

	"github.com/duckdb/duckdb-go/v2"
)

// mask is the mask of an instance as the store keeps it.
type mask struct {
	polygon             []any // float64
	rings               []any // int32
	rleHeight, rleWidth int64
	counts              []any // int64
}

// contains tells whether a pixel is in the mask.
func (m mask) contains(px, py int64) bool {
	x, y := float64(px)+0.5, float64(py)+0.5
	at := 0
	for _, n := range m.rings {
		n, _ := n.(int32)
		end := at + int(n)
		if n < 0 || end > len(m.polygon) {
			break
		}
		if inPolygon(m.polygon[at:end], x, y) {
			return true
		}
		at = end
	}
	if len(m.counts) == 0 || px >= m.rleWidth || py >= m.rleHeight {
		return false
	}
	left, set := px*m.rleHeight+py, false
	for _, n := range m.counts {
		n, _ := n.(int64)
		if left < n {
			return set
		}
		left -= n
		set = !set
	}
	return false
}

// inPolygon is the even-odd rule for x0, y0, x1, y1, …
func inPolygon(p []any, x, y float64) bool {
	n := len(p) / 2
	if n == 0 {
		return false
	}
	in := false
	xj, yj := number(p[2*n-2]), number(p[2*n-1])
	for i := range n {
		xi, yi := number(p[2*i]), number(p[2*i+1])
		if (yi > y) != (yj > y) && x < (xj-xi)*(y-yi)/(yj-yi)+xi {
			in = !in
		}
		xj, yj = xi, yi
	}
	return in
}

func number(v any) float64 {
	f, ok := v.(float64)
	if !ok {
		return math.NaN()
	}
	return f
}

// pixel is the pixel under a point in fractions of an image of width w and height h (C5).
func pixel(x, y float64, w, h int64) (px, py int64, ok bool) {
	if !(x >= 0 && x <= 1 && y >= 0 && y <= 1) || w <= 0 || h <= 0 {
		return 0, 0, false
	}
	return min(int64(x*float64(w)), w-1), min(int64(y*float64(h)), h-1), true
}

// Arguments of point_in_mask.
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

// pointInMask is the function point_in_mask, which is given a chunk of rows at a time.
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
			px, py, ok := pixel(x, y, w, h)
			result = ok && rowMask(row).contains(px, py)
		}
		if err := row.SetResult(result); err != nil {
			return err
		}
	}
	return nil
}

func rowMask(row *duckdb.ChunkIteratorState) (m mask) {
	m.polygon, _ = (*row.GetValuePtr(argPolygon)).([]any)
	m.rings, _ = (*row.GetValuePtr(argRings)).([]any)
	m.counts, _ = (*row.GetValuePtr(argCounts)).([]any)
	m.rleHeight, _ = (*row.GetValuePtr(argRLEHeight)).(int64)
	m.rleWidth, _ = (*row.GetValuePtr(argRLEWidth)).(int64)
	return m
}

func registerMask(c *sql.Conn) error {
	f := &pointInMask{}
	scalar := func(t duckdb.Type) duckdb.TypeInfo {
		info, _ := duckdb.NewTypeInfo(t)
		return info
	}
	list := func(t duckdb.Type) duckdb.TypeInfo {
		info, _ := duckdb.NewListInfo(scalar(t))
		return info
	}
	f.args = []duckdb.TypeInfo{
		argX: scalar(duckdb.TYPE_DOUBLE), argY: scalar(duckdb.TYPE_DOUBLE), argWidth: scalar(duckdb.TYPE_BIGINT), argHeight: scalar(duckdb.TYPE_BIGINT),
		argPolygon: list(duckdb.TYPE_DOUBLE), argRings: list(duckdb.TYPE_INTEGER),
		argRLEHeight: scalar(duckdb.TYPE_BIGINT), argRLEWidth: scalar(duckdb.TYPE_BIGINT), argCounts: list(duckdb.TYPE_BIGINT),
	}
	return duckdb.RegisterScalarUDF(c, maskDoc.Name, f)
}
