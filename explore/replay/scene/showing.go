package scene

import (
	"fmt"
	"math"
	"slices"
)

// Showing returns the scene of one showing of ImageNet-AB.
func Showing(r *ShowingRow, truth *BoxRow, source string) *Scene {
	s := &Scene{Set: "imagenet", Kind: KindShowing, Reasons: Reasons()}
	from, to := r.span()
	t := r.track(from, to-from, 0)
	s.Images = []Image{r.Image(truth, 0, source)}
	s.add(t)
	s.Zero = t.Zero
	return s.stage()
}

// Showings returns the scene of an image of ImageNet-AB with all of its showings, which begin together.
func Showings(rows []*ShowingRow, truth *BoxRow, source string) *Scene {
	s := &Scene{Set: "imagenet", Kind: KindImage, Reasons: Reasons()}
	image := rows[0]
	for _, r := range rows {
		if value(r.ImageWidth) > value(image.ImageWidth) {
			image = r
		}
	}
	s.Images = []Image{image.Image(truth, 0, source)}
	s.Images[0].Seq, s.Images[0].Chosen = nil, nil
	for i, r := range rows {
		from, to := r.span()
		t := r.track(from, to-from, 0)
		t.Note = fmt.Sprintf("showing %d, %s", i+1, chosen(r.Selected))
		s.add(t)
	}
	s.Targets = clickTargets(rows, truth)
	return s.stage()
}

func chosen(selected *bool) string {
	switch {
	case selected == nil:
		return "not known whether selected"
	case *selected:
		return "selected"
	}
	return "not selected"
}

// add adds a track.
func (s *Scene) add(t *Track) {
	s.Tracks = append(s.Tracks, t)
	s.End = max(s.End, t.End)
}

// stage sets the stage of a scene of one image to the displayed size, or to one of the same proportions.
func (s *Scene) stage() *Scene {
	m := &s.Images[0]
	s.Stage = Size{m.W, m.H}
	if s.Flags == nil {
		s.Flags = []Flag{}
	}
	return s
}

// span returns the first and the last time of a showing, ms since its t0.
func (r *ShowingRow) span() (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, list := range [][]Point{r.Clicks, r.Mouse, r.Deselects} {
		for _, p := range list {
			a, b := span(p.T)
			from, to = min(from, a), max(to, b)
		}
	}
	for _, h := range r.Hovers {
		a, b := span(h.T)
		from, to = min(from, a), max(to, b)
	}
	if from > to {
		return 0, 0
	}
	return from, to
}

// Image returns the image of a showing. An image without a displayed size gets one of the file's proportions.
func (r *ShowingRow) Image(truth *BoxRow, slot int, source string) Image {
	m := Image{Slot: slot, ID: r.ImageID, Seq: &r.Seq, Source: source, Chosen: r.Selected}
	m.size(r.ImageWidth, r.ImageHeight, r.OrigWidth, r.OrigHeight)
	if truth != nil && truth.Width != nil && truth.Height != nil && *truth.Width > 0 && *truth.Height > 0 {
		w, h := float64(*truth.Width), float64(*truth.Height)
		if m.Width == 0 {
			m.Width, m.Height = *truth.Width, *truth.Height
		}
		for _, b := range truth.Boxes {
			m.Boxes = append(m.Boxes, [4]Number{Number(b.XMin / w), Number(b.YMin / h), Number(b.XMax / w), Number(b.YMax / h)})
		}
	}
	if r.Gold != nil && *r.Gold {
		m.Notes = append(m.Notes, "check")
	}
	if r.Known != nil {
		m.Notes = append(m.Notes, map[bool]string{true: "known to show the class", false: "known not to show the class"}[*r.Known])
	}
	return m
}

const unknownSize = 240 // CSS px of an image of unknown size

func (m *Image) size(w, h *float64, ow, oh *int32) {
	if ow != nil && oh != nil && *ow > 0 && *oh > 0 {
		m.Width, m.Height = *ow, *oh
	}
	switch {
	case w != nil && h != nil && *w > 0 && *h > 0:
		m.W, m.H = Number(*w), Number(*h)
	case m.Width > 0:
		k := unknownSize / float64(max(m.Width, m.Height))
		m.W, m.H = Number(float64(m.Width)*k), Number(float64(m.Height)*k)
		m.Notes = append(m.Notes, "displayed size not known")
	default:
		m.W, m.H = unknownSize, unknownSize*3/4
		m.Notes = append(m.Notes, "size not known")
	}
}

