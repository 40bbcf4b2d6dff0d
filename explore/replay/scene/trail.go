package scene

import (
	"math"
	"slices"
)

// A trail is the path of the pointer as a record has it.
type trail struct {
	samples Samples // those with a time
	untimed Points
	placed  []float64 // times of samples with a place, ascending
	gaps    []gap     // where places or times are missing
	flags   flags
}

// follow makes a trail of the samples of an image. base is the time that becomes 0.
func follow(mouse []Point, base float64, slot int) *trail {
	type sample struct{ t, x, y float64 }
	r := &trail{samples: Samples{T: Numbers{}, X: Numbers{}, Y: Numbers{}}, untimed: Points{X: Numbers{}, Y: Numbers{}}}
	var all []sample
	back, outside, noPlace, noTime := 0, 0, 0, 0
	last, lacking := none, false // the time before, and whether a sample without one follows it
	for _, m := range mouse {
		x, y := place(m.X, m.Y)
		if x < 0 || x > 1 || y < 0 || y > 1 {
			outside++
		}
		if x != x {
			noPlace++
		}
		if m.T == nil {
			noTime++
			lacking = true
			if x == x {
				r.untimed.X, r.untimed.Y, r.untimed.Slot = append(r.untimed.X, x), append(r.untimed.Y, y), append(r.untimed.Slot, slot)
			}
			continue
		}
		t := float64(*m.T) - base
		if t < last {
			back++
		}
		if lacking && last == last && t > last {
			r.gaps = append(r.gaps, gap{last, t, whyTime})
		}
		last, lacking = t, false
		all = append(all, sample{t, x, y})
	}
	slices.SortStableFunc(all, func(a, b sample) int { return byTime(a.t, b.t) })
	from, missing := none, false
	for _, s := range all {
		r.samples.T, r.samples.X, r.samples.Y = append(r.samples.T, s.t), append(r.samples.X, s.x), append(r.samples.Y, s.y)
		r.samples.Slot = append(r.samples.Slot, slot)
		if s.x != s.x {
			if from != from {
				from = s.t
			}
			missing = true
			continue
		}
		if missing && s.t > from {
			r.gaps = append(r.gaps, gap{from, s.t, whyPlace})
		}
		r.placed = append(r.placed, s.t)
		from, missing = s.t, false
	}
	if n := len(all); missing && all[n-1].t > from {
		r.gaps = append(r.gaps, gap{from, all[n-1].t, whyPlace})
	}
	r.flags.add(back, "A time goes back; the samples are drawn in the order of time.", "%d times go back; the samples are drawn in the order of time.")
	r.flags.add(noTime, "A sample has no time: it is drawn as a small square, without a path.", "%d samples have no time: they are drawn as small squares, without a path.")
	r.flags.add(noPlace, "A sample has no place.", "%d samples have no place.")
	r.flags.add(outside, "A sample lies outside of the image.", "%d samples lie outside of the image.")
	return r
}

// finish puts a trail and its gaps into a track.
func (r *trail) finish(t *Track, gaps []gap, events []event, extra flags) {
	gaps, within := around(disjoint(append(gaps, r.gaps...)), r.placed)
	extra.add(within, "A sample lies where the front end should take none.", "%d samples lie where the front end should take none.")
	t.Samples, t.Untimed, t.Gaps, t.Events = r.samples, r.untimed, gapColumns(gaps), columns(events)
	t.Flags = append(append([]Flag{}, r.flags...), extra...)
	if untouched(t.Samples.Slot) {
		t.Samples.Slot, t.Untimed.Slot = nil, nil
	}
}

func untouched(slots []int) bool {
	return !slices.ContainsFunc(slots, func(s int) bool { return s != 0 })
}

// span returns the earliest and the latest of times; +Inf and −Inf without any.
func span(times ...*int64) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, t := range times {
		if t != nil {
			from, to = min(from, float64(*t)), max(to, float64(*t))
		}
	}
	return from, to
}
