package synth

import "math"

// hover is an entry of hoveredRecord.
type hover struct {
	t     int64 // epoch ms
	leave bool
}

func (h hover) action() string {
	if h.leave {
		return "leave"
	}
	return "enter"
}

// showing is one image on one annotator's page: what becomes a <metadata>.
type showing struct {
	page          *page
	slot          int
	content       *content
	x, y          int // position on the page, CSS pixels
	w, h          int // displayed size, CSS pixels
	ow, oh        int // original size, pixels
	selected      bool
	selectedCount int
	hoveredCount  int
	estimate      int64 // ms
	submit        int64 // epoch seconds
	clicks, mouse []point
	hovers        []hover
	aim           [2]float64 // where the annotator meant to click, relative; written to the truth only
	aimed         bool
}

// showingKey numbers the showings of an image: round and take.
func showingKey(round, take int) uint64 { return uint64(round<<1 | take) }

// simulate makes the annotator meet the image.
func (s *showing) simulate(p *plan, g *page, slot int, c *content, d *dice) {
	w := g.hit.worker
	s.page, s.slot, s.content, s.submit = g, slot, c, g.hit.submit
	s.clicks, s.mouse, s.hovers = s.clicks[:0], s.mouse[:0], s.hovers[:0]
	s.x, s.y, s.w, s.h = w.place(slot, c)
	s.ow, s.oh = c.w, c.h
	s.estimate, s.aimed = 0, false
	key := showingKey(g.round, g.hit.take)
	if c.index >= 0 {
		d.set(p.seed, stageShowing, uint64(c.index)<<3|key)
		s.selected = p.chosen(c.index, w, key)
	} else {
		d.set(p.seed, stageShowing, 1<<60|uint64(g.hit.number*hitPages+g.at)<<8|uint64(slot)<<1|uint64(g.hit.take))
		s.selected = !c.unclear && d.chance(w.Recall*0.9)
	}
	if d.chance(0.06) { // loaded late: measured before the rows above had their height
		s.y -= min(s.y, d.IntN(400))
	}
	switch {
	case s.selected:
		s.choose(w, d)
	case d.chance(0.09 + w.DeselectRate):
		s.regret(w, d)
	case d.chance(w.HoverOnly):
		s.cross(w, d)
	}
	s.selectedCount, s.hoveredCount = len(s.clicks), (len(s.hovers)+1)/2
	s.fit(g.end)
}

// fit moves the events to before the page's end.
func (s *showing) fit(end int64) {
	last := int64(0)
	for _, h := range s.hovers {
		last = max(last, h.t)
	}
	for _, p := range s.mouse {
		last = max(last, p.t)
	}
	for _, p := range s.clicks {
		last = max(last, p.t)
	}
	if last <= end {
		return
	}
	for i := range s.hovers {
		s.hovers[i].t -= last - end
	}
	for i := range s.mouse {
		s.mouse[i].t -= last - end
	}
	for i := range s.clicks {
		s.clicks[i].t -= last - end
	}
}

func (s *showing) mover(w *worker) mover {
	return mover{every: max(w.SampleMS, 16), least: 16, jitter: 20, tremor: 0.55, w: int32(s.w), h: int32(s.h)}
}

