package scene

import (
	"fmt"
	"slices"
	"strings"
)

// A Still is a scene at its end, for pages without scripts: paths as SVG has them, and marks.
type Still struct {
	Paths []string
	Marks []Mark
}

// A Mark is a click, or an icon that was placed, in px of the stage.
type Mark struct{ X, Y, Size float64 }

// Still returns the picture of a scene at its end.
func (s *Scene) Still() (p Still) {
	at := func(t *Track, slot int, x, y float64) (float64, float64) {
		if t.Unit != "image" || slot < 0 || slot >= len(s.Images) {
			return x, y
		}
		m := s.Images[slot]
		return float64(m.X) + x*float64(m.W), float64(m.Y) + y*float64(m.H)
	}
	size := max(float64(s.Stage.Width), float64(s.Stage.Height)) / 60
	for _, t := range s.Tracks {
		var b strings.Builder
		last := none // time of the sample before
		for i, time := range t.Samples.T {
			slot := 0
			if t.Samples.Slot != nil {
				slot = t.Samples.Slot[i]
			}
			x, y := at(t, slot, t.Samples.X[i], t.Samples.Y[i])
			if x != x || y != y {
				last = none
				continue
			}
			step := byte('L')
			if last != last || t.Gaps.within(last, time) {
				step = 'M'
			}
			fmt.Fprintf(&b, "%c%.1f %.1f", step, x, y)
			last = time
		}
		p.Paths = append(p.Paths, b.String())
		for i, what := range t.Events.What {
			x, y := at(t, t.Events.Slot[i], t.Events.X[i], t.Events.Y[i])
			if x == x && (what == "select" || what == "add" || what == "move") {
				p.Marks = append(p.Marks, Mark{x, y, size})
			}
		}
	}
	return p
}

// A Line is an event or a gap in words.
type Line struct {
	Time float64 // ms; NaN: unknown
	Who  string
	What string
}

// Timed reports whether the time of a line is known.
func (l Line) Timed() bool { return l.Time == l.Time }

// Lines returns what happened, in the order of time, at most n lines.
func (s *Scene) Lines(n int) (all []Line) {
	for _, t := range s.Tracks {
		for i, what := range t.Events.What {
			id := ""
			if slot := t.Events.Slot[i]; slot >= 0 && slot < len(s.Images) && len(s.Images) > 1 {
				id = s.Images[slot].ID
			}
			all = append(all, Line{t.Events.T[i], t.Name, strings.Join(strings.Fields(what+" "+t.Events.Text[i]+" "+id), " ")})
		}
		for i, why := range t.Gaps.Why {
			all = append(all, Line{t.Gaps.From[i], t.Name, fmt.Sprintf("not known until %.0f ms: %s", t.Gaps.To[i], s.Reasons[why])})
		}
	}
	slices.SortStableFunc(all, func(a, b Line) int { return byTime(a.Time, b.Time) })
	return all[:min(n, len(all))]
}
