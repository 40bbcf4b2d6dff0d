package features

import (
	"slices"
	"strings"

	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/byproduct/imagenet"
	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/store/columnar"
)

// A Signal is something that an annotation carries beside its point. It adds columns.
type Signal struct {
	Name   string   `json:"name"`
	What   string   `json:"what"`
	Note   string   `json:"note"`
	From   string   `json:"source"`
	Fields []string `json:"columns"` // that it adds
	trace  bool     // it needs the mouse samples
}

// SignalList are the signals, in the order of docs/reference/targets.md.
func SignalList() []Signal { return slices.Clone(signals) }

var signals = []Signal{
	{
		Name: "scribble", Fields: []string{"scribble_x", "scribble_y", "scribble_t"}, From: "section 6; I12", trace: true,
		What: "The last mouse samples at or before the click (--scribble, 8), in document order: some points of a scribble.",
		Note: "Samples from before entering count; fewer where the trace is shorter. Times are ms relative to the click, so 0 or less.",
	},
	{
		Name: "steps", Fields: []string{"step_x", "step_y", "step_mask"}, From: "here; I13", trace: true,
		What: "The trace since entering at fixed steps of time (--steps 30, --step-ms 100), the last at the click, on straight lines between samples.",
		Note: "step_mask is 0, and x and y are NaN, before the first sample. COCO: since the action before the last add.",
	},
	{
		Name: "path", Fields: []string{"path_x", "path_y"}, From: "here, as mousetrap's time-normalised trajectories; I13", trace: true,
		What: "The trace since entering at equal parts of its time (--path 101), from the first sample to the click.",
		Note: "On straight lines between samples. COCO: since the action before the last add.",
	},
	{
		Name: "attention", Fields: []string{"attention"}, From: "here; I13", trace: true,
		What: "A soft map on a grid (--grid 14): a Gaussian for each sample since entering, weighted by the time until the next one, or the click.",
		Note: "--sigma is in fractions of each axis of the image (0.05). Integrated over each cell; the map sums to 1. Rows from the top.",
	},
	{
		Name: "hull", Fields: []string{"hull_xmin", "hull_ymin", "hull_xmax", "hull_ymax", "hull_area"}, From: "section 4.1; I13", trace: true,
		What: "The extent of the convex hull of the samples since entering (--hull: of the last so many) and the click: a pseudo-box.",
		Note: "In fractions of the image, not clipped to it. How well it tells the box: abtool stats STORE object_extent.",
	},
	{
		Name: "difficulty", Fields: []string{"time_to_click", "difficulty"}, From: "section 4.1, D.1; I13",
		What: "The time from entering to the click, and how slow that is for the annotator: (log(1 + ms) − median) / spread.",
		Note: "Robust: median and 1.4826 × MAD of the annotator's clicks; fewer than 8, or unknown: of all known, deviations from each one's own median. COCO: since the action before.",
	},
	{
		Name: "trust", Fields: []string{"trust_n"}, From: "here; I19, C4",
		What: "How many other points the confidence is estimated from. The confidence itself, a weight for the sample, is always there.",
		Note: "Beta-binomial posterior mean of the annotator's accuracy, without this image: its hits are taken out, and the prior is fitted on other images.",
	},
}

func chooseSignals(names []string) ([]*Signal, error) {
	var out []*Signal
	for _, name := range names {
		i := slices.IndexFunc(signals, func(s Signal) bool { return s.Name == name })
		switch {
		case name == AllRules:
			out = out[:0]
			for i := range signals {
				out = append(out, &signals[i])
			}
			return out, nil
		case i < 0:
			return nil, usage.Errorf("no such signal %q: they are %s", name, strings.Join(signalNames(), ", "))
		case !slices.Contains(out, &signals[i]):
			out = append(out, &signals[i])
		}
	}
	return out, nil
}

func signalNames() (names []string) {
	for _, s := range signals {
		names = append(names, s.Name)
	}
	return names
}

// signaller computes the signals that are asked for. It belongs to one goroutine.
type signaller struct {
	o     *Options
	tr    trace
	heat  *heat
	hulls hulls
}

func newSignaller(o *Options) *signaller {
	return &signaller{o: o, heat: newHeat(o.Grid, o.Sigma)}
}

// imagenet computes those of an image, whose final click is in row i of the group that was read.
func (w *signaller) imagenet(s *imagenetSet, f *imageFacts, lists *imagenet.Lists, i int, out *Signals) {
	n := &s.showings[f.final]
	if w.o.wants("difficulty") && n.time >= 0 {
		out.TimeToClick, out.Difficulty = int64(n.time), s.pace.of(n.worker, int64(n.time))
	}
	if w.o.wants("trust") && s.trust != nil && n.worker >= 0 {
		_, k := f.confidence(f.final)
		out.TrustN = int64(k)
	}
	if lists == nil {
		return
	}
	clicks := lists.Clicks(i)
	last := imagenet.LastClick(clicks.X, clicks.Y)
	_, enter := lists.Hovers(i).Enters(clicks.T[last])
	w.tr.of(lists.Mouse(i), clicks.T[last], enter)
	w.tr.cx, w.tr.cy = clicks.X[last], clicks.Y[last]
	w.traces(out)
}

