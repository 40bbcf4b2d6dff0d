package features

import (
	"strconv"

	"abtool/schema"
	"abtool/store/columnar"
)

// kind is the type of a column's values.
type kind uint8

const (
	kindText kind = iota
	kindInt32
	kindInt64
	kindFloat64
	kindFloat32
)

// A column is one of a table: its description, and the type of its values in files.
type column struct {
	schema.Column
	kind  kind
	list  bool
	width int // of a list that is always as long, or at most, in NPY; 0: no list
}

// A field is a column with what appends the value of a row of type R.
type field[R any] struct {
	column
	put func(*values, *R)
}

// fields are the columns that rows of type R give, in their order.
type fields[R any] []field[R]

// columns returns the columns without the type of the rows.
func (f fields[R]) columns() []column {
	out := make([]column, len(f))
	for i := range f {
		out[i] = f[i].column
	}
	return out
}

// add appends a row to the first columns of to, and returns the columns after them.
func (f fields[R]) add(to []values, r *R) []values {
	for i := range f {
		f[i].put(&to[i], r)
	}
	return to[len(f):]
}

// values are those of a column for some rows: of a list, the values of row i are those from
// ends[i−1] to ends[i]. Null is columnar.Null, NaN or the empty text.
type values struct {
	ints   []int64
	floats []float64
	texts  []string
	ends   []int32
}

func (v *values) reset() {
	v.ints, v.floats, v.texts, v.ends = v.ints[:0], v.floats[:0], v.texts[:0], v.ends[:0]
}

// list are the places of the values of row i.
func (v *values) list(i int) (from, to int) {
	if i > 0 {
		from = int(v.ends[i-1])
	}
	return from, int(v.ends[i])
}

// A batch is some rows of a table.
type batch struct {
	rows int
	cols []values
}

func (b *batch) reset(columns int) {
	if b.cols == nil {
		b.cols = make([]values, columns)
	}
	b.rows = 0
	for i := range b.cols {
		b.cols[i].reset()
	}
}

func textField[R any](name, rng, null, from, doc string, get func(*R) string) field[R] {
	return newField(kindText, name, "", rng, null, from, doc, func(v *values, r *R) { v.texts = append(v.texts, get(r)) })
}

func intField[R any](k kind, name, unit, rng, null, from, doc string, get func(*R) int64) field[R] {
	return newField(k, name, unit, rng, null, from, doc, func(v *values, r *R) { v.ints = append(v.ints, get(r)) })
}

func floatField[R any](name, unit, rng, null, from, doc string, get func(*R) float64) field[R] {
	return newField(kindFloat64, name, unit, rng, null, from, doc, func(v *values, r *R) { v.floats = append(v.floats, get(r)) })
}

func floatsField[R any](k kind, width int, name, unit, rng, from, doc string, get func(*R) []float64) field[R] {
	return newField(k, name, unit, rng, never, from, doc, func(v *values, r *R) {
		v.floats = append(v.floats, get(r)...)
		v.ends = append(v.ends, int32(len(v.floats)))
	}).listOf(width)
}

func intsField[R any](width int, name, unit, rng, from, doc string, get func(*R) []int64) field[R] {
	return newField(kindInt32, name, unit, rng, never, from, doc, func(v *values, r *R) {
		v.ints = append(v.ints, get(r)...)
		v.ends = append(v.ends, int32(len(v.ints)))
	}).listOf(width)
}

func newField[R any](k kind, name, unit, rng, null, from, doc string, put func(*values, *R)) field[R] {
	return field[R]{column{Column: schema.Column{Name: name, Type: kindNames[k], Unit: unit, Range: rng, Null: null, From: from, Doc: doc}, kind: k}, put}
}

// listOf makes the column one of lists.
func (f field[R]) listOf(width int) field[R] {
	f.Type, f.list, f.width = "list of "+f.Type, true, width
	return f
}

var kindNames = [...]string{kindText: "string", kindInt32: "int32", kindInt64: "int64", kindFloat64: "double", kindFloat32: "float"}

const never = "never"

// nullable tells whether a value can be missing.
func (c *column) nullable() bool { return c.Null != never }

