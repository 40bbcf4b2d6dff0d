package targetfile

import (
	"math"
	"strconv"

	"abtool/store/columnar"
)

// A Row is a target as it is written.
type Row struct {
	Target
	File          string // COCO: name of the image's file
	Width, Height int32  // of the image, px; 0: unknown
	PixelX        int64  // COCO: the public loader's whole pixels; columnar.Null: size unknown
	PixelY        int64
	Annotation    int64   // seq of the row in the store that it comes from; −1: from none
	Worker        string  // the annotator; "": unknown or none
	Confidence    float64 // 0…1, that the point is on the object; NaN: unknown
	Points        int32   // recorded points that it is made of; 0: none
}

// NoPoint is a row of which nothing is known.
var NoPoint = Row{
	Target: Target{ClassIndex: -1, X: math.NaN(), Y: math.NaN()},
	PixelX: columnar.Null, PixelY: columnar.Null, Annotation: -1, Confidence: math.NaN(),
}

// A Layout says which columns a file of targets has.
type Layout struct {
	COCO      bool // else ImageNet
	Pointless bool // rows may have no point
	Splits    bool
}

// Fields returns the columns of targets, without those of signals.
func (l Layout) Fields() Fields[Row] {
	pointless := Never
	if l.Pointless {
		pointless = "no point (--all)"
	}
	var cols Fields[Row]
	if l.COCO {
		cols = append(cols,
			IntField(KindInt64, "image_id", "", "", Never, "image_id", "The image.", func(r *Row) int64 { n, _ := strconv.ParseInt(r.Image, 10, 64); return n }),
			TextField("file_name", "", Never, "file_name of the ground truth", "The image's file; without ground truth, the name that COCO's training images have.", func(r *Row) string { return r.File }))
	} else {
		cols = append(cols, TextField("image_id", "as n01440764_105", Never, "image_id", "The image.", func(r *Row) string { return r.Image }))
	}
	cols[0].set = func(t *Target, c cell) error { return c.text(&t.Image) }
	size := "the ground truth, else the annotation"
	indexRange, indexFrom, indexDoc, className := "0, 1, …", "computed", "Place of the class among the store's classes in the order of their names, as folders of classes are numbered.", "WordNet id"
	if l.COCO {
		indexRange, indexFrom, indexDoc, className = "1…90 with gaps", "categories.id", "The category's id: its place in the public loader's list of 91 names, from 1 (L2).", "category names"
	}
	cols = append(cols,
		IntField(KindInt32, "width", "px", "> 0", "unknown", size, "Width of the image.", func(r *Row) int64 { return OrNull(int64(r.Width), 0) }),
		IntField(KindInt32, "height", "px", "> 0", "unknown", size, "Height of the image.", func(r *Row) int64 { return OrNull(int64(r.Height), 0) }),
		TextField("class", className, "not to be told", "class; instances.category", "The class of the image, or, in COCO, the class that the point is of.", func(r *Row) string { return r.Class }).
			reads(func(t *Target, c cell) error { return c.text(&t.Class) }),
		IntField(KindInt32, "class_index", "", indexRange, "not to be told", indexFrom, indexDoc, func(r *Row) int64 { return OrNull(int64(r.ClassIndex), -1) }).
			reads(func(t *Target, c cell) error { return c.whole(&t.ClassIndex) }))
	if l.COCO {
		cols = append(cols, IntField(KindInt32, "label", "", "0, 1", Never, "the ground truth, else whether it was placed", "1: the image has the class.", func(r *Row) int64 { return One(r.Label) }).
			reads(func(t *Target, c cell) error { return c.truth(&t.Label) }))
	}
	cols = append(cols,
		TextField("rule", "see rules", Never, "--rule", "The rule that the point follows.", func(r *Row) string { return r.Rule }).
			reads(func(t *Target, c cell) error { return c.text(&t.Rule) }),
		FloatField("x", "fraction of the image's width", "-100…100; on the image 0…1", pointless, "the rule", "Across, 0 is the left edge.", func(r *Row) float64 { return r.X }).
			reads(func(t *Target, c cell) error { return c.number(&t.X) }),
		FloatField("y", "fraction of the image's height", "-100…100; on the image 0…1", pointless, "the rule", "Down, 0 is the top edge.", func(r *Row) float64 { return r.Y }).
			reads(func(t *Target, c cell) error { return c.number(&t.Y) }))
	if l.COCO {
		cols = append(cols,
			IntField(KindInt64, "pixel_y", "px", "", "no point, or the record has no size", "int(y · originalImageHeight)", "The public loader's whole pixel, down: towards zero, by the record's size, so 0 where that is 0 (L2; --gt-size).", func(r *Row) int64 { return r.PixelY }),
			IntField(KindInt64, "pixel_x", "px", "", "as pixel_y", "int(x · originalImageWidth)", "The same, across.", func(r *Row) int64 { return r.PixelX }))
	}
	cols = append(cols,
		FloatField("weight", "", "0, 1", Never, "computed", "1: learn from the point. 0: it is outside of the image, or there is none.", func(r *Row) float64 { return r.Weight }).
			reads(func(t *Target, c cell) error { return c.number(&t.Weight) }),
		IntField(KindInt64, "annotation", "", "", "random and ground truth: from none", "seq", "The row of the store's annotations that the point comes from; of a mean, the last one.", func(r *Row) int64 { return OrNull(r.Annotation, -1) }),
		TextField("worker_id", "", "no annotator, or unknown", "worker_id", "The annotator of that row.", func(r *Row) string { return r.Worker }),
		FloatField("confidence", "probability", "0…1", "random; no ground truth to judge annotators by; unknown annotator", "computed", "That the point is on the object: the annotator's pooled accuracy without this image (see trust); of a mean, their mean; 1 for ground truth.", func(r *Row) float64 { return r.Confidence }),
		IntField(KindInt32, "points", "", "≥ 0", Never, "computed", "Recorded points that it is made of: 1; of a mean, their number; 0 for random and ground truth.", func(r *Row) int64 { return int64(r.Points) }))
	if l.Splits {
		cols = append(cols, TextField("split", "", Never, "--split", "The split of the image.", func(r *Row) string { return r.Split }).
			reads(func(t *Target, c cell) error { return c.text(&t.Split) }))
	}
	return cols
}

// reads makes the column one that Read puts into a Target.
func (f Field[R]) reads(set func(*Target, cell) error) Field[R] {
	f.set = set
	return f
}

// One returns 1 for true, else 0.
func One(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
