package scene

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"abtool/byproduct/imagenet"
)

func sorted[T any](all []T, key func(T) int64) []T {
	return slices.SortedStableFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}

// BrowsePage returns the scene of a page of ImageNet-AB from its showings: the images where they were, and one track
// over all of them. sources returns the address of a picture.
func BrowsePage(rows []*ShowingRow, truth map[string]*BoxRow, sources func(id string) string) *Scene {
	rows = sorted(rows, func(r *ShowingRow) int64 { return int64(value(r.ImageIdx)) })
	s := &Scene{Set: "imagenet", Kind: KindBrowse, Reasons: Reasons(), Flags: []Flag{}}
	from, to := math.Inf(1), math.Inf(-1) // ms since 1970
	for _, r := range rows {
		if a, b := r.span(); r.T0 != nil && b >= a && len(r.Clicks)+len(r.Mouse)+len(r.Hovers) > 0 {
			from, to = min(from, float64(*r.T0)+a), max(to, float64(*r.T0)+b)
		}
	}
	whole := &Track{Name: text(rows[0].WorkerID), Note: fmt.Sprintf("%d images", len(rows)), Unit: "image", Aim: Number(none), Flags: []Flag{}}
	if from <= to {
		whole.Zero, whole.End = ptr(int64(from)), Number(to-from)
	}
	var fs flags
	var gaps [][]gap
	var events []event
	all := &trail{}
	silent := 0
	for i, r := range rows {
		m := r.Image(truth[r.ImageID], i, sources(r.ImageID))
		m.X, m.Y = Number(value(r.PositionX)), Number(value(r.PositionY))
		s.Images = append(s.Images, m)
		if r.T0 == nil || len(r.Clicks)+len(r.Mouse)+len(r.Hovers) == 0 {
			silent++
			continue
		}
		t := r.track(from-float64(*r.T0), to-from, i)
		gaps = append(gaps, r.alone(t, to-from))
		events = append(events, t.Events.rows()...)
		all.join(t, i)
		for _, f := range t.Flags {
			fs = append(fs, Flag{f.N, "Image " + r.ImageID + ": " + f.Text})
		}
	}
	all.sort()
	whole.Samples, whole.Untimed, whole.Events, whole.Gaps = all.samples, all.untimed, columns(events), gapColumns(common(gaps))
	both := 0
	for i := 1; i < len(whole.Samples.T); i++ {
		if a, b := whole.Samples.T[i-1], whole.Samples.T[i]; whole.Samples.Slot[i] != whole.Samples.Slot[i-1] && !whole.Gaps.within(a, b) {
			both++
		}
	}
	fs.add(both, "Once the pointer was on two images at the same time.", "%d times the pointer was on two images at the same time.")
	fs.add(silent, "On one image nothing was recorded.", "On %d images nothing was recorded.")
	s.Flags = append(s.Flags, s.arrange(rows)...)
	s.Flags = append(s.Flags, fs...)
	s.Zero = whole.Zero
	s.Facts = append(s.Facts, s.serpentine(rows)...)
	s.add(whole)
	return s
}

// alone returns the gaps of a showing on the clock of its page. Before its first event and after its last one the
// pointer was elsewhere, also if the record has no hovers.
func (r *ShowingRow) alone(t *Track, end float64) []gap {
	all := make([]gap, 0, len(t.Gaps.From)+2)
	for i := range t.Gaps.From {
		all = append(all, gap{t.Gaps.From[i], t.Gaps.To[i], t.Gaps.Why[i]})
	}
	if len(r.Hovers) == 0 {
		first, last := 0.0, 0.0
		if n := len(t.Samples.T); n > 0 {
			first, last = t.Samples.T[0], t.Samples.T[n-1]
		}
		all = append(all, gap{0, first, whyOutside}, gap{last, end, whyOutside})
	}
	return disjoint(all)
}

// rows returns events as they were before columns.
func (e *Events) rows() (all []event) {
	for i := range e.T {
		all = append(all, event{e.T[i], e.What[i], e.X[i], e.Y[i], e.FX[i], e.FY[i], e.To[i], e.Slot[i], e.Text[i]})
	}
	return all
}

// join adds the samples of a track on the image of a slot.
func (r *trail) join(t *Track, slot int) {
	r.samples.T, r.samples.X, r.samples.Y = append(r.samples.T, t.Samples.T...), append(r.samples.X, t.Samples.X...), append(r.samples.Y, t.Samples.Y...)
	r.untimed.X, r.untimed.Y = append(r.untimed.X, t.Untimed.X...), append(r.untimed.Y, t.Untimed.Y...)
	for range t.Samples.T {
		r.samples.Slot = append(r.samples.Slot, slot)
	}
	for range t.Untimed.X {
		r.untimed.Slot = append(r.untimed.Slot, slot)
	}
}

// sort puts the samples of several images into the order of time.
func (r *trail) sort() {
	s := r.samples
	order := make([]int, len(s.T))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return byTime(s.T[a], s.T[b]) })
	out := Samples{T: make(Numbers, 0, len(order)), X: make(Numbers, 0, len(order)), Y: make(Numbers, 0, len(order))}
	for _, i := range order {
		out.T, out.X, out.Y, out.Slot = append(out.T, s.T[i]), append(out.X, s.X[i]), append(out.Y, s.Y[i]), append(out.Slot, s.Slot[i])
	}
	r.samples = out
	if r.untimed.X == nil {
		r.untimed.X, r.untimed.Y = Numbers{}, Numbers{}
	}
}

const margin = 24 // CSS px around the images of a page