// or is v, or null where it is what stands for it.
func or(v, null int64) int64 {
	if v == null {
		return columnar.Null
	}
	return v
}

// targetFields returns the columns of targets for some options, without those of signals.
func targetFields(o *Options) fields[Target] {
	imagenet := o.Set == ImageNet
	pointless := never
	if o.All {
		pointless = "no point (--all)"
	}
	var cols fields[Target]
	if imagenet {
		cols = append(cols, textField("image_id", "as n01440764_105", never, "image_id", "The image.", func(t *Target) string { return t.Image }))
	} else {
		cols = append(cols,
			intField(kindInt64, "image_id", "", "", never, "image_id", "The image.", func(t *Target) int64 { n, _ := strconv.ParseInt(t.Image, 10, 64); return n }),
			textField("file_name", "", never, "file_name of the ground truth", "The image's file; without ground truth, the name that COCO's training images have.", func(t *Target) string { return t.File }))
	}
	size := "the ground truth, else the annotation"
	indexRange, indexFrom, indexDoc, className := "0, 1, …", "computed", "Place of the class among the store's classes in the order of their names, as folders of classes are numbered.", "WordNet id"
	if !imagenet {
		indexRange, indexFrom, indexDoc, className = "1…90 with gaps", "categories.id", "The category's id: its place in the public loader's list of 91 names, from 1 (L2).", "category names"
	}
	cols = append(cols,
		intField(kindInt32, "width", "px", "> 0", "unknown", size, "Width of the image.", func(t *Target) int64 { return or(int64(t.Width), 0) }),
		intField(kindInt32, "height", "px", "> 0", "unknown", size, "Height of the image.", func(t *Target) int64 { return or(int64(t.Height), 0) }),
		textField("class", className, "not to be told", "class; instances.category", "The class of the image, or, in COCO, the class that the point is of.", func(t *Target) string { return t.Class }),
		intField(kindInt32, "class_index", "", indexRange, "not to be told", indexFrom, indexDoc, func(t *Target) int64 { return or(int64(t.ClassIndex), -1) }))
	if !imagenet {
		cols = append(cols, intField(kindInt32, "label", "", "0, 1", never, "the ground truth, else whether it was placed", "1: the image has the class.", func(t *Target) int64 { return one(t.Label) }))
	}
	cols = append(cols,
		textField("rule", "see rules", never, "--rule", "The rule that the point follows.", func(t *Target) string { return t.Rule }),
		floatField("x", "fraction of the image's width", "-100…100; on the image 0…1", pointless, "the rule", "Across, 0 is the left edge.", func(t *Target) float64 { return t.X }),
		floatField("y", "fraction of the image's height", "-100…100; on the image 0…1", pointless, "the rule", "Down, 0 is the top edge.", func(t *Target) float64 { return t.Y }))
	if !imagenet {
		cols = append(cols,
			intField(kindInt64, "pixel_y", "px", "", "no point, or the record has no size", "int(y · originalImageHeight)", "The public loader's whole pixel, down: towards zero, by the record's size, so 0 where that is 0 (L2; --gt-size).", func(t *Target) int64 { return t.PixelY }),
			intField(kindInt64, "pixel_x", "px", "", "as pixel_y", "int(x · originalImageWidth)", "The same, across.", func(t *Target) int64 { return t.PixelX }))
	}
	worker := "no annotator, or unknown"
	cols = append(cols,
		floatField("weight", "", "0, 1", never, "computed", "1: learn from the point. 0: it is outside of the image, or there is none.", func(t *Target) float64 { return t.Weight }),
		intField(kindInt64, "annotation", "", "", "random and ground truth: from none", "seq", "The row of the store's annotations that the point comes from; of a mean, the last one.", func(t *Target) int64 { return or(t.Annotation, -1) }),
		textField("worker_id", "", worker, "worker_id", "The annotator of that row.", func(t *Target) string { return t.Worker }),
		floatField("confidence", "probability", "0…1", "random; no ground truth to judge annotators by; unknown annotator", "computed", "That the point is on the object: the annotator's pooled accuracy without this image (see trust); of a mean, their mean; 1 for ground truth.", func(t *Target) float64 { return t.Confidence }),
		intField(kindInt32, "points", "", "≥ 0", never, "computed", "Recorded points that it is made of: 1; of a mean, their number; 0 for random and ground truth.", func(t *Target) int64 { return int64(t.Points) }))
	if o.SplitBy != "" {
		cols = append(cols, textField("split", "", never, "--split", "The split of the image.", func(t *Target) string { return t.Split }))
	}
	return cols
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// signalFields returns the columns of the signals that are asked for.
func signalFields(o *Options) (cols fields[Signals]) {
	for _, s := range o.signals {
		cols = append(cols, s.fields(o)...)
	}
	return cols
}

// fields returns the columns that a signal adds.
func (s *Signal) fields(o *Options) fields[Signals] {
	const wide, high, computed, traceless = "fraction of the image's width", "fraction of the image's height", "mouse", "no sample"
	switch s.Name {
	case "scribble":
		return fields[Signals]{
			floatsField(kindFloat64, o.Scribble, "scribble_x", wide, "", computed, "The last samples, x; in NPY NaN before them where there are fewer.", func(t *Signals) []float64 { return t.ScribbleX }),
			floatsField(kindFloat64, o.Scribble, "scribble_y", high, "", computed, "The same, y.", func(t *Signals) []float64 { return t.ScribbleY }),
			intsField(o.Scribble, "scribble_t", "ms relative to the click", "≤ 0", computed, "The same, times; in NPY 0 before them.", func(t *Signals) []int64 { return t.ScribbleT }),
		}
	case "steps":
		return fields[Signals]{
			floatsField(kindFloat64, o.Steps, "step_x", wide, "", computed, "x at each step; NaN where step_mask is 0. Empty without a sample.", func(t *Signals) []float64 { return t.StepX }),
			floatsField(kindFloat64, o.Steps, "step_y", high, "", computed, "The same, y.", func(t *Signals) []float64 { return t.StepY }),
			intsField(o.Steps, "step_mask", "", "0, 1", computed, "1 from the first sample on.", func(t *Signals) []int64 { return t.StepMask }),
		}
	case "path":
		return fields[Signals]{
			floatsField(kindFloat64, o.Path, "path_x", wide, "", computed, "x at equal parts of the time. Empty without a sample.", func(t *Signals) []float64 { return t.PathX }),
			floatsField(kindFloat64, o.Path, "path_y", high, "", computed, "The same, y.", func(t *Signals) []float64 { return t.PathY }),
		}
	case "attention":
		return fields[Signals]{floatsField(kindFloat32, o.Grid*o.Grid, "attention", "", "0…1", computed, "The map, row by row from the top, as many rows as columns; sums to 1. Empty without a sample.", func(t *Signals) []float64 { return t.Attention })}
	case "hull":
		var cols fields[Signals]
		for i, name := range []string{"hull_xmin", "hull_ymin", "hull_xmax", "hull_ymax"} {
			cols = append(cols, floatField(name, []string{wide, high}[i%2], "", traceless, computed, [4]string{"Left", "Top", "Right", "Bottom"}[i]+" edge of the hull.", func(t *Signals) float64 { return t.Hull[i] }))
		}
		return append(cols, floatField("hull_area", "fraction of the image's area", "≥ 0", traceless, computed, "Area of the convex hull.", func(t *Signals) float64 { return t.HullArea }))
	case "difficulty":
		return fields[Signals]{
			intField(kindInt64, "time_to_click", "ms", "≥ 0", "no enter, or no time", "clicks, hovers; actions", "From entering to the click.", func(t *Signals) int64 { return t.TimeToClick }),
			floatField("difficulty", "spreads of the annotator", "", "as time_to_click", "computed", "How slow that is for the annotator.", func(t *Signals) float64 { return t.Difficulty }),
		}
	default:
		return fields[Signals]{intField(kindInt32, "trust_n", "", "≥ 0", "no ground truth, or unknown annotator", "computed", "Other points that the confidence is estimated from.", func(t *Signals) int64 { return t.TrustN })}
	}
}
