package imagenet

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// counts counts images, showings, selections and byproducts (I1, I2).
type counts struct {
	r                                                                   *pass.Counts
	byproduct, selectedImages, selectedShowings, finalClicks, clickedBC stat.RatioID
	showings, clicks, samples, hovers                                   int64
}

func newCounts(_ *engine, r *pass.Counts) *counts {
	id := r.Declare(5)
	a := &counts{r: r, byproduct: id, selectedImages: id + 1, selectedShowings: id + 2,
		finalClicks: id + 3, clickedBC: id + 4}
	r.Numbers("showings clicks samples hovers", &a.showings, &a.clicks, &a.samples, &a.hovers)
	return a
}

func (a *counts) showing(s *showing) {
	a.showings++
	a.r.Count(s.cluster, a.selectedShowings, s.IsSelected())
	a.clicks += int64(s.Clicks.Len())
	a.samples += int64(s.Mouse.Len())
	a.hovers += int64(len(s.Hovers.T))
}

func (a *counts) picture(p *picture) {
	a.r.Count(p.cluster, a.selectedImages, slices.ContainsFunc(p.showings, (*showing).IsSelected))
	a.r.Count(p.cluster, a.byproduct, p.byproduct)
	a.r.Count(p.cluster, a.finalClicks, p.final != nil)
	a.r.Count(p.cluster, a.clickedBC, p.clickedBoxed())
}

func (a *counts) Result(e *engine, r *result.Statistic) {
	images, boxed, boxes := e.images.Universe()
	r.Add(
		result.Count("images", "images that the input names", "images", images),
		result.Count("showings", "times an image was shown", "showings", a.showings),
		e.Ratio("byproduct_images", "images with a byproduct: a click, a mouse sample or a hover",
			result.UnitShare, "images", a.byproduct),
		e.Ratio("selected_images", "images selected at least once", result.UnitShare, "images", a.selectedImages),
		e.Ratio("selected_showings", "showings that ended selected", result.UnitShare, "showings",
			a.selectedShowings),
		e.Ratio("final_clicks", "images with a final click", result.UnitShare, "images", a.finalClicks),
		result.Proportion("boxed_images", "images with a usable ground-truth box", "images", boxed, images),
		e.Ratio("clicked_boxed", "images with a usable box and a final click: the set BC of accuracies",
			result.UnitShare, "images", a.clickedBC),
		result.Count("boxes", "ground-truth boxes of boxed images", "boxes", boxes),
		result.Count("clicks", "selecting clicks", "clicks", a.clicks),
		result.Count("samples", "mouse samples", "samples", a.samples),
		result.Count("hovers", "times the pointer entered or left an image", "hovers", a.hovers),
	)
	if _, _, apart := e.images.Apart(); boxed == 0 && !apart {
		r.Warn("No image has a usable box, so accuracies cannot be computed. Ingest with --boxes " +
			"Annotations/CLS-LOC/train.")
	}
}
