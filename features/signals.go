package features

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/byproduct/imagenet"
	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/store/columnar"
)

// A Signal is information in an annotation other than its point. It adds columns to targets.
type Signal struct {
	Name   string   `json:"name"`
	What   string   `json:"what"`
	Note   string   `json:"note"`
	From   string   `json:"source" toml:"source"`
	Fields []string `json:"columns" toml:"columns"` // names of the columns that it adds
	Trace  bool     `json:"-"`                      // whether it needs the mouse samples
}

// SignalList returns the signals, in the order of docs/reference/targets.md.
func SignalList() []Signal { return slices.Clone(signals()) }

//go:embed signals.toml
var signalsText string

var signals = sync.OnceValue(func() []Signal { return parse[struct{ Signal []Signal }](signalsText).Signal })

func chooseSignals(names []string) ([]*Signal, error) {
	all := signals()
	var out []*Signal
	for _, name := range names {
		i := slices.IndexFunc(all, func(s Signal) bool { return s.Name == name })
		switch {
		case name == AllRules:
			out = out[:0]
			for i := range all {
				out = append(out, &all[i])
			}
			return out, nil
		case i < 0:
			return nil, usage.Errorf("no such signal %q: the signals are %s", name, strings.Join(signalNames(), ", "))
		case !slices.Contains(out, &all[i]):
			out = append(out, &all[i])
		}
	}
	return out, nil
}

func signalNames() (names []string) {
	for _, s := range signals() {
		names = append(names, s.Name)
	}
	return names
}

// A signaller computes the signals of the options. It belongs to one goroutine.
type signaller struct {
	o     *Options
	tr    trace
	heat  *heat
	hulls hulls
}

func newSignaller(o *Options) *signaller {
	return &signaller{o: o, heat: newHeat(o.Grid, o.Sigma)}
}

// imagenet computes the signals of an image whose final click is in row i of the row group at hand.
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

// coco computes the signals of an icon in row i of the row group at hand.
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

// signalFields returns the columns of the signals of the options.
func signalFields(o *Options) (cols targetfile.Fields[Signals]) {
	for _, s := range o.signals {
		cols = append(cols, s.fields(o)...)
	}
	return cols.Described(docs().Signals, o.Set == COCO)
}

// fields returns the columns that a signal adds.
func (s *Signal) fields(o *Options) targetfile.Fields[Signals] {
	exact := func(width int, name string, get func(*Signals) []float64) targetfile.Field[Signals] {
		return targetfile.FloatsField(targetfile.KindFloat64, width, name, get)
	}
	switch s.Name {
	case "scribble":
		return targetfile.Fields[Signals]{
			exact(o.Scribble, "scribble_x", func(s *Signals) []float64 { return s.ScribbleX }),
			exact(o.Scribble, "scribble_y", func(s *Signals) []float64 { return s.ScribbleY }),
			targetfile.IntsField(o.Scribble, "scribble_t", func(s *Signals) []int64 { return s.ScribbleT }),
		}
	case "steps":
		return targetfile.Fields[Signals]{
			exact(o.Steps, "step_x", func(s *Signals) []float64 { return s.StepX }),
			exact(o.Steps, "step_y", func(s *Signals) []float64 { return s.StepY }),
			targetfile.IntsField(o.Steps, "step_mask", func(s *Signals) []int64 { return s.StepMask }),
		}
	case "path":
		return targetfile.Fields[Signals]{
			exact(o.Path, "path_x", func(s *Signals) []float64 { return s.PathX }),
			exact(o.Path, "path_y", func(s *Signals) []float64 { return s.PathY }),
		}
	case "attention":
		return targetfile.Fields[Signals]{targetfile.FloatsField(targetfile.KindFloat32, o.Grid*o.Grid, "attention",
			func(s *Signals) []float64 { return s.Attention })}
	case "hull":
		return targetfile.Fields[Signals]{
			targetfile.FloatField("hull_xmin", func(s *Signals) float64 { return s.Hull[0] }),
			targetfile.FloatField("hull_ymin", func(s *Signals) float64 { return s.Hull[1] }),
			targetfile.FloatField("hull_xmax", func(s *Signals) float64 { return s.Hull[2] }),
			targetfile.FloatField("hull_ymax", func(s *Signals) float64 { return s.Hull[3] }),
			targetfile.FloatField("hull_area", func(s *Signals) float64 { return s.HullArea }),
		}
	case "difficulty":
		return targetfile.Fields[Signals]{
			targetfile.IntField(targetfile.KindInt64, "time_to_click", func(s *Signals) int64 { return s.TimeToClick }),
			targetfile.FloatField("difficulty", func(s *Signals) float64 { return s.Difficulty }),
		}
	default:
		return targetfile.Fields[Signals]{targetfile.IntField(targetfile.KindInt32, "trust_n",
			func(s *Signals) int64 { return s.TrustN })}
	}
}
