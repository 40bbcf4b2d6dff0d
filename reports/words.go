package reports

import (
	"fmt"
	"math"
	"sort"

	"abtool/analysis"
	"abtool/internal/ui"
)

// impossibleHIT is a median duration, ms, that says nothing but that times are damaged: more than a day.
const impossibleHIT = 24 * 60 * 60 * 1000

// sentences say what is true of a data set, from its values alone.
func sentences(s source) (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	v := func(statistic, name string) analysis.Value { return s.value(statistic, name) }
	defined := func(x analysis.Value) bool { return x.Value.Defined() && x.N > 0 }
	number := func(x analysis.Value) string { return grouped(float64(x.Value)) }

	if s.set == "imagenet" {
		if images, showings := v("counts", "images"), v("counts", "showings"); defined(images) {
			text := fmt.Sprintf("The byproducts speak of %s images, which were shown %s times", number(images), number(showings))
			if w := v("workers", "workers"); defined(w) {
				text += " to " + number(w) + " annotators"
			}
			add("%s. %s of the images were selected at least once, %s have a final click, and %s have a usable ground-truth box.", text, percent(float64(v("counts", "selected_images").Value)), percent(float64(v("counts", "final_clicks").Value)), percent(float64(v("counts", "boxed_images").Value)))
		}
		if a := v("click_accuracy", "accuracy"); defined(a) {
			centre := v("random_clicks", "centre.bc")
			add("The final click lies in a box in %s. Always clicking the centre would hit %s, clicking anywhere %s.", interval(a), percent(float64(centre.Value)), percent(float64(v("random_clicks", "uniform.bc").Value)))
			if off := v("off_centre", "accuracy"); defined(off) {
				add("Where the centre is in no box, on %s of the images, the click still hits %s: so much it says beyond the centre.", percent(float64(v("off_centre", "share").Value)), interval(off))
			}
		}
		if first, last := v("trace_quantiles", "accuracy.0"), v("trace_quantiles", "accuracy.9"); defined(first) && defined(last) {
			add("On the way from entering the image to the click, the share of mouse samples in a box goes from %s in the first tenth to %s in the last.", percent(float64(first.Value)), percent(float64(last.Value)))
		}
	} else {
		if records := v("counts", "records"); defined(records) {
			text := fmt.Sprintf("%s pages, one image each", number(records))
			if w := v("workers", "workers"); defined(w) {
				text += ", by " + number(w) + " annotators"
			}
			add("%s. On them %s icons have a point, and the ground truth has %s objects.", text, number(v("counts", "icons")), number(v("counts", "instances")))
		}
		if a := v("icon_precision", "on_mask"); defined(a) {
			add("An icon lies on a mask of its class in %s, in a box of it in %s.", interval(a), percent(float64(v("icon_precision", "on_box").Value)))
		}
		if a := v("class_recall", "recall"); defined(a) {
			add("Of the classes on an image, %s are found on average.", interval(a))
		}
		if a := v("sequences", "add_only"); defined(a) {
			add("%s of the icons that stay were added and never touched again; the longest sequence has %s actions.", percent(float64(a.Value)), number(v("sequences", "longest_actions")))
		}
	}
	if hits := v("hits", "hits"); defined(hits) {
		text := fmt.Sprintf("%s HITs", number(hits))
		if d := v("hits", "duration_median"); defined(d) && float64(d.Value) < impossibleHIT {
			text += fmt.Sprintf(" took %.1f minutes (median)", float64(d.Value)/60000)
		}
		add("%s; %s of them are flagged by the checks of recall, pages and %s.", text, percent(float64(v("hits", "flagged").Value)), map[string]string{"imagenet": "selections", "coco": "precision"}[s.set])
	}
	out = append(out, compared(s)...)
	out = append(out, doubts(s)...)
	return out
}

// compared counts how many published values the intervals cover.
func compared(s source) []string {
	covered, all := 0, 0
	for _, st := range s.stats {
		for _, v := range st.Values {
			if v.Published != nil && v.Published.Covered != nil {
				all++
				if *v.Published.Covered {
					covered++
				}
			}
		}
	}
	if all == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Of %d values that the paper published of its own data, the intervals here cover %d. On other data than the paper's there is no reason that they should.", all, covered)}
}

// doubts names the most frequent faults of the data.
func doubts(s source) []string {
	titles, faults, n, of := s.texts("quality", "checks", "meaning"), s.column("quality", "checks", "count"), s.column("quality", "checks", "n"), s.texts("quality", "checks", "of")
	order := []int{}
	for i := range faults {
		if faults[i] > 0 && n[i] > 0 {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return faults[order[a]]/n[order[a]] > faults[order[b]]/n[order[b]] })
	if len(titles) == 0 {
		return nil
	}
	if len(order) == 0 {
		return []string{"None of the checks of data quality finds anything."}
	}
	i := order[0]
	text := fmt.Sprintf("%d of %d checks of data quality find something; the most frequent, in %s of %s: %s.", len(order), len(faults), percent(faults[i]/n[i]), of[i], titles[i])
	return []string{text}
}

// unitText is a value with its unit, for people.
func unitText(v float64, unit string) string {
	if unit == "count" && v == math.Trunc(v) {
		return grouped(v)
	}
	return ui.Number(v, unit)
}