// coco computes those of an icon of row i.
func (w *signaller) coco(s *cocoSet, f *iconFacts, r *columnar.Reader, a *coco.Actions, i int, out *Signals) {
	if w.o.wants("difficulty") && f.time >= 0 {
		out.TimeToClick, out.Difficulty = int64(f.time), s.pace.of(f.page.worker, int64(f.time))
	}
	if w.o.wants("trust") && s.trust != nil && f.page.worker >= 0 {
		_, k := f.confidence()
		out.TrustN = int64(k)
	}
	if r == nil {
		return
	}
	before, from, at := int64(0), int64(columnar.Null), int64(columnar.Null)
	for k, to := a.Of(i); k < to; k++ {
		t := a.T.Ints[k]
		class, kind := a.At(k)
		if class == f.Class && kind == coco.Add && byproduct.Placed(a.X.Floats[k], a.Y.Floats[k]) {
			from, at = before, t
		}
		before = t
	}
	mouse := byproduct.PointsAt(r.Column("mouse.t"), r.Column("mouse.x"), r.Column("mouse.y"), i)
	w.tr.of(mouse, at, from)
	w.tr.cx, w.tr.cy = f.X, f.Y
	w.traces(out)
}

func (w *signaller) traces(out *Signals) {
	if w.tr.Click == columnar.Null {
		return
	}
	o := w.o
	for _, g := range o.signals {
		switch g.Name {
		case "scribble":
			w.tr.scribble(out, o.Scribble)
		case "steps":
			w.tr.steps(out, o.Steps, int64(o.StepMS))
		case "path":
			w.tr.normalised(out, o.Path)
		case "attention":
			w.heat.add(out, &w.tr)
		case "hull":
			w.hulls.add(out, &w.tr, o.Hull)
		}
	}
}

// signalFields returns the columns of the signals that are asked for.
func signalFields(o *Options) (cols targetfile.Fields[Signals]) {
	for _, s := range o.signals {
		cols = append(cols, s.fields(o)...)
	}
	return cols
}

// fields returns the columns that a signal adds.
func (s *Signal) fields(o *Options) targetfile.Fields[Signals] {
	const wide, high, computed, traceless = "fraction of the image's width", "fraction of the image's height", "mouse", "no sample"
	switch s.Name {
	case "scribble":
		return targetfile.Fields[Signals]{
			targetfile.FloatsField(targetfile.KindFloat64, o.Scribble, "scribble_x", wide, "", computed, "The last samples, x; in NPY NaN before them where there are fewer.", func(t *Signals) []float64 { return t.ScribbleX }),
			targetfile.FloatsField(targetfile.KindFloat64, o.Scribble, "scribble_y", high, "", computed, "The same, y.", func(t *Signals) []float64 { return t.ScribbleY }),
			targetfile.IntsField(o.Scribble, "scribble_t", "ms relative to the click", "≤ 0", computed, "The same, times; in NPY 0 before them.", func(t *Signals) []int64 { return t.ScribbleT }),
		}
	case "steps":
		return targetfile.Fields[Signals]{
			targetfile.FloatsField(targetfile.KindFloat64, o.Steps, "step_x", wide, "", computed, "x at each step; NaN where step_mask is 0. Empty without a sample.", func(t *Signals) []float64 { return t.StepX }),
			targetfile.FloatsField(targetfile.KindFloat64, o.Steps, "step_y", high, "", computed, "The same, y.", func(t *Signals) []float64 { return t.StepY }),
			targetfile.IntsField(o.Steps, "step_mask", "", "0, 1", computed, "1 from the first sample on.", func(t *Signals) []int64 { return t.StepMask }),
		}
	case "path":
		return targetfile.Fields[Signals]{
			targetfile.FloatsField(targetfile.KindFloat64, o.Path, "path_x", wide, "", computed, "x at equal parts of the time. Empty without a sample.", func(t *Signals) []float64 { return t.PathX }),
			targetfile.FloatsField(targetfile.KindFloat64, o.Path, "path_y", high, "", computed, "The same, y.", func(t *Signals) []float64 { return t.PathY }),
		}
	case "attention":
		return targetfile.Fields[Signals]{targetfile.FloatsField(targetfile.KindFloat32, o.Grid*o.Grid, "attention", "", "0…1", computed, "The map, row by row from the top, as many rows as columns; sums to 1. Empty without a sample.", func(t *Signals) []float64 { return t.Attention })}
	case "hull":
		var cols targetfile.Fields[Signals]
		for i, name := range []string{"hull_xmin", "hull_ymin", "hull_xmax", "hull_ymax"} {
			cols = append(cols, targetfile.FloatField(name, []string{wide, high}[i%2], "", traceless, computed, [4]string{"Left", "Top", "Right", "Bottom"}[i]+" edge of the hull.", func(t *Signals) float64 { return t.Hull[i] }))
		}
		return append(cols, targetfile.FloatField("hull_area", "fraction of the image's area", "≥ 0", traceless, computed, "Area of the convex hull.", func(t *Signals) float64 { return t.HullArea }))
	case "difficulty":
		return targetfile.Fields[Signals]{
			targetfile.IntField(targetfile.KindInt64, "time_to_click", "ms", "≥ 0", "no enter, or no time", "clicks, hovers; actions", "From entering to the click.", func(t *Signals) int64 { return t.TimeToClick }),
			targetfile.FloatField("difficulty", "spreads of the annotator", "", "as time_to_click", "computed", "How slow that is for the annotator.", func(t *Signals) float64 { return t.Difficulty }),
		}
	default:
		return targetfile.Fields[Signals]{targetfile.IntField(targetfile.KindInt32, "trust_n", "", "≥ 0", "no ground truth, or unknown annotator", "computed", "Other points that the confidence is estimated from.", func(t *Signals) int64 { return t.TrustN })}
	}
}
