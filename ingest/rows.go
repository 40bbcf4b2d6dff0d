package ingest

import (
	"math"
	"unsafe"

	"abtool/schema"
)

// The rows as the writer takes them. parquet-go writes the zero value of an `optional` field
// that is not a pointer as null, in runs and so without a cost per value; within the lists,
// where nearly all values are, this is what we use. A coordinate that truly is zero is kept as
// negative zero, a time as zeroTime.
//
// parquet-go v0.32 takes some nulls for zeros where nulls and values alternate in such a field:
// after k nulls, exactly k values and then nulls only, the last ones. So the lists that are
// written this way have no nulls at all: a row with a null or a true zero in one has its odd
// mark set and goes to the writer as plain values (rowvalues.go). Scalars of this kind are
// written in runs of rows that have the same of them (shape). Tests hold the row types of the
// schema, the wire rows and the plain values equal, for every pattern of nulls.

type point struct {
	T int64   `parquet:"t,optional,delta"`
	X float64 `parquet:"x,optional,dict"`
	Y float64 `parquet:"y,optional,dict"`
}

type hover struct {
	T      int64  `parquet:"t,optional,delta"`
	Action string `parquet:"action,optional,dict"`
}

type imagenetRow struct {
	Seq           int64    `parquet:"seq,delta"`
	Source        string   `parquet:"source,dict"`
	ImageID       string   `parquet:"image_id,delta"`
	Class         string   `parquet:"class,optional,dict"`
	WorkerID      string   `parquet:"worker_id,optional,dict"`
	AssignmentID  string   `parquet:"assignment_id,optional,dict"`
	HITID         string   `parquet:"hit_id,optional,dict"`
	ImageNetHITID string   `parquet:"imagenet_hit_id,optional,dict"`
	HITSubmitTime *int64   `parquet:"hit_submit_time,optional,dict"`
	PageIdx       *int32   `parquet:"page_idx,optional,dict"`
	ImageIdx      *int32   `parquet:"image_idx,optional,dict"`
	PageUUID      string   `parquet:"page_uuid,optional,dict"`
	PageStarted   *int64   `parquet:"page_started,optional,dict"`
	PageEnded     *int64   `parquet:"page_ended,optional,dict"`
	PositionX     *float64 `parquet:"position_x,optional,dict"`
	PositionY     *float64 `parquet:"position_y,optional,dict"`
	ImageWidth    *float64 `parquet:"image_width,optional,dict"`
	ImageHeight   *float64 `parquet:"image_height,optional,dict"`
	OrigWidth     *int32   `parquet:"original_width,optional,dict"`
	OrigHeight    *int32   `parquet:"original_height,optional,dict"`
	Selected      *bool    `parquet:"selected,optional"`
	SelectedCount *int32   `parquet:"selected_count,optional,dict"`
	HoveredCount  *int32   `parquet:"hovered_count,optional,dict"`
	EstimateTime  *int64   `parquet:"estimate_time,optional,dict"`
	T0            *int64   `parquet:"t0,optional"`
	Clicks        []point  `parquet:"clicks,list"`
	Mouse         []point  `parquet:"mouse,list"`
	Hovers        []hover  `parquet:"hovers,list"`

	odd bool // a list holds a true zero, or a null in a field that is no pointer
}

type action struct {
	Type  string   `parquet:"type,optional,dict"`
	Icon  string   `parquet:"icon,optional,dict"`
	FromX *float64 `parquet:"from_x,optional,dict"`
	FromY *float64 `parquet:"from_y,optional,dict"`
	ToX   *float64 `parquet:"to_x,optional,dict"`
	ToY   *float64 `parquet:"to_y,optional,dict"`
	T     int64    `parquet:"t,optional,delta"`
}

type browse struct {
	CategoryIdx *int32 `parquet:"category_idx,optional,dict"`
	Category    string `parquet:"category,optional,dict"`
	Keyboard    *bool  `parquet:"keyboard,optional"`
	T           int64  `parquet:"t,optional,delta"`
}

type cocoRow struct {
	Seq          int64    `parquet:"seq,delta"`
	Source       string   `parquet:"source,dict"`
	ImageID      int64    `parquet:"image_id,delta"`
	WorkerID     string   `parquet:"worker_id,optional,dict"`
	HITID        string   `parquet:"hit_id,optional,dict"`
	AssignmentID string   `parquet:"assignment_id,optional,dict"`
	PageIdx      *int32   `parquet:"page_idx,optional,dict"`
	PageUUID     string   `parquet:"page_uuid,optional,dict"`
	PageStarted  *int64   `parquet:"page_started,optional"`
	PageEnded    *int64   `parquet:"page_ended,optional"`
	ImageWidth   *float64 `parquet:"image_width,optional,dict"`
	ImageHeight  *float64 `parquet:"image_height,optional,dict"`
	OrigWidth    *int32   `parquet:"original_width,optional,dict"`
	OrigHeight   *int32   `parquet:"original_height,optional,dict"`
	TimeSpent    *int64   `parquet:"time_spent,optional"`
	Categories   []string `parquet:"categories,list"`
	Actions      []action `parquet:"actions,list"`
	Browsing     []browse `parquet:"browsing,list"`
	Mouse        []point  `parquet:"mouse,list"`

	odd bool // a list holds a true zero, or a null in a field that is no pointer
}

