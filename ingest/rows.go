package ingest

import (
	"math"
	"unsafe"

	"abtool/schema"
)

// The rows as the writers take them.
//
// Those of the annotations (columns.go) keep no pointers where nearly all values are: in lists,
// 0 and "" stand for null, negative zero for a coordinate that truly is zero, zeroTime for such
// a time. Tests hold them and the row types of the schema equal.
//
// The other tables are written by parquet-go, which takes the zero value of an `optional` field
// that is not a pointer as null, in runs and so without a cost per value. parquet-go v0.32 takes
// some nulls for zeros where nulls and values alternate in such a field: after k nulls, exactly k
// values and then nulls only, the last ones. So scalars of this kind are written in runs of
// rows that have the same of them (shape).

type point struct {
	T int64
	X float64
	Y float64
}

type hover struct {
	T      int64
	Action string
}

type imagenetRow struct {
	Seq           int64
	Source        string
	ImageID       string
	Class         string
	WorkerID      string
	AssignmentID  string
	HITID         string
	ImageNetHITID string
	HITSubmitTime *int64
	PageIdx       *int32
	ImageIdx      *int32
	PageUUID      string
	PageStarted   *int64
	PageEnded     *int64
	PositionX     *float64
	PositionY     *float64
	ImageWidth    *float64
	ImageHeight   *float64
	OrigWidth     *int32
	OrigHeight    *int32
	Selected      *bool
	SelectedCount *int32
	HoveredCount  *int32
	EstimateTime  *int64
	T0            *int64
	Clicks        []point
	Mouse         []point
	Hovers        []hover
}

type action struct {
	Type  string
	Icon  string
	FromX float64
	FromY float64
	ToX   float64
	ToY   float64
	T     int64
}

type browse struct {
	CategoryIdx *int32
	Category    string
	Keyboard    *bool
	T           int64
}

type cocoRow struct {
	Seq          int64
	Source       string
	ImageID      int64
	WorkerID     string
	HITID        string
	AssignmentID string
	PageIdx      *int32
	PageUUID     string
	PageStarted  *int64
	PageEnded    *int64
	ImageWidth   *float64
	ImageHeight  *float64
	OrigWidth    *int32
	OrigHeight   *int32
	TimeSpent    *int64
	Categories   []string
	Actions      []action
	Browsing     []browse
	Mouse        []point
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

// weight is the number of values in the row's longest columns.
func (r *imagenetRow) weight() int { return len(r.Clicks) + len(r.Mouse) + len(r.Hovers) }

func (r *cocoRow) weight() int {
	return len(r.Categories) + len(r.Actions) + len(r.Browsing) + len(r.Mouse)
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

const arenaBytes = 64 << 10 // of a block

func (a *arena[T]) alloc(n int) []T {
	var v T
	block := arenaBytes / max(int(unsafe.Sizeof(v)), 1)
	if n > block {
		return make([]T, n)
	}
	for ; a.cur < len(a.blocks); a.cur++ {
		b := a.blocks[a.cur]
		if cap(b)-len(b) >= n {
			a.blocks[a.cur] = b[:len(b)+n]
			return b[len(b) : len(b)+n : len(b)+n]
		}
	}
	a.blocks = append(a.blocks, make([]T, n, block))
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
type text struct {
	bytes  arena[byte]
	recent [256]string // of the common ones: they outlive a reset
}

// common is keep for strings of which a few recur: it decides nothing, and saves memory.
func (t *text) common(b []byte) string {
	n := len(b)
	if n == 0 || n > 32 {
		return t.keep(b)
	}
	s := &t.recent[(n+3*int(b[0])+5*int(b[n/2])+7*int(b[n-1]))%len(t.recent)]
	switch *s {
	case string(b):
		return *s
	case "":
		*s = string(b)
		return *s
	}
	return t.keep(b)
}

func (t *text) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	k := t.bytes.keep(b)
	return unsafe.String(&k[0], len(k))
}

// view is b as a string, valid as long as b is.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
