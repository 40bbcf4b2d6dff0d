package quality

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"abtool/collect/derive"
	"abtool/collect/recording"
	"abtool/internal/ui"
)

// A Signal is something about a work that deserves a look.
type Signal struct {
	Name string `json:"name"`
	Why  string `json:"why"` // what was seen, as a sentence without a period
}

// A SignalText says what a signal is, and what it does not prove.
type SignalText struct{ Name, Says, ProvesNot string }

// SignalTexts describe the signals.
var SignalTexts = []SignalText{
	{"no-pointer", "the path of the pointer was to be recorded, and there is none",
		"Keys, touch and assistive devices choose without a pointer that moves, and a browser can hold its samples back."},
	{"straight", "at least 10 movements of the pointer, and 80 % of all, do not leave a straight line by half a pixel",
		"Devices for people who cannot use a mouse move the pointer in straight lines, and so do some touchpads."},
	{"even", "at least 200 samples, and 99 % of all, have the same distance in time",
		"A mouse that reports at a fixed rate looks like this through a clock with coarse steps."},
	{"one-place", "at least 10 choices, and 90 % of all, are at one place of their images",
		"Objects are often in the middle of an image, and many people aim there."},
	{"select-all", "on half of the pages or more, all images are selected",
		"All candidates of a page can show its class; only images known not to show it tell."},
	{"fast", "the assignment took less than the mean of the study minus three standard deviations",
		"Practice makes people fast. The mean changes until the last assignment of the study is submitted."},
	{"gold", "images that check annotators were answered wrongly",
		"A check can be wrong or unclear itself, and everybody overlooks something; one wrong answer says little."},
	{"repeats", "an image that is in the HIT twice was answered in two ways",
		"People change their minds about unclear images, and learn during a HIT."},
}

// Limits of the signals.
const (
	straightPx    = 5 // tenths of a pixel
	strokePause   = 100_000
	strokeSamples = 6
	strokeLength  = 500 // tenths of a pixel
	manyStrokes   = 10
	manySamples   = 200
	manyChoices   = 10
	samePlace     = 0.02
	fewImages     = 4 // a page with fewer can well have all selected
)

// Screen returns the signals of a work. The durations are of the whole study.
func Screen(w *Work, d Durations) (all []Signal) {
	see := func(name, format string, args ...any) { all = append(all, Signal{name, fmt.Sprintf(format, args...)}) }
	samples, strokes, straight := 0, 0, 0
	gaps := map[int64]int{}
	var x, y []float64
	for _, p := range w.Pages {
		for _, a := range p.Attempts {
			samples += len(a.Samples)
			n, s := strokesOf(a.Samples)
			strokes, straight = strokes+n, straight+s
			for i := 1; i < len(a.Samples); i++ {
				if gap := a.Samples[i].T - a.Samples[i-1].T; gap > 0 && gap < strokePause {
					gaps[gap]++
				}
			}
		}
		px, py := p.places()
		x, y = append(x, px...), append(y, py...)
	}
	if w.Level == "full" && len(w.Pages) > 0 && samples == 0 {
		see("no-pointer", "no sample of the pointer on %d pages", len(w.Pages))
	}
	if straight >= manyStrokes && float64(straight) >= 0.8*float64(strokes) {
		see("straight", "%d of %d movements are straight", straight, strokes)
	}
	most, sum := 0, 0
	for _, n := range gaps {
		most, sum = max(most, n), sum+n
	}
	if most >= manySamples && float64(most) >= 0.99*float64(sum) {
		see("even", "%d of %d distances between samples are equal", most, sum)
	}
	if n := near(x, y); n >= manyChoices && float64(n) >= 0.9*float64(len(x)) {
		see("one-place", "%d of %d choices are at the same place of their image", n, len(x))
	}
	if full, pages := w.selectedAll(); full > 0 && 2*full >= pages {
		see("select-all", "all images are selected on %d of %d pages", full, pages)
	}
	if ms, ok := Duration(&w.Assignment); ok && d.Fast(ms) {
		see("fast", "it took %s; the mean of %d assignments is %s, the standard deviation %s", ui.Duration(float64(ms)), d.N, ui.Duration(d.Mean), ui.Duration(d.SD))
	}
	if chosen, missed, checks := w.gold(); chosen+missed > 0 {
		see("gold", "of %d checks, %d known not to show the class were selected, and %d known to show it were not", checks, chosen, missed)
	}
	if differ, pairs := w.repeats(); differ > 0 {
		see("repeats", "%d of %d repeated images were answered in two ways", differ, pairs)
	}
	return all
}

