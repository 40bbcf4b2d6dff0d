package explore

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"abtool/query"
)

// A profile says which values a column of a whole result has.
type profile struct {
	reply
	N        int64 `json:"n"`
	Null     int64 `json:"null"`
	Distinct int64 `json:"distinct"`

	Least     any            `json:"least,omitempty"` // of numbers, as the rest
	Most      any            `json:"most,omitempty"`
	Mean      any            `json:"mean,omitempty"`
	Quantiles []any          `json:"quantiles,omitempty"` // at the shares of profileShares
	Bins      *profileBinned `json:"bins,omitempty"`
	Count     []int64        `json:"count"`            // rows in each bin, or with each value
	Values    []any          `json:"values,omitempty"` // the most frequent ones
}

type profileBinned struct {
	Low  float64 `json:"low"`
	Step float64 `json:"step"`
}

// profileShares are the quantiles of a profile.
const profileShares = "[0.05, 0.25, 0.5, 0.75, 0.95]"

// Sizes of a profile.
const (
	profileBins   = 30
	profileValues = 8
)

// column answers with the profile of a column of the last statement's result, over all of its rows.
func (s *Server) column(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	a, err := readAsked(r)
	if err != nil {
		return nil, err
	}
	out := profile{Count: []int64{}}
	err = s.last(ctx, a, func(session *query.Session, text string, params query.Params) error {
		const kept = "the_column"
		name := `"` + strings.ReplaceAll(a.Column, `"`, `""`) + `"`
		made, err := session.Query(ctx, fmt.Sprintf("CREATE TEMP TABLE %s AS SELECT %s AS v FROM (\n%s\n)", kept, name, text), params)
		var q *query.QueryError
		if errors.As(err, &q) && q.Line == 1 { // of the line before the query
			return wrong("the result has no column %q", a.Column)
		}
		if err != nil {
			return err
		}
		if err := made.Close(); err != nil {
			return err
		}
		return out.read(ctx, session, kept)
	})
	out.reply = since(start)
	return out, err
}

// read computes a profile of the column v of a table.
func (p *profile) read(ctx context.Context, session *query.Session, table string) error {
	ask := func(q string, f func(columns []query.ResultColumn, row []sqldriver.Value)) error {
		rows, err := session.Query(ctx, q, nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		return each(rows, func(row []sqldriver.Value) error { f(rows.Columns, row); return nil })
	}
	number := false
	err := ask("SELECT count(*), count(*) - count(v), count(DISTINCT v), any_value(v) FROM "+table, func(c []query.ResultColumn, row []sqldriver.Value) {
		p.N, p.Null, p.Distinct = row[0].(int64), row[1].(int64), row[2].(int64)
		number = c[3].Type.Numeric()
	})
	if err != nil || p.N == p.Null {
		return err
	}
	if !number {
		return ask(fmt.Sprintf("SELECT v::VARCHAR, count(*) AS n FROM %s WHERE v IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT %d", table, profileValues),
			func(c []query.ResultColumn, row []sqldriver.Value) {
				p.Values, p.Count = append(p.Values, plainJSON(c[0].Type, row[0])), append(p.Count, row[1].(int64))
			})
	}
	var low, high float64
	finite := "(SELECT v::DOUBLE AS v FROM " + table + " WHERE isfinite(v::DOUBLE))"
	err = ask("SELECT min(v), max(v), avg(v), quantile_cont(v, "+profileShares+") FROM "+finite, func(c []query.ResultColumn, row []sqldriver.Value) {
		if row[0] == nil {
			return
		}
		low, high = row[0].(float64), row[1].(float64)
		p.Least, p.Most, p.Mean = low, high, row[2]
		p.Quantiles, _ = row[3].([]any)
	})
	if err != nil || p.Least == nil {
		return err
	}
	step := (high - low) / profileBins
	if whole := p.Distinct <= profileBins && high-low < profileBins; whole && low == math.Floor(low) && high == math.Floor(high) {
		step = 1
	}
	if !(step > 0) || math.IsInf(step, 0) {
		step = 1
	}
	p.Bins = &profileBinned{low, step}
	p.Count = make([]int64, min(profileBins, int((high-low)/step)+1))
	return ask(fmt.Sprintf("SELECT greatest(0, least(%d, floor((v - %v) / %v)))::BIGINT, count(*) FROM %s GROUP BY 1", len(p.Count)-1, low, step, finite),
		func(_ []query.ResultColumn, row []sqldriver.Value) { p.Count[row[0].(int64)] += row[1].(int64) })
}
