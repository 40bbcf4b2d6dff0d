package decode

import (
	"math"
	"unsafe"
)

// The rows as the writers take them (columns.go) keep no pointers where nearly all values are: in lists,
// 0 and "" stand for null, negative zero for a coordinate that truly is zero, zeroTime for such
// a time. Tests hold them and the row types of the schema equal.

type point struct {
	T int64
	X float64
	Y float64
}

type hover struct {
	T      int64
	Action string
}

type ImageNetRow struct {
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

type COCORow struct {
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

type Reject struct {
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

// Weight is the number of values in the row's longest columns.
func (r *ImageNetRow) Weight() int { return len(r.Clicks) + len(r.Mouse) + len(r.Hovers) }

func (r *COCORow) Weight() int {
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
