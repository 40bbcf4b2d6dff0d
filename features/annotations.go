package features

import (
	"context"
	"fmt"

	"abtool/byproduct"
	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/parallel"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// annotations is what both data sets have: their table, and what is fitted on all of it.
type annotations struct {
	o         *Options
	table     *columnar.Table
	hitColumn string  // with the HIT
	starts    []int32 // by row group: its first row, and the number of rows
	workers   *byproduct.Names
	fold      []int32 // by worker: calibrationFold
	trust     *trust  // nil: no ground truth
	shift     *calibration
	pace      *pace // nil: not asked for
	splits    *splitter
}

func openAnnotations(dir string, o *Options, hitColumn string) (a annotations, err error) {
	t, err := columnar.Open(dir, o.Set, "annotations")
	if err != nil {
		return a, err
	}
	a = annotations{o: o, table: t, hitColumn: hitColumn, starts: []int32{0}, workers: byproduct.NewNames()}
	for g := range t.Groups() {
		a.starts = append(a.starts, a.starts[g]+int32(t.GroupRows(g)))
	}
	return a, nil
}

func (a *annotations) base() *annotations   { return a }
func (a *annotations) close() error         { return a.table.Close() }
func (a *annotations) left() []format.Count { return a.splits.left() }

// eachGroup reads columns of every row group in several goroutines. For each, begin returns what takes a group
// that the reader has read.
func eachGroup(
	ctx context.Context, jobs int, t *columnar.Table, columns []string,
	begin func(*columnar.Reader) func(g int) error,
) error {
	readers := make([]*columnar.Reader, parallel.Workers(jobs))
	takes := make([]func(int) error, len(readers))
	return parallel.Each(ctx, jobs, t.Groups(), func(worker, g int) (err error) {
		if readers[worker] == nil {
			if readers[worker], err = t.Reader(columns...); err != nil {
				return err
			}
			takes[worker] = begin(readers[worker])
		}
		if err := readers[worker].Read(g); err != nil {
			return err
		}
		return takes[worker](g)
	})
}

// checkSeq reports a row that does not have its number.
func (a *annotations) checkSeq(row int32, seq int64) error {
	if seq == int64(row) {
		return nil
	}
	return fmt.Errorf("row %d of %s/annotations has the number %d: the store is damaged, ingest again", row, a.o.Set, seq)
}

// begin prepares to fit what is fitted by annotator.
func (a *annotations) begin() {
	for _, w := range a.workers.List {
		a.fold = append(a.fold, calibrationFold(w, ""))
	}
}

// foldOf returns the calibration fold of an annotator, or, of an unknown one, of the image.
func (a *annotations) foldOf(worker int32, image string) int32 {
	if worker < 0 {
		return calibrationFold("", image)
	}
	return a.fold[worker]
}

// confidence returns the trust in an annotator without the image, of which own is known, and the number of other
// points that it is of.
func (a *annotations) confidence(worker int32, fold int, own stat.Tally) (mean float64, n int32) {
	if a.trust == nil {
		return nan, 0
	}
	return a.trust.of(worker, fold, own)
}

// unshownChunk is how many images without an annotation make a chunk.
const unshownChunk = 1 << 17

// chunksWith returns the number of chunks: the row groups, and after them so many images without an annotation.
func (a *annotations) chunksWith(unshown int) int {
	return a.table.Groups() + (unshown+unshownChunk-1)/unshownChunk
}

// visit calls row for the rows of a chunk, or unshown for its images without an annotation; of these there are
// n. read reads a row group.
func (a *annotations) visit(
	chunk, n int, read func(g int) error, row func(row int32) error, unshown func(i int) error,
) error {
	if g := a.table.Groups(); chunk >= g {
		from := (chunk - g) * unshownChunk
		for i := from; i < min(from+unshownChunk, n); i++ {
			if err := unshown(i); err != nil {
				return err
			}
		}
		return nil
	}
	if err := read(chunk); err != nil {
		return err
	}
	for i := a.starts[chunk]; i < a.starts[chunk+1]; i++ {
		if err := row(i); err != nil {
			return err
		}
	}
	return nil
}

// A point sets the point of a rule by facts of type F; false: there is none.
type point[F any] func(*F, *Target) bool

// points are the points of rules, in their order.
type points[F any] []point[F]

// pointsOf returns the points of rules.
func pointsOf[F any](rules []*rule, named map[string]point[F]) points[F] {
	out := make(points[F], len(rules))
	for i, r := range rules {
		out[i] = named[r.Name]
	}
	return out
}

// emit gives t as the row of each rule: row with the point that the rule has by facts. It gives rows without a
// point only if all is set.
func (p points[F]) emit(
	rules []*rule, facts *F, row *targetfile.Row, t *Target, all bool, emit func(*Target) error,
) error {
	for k, r := range rules {
		t.Row, t.rule, t.Rule = *row, k, r.Name
		if !p[k](facts, t) {
			t.none()
			if !all {
				continue
			}
		}
		if err := emit(t); err != nil {
			return err
		}
	}
	return nil
}