// strokesOf counts the movements of the pointer between pauses, and how many of them are straight.
func strokesOf(samples []recording.Sample) (strokes, straight int) {
	for from := 0; from < len(samples); {
		to := from + 1
		for to < len(samples) && samples[to].T-samples[to-1].T < strokePause {
			to++
		}
		s := samples[from:to]
		from = to
		if len(s) < strokeSamples {
			continue
		}
		first, last := s[0], s[len(s)-1]
		dx, dy := float64(last.X-first.X), float64(last.Y-first.Y)
		length := math.Hypot(dx, dy)
		if length < strokeLength {
			continue
		}
		strokes++
		if !slices.ContainsFunc(s, func(p recording.Sample) bool {
			return math.Abs(dx*float64(p.Y-first.Y)-dy*float64(p.X-first.X)) > straightPx*length
		}) {
			straight++
		}
	}
	return strokes, straight
}

// places returns where the choices of a page are on their images.
func (p *Page) places() (x, y []float64) {
	if p.Tag != nil {
		for _, a := range p.Tag.Annotation.ActionHistories {
			if a.Type == "add" && a.To != nil {
				x, y = append(x, a.To.X), append(y, a.To.Y)
			}
		}
		return x, y
	}
	for _, a := range p.Browse.Annotations {
		for _, c := range a.SelectedRecord {
			if c.X != nil && c.Y != nil {
				x, y = append(x, *c.X), append(y, *c.Y)
			}
		}
	}
	return x, y
}

// near counts the points that are near the median of all.
func near(x, y []float64) (n int) {
	if len(x) == 0 {
		return 0
	}
	middle := func(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }
	mx, my := middle(x), middle(y)
	for i := range x {
		if math.Abs(x[i]-mx) <= samePlace && math.Abs(y[i]-my) <= samePlace {
			n++
		}
	}
	return n
}

// selectedAll counts the pages of which all images are selected, of those that have enough images and do not
// only have images that are known to show the class.
func (w *Work) selectedAll() (full, pages int) {
	for _, p := range w.Pages {
		if p.Browse == nil || len(p.Plan.Slots) < fewImages {
			continue
		}
		unknown := false
		for _, s := range p.Plan.Slots {
			unknown = unknown || s.Known == nil || !*s.Known
		}
		if !unknown {
			continue
		}
		pages++
		if !slices.ContainsFunc(p.Browse.Annotations, func(a *derive.Showing) bool { return !a.Selected }) {
			full++
		}
	}
	return full, pages
}

// gold counts the images that check annotators, and the wrong answers to them.
func (w *Work) gold() (chosen, missed, checks int) {
	for _, p := range w.Pages {
		if p.Browse == nil {
			continue
		}
		for _, a := range p.Browse.Annotations {
			if a.Gold == nil || !*a.Gold || a.Known == nil {
				continue
			}
			checks++
			switch {
			case a.Selected && !*a.Known:
				chosen++
			case !a.Selected && *a.Known:
				missed++
			}
		}
	}
	return chosen, missed, checks
}

// repeats counts the images that are in the HIT again for the same class, and those of them that were answered in
// another way than the first time.
func (w *Work) repeats() (differ, pairs int) {
	seen := map[string]string{}
	add := func(class, image, answer string) {
		key := class + "\x00" + image
		first, again := seen[key]
		if !again {
			seen[key] = answer
			return
		}
		pairs++
		if first != answer {
			differ++
		}
	}
	for _, p := range w.Pages {
		if p.Tag != nil {
			add("", p.Plan.Slots[0].Image, fmt.Sprint(p.icons()))
			continue
		}
		for i, a := range p.Browse.Annotations {
			add(p.Plan.Class, p.Plan.Slots[i].Image, fmt.Sprint(a.Selected))
		}
	}
	return differ, pairs
}

// icons returns the names of the icons that stay on a tag page.
func (p *Page) icons() []string {
	on := map[string]bool{}
	for _, a := range p.Tag.Annotation.ActionHistories {
		if on[a.Icon] = true; a.Type == "remove" {
			delete(on, a.Icon)
		}
	}
	return slices.Sorted(maps.Keys(on))
}