// target draws where a click goes, in displayed pixels.
//
// The target lies in the main object (sometimes in another one) at (0.515, 0.47) of its box with the
// annotator's sd, is pulled to the image's centre with the annotator's weight, and hit with an error of
// 0.03 of the image; or it is anywhere about the centre when the annotator does not aim.
func (s *showing) target(w *worker, d *dice) [2]float64 {
	c := s.content
	fw, fh := float64(s.w), float64(s.h)
	if !d.chance(w.Diligence) {
		s.aimed = false
		return [2]float64{d.within(0.5, 0.27, 0, 1) * fw, d.within(0.5, 0.27, 0, 1) * fh}
	}
	b := c.boxes[0]
	if len(c.boxes) > 1 && d.chance(0.15) {
		b = c.boxes[1+d.IntN(len(c.boxes)-1)]
	}
	bw, bh := float64(b.x1-b.x0), float64(b.y1-b.y0)
	x := (float64(b.x0) + bw*(0.515+w.ClickSD*d.NormFloat64())) / float64(c.w)
	y := (float64(b.y0) + bh*(0.47+w.ClickSD*d.NormFloat64())) / float64(c.h)
	x, y = x+(0.5-x)*w.CentreBias, y+(0.5-y)*w.CentreBias
	s.aim, s.aimed = [2]float64{x, y}, true
	x, y = x+0.03*d.NormFloat64(), y+0.03*d.NormFloat64() // the hand
	return [2]float64{min(max(x, 0), 1) * fw, min(max(y, 0), 1) * fh}
}

// click moves from the entry to a target and selects the image; it returns when, and where.
func (s *showing) click(w *worker, start, window int64, from [2]float64, u0 float64, d *dice) (int64, [2]float64) {
	to := s.target(w, d)
	b := s.content.boxes[0]
	size := float64(b.x1-b.x0) / float64(s.content.w) * float64(s.w)
	duration := min(fitts(distance(from, to), size*0.5)*w.Speed*d.logNormal(1.15, 0.2), 0.62*float64(window))
	duration = max(duration, 90)
	m := s.mover(w)
	curve := d.normal(0, 0.08)
	end := start + int64(duration)
	if d.chance(0.3) && duration > 250 { // overshoot, then a correction
		miss := distance(from, to) * 0.09
		over := [2]float64{to[0] + miss*d.NormFloat64(), to[1] + miss*d.NormFloat64()}
		s.mouse = m.move(s.mouse, from, over, start, duration*0.72, u0, curve, d)
		s.mouse = m.move(s.mouse, over, to, start+int64(duration*0.72)+16, duration*0.28-16, 0, 0, d)
	} else {
		s.mouse = m.move(s.mouse, from, to, start, duration, u0, curve, d)
	}
	end += int64(min(30+0.12*duration+d.ExpFloat64()*80*w.Speed, 0.25*float64(window)+40))
	px := point{t: end, x: int32(to[0]), y: int32(to[1])}
	if n := len(s.mouse); n > 0 {
		last := s.mouse[n-1]
		px.t = max(px.t, last.t+16)
		if d.chance(0.7) { // the pointer rested where its last sample was
			px.x, px.y = last.x, last.y
		}
	}
	px.x, px.y = min(max(px.x, 0), int32(s.w)), min(max(px.y, 0), int32(s.h))
	s.clicks = append(s.clicks, px)
	return px.t, [2]float64{float64(px.x), float64(px.y)}
}

// approach returns where and when the pointer comes in.
func (s *showing) approach(d *dice) (start, window int64, from [2]float64, u0 float64) {
	g := s.page
	edge := g.from[s.slot]
	if d.chance(0.2) {
		edge = side(d.IntN(4))
	}
	from = onEdge(edge, d.within(0.5, 0.2, 0.02, 0.98), s.w, s.h)
	in := 0.3 * d.Float64() // how far the pointer came between two samples
	from[0] += (float64(s.w)/2 - from[0]) * in
	from[1] += (float64(s.h)/2 - from[1]) * in
	return g.enter[s.slot], g.window[s.slot], from, 0.1 + 0.25*d.Float64()
}

