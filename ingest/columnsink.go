package ingest

import (
	"io"

	"abtool/ingest/decode"
	"abtool/schema"
	"abtool/store/columnar"
)

// columnSink writes the annotations of a data set to a file, column by column with package columnar, because
// nearly all bytes of a store are annotations. rowSink writes the small tables.
type columnSink struct {
	file  *columnar.File
	set   decode.Set
	study bool // whether the table has the columns of studies
	jobs  int
}

func newColumnSink(w io.Writer, set decode.Set, study bool, name string, sources []string, jobs int) columnSink {
	return columnSink{columnar.NewFile(w, set.Schema(study), "abtool", schema.Metadata(name, sources)), set, study, jobs}
}

func (s columnSink) encoder() encoder[columnar.Span] {
	g := columnar.NewGroup(s.set.Schema(s.study), s.jobs, compression.compress)
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
