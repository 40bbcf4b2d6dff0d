package imagenet

import (
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/store/columnar"
)

// A HIT is the work that an annotator submitted at once: the showings of an assignment (I17,
// docs/design/definitions.md#i17). Only its released images and pages are known.
type HIT struct {
	Showings, Selected int64
	Known, Found       int64   // images that are known to show the class, and how many of them were selected
	Pages              []int64 // distinct
	OfPages, OfImages  byproduct.Share

	First, Submit int64 // the first event and the last submission, ms since 1970; columnar.Null: unknown
}

// NewHIT returns a HIT without showings.
func NewHIT() *HIT { return &HIT{First: columnar.Null, Submit: columnar.Null} }

// Add adds a showing.
func (h *HIT) Add(s *Showing) {
	one := &HIT{Showings: 1, First: s.FirstEvent(), Submit: s.Submit}
	if s.IsSelected() {
		one.Selected = 1
	}
	if !s.Doubtful {
		one.Known, one.Found = 1, one.Selected
	}
	h.take(one)
	h.OfPages, h.OfImages = h.OfPages.Union(s.OfPages), h.OfImages.Union(s.OfImages)
	if s.Page != columnar.Null {
		h.page(s.Page)
	}
}

// Merge adds the showings of another part of the HIT.
func (h *HIT) Merge(o *HIT) {
	h.take(o)
	h.OfPages, h.OfImages = h.OfPages.Union(o.OfPages), h.OfImages.Union(o.OfImages)
	for _, p := range o.Pages {
		h.page(p)
	}
}

// take adds the counts and times of another HIT, but not its pages.
func (h *HIT) take(o *HIT) {
	h.Showings += o.Showings
	h.Selected += o.Selected
	h.Known += o.Known
	h.Found += o.Found
	h.Submit = max(h.Submit, o.Submit)
	if o.First != columnar.Null && (h.First == columnar.Null || o.First < h.First) {
		h.First = o.First
	}
}

func (h *HIT) page(p int64) {
	if !slices.Contains(h.Pages, p) {
		h.Pages = append(h.Pages, p)
	}
}

// Recall returns the share of the images known to show the class that were selected (I17), NaN without such images.
func (h *HIT) Recall() float64 {
	if h.Known == 0 {
		return math.NaN()
	}
	return float64(h.Found) / float64(h.Known)
}

// Duration returns the time from the earliest event to the latest submission, ms (I17); ok is false where one
// is unknown.
func (h *HIT) Duration() (ms int64, ok bool) {
	if h.Submit == columnar.Null || h.First == columnar.Null {
		return 0, false
	}
	return h.Submit - h.First, true
}

// Flags reports which of the paper's thresholds for a whole HIT a HIT is below (I18, docs/design/definitions.md#i18). A
// recall that is not defined is not below any.
func (h *HIT) Flags(recall float64, selected, pages int) (lowRecall, fewSelected, fewPages bool) {
	return h.Recall() < recall, h.OfImages.OfWhole(h.Selected) < int64(selected), h.OfPages.OfWhole(int64(len(h.Pages))) < int64(pages)
}
