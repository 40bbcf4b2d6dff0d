package scene

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"abtool/collect/recording"
)

// A Recording is all that was recorded of a page of a study.
type Recording struct {
	Set      string
	Kind     string // KindBrowse or KindTag
	Worker   string
	Level    string  // full, events, answers
	Images   []Image // by slot, without places
	Steps    []string
	Attempts []Attempt // at least one, in their order
}

// An Attempt is one attempt at a page.
type Attempt struct {
	recording.Events
	T0      int64      // when it began, µs since 1970 by the clock of the browser
	Ended   int64      // when it was submitted, ms since 1970; 0: it was not
	Missing int        // chunks that are lost
	Lost    [][2]int64 // where, if that is known: µs since the attempt began
}

const (
	micros = 1e3 // of a ms
	tenths = 10  // of a CSS px
)

// Recorded returns the scene of a page of a study: where the images were, all samples of the pointer on the page, and
// how the page was scrolled.
func Recorded(r *Recording) *Scene {
	s := &Scene{Set: r.Set, Kind: r.Kind, Recorded: true, Images: r.Images, Steps: r.Steps, Reasons: Reasons(), Flags: []Flag{},
		Layouts: &Layouts{T: Numbers{}, Slot: []int{}, X: Numbers{}, Y: Numbers{}, W: Numbers{}, H: Numbers{}},
		Views:   &Views{Numbers{}, Numbers{}, Numbers{}}, Scrolls: &Scrolls{Numbers{}, Numbers{}, Numbers{}}}
	t := &Track{Name: r.Worker, Unit: "page", Aim: Number(none), Zero: ptr(r.Attempts[0].T0 / micros)}
	p := &recorded{scene: s, track: t, trail: &trail{samples: Samples{T: Numbers{}, X: Numbers{}, Y: Numbers{}}, untimed: Points{X: Numbers{}, Y: Numbers{}}}}
	for i := range r.Attempts {
		p.attempt(r, i)
	}
	t.End = Number(p.end)
	if n := len(r.Attempts); n > 1 {
		t.Note = fmt.Sprintf("%d attempts", n)
	}
	lacking, thinned := lacks(r)
	s.Flags = append(s.Flags, lacking...)
	s.Facts = []Fact{{Name: "thinned", Value: thinned, Doc: "Samples that the recorder left out to keep its rate."}}
	p.trail.finish(t, p.gaps, p.events, nil)
	t.Samples.Slot = nil
	s.Zero = t.Zero
	s.add(t)
	s.extent()
	return s
}

// recorded makes the scene of a recording.
type recorded struct {
	scene  *Scene
	track  *Track
	trail  *trail
	gaps   []gap
	events []event
	zero   float64 // of the attempt, ms since the first began
	end    float64
}

func (p *recorded) ms(us int64) float64 {
	t := p.zero + float64(us)/micros
	p.end = max(p.end, t)
	return t
}

func px(v int32) float64 { return float64(v) / tenths }

// attempt adds the events of an attempt.
func (p *recorded) attempt(r *Recording, i int) {
	a := &r.Attempts[i]
	zero := float64(a.T0-r.Attempts[0].T0) / micros
	if zero < p.end {
		zero = p.end // the clock was set back between two attempts
	}
	if i > 0 {
		p.gaps = append(p.gaps, gap{p.end, zero, whyReload})
	}
	p.zero = zero
	p.geometry(a)
	for _, v := range a.Samples {
		t := p.ms(v.T)
		s := &p.trail.samples
		s.T, s.X, s.Y, s.Slot = append(s.T, t), append(s.X, px(v.X)), append(s.Y, px(v.Y)), append(s.Slot, 0)
		p.trail.placed = append(p.trail.placed, t)
	}
	p.actions(a)
	p.states(a)
	if a.Ended > 0 {
		t := float64(a.Ended) - float64(a.T0)/micros
		p.event(at(p.ms(int64(t*micros)), "submit", -1))
	}
	p.unknown(r, a, zero)
}

func (p *recorded) event(e event) { p.events = append(p.events, e) }

