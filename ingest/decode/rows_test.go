package decode

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"abtool/ingest/internal/randtext"
	"abtool/schema"
	"abtool/store/columnar"
)

// The annotation rows come back from a file as what they were, whatever is null in them.
func TestColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var in []ImageNetRow
	var co []COCORow
	for range 300 {
		b := newBatch()
		b.slowXML(randtext.XML(r, 3), XMLRecord, nil, &b.doc)
		b.slowJSON(randtext.ImageNetJSON(r, 3), ImageNet)
		b.slowJSON(randtext.COCO(r, 3), COCO)
		in, co = append(in, b.ImageNet...), append(co, b.COCO...)
	}
	var wantIn []schema.ImageNetAnnotation
	for i := range in {
		wantIn = append(wantIn, in[i].general())
	}
	var wantCo []schema.COCOAnnotation
	for i := range co {
		wantCo = append(wantCo, co[i].general())
	}
	for _, group := range []int{1, 7, 1000} {
		equalRows(t, wantIn, writeRows[schema.ImageNetAnnotation](t, in, group, ImageNetColumns))
		equalRows(t, wantCo, writeRows[schema.COCOAnnotation](t, co, group, COCOColumns))
	}
}

func writeRows[S, R any](t *testing.T, rows []R, group int, columns func(*columnar.Group) func(*R)) []S {
	t.Helper()
	var b bytes.Buffer
	s, err := columnar.NewSchema[S]()
	if err != nil {
		t.Fatal(err)
	}
	file := columnar.NewFile(&b, s, "abtool", nil)
	g := columnar.NewGroup(s, 2, zstdOf(t))
	put := columns(g)
	for len(rows) > 0 {
		n := min(len(rows), group)
		for i := range rows[:n] {
			put(&rows[i])
			g.EndRow()
		}
		if err := errors.Join(g.Encode(), file.Append(g)); err != nil {
			t.Fatal(err)
		}
		g.Reset()
		rows = rows[n:]
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := parquet.Read[S](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// zstdOf returns what compresses a page.
func zstdOf(t testing.TB) func(dst, src []byte) []byte {
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(dst, src []byte) []byte { return e.EncodeAll(src, dst) }
}

func equalRows[S any](t *testing.T, want, got []S) {
	t.Helper()
	bits := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), bits); d != "" {
		t.Fatalf("%.3000s", d)
	}
}

// The rows in the form of the schema, for tests to compare.

func opt[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// general turns the row into the form in which zeros and nulls differ.
func (r *ImageNetRow) general() schema.ImageNetAnnotation {
	return schema.ImageNetAnnotation{
		Seq: r.Seq, Source: r.Source, ImageID: r.ImageID, Class: opt(r.Class), WorkerID: opt(r.WorkerID),
		AssignmentID: opt(r.AssignmentID), HITID: opt(r.HITID), ImageNetHITID: opt(r.ImageNetHITID),
		HITSubmitTime: r.HITSubmitTime, PageIdx: r.PageIdx, ImageIdx: r.ImageIdx, PageUUID: opt(r.PageUUID),
		PageStarted: r.PageStarted, PageEnded: r.PageEnded, PositionX: r.PositionX, PositionY: r.PositionY,
		ImageWidth: r.ImageWidth, ImageHeight: r.ImageHeight, OrigWidth: r.OrigWidth, OrigHeight: r.OrigHeight,
		Selected: r.Selected, SelectedCount: r.SelectedCount, HoveredCount: r.HoveredCount, EstimateTime: r.EstimateTime,
		T0: r.T0, Clicks: generalPoints(r.Clicks), Mouse: generalPoints(r.Mouse), Hovers: generalHovers(r.Hovers),
	}
}

func generalPoints(ps []point) []schema.Point {
	out := make([]schema.Point, len(ps))
	for i, p := range ps {
		out[i] = schema.Point{T: generalTime(p.T), X: generalCoord(p.X), Y: generalCoord(p.Y)}
	}
	return out
}

func generalHovers(hs []hover) []schema.Hover {
	out := make([]schema.Hover, len(hs))
	for i, h := range hs {
		out[i] = schema.Hover{T: generalTime(h.T), Action: opt(h.Action)}
	}
	return out
}

func generalTime(t int64) *int64 {
	if t == zeroTime {
		return new(int64)
	}
	return opt(t)
}

func generalCoord(v float64) *float64 {
	if math.Float64bits(v) == 0 {
		return nil
	}
	if v == 0 {
		v = 0 // not negative zero
	}
	return &v
}

func (r *COCORow) general() schema.COCOAnnotation {
	g := schema.COCOAnnotation{
		Seq: r.Seq, Source: r.Source, ImageID: r.ImageID, WorkerID: opt(r.WorkerID), HITID: opt(r.HITID),
		AssignmentID: opt(r.AssignmentID), PageIdx: r.PageIdx, PageUUID: opt(r.PageUUID), PageStarted: r.PageStarted,
		PageEnded: r.PageEnded, ImageWidth: r.ImageWidth, ImageHeight: r.ImageHeight, OrigWidth: r.OrigWidth,
		OrigHeight: r.OrigHeight, TimeSpent: r.TimeSpent, Categories: r.Categories,
	}
	for _, a := range r.Actions {
		g.Actions = append(g.Actions, schema.Action{
			Type: opt(a.Type), Icon: opt(a.Icon), FromX: generalCoord(a.FromX), FromY: generalCoord(a.FromY),
			ToX: generalCoord(a.ToX), ToY: generalCoord(a.ToY), T: generalTime(a.T),
		})
	}
	for _, b := range r.Browsing {
		g.Browsing = append(g.Browsing, schema.Browse{
			CategoryIdx: b.CategoryIdx, Category: opt(b.Category), Keyboard: b.Keyboard, T: generalTime(b.T),
		})
	}
	for _, p := range r.Mouse {
		g.Mouse = append(g.Mouse, schema.Sample{T: generalTime(p.T), X: generalCoord(p.X), Y: generalCoord(p.Y)})
	}
	return g
}

// Large pieces leave no blocks behind in an arena.
func TestArena(t *testing.T) {
	var a arena[int64]
	for range 100 {
		a.alloc(arenaBytes + 1)
		for range 3 {
			a.alloc(arenaBytes / 2)
		}
		a.reset()
	}
	if len(a.blocks) > 3 {
		t.Errorf("%d blocks", len(a.blocks))
	}
}
