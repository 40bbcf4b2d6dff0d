// Package quality judges the work of annotators while a study runs: by the paper's rules for rejecting HITs,
// and by signals that only say where to look. It proposes, and people decide.
//
// The rules are computed from the records that ingest stores, by the code of the statistics: a rule fails for
// an assignment that the statistic hits flags later.
package quality

import (
	"fmt"
	"math"

	"abtool/byproduct/coco"
	"abtool/byproduct/imagenet"
	"abtool/collect"
	"abtool/collect/derive"
	"abtool/internal/stat"
	"abtool/internal/ui"
	"abtool/store/columnar"
)

// A Value says whether a rule holds.
type Value string

// Values of rules.
const (
	Holds Value = "holds"
	Fails Value = "fails"
	Open  Value = "open" // it is too early, or nobody knows what is there
)

// A Rule is one of the paper's rules for an assignment.
type Rule struct {
	Name  string `json:"name"`
	Value Value  `json:"value"`
	Lost  bool   `json:"lost,omitempty"` // open, and it can no longer hold
	Why   string `json:"why"`            // what the value is of, as a sentence without a period
}

// A RuleText describes a rule.
type RuleText struct{ Name, Task, Says string }

// RuleTexts describe the rules of both tasks; Task is "" for both.
var RuleTexts = []RuleText{
	{"recall", "", "enough of what is known to be there was found"},
	{"amount", collect.Browse, "enough images were selected"},
	{"place", collect.Tag, "enough icons lie on a mask of their class"},
	{"pages", "", "enough pages were submitted"},
	{"record", "", "something was stored"},
}

// Paper has the shares of HITs that the paper rejected, by task.
var Paper = map[string]string{
	collect.Browse: "the paper rejected 1,145 of 14,681 HITs (7.8 %)",
	collect.Tag:    "the paper rejected 365 HITs (8.8 %)",
}

// Thresholds are what the rules need of an assignment.
type Thresholds struct {
	Recall, Place   float64
	Selected, Pages int
}

// ThresholdsFor returns the thresholds for a HIT. Those of study.toml are for HITs with all pages and images. A
// smaller HIT, such as the last one of a plan or the rest of one, needs the same share of them, rounded down.
func ThresholdsFor(s *collect.Settings, h *collect.HIT) Thresholds {
	q := s.Quality
	slots := 0
	for _, p := range h.Pages {
		slots += len(p.Slots)
	}
	return Thresholds{Recall: q.Recall, Place: q.Place,
		Selected: q.Selected * min(slots, s.Task.Pages*s.Task.Images) / (s.Task.Pages * s.Task.Images),
		Pages:    q.Pages * min(len(h.Pages), s.Task.Pages) / s.Task.Pages}
}

// Judge returns what the rules say of a work. Without truth, the rules of a tag study that compare with the ground
// truth are open.
func Judge(w *Work, t Thresholds, truth *coco.Truth) []Rule {
	var rules []Rule
	if w.HIT.Task == collect.Browse {
		rules = browse(w, t)
	} else {
		rules = tag(w, t, truth)
	}
	given := len(w.Given().Pages)
	pages := Rule{Name: "pages", Why: fmt.Sprintf("%d of %d pages are submitted, at least %d are needed", len(w.Pages), given, t.Pages)}
	_, _, short := (&imagenet.HIT{Pages: w.numbers()}).Flags(0, 0, t.Pages)
	_, _, never := (&imagenet.HIT{Pages: make([]int64, given)}).Flags(0, 0, t.Pages)
	pages.Value, pages.Lost = w.value(short, never)
	record := Rule{Name: "record", Value: Holds, Why: "pages are stored"}
	if len(w.Pages) == 0 {
		record.Value, record.Why = Open, "no page is stored; compare the code that the annotator gave, if any"
	}
	return append(rules, pages, record)
}

// value returns the value of a rule. worst says whether the rule is broken by what is there so far, and best
// whether it would be if all that is left were perfect.
func (w *Work) value(worst, best bool) (v Value, lost bool) {
	switch {
	case !worst:
		return Holds, false
	case w.Over():
		return Fails, false
	}
	return Open, best
}

// numbers returns the numbers of the pages that were submitted.
func (w *Work) numbers() (all []int64) {
	for _, p := range w.Pages {
		all = append(all, int64(p.Number))
	}
	return all
}