// geometry adds places of images, sizes of the window and scrolling.
func (p *recorded) geometry(a *Attempt) {
	l, w, c := p.scene.Layouts, p.scene.Views, p.scene.Scrolls
	for _, v := range a.Layouts {
		l.T, l.Slot = append(l.T, p.ms(v.T)), append(l.Slot, int(v.Slot))
		l.X, l.Y, l.W, l.H = append(l.X, px(v.X)), append(l.Y, px(v.Y)), append(l.W, px(v.Width)), append(l.H, px(v.Height))
	}
	for _, v := range a.Views {
		w.T, w.W, w.H = append(w.T, p.ms(v.T)), append(w.W, float64(v.Width)), append(w.H, float64(v.Height))
	}
	for _, v := range a.Scrolls {
		c.T, c.X, c.Y = append(c.T, p.ms(v.T)), append(c.X, px(v.X)), append(c.Y, px(v.Y))
	}
}

// actions adds what the annotator did.
func (p *recorded) actions(a *Attempt) {
	for _, v := range a.Choices {
		e := at(p.ms(v.T), v.What, int(v.Slot))
		if e.text = v.Via; v.Via != "key" && (v.X != 0 || v.Y != 0) {
			e.x, e.y = px(v.X), px(v.Y)
			p.track.Aim = Number(e.t)
		}
		p.event(e)
	}
	for _, v := range a.Crosses {
		if slot := slotNamed(v.Target); slot >= 0 {
			p.event(at(p.ms(v.T), v.What, slot))
		}
	}
	for _, v := range a.Presses {
		if v.What != "click" || slotNamed(v.Target) >= 0 && p.scene.Kind == KindBrowse {
			continue
		}
		e := at(p.ms(v.T), "press", -1)
		e.x, e.y, e.text = px(v.X), px(v.Y), v.Target
		p.event(e)
	}
	for _, v := range a.Drags {
		e := at(p.ms(v.T), "drag", -1)
		e.fx, e.fy, e.x, e.y = px(v.FromX), px(v.FromY), px(v.ToX), px(v.ToY)
		e.to, e.text = p.ms(v.End), v.Icon+": "+v.Outcome
		p.event(e)
	}
	for _, v := range a.Icons {
		e := at(p.ms(v.T), v.What, 0)
		e.text = v.Icon
		if x, y, w, h, ok := p.scene.Layouts.of(0, e.t); ok {
			place := func(v int32, from, size float64) float64 { return from + size*float64(v)/1e6 }
			if v.What != "remove" {
				e.x, e.y = place(v.ToX, x, w), place(v.ToY, y, h)
				p.track.Aim = Number(e.t)
			}
			if v.What != "add" {
				e.fx, e.fy = place(v.FromX, x, w), place(v.FromY, y, h)
			}
		}
		p.event(e)
	}
	for _, v := range a.Steps {
		e := at(p.ms(v.T), "step", -1)
		if v.Via == "key" {
			e.what = "step-key"
		}
		if n := int(v.Superclass); n >= 0 && n < len(p.scene.Steps) {
			e.text = p.scene.Steps[n]
		} else {
			e.text = strconv.Itoa(n)
		}
		p.event(e)
	}
	for _, v := range a.Keys {
		e := at(p.ms(v.T), "key", -1)
		e.text = v.Name
		p.event(e)
	}
}

// states adds what happened to the page.
func (p *recorded) states(a *Attempt) {
	for _, v := range a.Images {
		p.event(at(p.ms(v.T), v.What, int(v.Slot)))
	}
	away := map[string]float64{} // since when the page is hidden, or frozen
	back := map[string]string{"visible": "hidden", "resume": "freeze", "restored": "freeze"}
	for _, v := range a.States {
		t := p.ms(v.T)
		p.event(at(t, v.What, -1))
		if v.What == "hidden" || v.What == "freeze" {
			away[v.What] = t
		}
		if from, ok := away[back[v.What]]; ok {
			p.gaps = append(p.gaps, gap{from, t, whyHidden})
			delete(away, back[v.What])
		}
	}
	for _, from := range away {
		p.gaps = append(p.gaps, gap{from, p.end, whyHidden})
	}
	for _, v := range a.Notes {
		e := at(p.ms(v.T), v.What, -1)
		e.text = v.Text
		p.event(e)
	}
}

