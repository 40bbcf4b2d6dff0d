package features

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"abtool/byproduct"
	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/parallel"
	"abtool/internal/stat"
	"abtool/schema"
	"abtool/store"
	"abtool/store/columnar"
)

// annotations are the parts common to both data sets: their table of annotations, and the models fitted on
// all of it.
type annotations struct {
	o         *Options
	table     *columnar.Table
	hitColumn string  // the column that holds the HIT
	starts    []int32 // first row of each row group, and at the end the number of rows
	cuts      []int32 // first row of each chunk, likewise
	workers   *byproduct.Names
	fold      []int32 // by worker: calibrationFold
	trust     *trust  // nil without ground truth
	shift     *calibration
	pace      *pace // nil if not asked for
	splits    *splitter
}

func openAnnotations(dir string, o *Options, hitColumn string) (a annotations, err error) {
	t, err := store.Open(dir, o.Set, "annotations")
	if err != nil {
		return a, err
	}
	a = annotations{o: o, table: t, hitColumn: hitColumn, starts: []int32{0}, workers: byproduct.NewNames()}
	for g := range t.Groups() {
		a.starts = append(a.starts, a.starts[g]+int32(t.GroupRows(g)))
	}
	a.cuts = a.starts
	if t.Joined() {
		if err := a.cut(); err != nil {
			t.Close()
			return a, err
		}
	}
	return a, nil
}

// cut cuts the rows of several stores into the chunks that the one store of all has: its row groups. So the
// targets are the same file.
func (a *annotations) cut() error {
	var lists []string // a column of each list
	for _, c := range schema.TableAt(a.o.Set + "/annotations").Columns {
		switch {
		case c.Study && !a.table.Has(c.Name):
		case len(c.Fields) > 0:
			lists = append(lists, c.Fields[0].Name)
		case strings.HasPrefix(c.Type, "list"):
			lists = append(lists, c.Name)
		}
	}
	entries := make([]int32, a.table.Rows()) // by row
	err := eachGroup(context.Background(), a.o.Jobs, a.table, lists, func(r *columnar.Reader) func(int) error {
		return func(g int) error {
			for _, list := range lists {
				offsets := r.Column(list).Offsets
				for i := range r.Rows() {
					entries[a.starts[g]+int32(i)] += offsets[i+1] - offsets[i]
				}
			}
			return nil
		}
	})
	if err != nil {
		return err
	}
	a.cuts = []int32{0}
	rows, sum := 0, int32(0)
	for i, n := range entries {
		rows, sum = rows+1, sum+n
		if rows == store.GroupRows(a.o.Set) || sum >= store.GroupEntries {
			a.cuts = append(a.cuts, int32(i)+1)
			rows, sum = 0, 0
		}
	}
	if rows > 0 {
		a.cuts = append(a.cuts, int32(len(entries)))
	}
	return nil
}

func (a *annotations) base() *annotations   { return a }
func (a *annotations) close() error         { return a.table.Close() }
func (a *annotations) left() []format.Count { return a.splits.left() }

// eachGroup reads columns of every row group in several goroutines. It calls begin once for each goroutine;
// begin returns a function that is called for each row group that the goroutine's reader has read.
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

// checkSeq returns an error if the seq of a row is not the row's number.
func (a *annotations) checkSeq(row int32, seq int64) error {
	if seq == int64(row) {
		return nil
	}
	return fmt.Errorf("row %d of %s/annotations has the number %d: the store is damaged, ingest again", row, a.o.Set, seq)
}

// begin assigns every annotator to a calibration fold.
func (a *annotations) begin() {
	for _, w := range a.workers.List {
		a.fold = append(a.fold, calibrationFold(w, ""))
	}
}

// foldOf returns the calibration fold of an annotator; if the annotator is unknown, of the image.
func (a *annotations) foldOf(worker int32, image string) int32 {
	if worker < 0 {
		return calibrationFold("", image)
	}
	return a.fold[worker]
}

// confidence returns the expected accuracy of an annotator on other images, and the number of points that it
// is estimated from. own is the annotator's tally on the image itself, which is left out. Without ground
// truth the accuracy is NaN.
func (a *annotations) confidence(worker int32, fold int, own stat.Tally) (mean float64, n int32) {
	if a.trust == nil {
		return nan, 0
	}
	return a.trust.of(worker, fold, own)
}

// unshownChunk is the number of images without an annotation in a chunk.
const unshownChunk = 1 << 17

// chunksWith returns the number of chunks: those of rows, followed by the chunks of unshown images, which have
// no annotation.
func (a *annotations) chunksWith(unshown int) int {
	return len(a.cuts) - 1 + (unshown+unshownChunk-1)/unshownChunk
}

// visit calls row for each row of a chunk, after read has read its row group; at is its place in the row group.
// For a chunk after the last row it calls unshown for the chunk's images without an annotation; n is the number
// of all such images.
func (a *annotations) visit(
	chunk, n int, read func(g int) error, row func(row int32, at int) error, unshown func(i int) error,
) error {
	if g := len(a.cuts) - 1; chunk >= g {
		from := (chunk - g) * unshownChunk
		for i := from; i < min(from+unshownChunk, n); i++ {
			if err := unshown(i); err != nil {
				return err
			}
		}
		return nil
	}
	from, to := a.cuts[chunk], a.cuts[chunk+1]
	g, _ := slices.BinarySearch(a.starts, from+1)
	for g--; g < a.table.Groups() && a.starts[g] < to; g++ {
		if err := read(g); err != nil {
			return err
		}
		for i := max(from, a.starts[g]); i < min(to, a.starts[g+1]); i++ {
			if err := row(i, int(i-a.starts[g])); err != nil {
				return err
			}
		}
	}
	return nil
}

// A point computes the point of a rule from facts of type F. It sets the point of the Target and returns
// true, or returns false if the rule gives no point.
type point[F any] func(*F, *Target) bool

// points are the functions that compute the points of some rules, in the order of the rules.
type points[F any] []point[F]

// pointsOf returns the functions of rules from named, which has them by the name of the rule.
func pointsOf[F any](rules []*rule, named map[string]point[F]) points[F] {
	out := make(points[F], len(rules))
	for i, r := range rules {
		out[i] = named[r.Name]
	}
	return out
}

// emit calls the function emit with t for each rule: a copy of row with the point that the rule computes from
// facts. Rows without a point are emitted only if all is set.
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