// track returns what was done in a showing. from is the time that becomes 0.
func (r *ShowingRow) track(from, end float64, slot int) *Track {
	t := &Track{Name: text(r.WorkerID), Note: chosen(r.Selected), Seq: &r.Seq, End: Number(end), Unit: "image", Selected: r.Selected, Aim: Number(none)}
	if r.T0 != nil {
		t.Zero = ptr(*r.T0 + int64(from))
	}
	trail := follow(r.Mouse, from, slot)
	var events []event
	var extra flags
	for _, h := range r.Hovers {
		events = append(events, at(value(h.T)-from, text(h.Action), slot))
	}
	noPlace, noTime := 0, 0
	for what, list := range map[string][]Point{"select": r.Clicks, "deselect": r.Deselects} {
		for _, p := range list {
			e := at(none, what, slot)
			e.x, e.y = place(p.X, p.Y)
			if e.x != e.x {
				noPlace++
			}
			if p.T == nil {
				noTime++
			} else {
				e.t = float64(*p.T) - from
			}
			if what == "select" && e.x == e.x && e.t == e.t && !(e.t < float64(t.Aim)) {
				t.Aim = Number(e.t)
			}
			events = append(events, e)
		}
	}
	extra.add(noPlace, "A click has no place.", "%d clicks have no place.")
	extra.add(noTime, "A click has no time.", "%d clicks have no time.")
	gaps, odd := r.away(trail, from, end)
	extra.add(odd, "An enter or leave has no partner.", "%d enters and leaves have no partner.")
	held := r.held(trail, from, end)
	gaps = append(gaps, held...)
	for i, g := range held {
		_, resumed := slices.BinarySearch(trail.placed, g.to)
		if len(r.Deselects) == 0 && (resumed || i == len(held)-1 && r.Selected != nil && !*r.Selected) {
			e := at(g.to, "unselect", slot)
			e.text = "when is not recorded"
			events = append(events, e)
		}
	}
	trail.finish(t, gaps, events, extra)
	return t
}

// away returns the gaps in which the pointer was not on the image, or on it without a sample, and the number of
// hovers without a partner.
func (r *ShowingRow) away(tr *trail, from, end float64) (gaps []gap, odd int) {
	type hover struct {
		t     float64
		enter bool
	}
	var all []hover
	for _, h := range r.Hovers {
		if a := text(h.Action); h.T != nil && (a == "enter" || a == "leave") {
			all = append(all, hover{float64(*h.T) - from, a == "enter"})
		}
	}
	if len(all) == 0 {
		return nil, 0
	}
	slices.SortStableFunc(all, func(a, b hover) int { return byTime(a.t, b.t) })
	left, entered, in := 0.0, none, !all[0].enter // a list that begins with a leave: it was there before
	for i, h := range all {
		switch {
		case h.enter && !in:
			gaps = append(gaps, gap{left, h.t, whyOutside})
			entered, in = h.t, true
		case !h.enter && in:
			gaps = append(gaps, r.unsampled(tr, entered, h.t)...)
			left, in = h.t, false
			if i == 0 {
				odd++
			}
		default:
			odd++
		}
	}
	if in {
		odd++
		gaps = append(gaps, r.unsampled(tr, entered, end)...)
	} else {
		gaps = append(gaps, gap{left, end, whyOutside})
	}
	return gaps, odd
}

// unsampled returns the gap between an enter and the first sample after it, if that is long.
func (r *ShowingRow) unsampled(tr *trail, enter, leave float64) []gap {
	if enter != enter {
		return nil
	}
	i, _ := slices.BinarySearch(tr.placed, enter-still/2)
	first := leave
	if i < len(tr.placed) && tr.placed[i] <= leave {
		first = tr.placed[i]
	}
	if first-enter < still && first < leave {
		return nil
	}
	return []gap{{enter, first, whyNone}}
}

// held returns the gaps in which the image was selected. The front end records when an image was selected; that it
// was deselected shows only when samples come again, except in a study.
func (r *ShowingRow) held(tr *trail, from, end float64) (gaps []gap) {
	for _, c := range r.Clicks {
		if c.T == nil {
			continue
		}
		click := float64(*c.T) - from
		to := end
		if i := slices.IndexFunc(r.Deselects, func(p Point) bool { return p.T != nil && float64(*p.T)-from >= click }); i >= 0 {
			to = float64(*r.Deselects[i].T) - from
		} else {
			i, _ := slices.BinarySearch(tr.placed, click)
			for ; i < len(tr.placed) && tr.placed[i] < click+still; i++ { // strays of the throttle
				click = max(click, tr.placed[i])
			}
			if i < len(tr.placed) {
				to = tr.placed[i]
			}
		}
		gaps = append(gaps, gap{click, to, whySelected})
	}
	return gaps
}