// unknown adds the gaps of an attempt.
func (p *recorded) unknown(r *Recording, a *Attempt, from float64) {
	for _, v := range a.Gaps {
		if t := p.ms(v.T); v.What == "sleep" {
			p.gaps = append(p.gaps, gap{max(from, t-float64(v.Count)), t, whySleep})
		}
	}
	ms := func(us int64) float64 { return p.zero + float64(us)/micros }
	for _, l := range a.Lost {
		p.gaps = append(p.gaps, gap{ms(l[0]), ms(l[1]), whyLost})
	}
	if r.Level != "full" && r.Level != "" {
		p.gaps = append(p.gaps, gap{from, p.end, whyLevel})
	}
	first := p.end
	if len(a.Samples) > 0 {
		first = ms(a.Samples[0].T)
	}
	if first-from > still {
		p.gaps = append(p.gaps, gap{from, first, whyStart})
	}
	// The pointer leaves the document if it leaves something, and neither enters anything nor moves after that.
	for i, c := range a.Crosses {
		left, to := ms(c.T), p.end
		if c.What != "leave" {
			continue
		}
		if i+1 < len(a.Crosses) {
			to = ms(a.Crosses[i+1].T)
		}
		if k := sort.Search(len(a.Samples), func(k int) bool { return a.Samples[k].T > c.T }); k < len(a.Samples) {
			to = min(to, ms(a.Samples[k].T))
		}
		if to-left >= still {
			p.gaps = append(p.gaps, gap{left, to, whyOutside})
		}
	}
}

// lacks says what of the recording is missing, over all attempts, and how many samples were left out by design.
func lacks(r *Recording) (fs flags, thinned int) {
	n := map[string]int{}
	missing, some := 0, 0
	for _, a := range r.Attempts {
		missing += a.Missing
		for _, g := range a.Gaps {
			if g.Count > 0 {
				n[g.What] += int(g.Count)
			} else if g.What == "lost" {
				some++
			}
		}
	}
	fs.add(n["dropped"], "The recorder left out a sample because there were too many.", "The recorder left out %d samples because there were too many.")
	fs.add(n["lost"], "An event was lost in the browser.", "%d events were lost in the browser.")
	fs.add(some, "Events may have been lost in the browser when the page was reloaded.", "Events may have been lost in the browser when the page was reloaded, %d times.")
	fs.add(missing, "A part of the recording is missing.", "%d parts of the recording are missing.")
	return fs, n["thinned"]
}

// slotNamed returns the slot of a target such as slot:7, or -1.
func slotNamed(target string) int {
	name, ok := strings.CutPrefix(target, "slot:")
	if n, err := strconv.Atoi(name); ok && err == nil {
		return n
	}
	return -1
}

// of returns where the image of a slot is at a time.
func (l *Layouts) of(slot int, t float64) (x, y, w, h float64, ok bool) {
	for i := range l.T {
		if l.Slot[i] == slot && (!ok || l.T[i] <= t) {
			x, y, w, h, ok = l.X[i], l.Y[i], l.W[i], l.H[i], true
		}
	}
	return x, y, w, h, ok
}

// extent sets the stage to all that was on the page, and images to their first places.
func (s *Scene) extent() {
	w, h := 320.0, 240.0
	grow := func(x, y float64) {
		if !math.IsNaN(x) && !math.IsNaN(y) {
			w, h = max(w, x), max(h, y)
		}
	}
	for i := range s.Layouts.T {
		grow(s.Layouts.X[i]+s.Layouts.W[i]+margin, s.Layouts.Y[i]+s.Layouts.H[i]+margin)
	}
	for i := range s.Views.T {
		grow(s.Views.W[i], s.Views.H[i])
	}
	for _, t := range s.Tracks {
		for i := range t.Samples.X {
			grow(t.Samples.X[i], t.Samples.Y[i])
		}
	}
	s.Stage = Size{Number(w), Number(h)}
	for i := range s.Images {
		m := &s.Images[i]
		if x, y, w, h, ok := s.Layouts.of(m.Slot, 0); ok {
			m.X, m.Y, m.W, m.H = Number(x), Number(y), Number(w), Number(h)
		} else {
			m.Notes = append(m.Notes, "its place is not known")
		}
	}
}