// browse computes the rules of a browse HIT (I17, I18).
func browse(w *Work, t Thresholds) []Rule {
	all := imagenet.NewHIT()
	for _, p := range w.Pages {
		for i, a := range p.Browse.Annotations {
			all.Add(&imagenet.Showing{Order: imagenet.Order{Submit: columnar.Null}, Page: int64(p.Number), Selected: stat.One(a.Selected),
				Doubtful: !isKnown(&p.Plan.Slots[i]), T0: columnar.Null})
		}
	}
	slots, there := int64(0), int64(0) // of the whole HIT
	for _, p := range w.Given().Pages {
		for i := range p.Slots {
			slots++
			there += stat.One(isKnown(&p.Slots[i]))
		}
	}
	recall := Rule{Name: "recall", Why: fmt.Sprintf("%d of %d images known to show the class were selected, at least %s are needed",
		all.Found, all.Known, ui.Percent(t.Recall, 1))}
	worst, best := *all, *all
	if !w.Over() {
		worst.Known, best.Known = there, there
		best.Found += there - all.Known
	}
	if there == 0 {
		recall.Value, recall.Why = Open, "no image of the HIT is known to show its class"
	} else {
		low, _, _ := worst.Flags(t.Recall, 0, 0)
		never, _, _ := best.Flags(t.Recall, 0, 0)
		recall.Value, recall.Lost = w.value(low, never)
	}
	if w.Over() && all.Known == 0 {
		recall.Value, recall.Lost = Open, false
	}
	amount := Rule{Name: "amount", Why: fmt.Sprintf("%s selected, at least %d are needed", ui.Quantity(all.Selected, "image"), t.Selected)}
	_, few, _ := all.Flags(0, t.Selected, 0)
	_, never, _ := (&imagenet.HIT{Selected: all.Selected + slots - all.Showings}).Flags(0, t.Selected, 0)
	amount.Value, amount.Lost = w.value(few, never)
	return []Rule{recall, amount}
}

// isKnown reports whether a slot's image is known to show the class of its page.
func isKnown(s *collect.Slot) bool { return s.Known != nil && *s.Known }

// tag computes the rules of a tag HIT (C9).
func tag(w *Work, t Thresholds, truth *coco.Truth) []Rule {
	recall, place := Rule{Name: "recall", Value: Open}, Rule{Name: "place", Value: Open}
	if truth == nil {
		recall.Why, place.Why = "there is no ground truth: give a store with it", "there is no ground truth: give a store with it"
		return []Rule{recall, place}
	}
	var h coco.HIT
	done := map[int]bool{}
	for _, p := range w.Pages {
		done[p.Number] = true
		if m := truth.Image(p.Tag.Annotation.ImageID); m != nil {
			addTagged(&h, m, truth, p.Tag.Annotation)
		}
	}
	recall.Why = fmt.Sprintf("on pages whose image has a class (%d), %s of the classes were found on average, at least %s are needed", h.Recall.N,
		percent(float64(h.Recall.Value())), ui.Percent(t.Recall, 1))
	place.Why = fmt.Sprintf("%d of %d icons lie on a mask of their class, at least %s are needed", h.Hits, h.Icons, ui.Percent(t.Place, 1))
	worst, best := h, h
	if !w.Over() {
		for n, p := range w.HIT.Pages {
			m := truth.Image(p.Slots[0].Image)
			if m == nil || done[n] || w.Left[n] {
				continue
			}
			if none := coco.RecallOf(m.Find(nil, func(int32) *coco.Icon { return nil })); none.Classes > 0 {
				worst.AddRecall(none)
				best.AddRecall(coco.Recall{Classes: none.Classes, Placed: none.Classes})
			}
		}
	}
	low, _, _ := worst.Flags(t.Recall, t.Place, 0)
	never, _, _ := best.Flags(t.Recall, t.Place, 0)
	if worst.Recall.N > 0 {
		recall.Value, recall.Lost = w.value(low, never)
	}
	if _, wrong, _ := h.Flags(t.Recall, t.Place, 0); w.Over() && h.Icons > 0 {
		place.Value, _ = w.value(wrong, false)
	}
	return []Rule{recall, place}
}

// addTagged adds a page to a HIT as the statistics do (C3–C5, C7).
func addTagged(h *coco.HIT, m *coco.Image, truth *coco.Truth, r *derive.Tagged) {
	icons := map[int32]*coco.Icon{}
	for _, a := range r.ActionHistories {
		class := truth.Class(a.Icon)
		if class < 0 {
			continue
		}
		k := icons[class]
		if k == nil {
			made := coco.NewIcon(class)
			k = &made
			icons[class] = k
		}
		x, y := math.NaN(), math.NaN()
		if a.To != nil {
			x, y = a.To.X, a.To.Y
		}
		kind := map[string]coco.Action{"add": coco.Add, "move": coco.Move, "remove": coco.Remove}[a.Type]
		k.Take(kind, x, y)
	}
	h.AddRecall(coco.RecallOf(m.Find(nil, func(class int32) *coco.Icon { return icons[class] })))
	for class, k := range icons {
		if k.Added() {
			h.AddIcon(m.OnMask(class, k.X, k.Y))
		}
	}
}

func percent(share float64) string {
	if math.IsNaN(share) {
		return "–"
	}
	return ui.Percent(share, 1)
}
