package quality

import (
	"slices"
	"strings"

	"abtool/byproduct/coco"
	"abtool/collect"
	"abtool/collect/storage"
)

// Proposals.
const (
	Accept = "accept"
	Reject = "reject"
	Look   = "look" // no rule fails, but there is a signal
)

// An Assessment is what is known about the quality of an assignment.
type Assessment struct {
	storage.Assignment
	Pages, Of int // pages that were submitted, of all
	Rules     []Rule
	Signals   []Signal
	Wrong     int             // answers to images that check annotators
	Proposal  string          // "" unless the assignment was submitted
	Decision  *storage.Review // the last one, or nil
}

// Truth is the ground truth of a tag study, from a store; nil if it is not known.
type Truth = coco.Truth

// Assess assesses a work.
func Assess(w *Work, s *collect.Settings, d Durations, truth *Truth) *Assessment {
	given := w.Given()
	a := &Assessment{Assignment: w.Assignment, Pages: len(w.Pages), Of: len(given.Pages),
		Rules: Judge(w, ThresholdsFor(s, &given), truth), Signals: Screen(w, d)}
	chosen, missed, _ := w.gold()
	a.Wrong = chosen + missed
	switch {
	case w.State != storage.Submitted:
	case len(a.Failing()) > 0:
		a.Proposal = Reject
	case len(a.Signals) > 0:
		a.Proposal = Look
	default:
		a.Proposal = Accept
	}
	return a
}

// Rule returns a rule by its name, or a zero rule.
func (a *Assessment) Rule(name string) (r Rule) {
	if i := slices.IndexFunc(a.Rules, func(r Rule) bool { return r.Name == name }); i >= 0 {
		r = a.Rules[i]
	}
	return r
}

// Failing returns the names of the rules that fail.
func (a *Assessment) Failing() (names []string) {
	for _, r := range a.Rules {
		if r.Value == Fails {
			names = append(names, r.Name)
		}
	}
	return names
}

// SignalNames returns the names of the signals.
func (a *Assessment) SignalNames() (names []string) {
	for _, s := range a.Signals {
		names = append(names, s.Name)
	}
	return names
}

// Why says what the proposal rests on.
func (a *Assessment) Why() string {
	var why []string
	for _, r := range a.Rules {
		if r.Value == Fails || r.Lost {
			why = append(why, r.Why)
		}
	}
	for _, s := range a.Signals {
		why = append(why, s.Why)
	}
	return strings.Join(why, "; ")
}

// All assesses the assignments of a study for which want returns true; nil wants all. They are in the order in
// which they were offered.
func All(v *storage.View, study *collect.Study, truth *Truth, want func(*storage.Assignment) bool) ([]*Assessment, error) {
	r, err := NewReader(v, study)
	if err != nil {
		return nil, err
	}
	list, err := v.Assignments()
	if err != nil {
		return nil, err
	}
	decided, err := v.Decisions()
	if err != nil {
		return nil, err
	}
	durations := DurationsOf(list)
	var all []*Assessment
	for _, one := range list {
		if want != nil && !want(&one) {
			continue
		}
		w, err := r.Read(one)
		if err != nil {
			return nil, err
		}
		a := Assess(w, &study.Settings, durations, truth)
		if d, ok := decided[one.ID]; ok {
			a.Decision = &d
		}
		all = append(all, a)
	}
	return all, nil
}
