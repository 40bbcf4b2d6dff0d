package features

import (
	"context"
	"slices"
	"strings"

	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/store"
)

// Options say which targets are derived. The zero value takes the paper's rule of the store's
// only data set.
type Options struct {
	Set     string   `json:"data_set"`          // imagenet or coco; "": the data set of the rules, or the store's only one
	Rules   []string `json:"rules"`             // names of Rules, or AllRules; none: DefaultRule
	Signals []string `json:"signals,omitempty"` // names of SignalList, or "all"
	All     bool     `json:"all,omitempty"`     // also rows without a point, of weight 0: ImageNet images and COCO classes that were shown or are on the image
	Seed    uint64   `json:"seed"`              // of random points, crops, splits, fractions and pairs
	GTSize  bool     `json:"gt_size,omitempty"` // COCO: whole pixels by the ground truth's size where the record has none (L2)

	Scribble int     `json:"scribble,omitempty"` // samples of a scribble; 0: 8
	Steps    int     `json:"steps,omitempty"`    // of signal steps; 0: 30
	StepMS   int     `json:"step_ms,omitempty"`  // ms between them; 0: 100
	Path     int     `json:"path,omitempty"`     // points of signal path, 2 or more; 0: 101
	Grid     int     `json:"grid,omitempty"`     // cells of an attention map on each axis; 0: 14
	Sigma    float64 `json:"sigma,omitempty"`    // of its Gaussians, in fractions of each axis; 0: 0.05
	Hull     int     `json:"hull,omitempty"`     // last samples that make a hull; 0: all since entering

	SplitBy  string  `json:"split_by,omitempty"` // image, worker or class; "": no splits
	Shares   []Share `json:"shares,omitempty"`   // of the splits; none: train 0.8, val 0.1, test 0.1
	Stratify bool    `json:"stratify,omitempty"` // ImageNet: the same shares within every class, for splits by image and Fraction
	Fraction float64 `json:"fraction,omitempty"` // of the images, 0 … 1; 0: all

	Jobs     int                     `json:"-"` // goroutines; 0: one a processor. Results do not depend on it.
	Tool     string                  `json:"-"` // version, for the files
	Progress func(done, total int64) `json:"-"` // chunks; called from one goroutine at a time

	rules   []*rule
	signals []*Signal
	every   bool           // all rules were asked for
	without []format.Count // rules that were left out of all, for want of ground truth
}

// A Share is a split and its part of the whole.
type Share struct {
	Name string  `json:"name"`
	Part float64 `json:"share"`
}

// DefaultShares are the splits where none are named.
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

// layout returns the columns that targets have.
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

// needs reports whether a rule must be given something.
func (o *Options) needs(what string) bool {
	return slices.ContainsFunc(o.rules, func(r *rule) bool { return r.needs(what) })
}

// defaults fills in what was left out, for a store with these data sets.
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

// A source gives rows of type R, a chunk at a time. A row is valid during the call.
type source[R any] interface {
	chunks() int
	chunk() (func(chunk int, emit func(*R) error) error, error) // for one goroutine
	left() []format.Count                                       // rows or images that were left out so far, and why
}

// A dataSet is ready to give its targets, and what the other tables are of.
type dataSet interface {
	source[Target]
	base() *annotations
	// member says what is known of a row; ok is false where it gives no point, or is in no split.
	member(row int32, f *imageFacts) (m member, ok bool)
	imageOf(row int32) string
	workerOf(row int32) string
	categories() []store.Category // ImageNet: by place among the classes; COCO: by id
	classFacts() []classFacts
	close() error
}

// open reads what the rules need of a store.
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
	var s dataSet
	if o.Set == COCO {
		s, err = readCOCO(ctx, dir, o, sum.DataSet(COCO))
	} else {
		s, err = readImageNet(ctx, dir, o)
	}
	return s, sum, err
}

// checkTruth leaves the rules out that need ground truth which is not there, if all were asked
// for; it refuses those that were named.
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

// Each derives the targets of a store and gives them to f, one after the other, in the order of
// the files: by the annotation's place in the store (for images without one: by id, at the end),
// then by class, then by rule. A Target is valid during the call.
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
