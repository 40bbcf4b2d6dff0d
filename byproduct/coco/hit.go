package coco

import (
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A HIT is the work that an annotator submitted at once: the pages of a hit_id (C9,
// docs/design/definitions.md#c9).
type HIT struct {
	Pages       []int64   // distinct
	Recall      stat.Mean // mean recall of the pages whose image has a class
	OfPages     byproduct.Share
	Icons, Hits int64 // icons with a point on images of the ground truth, and how many of them lie on a mask of their class

	Spent int64 // on the pages with a time, ms
	Timed bool  // whether there are such pages
}

// AddPage adds a page by its number and the time spent on it, ms; columnar.Null is unknown. of is how much of a whole HIT
// its annotator was given (I18).
func (h *HIT) AddPage(page, spent int64, of byproduct.Share) {
	h.OfPages = h.OfPages.Union(of)
	if page != columnar.Null && !slices.Contains(h.Pages, page) {
		h.Pages = append(h.Pages, page)
	}
	if spent != columnar.Null {
		h.Spent, h.Timed = h.Spent+spent, true
	}
}

// AddRecall adds the recall of a page whose image is in the ground truth.
func (h *HIT) AddRecall(r Recall) {
	if v, _, ok := r.Share(); ok {
		h.Recall.Add(v)
	}
}

// AddIcon adds an icon with a point on such a page.
func (h *HIT) AddIcon(onMask bool) {
	h.Icons++
	h.Hits += stat.One(onMask)
}

// Merge adds the pages of another part of the HIT.
func (h *HIT) Merge(o *HIT) {
	for _, p := range o.Pages {
		h.AddPage(p, columnar.Null, o.OfPages)
	}
	h.Recall.Merge(&o.Recall)
	h.Icons += o.Icons
	h.Hits += o.Hits
	h.Spent += o.Spent
	h.Timed = h.Timed || o.Timed
}

// Precision returns the share of icons on a mask of their class, NaN without icons.
func (h *HIT) Precision() float64 {
	if h.Icons == 0 {
		return math.NaN()
	}
	return float64(h.Hits) / float64(h.Icons)
}

// Duration returns the total time of the pages, ms; ok is false if no time is known.
func (h *HIT) Duration() (ms int64, ok bool) { return h.Spent, h.Timed }

// Flags reports which of the paper's thresholds for a whole HIT a HIT is below. An undefined recall or precision is not below
// a threshold.
func (h *HIT) Flags(recall, precision float64, pages int) (lowRecall, lowPrecision, fewPages bool) {
	return float64(h.Recall.Value()) < recall, h.Precision() < precision, h.OfPages.OfWhole(int64(len(h.Pages))) < int64(pages)
}
