package ingest

import (
	"fmt"
	"io"

	"abtool/schema"
	"abtool/store/columnar"
)

// The annotation tables are nearly all that there is to write. They are written column by
// column (package columnar); the small tables as rows (rowSink).

// columnSink is a file of columns. columns makes a group and tells how rows are put into it.
type columnSink[R any] struct {
	file    *columnar.File
	schema  *columnar.Schema
	jobs    int
	columns func(g *columnar.Group) func(*R)
}

func newColumnSink[S, R any](w io.Writer, name string, sources []string, jobs int, columns func(*columnar.Group) func(*R)) (*columnSink[R], error) {
	s, err := columnar.NewSchema[S]()
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", name, err)
	}
	return &columnSink[R]{columnar.NewFile(w, s, "abtool", schema.Metadata(name, sources)), s, jobs, columns}, nil
}

func (s *columnSink[R]) encoder() encoder[R] {
	g := columnar.NewGroup(s.schema, s.jobs, compression.compress)
	return &columnEncoder[R]{g, s.columns(g)}
}

func (s *columnSink[R]) append(e encoder[R], _ int) error {
	return s.file.Append(e.(*columnEncoder[R]).g)
}

func (s *columnSink[R]) close() error { return s.file.Close() }

type columnEncoder[R any] struct {
	g   *columnar.Group
	put func(*R)
}

func (e *columnEncoder[R]) add(rows []R) error {
	for i := range rows {
		e.put(&rows[i])
		e.g.EndRow()
	}
	return nil
}

func (e *columnEncoder[R]) finish() error { return e.g.Encode() }

func (e *columnEncoder[R]) reset() { e.g.Reset() }
