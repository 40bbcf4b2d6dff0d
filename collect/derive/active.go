package derive

import "abtool/collect/recording"

// IdleAfter is the length of a pause, in ms, from which on an annotator is taken to be idle.
const IdleAfter = 30_000

// Presence says how long a page was visible, and where nothing happened. Times are whole ms since the attempt
// began.
type Presence struct {
	Visible, Hidden int64
	Pauses          []Pause
}

// A Pause is a time in which a visible page recorded no event.
type Pause struct{ T, Length int64 }

// minPause is the length, in ms, of the shortest pause that is kept.
const minPause = 1000

// PresenceOf returns the presence of an attempt until it ended, in µs since it began. An attempt lasts at least until the last event. A page
// is visible from the beginning unless its first change of visibility shows it.
func PresenceOf(p *recording.Page, ended int64) (r Presence) {
	times := p.Times()
	if len(times) > 0 {
		ended = max(ended, times[len(times)-1])
	}
	visible := true
	var changes []recording.PageState
	for _, s := range p.States {
		if s.What == "visible" || s.What == "hidden" {
			changes = append(changes, s)
		}
	}
	if len(changes) > 0 && changes[0].What == "visible" && changes[0].T > 0 {
		visible = false
	}
	last := int64(0)
	step := func(us int64) {
		ms := max(floorDiv(us, 1000), last)
		switch n := ms - last; {
		case !visible:
			r.Hidden += n
		default:
			r.Visible += n
			if n >= minPause {
				r.Pauses = append(r.Pauses, Pause{last, n})
			}
		}
		last = ms
	}
	for _, us := range times {
		for len(changes) > 0 && changes[0].T <= us {
			step(changes[0].T)
			visible = changes[0].What == "visible"
			changes = changes[1:]
		}
		step(us)
	}
	step(ended)
	return r
}

// Active returns the active time in ms: the time visible without the pauses that are longer than gap.
func (r Presence) Active(gap int64) int64 {
	active := r.Visible
	for _, p := range r.Pauses {
		if p.Length > gap {
			active -= p.Length
		}
	}
	return active
}
