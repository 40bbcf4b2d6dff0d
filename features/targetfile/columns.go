package targetfile

import (
	_ "embed"
	"math"
	"strconv"
	"sync"

	"github.com/BurntSushi/toml"

	"abtool/store/columnar"
)

// A Row is a target with all fields that are written.
type Row struct {
	Target
	File          string // COCO: name of the image's file
	Width, Height int32  // size of the image, px; 0: unknown
	PixelX        int64  // COCO: the public loader's whole pixels; columnar.Null: size unknown
	PixelY        int64
	Annotation    int64   // seq of the row in the store that the point comes from; −1: none
	Worker        string  // the annotator; "": unknown or none
	Confidence    float64 // probability that the point is on the object; NaN: unknown
	Points        int32   // number of recorded points that the point is made of
}

// NoPoint is a row in which every field is unknown.
var NoPoint = Row{
	Target: Target{ClassIndex: -1, X: math.NaN(), Y: math.NaN()},
	PixelX: columnar.Null, PixelY: columnar.Null, Annotation: -1, Confidence: math.NaN(),
}

// A Layout says which columns a file of targets has.
type Layout struct {
	COCO      bool // otherwise ImageNet
	Pointless bool // rows may have no point
	Splits    bool
}

//go:embed columns.toml
var columnsText string

var docs = sync.OnceValue(func() (d Docs) {
	if err := toml.Unmarshal([]byte(columnsText), &d); err != nil {
		panic("targetfile: columns.toml: " + err.Error())
	}
	return d
})

// Fields returns the columns of targets, without the columns of signals.
func (l Layout) Fields() Fields[Row] {
	var cols Fields[Row]
	add := func(f ...Field[Row]) { cols = append(cols, f...) }
	image := TextField("image_id", func(r *Row) string { return r.Image })
	if l.COCO {
		image = IntField(KindInt64, "image_id", func(r *Row) int64 { n, _ := strconv.ParseInt(r.Image, 10, 64); return n })
	}
	add(image.reads(func(t *Target, c cell) error { return c.text(&t.Image) }))
	if l.COCO {
		add(TextField("file_name", func(r *Row) string { return r.File }))
	}
	add(IntField(KindInt32, "width", func(r *Row) int64 { return OrNull(int64(r.Width), 0) }),
		IntField(KindInt32, "height", func(r *Row) int64 { return OrNull(int64(r.Height), 0) }),
		TextField("class", func(r *Row) string { return r.Class }).
			reads(func(t *Target, c cell) error { return c.text(&t.Class) }),
		IntField(KindInt32, "class_index", func(r *Row) int64 { return OrNull(int64(r.ClassIndex), -1) }).
			reads(func(t *Target, c cell) error { return c.whole(&t.ClassIndex) }))
	if l.COCO {
		add(IntField(KindInt32, "label", func(r *Row) int64 { return One(r.Label) }).
			reads(func(t *Target, c cell) error { return c.truth(&t.Label) }))
	}
	add(TextField("rule", func(r *Row) string { return r.Rule }).
		reads(func(t *Target, c cell) error { return c.text(&t.Rule) }),
		FloatField("x", func(r *Row) float64 { return r.X }).
			reads(func(t *Target, c cell) error { return c.number(&t.X) }),
		FloatField("y", func(r *Row) float64 { return r.Y }).
			reads(func(t *Target, c cell) error { return c.number(&t.Y) }))
	if l.COCO {
		add(IntField(KindInt64, "pixel_y", func(r *Row) int64 { return r.PixelY }),
			IntField(KindInt64, "pixel_x", func(r *Row) int64 { return r.PixelX }))
	}
	add(FloatField("weight", func(r *Row) float64 { return r.Weight }).
		reads(func(t *Target, c cell) error { return c.number(&t.Weight) }),
		IntField(KindInt64, "annotation", func(r *Row) int64 { return OrNull(r.Annotation, -1) }),
		TextField("worker_id", func(r *Row) string { return r.Worker }),
		FloatField("confidence", func(r *Row) float64 { return r.Confidence }),
		IntField(KindInt32, "points", func(r *Row) int64 { return int64(r.Points) }))
	if l.Splits {
		add(TextField("split", func(r *Row) string { return r.Split }).
			reads(func(t *Target, c cell) error { return c.text(&t.Split) }))
	}
	cols.Described(docs(), l.COCO)
	for i := range cols {
		if c := &cols[i]; l.Pointless && (c.Name == "x" || c.Name == "y") {
			c.Null = "no point (--all)"
		}
	}
	return cols
}

// reads returns the column with a function by which Read sets its value in a Target.
func (f Field[R]) reads(set func(*Target, cell) error) Field[R] {
	f.set = set
	return f
}

// One returns 1 for true and 0 for false.
func One(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