type imagenetImageRow struct {
	ImageID string       `parquet:"image_id,delta"`
	Class   string       `parquet:"class,optional,dict"`
	Width   *int32       `parquet:"width,optional,dict"`
	Height  *int32       `parquet:"height,optional,dict"`
	Shown   *int32       `parquet:"shown,optional,dict"`
	Boxes   []schema.Box `parquet:"boxes,list"`
}

type instance struct {
	ID         int64     `parquet:"id,delta"`
	CategoryID int64     `parquet:"category_id,dict"`
	Category   *string   `parquet:"category,optional,dict"`
	X          *float64  `parquet:"x,optional"`
	Y          *float64  `parquet:"y,optional"`
	W          *float64  `parquet:"w,optional"`
	H          *float64  `parquet:"h,optional"`
	Area       *float64  `parquet:"area,optional"`
	Crowd      bool      `parquet:"crowd"`
	Polygon    []float64 `parquet:"polygon,list" parquet-element:",dict"`
	Rings      []int32   `parquet:"rings,list"`
	RLEHeight  *int32    `parquet:"rle_height,optional,dict"`
	RLEWidth   *int32    `parquet:"rle_width,optional,dict"`
	RLECounts  []int64   `parquet:"rle_counts,list" parquet-element:",delta"`
}

type cocoImageRow struct {
	ImageID   int64      `parquet:"image_id,delta"`
	Width     *int32     `parquet:"width,optional,dict"`
	Height    *int32     `parquet:"height,optional,dict"`
	FileName  string     `parquet:"file_name,optional,delta"`
	Instances []instance `parquet:"instances,list"`
}

type rejectRow struct {
	Kind    string `parquet:"kind,dict"`
	Source  string `parquet:"source,dict"`
	Member  string `parquet:"member,optional,delta"`
	Offset  int64  `parquet:"offset,delta"`
	Record  int64  `parquet:"record,delta"`
	Field   string `parquet:"field,optional,dict"`
	Reason  string `parquet:"reason,dict"`
	Detail  string `parquet:"detail,optional,dict"`
	Snippet string `parquet:"snippet,optional"`
}

// shape is which of the row's plain optional scalars are null, one bit each.
func (r *imagenetRow) shape() uint8 {
	return nulls(r.Class, r.WorkerID, r.AssignmentID, r.HITID, r.ImageNetHITID, r.PageUUID)
}

func (r *cocoRow) shape() uint8 { return nulls(r.WorkerID, r.HITID, r.AssignmentID, r.PageUUID) }

func (r *imagenetImageRow) shape() uint8 { return nulls(r.Class) }

func (r *cocoImageRow) shape() uint8 { return nulls(r.FileName) }

func (r *rejectRow) shape() uint8 { return nulls(r.Member, r.Field, r.Detail, r.Snippet) }

func nulls(texts ...string) (mask uint8) {
	for i, s := range texts {
		if s == "" {
			mask |= 1 << i
		}
	}
	return mask
}

// setOdd looks through the row's lists for what makes it odd.
func (r *imagenetRow) setOdd() {
	r.odd = oddPoints(r.Clicks) || oddPoints(r.Mouse)
	for i := range r.Hovers {
		r.odd = r.odd || oddTime(r.Hovers[i].T) || r.Hovers[i].Action == ""
	}
}

func (r *cocoRow) setOdd() {
	r.odd = oddPoints(r.Mouse)
	for i := range r.Actions {
		a := &r.Actions[i]
		r.odd = r.odd || oddTime(a.T) || a.Type == "" || a.Icon == ""
	}
	for i := range r.Browsing {
		b := &r.Browsing[i]
		r.odd = r.odd || oddTime(b.T) || b.Category == ""
	}
}

func oddTime(t int64) bool { return t == 0 || t == zeroTime }

func oddPoints(ps []point) bool {
	for i := range ps {
		if p := &ps[i]; p.X == 0 || p.Y == 0 || oddTime(p.T) { // also negative zero
			return true
		}
	}
	return false
}

// negZero stands for a coordinate that is exactly zero.
var negZero = math.Copysign(0, -1)

// zeroTime stands for a time that is exactly zero.
const zeroTime = math.MinInt64

// arena hands out values and slices that stay where they are until reset.
type arena[T any] struct {
	blocks [][]T
	cur    int // block in use
}

const arenaBlock = 8192 // values

func (a *arena[T]) alloc(n int) []T {
	if n > arenaBlock {
		return make([]T, n)
	}
	for ; a.cur < len(a.blocks); a.cur++ {
		b := a.blocks[a.cur]
		if cap(b)-len(b) >= n {
			a.blocks[a.cur] = b[:len(b)+n]
			return b[len(b) : len(b)+n : len(b)+n]
		}
	}
	a.blocks = append(a.blocks, make([]T, n, arenaBlock))
	a.cur = len(a.blocks) - 1
	return a.blocks[a.cur][:n:n]
}

// keep copies s into the arena.
func (a *arena[T]) keep(s []T) []T {
	if len(s) == 0 {
		return nil
	}
	d := a.alloc(len(s))
	copy(d, s)
	return d
}

func (a *arena[T]) ref(v T) *T {
	p := &a.alloc(1)[0]
	*p = v
	return p
}

func (a *arena[T]) reset() {
	for i, b := range a.blocks {
		clear(b)
		a.blocks[i] = b[:0]
	}
	a.cur = 0
}

// text holds strings.
type text struct{ bytes arena[byte] }

func (t *text) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	k := t.bytes.keep(b)
	return unsafe.String(&k[0], len(k))
}

// view is b as a string, valid as long as b is.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
