package features

import (
	"context"
	"slices"
	"strings"

	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/store"
	"abtool/store/notes"
)

// Options say which targets to derive. The zero value derives them by the paper's rule from a store that has
// one data set.
type Options struct {
	Set     string   `json:"data_set"`          // imagenet or coco; "": the data set of the rules, or the only one of the store
	Rules   []string `json:"rules"`             // names of Rules, or AllRules; empty: DefaultRule
	Signals []string `json:"signals,omitempty"` // names of SignalList, or "all"
	All     bool     `json:"all,omitempty"`     // also rows without a point, with weight 0: ImageNet images that were shown, COCO classes that are on an image
	Seed    uint64   `json:"seed"`              // seed of random points, crops, splits, fractions and pairs
	GTSize  bool     `json:"gt_size,omitempty"` // COCO: whole pixels from the ground truth's image size where the record has no size (L2)

	Scribble int     `json:"scribble,omitempty"` // number of samples of a scribble; 0: 8
	Steps    int     `json:"steps,omitempty"`    // number of steps of signal steps; 0: 30
	StepMS   int     `json:"step_ms,omitempty"`  // ms between steps; 0: 100
	Path     int     `json:"path,omitempty"`     // number of points of signal path, 2 or more; 0: 101
	Grid     int     `json:"grid,omitempty"`     // number of cells of an attention map on each axis; 0: 14
	Sigma    float64 `json:"sigma,omitempty"`    // standard deviation of its Gaussians, as a fraction of each axis; 0: 0.05
	Hull     int     `json:"hull,omitempty"`     // number of last samples in a hull; 0: all since entering

	SplitBy  string  `json:"split_by,omitempty"` // image, worker or class; "": no splits
	Shares   []Share `json:"shares,omitempty"`   // shares of the splits; empty: train 0.8, val 0.1, test 0.1
	Stratify bool    `json:"stratify,omitempty"` // ImageNet: the same shares and Fraction within every class; splits must be by image
	Fraction float64 `json:"fraction,omitempty"` // share of the images to take, above 0 to 1; 0: all

	Exclude []string `json:"exclude_tags,omitempty"` // tags of package notes: what has one of them is left out, as if it were not in the store

	Notes    string                  `json:"-"` // file of notes; "": those next to the stores
	Jobs     int                     `json:"-"` // number of goroutines; 0: one per processor. Results do not depend on it.
	Tool     string                  `json:"-"` // version of abtool, which is written into the files
	Progress func(done, total int64) `json:"-"` // is called with numbers of chunks, by one goroutine at a time

	rules   []*rule
	signals []*Signal
	every   bool           // AllRules was asked for
	tagged  *notes.Tagged  // what Exclude leaves out; nil: nothing
	without []format.Count // rules of AllRules that were left out because they need ground truth
}

// A Share is a split with its share of the images.
type Share struct {
	Name string  `json:"name"`
	Part float64 `json:"share"`
}

// DefaultShares are the splits if Options has no Shares.
var DefaultShares = []Share{{"train", 0.8}, {"val", 0.1}, {"test", 0.1}}

// Defaults of Options.
const (
	DefaultScribble = 8
	DefaultSteps    = 30
	DefaultStepMS   = 100
	DefaultPath     = 101
	DefaultGrid     = 14
	DefaultSigma    = 0.05
)

// Limits of what one row can hold.
const (
	maxPoints = 100_000
	maxGrid   = 512
)

// layout says which columns the targets have.
func (o *Options) layout() targetfile.Layout {
	return targetfile.Layout{COCO: o.Set == COCO, Pointless: o.All, Splits: o.SplitBy != ""}
}

func (o *Options) wants(signal string) bool {
	return slices.ContainsFunc(o.signals, func(s *Signal) bool { return s.Name == signal })
}

// traces reports whether mouse samples are needed.
func (o *Options) traces() bool {
	return slices.ContainsFunc(o.signals, func(s *Signal) bool { return s.Trace })
}

// needs reports whether any of the rules needs boxes, masks or calibration.
func (o *Options) needs(what string) bool {
	return slices.ContainsFunc(o.rules, func(r *rule) bool { return r.needs(what) })
}