// arrange sets the places of the images of a page and the stage. Recorded places across are taken as they are. A
// place down that does not fit the row of the slot, because it was measured while images were loading, is replaced by
// the row's.
func (s *Scene) arrange(rows []*ShowingRow) (fs flags) {
	pitch, columns := grid(rows, s.Images)
	heights := map[int]float64{} // the lowest centre that was recorded in a row: places can only be too small
	rowOf := func(i int) int {
		if rows[i].ImageIdx == nil {
			return i / columns
		}
		return int(*rows[i].ImageIdx) / columns
	}
	for i, m := range s.Images {
		if c := float64(m.Y + m.H/2); c == c {
			if was, ok := heights[rowOf(i)]; !ok || c > was {
				heights[rowOf(i)] = c
			}
		}
	}
	first, step := line(heights, pitch)
	moved, lacking := 0, 0
	for i := range s.Images {
		m := &s.Images[i]
		if m.X != m.X {
			lacking++
			m.X, m.Fitted = Number(float64(slotOf(rows[i], i)%columns)*pitch+(pitch-float64(m.W))/2), true
		}
		centre := first + step*float64(rowOf(i))
		if c := float64(m.Y + m.H/2); c != c || math.Abs(c-centre) > step/5 {
			m.Y, m.Fitted = Number(centre-float64(m.H)/2), true
			moved++
		}
	}
	left, top := math.Inf(1), math.Inf(1)
	for _, m := range s.Images {
		left, top = min(left, float64(m.X)), min(top, float64(m.Y))
	}
	for i := range s.Images {
		m := &s.Images[i]
		m.X, m.Y = m.X-Number(left-margin), m.Y-Number(top-margin)
		s.Stage.Width, s.Stage.Height = max(s.Stage.Width, m.X+m.W+margin), max(s.Stage.Height, m.Y+m.H+margin)
	}
	fs.add(lacking, "One image has no place across; it is drawn in the column of its slot.", "%d images have no place across; they are drawn in the columns of their slots.")
	fs.add(moved, "The recorded place of one image does not fit its row, because it was measured while images were loading; it is drawn in its row.",
		"The recorded places of %d images do not fit their rows, because they were measured while images were loading; they are drawn in their rows.")
	return fs
}

// fewestClicks is the least number of clicks on a page whose order is compared, as in the statistic scanning.
const fewestClicks = 5

// serpentine compares the order of the last clicks of selected images with a serpentine through the rows of slots, as
// the statistic scanning does.
func (s *Scene) serpentine(rows []*ShowingRow) []Fact {
	_, columns := grid(rows, s.Images)
	type click struct{ t, rank float64 }
	var clicks []click
	for i, r := range rows {
		x, y := axes(r.Clicks)
		last := imagenet.LastClick(x, y)
		if r.Selected == nil || !*r.Selected || last < 0 || r.Clicks[last].T == nil || r.T0 == nil {
			continue
		}
		slot := slotOf(r, i)
		row, column := slot/columns, slot%columns
		if row%2 == 1 {
			column = columns - 1 - column
		}
		clicks = append(clicks, click{float64(*r.T0 + *r.Clicks[last].T), float64(row*columns + column)})
	}
	if len(clicks) < fewestClicks {
		return nil
	}
	follow, pairs := 0.0, 0.0
	for i, a := range clicks {
		for _, b := range clicks[i+1:] {
			pairs++
			switch d := (b.t - a.t) * (b.rank - a.rank); {
			case d > 0:
				follow++
			case d == 0:
				follow += 0.5
			}
		}
	}
	return []Fact{{Name: "pairs_in_serpentine", Value: math.Round(follow/pairs*1000) / 1000, Unit: "fraction",
		Doc: "Share of pairs of last clicks that follow a serpentine through the rows, ties as half; 0.5 means no relation. The statistic scanning has it over all pages."}}
}

func slotOf(r *ShowingRow, i int) int {
	if r.ImageIdx == nil {
		return i
	}
	return int(*r.ImageIdx)
}

// grid returns the distance of columns and their number, from the centres of images.
func grid(rows []*ShowingRow, images []Image) (pitch float64, columns int) {
	var centres []float64
	size := 0.0
	for _, m := range images {
		size = max(size, float64(m.W), float64(m.H))
		if c := float64(m.X + m.W/2); c == c {
			centres = append(centres, c)
		}
	}
	slices.Sort(centres)
	pitch, columns = size+8, 0
	last := math.Inf(-1)
	nearest := math.Inf(1)
	for _, c := range centres {
		if c-last > size/3 {
			columns++
			if last > math.Inf(-1) {
				nearest = min(nearest, c-last)
			}
			last = c
		}
	}
	if nearest < math.Inf(1) {
		pitch = nearest
	}
	if columns < 2 {
		columns = min(3, max(len(rows), 1)) // as in the front end
	}
	return pitch, columns
}

// line fits rows, whose numbers are keys, to equal distances: the typical one between neighbours.
func line(centres map[int]float64, pitch float64) (first, step float64) {
	var numbers []int
	for n := range centres {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var steps, firsts []float64
	for i := 1; i < len(numbers); i++ {
		steps = append(steps, (centres[numbers[i]]-centres[numbers[i-1]])/float64(numbers[i]-numbers[i-1]))
	}
	step = pitch
	if len(steps) > 0 {
		slices.Sort(steps)
		if m := steps[len(steps)/2]; m > pitch/3 && m < pitch*2 {
			step = m
		}
	}
	for _, n := range numbers {
		firsts = append(firsts, centres[n]-step*float64(n))
	}
	if len(firsts) == 0 {
		return 0, step
	}
	slices.Sort(firsts)
	return firsts[len(firsts)/2], step
}
