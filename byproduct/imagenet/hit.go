package imagenet

import (
	"math"
	"slices"

	"abtool/store/columnar"
)

// A HIT is the work that an annotator submitted at once: the showings of an assignment (I17,
// docs/design/definitions.md#i17). Only its released images and pages are known.
type HIT struct {
	Showings, Selected int64
	Pages              []int64 // distinct

	first, submit int64 // ms since 1970; columnar.Null: unknown
}

// NewHIT returns a HIT without showings.
func NewHIT() *HIT { return &HIT{first: columnar.Null, submit: columnar.Null} }

// Add adds a showing.
func (h *HIT) Add(s *Showing) {
	h.take(&HIT{Showings: 1, first: s.FirstEvent(), submit: s.Submit})
	if s.IsSelected() {
		h.Selected++
	}
	if s.Page != columnar.Null {
		h.page(s.Page)
	}
}

// Merge adds the showings of another part of the HIT.
func (h *HIT) Merge(o *HIT) {
	h.take(o)
	for _, p := range o.Pages {
		h.page(p)
	}
}

// take adds the counts and times of another HIT, but not its pages.
func (h *HIT) take(o *HIT) {
	h.Showings += o.Showings
	h.Selected += o.Selected
	h.submit = max(h.submit, o.submit)
	if o.first != columnar.Null && (h.first == columnar.Null || o.first < h.first) {
		h.first = o.first
	}
}

func (h *HIT) page(p int64) {
	if !slices.Contains(h.Pages, p) {
		h.Pages = append(h.Pages, p)
	}
}

// Recall returns the share of the images shown that were selected (I17), NaN without images.
func (h *HIT) Recall() float64 {
	if h.Showings == 0 {
		return math.NaN()
	}
	return float64(h.Selected) / float64(h.Showings)
}

// Duration returns the time from the earliest event to the latest submission, ms (I17); ok is false where one
// is unknown.
func (h *HIT) Duration() (ms int64, ok bool) {
	if h.submit == columnar.Null || h.first == columnar.Null {
		return 0, false
	}
	return h.submit - h.first, true
}

// Flags reports which of the paper's thresholds a HIT is below (I18, docs/design/definitions.md#i18).
func (h *HIT) Flags(recall float64, selected, pages int) (lowRecall, fewSelected, fewPages bool) {
	return h.Recall() < recall, h.Selected < int64(selected), len(h.Pages) < pages
}