// defaults checks the options for a store with these data sets, and fills in the defaults.
func (o *Options) defaults(sets []string) (err error) {
	if err := o.chooseSet(sets); err != nil {
		return err
	}
	if len(o.Rules) == 0 {
		o.Rules = []string{DefaultRule(o.Set)}
	}
	if o.rules, err = chooseRules(o.Rules, o.Set); err != nil {
		return err
	}
	o.every = slices.Contains(o.Rules, AllRules)
	o.Rules = namesOf(o.rules)
	if o.signals, err = chooseSignals(o.Signals); err != nil {
		return err
	}
	for _, d := range []struct {
		at             *int
		is, least, top int
		name           string
	}{
		{&o.Scribble, DefaultScribble, 1, maxPoints, "scribble"}, {&o.Steps, DefaultSteps, 1, maxPoints, "steps"}, {&o.StepMS, DefaultStepMS, 1, 1 << 30, "step-ms"},
		{&o.Path, DefaultPath, 2, maxPoints, "path"}, {&o.Grid, DefaultGrid, 1, maxGrid, "grid"}, {&o.Hull, 0, 0, maxPoints, "hull"},
	} {
		if *d.at == 0 {
			*d.at = d.is
		}
		if *d.at < d.least || *d.at > d.top {
			return usage.Errorf("%s %d: give %d to %d", d.name, *d.at, d.least, d.top)
		}
	}
	if o.Sigma == 0 {
		o.Sigma = DefaultSigma
	}
	if !(o.Sigma > 0 && o.Sigma <= 100) {
		return usage.Errorf("sigma %v: give a fraction of the image's axes, above 0 and at most 100", o.Sigma)
	}
	return o.splitDefaults()
}

func (o *Options) chooseSet(sets []string) error {
	if o.Set == "" {
		for _, name := range o.Rules {
			if i := ruleNamed(name); i >= 0 && len(rules()[i].Sets) == 1 {
				o.Set = rules()[i].Sets[0]
			}
		}
	}
	switch {
	case o.Set == "" && len(sets) == 1:
		o.Set = sets[0]
	case o.Set == "":
		return usage.Errorf("the store has %s: say which with --set, or name a rule that only one of them has", strings.Join(sets, " and "))
	case o.Set != ImageNet && o.Set != COCO:
		return usage.Errorf("no such data set %q: give %s or %s", o.Set, ImageNet, COCO)
	case !slices.Contains(sets, o.Set):
		return usage.Errorf("the store does not hold %s: it has %s", o.Set, strings.Join(sets, " and "))
	}
	return nil
}

// A source produces rows of type R, one chunk at a time. A row is valid only during the call that receives it.
type source[R any] interface {
	chunks() int
	chunk() (func(chunk int, emit func(*R) error) error, error) // returns a producer for one goroutine
	left() []format.Count                                       // counts rows or images left out so far, with the reason
}

// A dataSet is a data set of a store that has been read: it produces targets and the data of the other tables.
type dataSet interface {
	source[Target]
	base() *annotations
	// member describes a row for the table of pairs; ok is false if the row has no point, or is in no split.
	member(row int32, f *imageFacts) (m member, ok bool)
	imageOf(row int32) string
	workerOf(row int32) string
	categories() []store.Category // ImageNet: in order of their places among the classes; COCO: in order of their ids
	classFacts() []classFacts
	close() error
}

// open reads the parts of a store that the options need. It completes the options.
func open(ctx context.Context, dir string, o *Options) (dataSet, *store.Account, error) {
	sum, err := store.Read(dir)
	if err != nil {
		return nil, nil, err
	}
	var sets []string
	for _, d := range sum.DataSets {
		sets = append(sets, d.Name)
	}
	if err := o.defaults(sets); err != nil {
		return nil, nil, err
	}
	if err := o.exclude(ctx, dir); err != nil {
		return nil, nil, err
	}
	var s dataSet
	if o.Set == COCO {
		s, err = readCOCO(ctx, dir, o, sum.DataSet(COCO))
	} else {
		s, err = readImageNet(ctx, dir, o)
	}
	return s, sum, err
}

// checkTruth handles rules that need ground truth if the store has none: it leaves them out of AllRules, and
// returns an error for a rule that was named.
func (o *Options) checkTruth(has bool) error {
	if has {
		return nil
	}
	what := sets[o.Set].truth
	kept, out := []*rule{}, []string{}
	for _, r := range o.rules {
		switch {
		case !r.needs("boxes"):
			kept = append(kept, r)
		case !o.every:
			return usage.Errorf("the rule %s needs ground truth, and the store has no %s", r.Name, what)
		default:
			out = append(out, r.Name)
		}
	}
	if len(out) > 0 {
		o.without = []format.Count{{Name: "rules that need ground truth (" + strings.Join(out, ", ") + "), as the store has no " + what, Rows: int64(len(out))}}
	}
	o.rules, o.Rules = kept, namesOf(kept)
	return nil
}

func namesOf(rules []*rule) (names []string) {
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return names
}

// Each derives the targets of a store and calls f with each of them. They are ordered by the place of the
// annotation in the store, then by class, then by rule; images without an annotation come last, ordered by
// id. A Target is valid only during the call of f.
func Each(ctx context.Context, store string, o Options, f func(*Target) error) error {
	s, _, err := open(ctx, store, &o)
	if err != nil {
		return err
	}
	defer s.close()
	give, err := s.chunk()
	if err != nil {
		return err
	}
	n := s.chunks()
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := give(i, f); err != nil {
			return err
		}
		if o.Progress != nil {
			o.Progress(int64(i+1), int64(n))
		}
	}
	return nil
}
