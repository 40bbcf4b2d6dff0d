package ingest

import (
	"io"

	"abtool/ingest/decode"
	"abtool/schema"
	"abtool/store/columnar"
)

// The annotation tables are nearly all that there is to write. They are written column by
// column (package columnar); the small tables as rows (rowSink).

// columnSink is a file of the annotations of a data set.
type columnSink struct {
	file *columnar.File
	set  decode.Set
	jobs int
}

func newColumnSink(w io.Writer, set decode.Set, name string, sources []string, jobs int) columnSink {
	return columnSink{columnar.NewFile(w, set.Schema(), "abtool", schema.Metadata(name, sources)), set, jobs}
}

func (s columnSink) encoder() encoder[columnar.Span] {
	g := columnar.NewGroup(s.set.Schema(), s.jobs, compression.compress)
	g.Lay(s.set.Layout())
	return columnEncoder{g}
}

func (s columnSink) append(e encoder[columnar.Span], _ int) error {
	return s.file.Append(e.(columnEncoder).g)
}

func (s columnSink) close() error { return s.file.Close() }

type columnEncoder struct{ g *columnar.Group }

func (e columnEncoder) add(rows columnar.Span) error {
	e.g.Add(rows)
	return nil
}

func (e columnEncoder) finish() error { return e.g.Encode() }

func (e columnEncoder) reset() { e.g.Reset() }