// choose simulates the usual case: enter, click, leave. Some take the selection back and renew it, some come
// back.
func (s *showing) choose(w *worker, d *dice) {
	start, window, from, u0 := s.approach(d)
	enter := start
	var at [2]float64
	var t int64
	if d.chance(0.008) { // scrolled under a still pointer: a click without any sample
		s.mouse = s.mouse[:0]
		to := s.target(w, d)
		t, at = start+200+d.Int64N(300), to
		s.clicks = append(s.clicks, point{t, int32(to[0]), int32(to[1])})
	} else {
		t, at = s.click(w, start, window, from, u0, d)
	}
	s.hovers = append(s.hovers, hover{t: enter})
	s.estimate = t - enter
	if d.chance(0.12) { // a stray sample after the click
		s.mouse = append(s.mouse, point{t + 1 + d.Int64N(7), s.clicks[len(s.clicks)-1].x, s.clicks[len(s.clicks)-1].y})
	}
	if d.chance(w.DeselectRate) { // taken back, which writes nothing, and renewed
		off := t + 150 + d.Int64N(500)
		t, _ = s.click(w, off, window, at, 0, d)
		s.estimate += t - off
	}
	leave := t + 40 + d.Int64N(max(window/4, 60))
	s.hovers = append(s.hovers, hover{t: leave, leave: true})
	if d.chance(0.09) { // crossed again, selected as it is: no samples
		t = leave + 200 + d.Int64N(max(min(s.page.end-leave-700, 9000), 100))
		s.hovers = append(s.hovers, hover{t: t}, hover{t: t + 30 + d.Int64N(400), leave: true})
	}
	s.finish(d)
}

// regret selects and takes it back: clicks without selection.
func (s *showing) regret(w *worker, d *dice) {
	start, window, from, u0 := s.approach(d)
	t, at := s.click(w, start, window, from, u0, d)
	s.hovers = append(s.hovers, hover{t: start})
	s.estimate = t - start
	off := t + 250 + d.Int64N(900)
	out := onEdge(s.page.from[s.slot].opposite(), d.Float64(), s.w, s.h)
	m := s.mover(w)
	last := int64(200 * w.Speed)
	s.mouse = m.move(s.mouse, at, out, off, float64(last), 0, d.normal(0, 0.08), d)
	s.hovers = append(s.hovers, hover{t: off + last + 20, leave: true})
	s.estimate += last
	s.finish(d)
}

// cross only passes over the image, mostly with samples.
func (s *showing) cross(w *worker, d *dice) {
	start, window, from, _ := s.approach(d)
	m := s.mover(w)
	span := min(int64(d.logNormal(280, 0.6)*w.Speed), window*3/4)
	s.hovers = append(s.hovers, hover{t: start}, hover{t: start + max(span, 20), leave: true})
	if d.chance(0.14) { // scrolled past
		return
	}
	out := onEdge(s.page.from[s.slot].opposite(), d.Float64(), s.w, s.h)
	if d.chance(0.3) { // looks closer, then goes back
		mid := [2]float64{d.within(0.5, 0.2, 0, 1) * float64(s.w), d.within(0.5, 0.2, 0, 1) * float64(s.h)}
		s.mouse = m.move(s.mouse, from, mid, start, float64(span)*0.55, 0.15, d.normal(0, 0.1), d)
		s.mouse = m.move(s.mouse, mid, from, start+int64(float64(span)*0.55)+16, float64(span)*0.45-16, 0, d.normal(0, 0.1), d)
	} else {
		s.mouse = m.move(s.mouse, from, out, start, float64(span), 0.25, d.normal(0, 0.1), d)
	}
	s.estimate = span
	s.finish(d)
}

// finish makes the records as inexact as the front end's.
func (s *showing) finish(d *dice) {
	if n := len(s.hovers); n > 0 && s.hovers[n-1].leave && d.chance(0.02) {
		s.hovers = s.hovers[:n-1] // still on it when the page was submitted
	}
	switch u := d.Float64(); {
	case u < 0.05:
		s.estimate = 0
	case u < 0.6:
		s.estimate = max(s.estimate-d.Int64N(17), 0)
	}
	s.estimate = max(s.estimate, 0)
}

func distance(a, b [2]float64) float64 { return math.Hypot(a[0]-b[0], a[1]-b[1]) }
