package synth

import (
	"math"
	"slices"
)

// cocoRecord is one page of the tagging interface: one image and one annotator.
type cocoRecord struct {
	scene   *scene
	worker  *worker
	hit     string // 32 hex digits
	page    int    // within the HIT
	w, h    int    // displayed, CSS pixels
	spent   int64  // ms
	actions []action
	steps   []step
	mouse   []point // x = noPixel where the image was not loaded yet
	opened  int64   // epoch ms
}

// noPixel marks a coordinate that is null.
const noPixel = math.MinInt32

type action struct {
	kind     string // add, move, remove
	category int
	from, to [2]int32 // displayed pixels
	t        int64    // ms since the page opened
}

// step is one step through the superclasses.
type step struct {
	shelf    int
	keyboard bool
	t        int64
}

// iconRadius in displayed pixels: no samples while the pointer is on an icon.
const iconRadius = 22

// simulate makes the annotator tag the image.
func (r *cocoRecord) simulate(s *scene, w *worker, d *dice) {
	r.scene, r.worker = s, w
	r.actions, r.steps, r.mouse = r.actions[:0], r.steps[:0], r.mouse[:0]
	f := min(600/float64(s.w), 450/float64(s.h))
	r.w, r.h = int(math.Round(float64(s.w)*f)), int(math.Round(float64(s.h)*f))
	m := mover{every: 13.5, least: 10, jitter: 40, tremor: 0.4, w: int32(r.w), h: int32(r.h)}
	t := int64(d.logNormal(3500, 0.5) * w.Speed)
	if d.chance(0.75) {
		r.wander(&m, t, d)
	}
	keyboard := d.chance(w.Keyboard)
	for shelf := 0; shelf < len(shelves); {
		t += r.dwell(keyboard, d)
		for _, c := range s.classes {
			if categories[c].shelf == shelf && !r.has(c) && r.sees(c, d) {
				t = r.place(&m, c, r.aim(c, d), t, d)
			}
		}
		if d.chance(0.02) { // takes something for what it is not
			if c := d.IntN(len(categories)); categories[c].shelf == shelf && !slices.Contains(s.classes, c) && !r.has(c) {
				t = r.place(&m, c, r.anywhere(d), t, d)
			}
		}
		next := shelf + 1
		if shelf > 0 && d.chance(0.03) {
			next = shelf - 1
		}
		if next == len(shelves) {
			break
		}
		shelf = next
		t += 30
		r.steps = append(r.steps, step{shelf, keyboard, t})
	}
	if n := len(r.mouse); n > 0 {
		t = max(t, r.mouse[n-1].t)
	}
	r.spent = t + int64(d.logNormal(900, 0.4)*w.Speed)
}

func (r *cocoRecord) dwell(keyboard bool, d *dice) int64 {
	ms := 1750.0
	if keyboard {
		ms = 1100
	}
	return int64(d.logNormal(ms, 0.5) * r.worker.Speed)
}

func (r *cocoRecord) has(category int) bool {
	for _, a := range r.actions {
		if a.category == category {
			return true
		}
	}
	return false
}

// sees draws whether the annotator notices a class: the larger its largest instance, the likelier.
func (r *cocoRecord) sees(category int, d *dice) bool {
	largest := 0.0
	for i := range r.scene.instances {
		if o := &r.scene.instances[i]; o.category == category {
			largest = max(largest, o.rx*o.ry*4)
		}
	}
	size := math.Sqrt(largest / float64(r.scene.w*r.scene.h))
	return d.chance(r.worker.Recall * min(0.46+0.95*size, 1))
}

// aim draws where the icon of a class goes: the largest instance, or any, with the annotator's sd. Displayed pixels.
func (r *cocoRecord) aim(category int, d *dice) [2]int32 {
	var best *instance
	n := 0
	any := d.chance(0.35)
	for i := range r.scene.instances {
		o := &r.scene.instances[i]
		if o.category != category {
			continue
		}
		n++
		if best == nil || any && d.IntN(n) == 0 || !any && o.rx*o.ry > best.rx*best.ry {
			best = o
		}
	}
	if best == nil || !d.chance(r.worker.Diligence*0.15+0.85) {
		return r.anywhere(d)
	}
	fx, fy := float64(r.w)/float64(r.scene.w), float64(r.h)/float64(r.scene.h)
	x := (best.cx+best.rx*1.6*r.worker.ClickSD*d.NormFloat64())*fx + d.normal(0, 1)
	y := (best.cy+best.ry*1.6*r.worker.ClickSD*d.NormFloat64())*fy + d.normal(0, 1)
	return r.clamp(x, y)
}

func (r *cocoRecord) anywhere(d *dice) [2]int32 {
	return r.clamp(d.within(0.5, 0.3, 0, 1)*float64(r.w), d.within(0.5, 0.3, 0, 1)*float64(r.h))
}

func (r *cocoRecord) clamp(x, y float64) [2]int32 {
	return [2]int32{int32(min(max(x, -1), float64(r.w+1))), int32(min(max(y, -1), float64(r.h+1)))}
}

// wander moves the pointer over the image before anything is placed. Some did before it had loaded.
func (r *cocoRecord) wander(m *mover, until int64, d *dice) {
	start := until / 3
	span := min(float64(until-start)*0.8, d.logNormal(330, 0.5))
	from := onEdge(side(d.IntN(4)), d.Float64(), r.w, r.h)
	to := r.anywhere(d)
	r.mouse = m.move(r.mouse, from, [2]float64{float64(to[0]), float64(to[1])}, start, span, 0.2, d.normal(0, 0.15), d)
	if d.chance(0.01) {
		for i := range min(len(r.mouse), 2+d.IntN(10)) {
			r.mouse[i].x, r.mouse[i].y = noPixel, noPixel
		}
	}
}

// put drags an icon to a point and perhaps changes its mind; it returns when all is done.
//
// Chances are such that 19 in 20 icons have the history add, the others add-move, add-remove-add and longer.
func (r *cocoRecord) place(m *mover, category int, at [2]int32, t int64, d *dice) int64 {
	act := func(kind string, from, to [2]int32, median float64) {
		t += int64(d.logNormal(median, 0.4) * r.worker.Speed)
		r.actions = append(r.actions, action{kind, category, from, to, t})
	}
	act("add", at, at, 6400)
	again := 0.024
	for {
		u := d.Float64()
		switch {
		case u < 0.025:
			to := r.clamp(float64(at[0])+d.normal(0, 25), float64(at[1])+d.normal(0, 25))
			act("move", at, to, 1400)
			at = to
		case u < 0.025+again:
			act("remove", at, at, 1300)
			if d.chance(0.22) {
				return t
			}
			act("add", at, at, 1500)
			again = 0.13
			if d.chance(0.7) {
				at = r.clamp(float64(at[0])+d.normal(0, 30), float64(at[1])+d.normal(0, 30))
				r.actions[len(r.actions)-1].to = at
			}
		default:
			r.leave(m, at, t, d)
			return t
		}
	}
}

// leave samples the way from a placed icon back to the panel below the image.
func (r *cocoRecord) leave(m *mover, at [2]int32, t int64, d *dice) {
	x, y := float64(at[0]), float64(at[1])
	out := [2]float64{min(max(x+d.normal(0, 90), 0), float64(r.w)), float64(r.h)}
	way := math.Hypot(out[0]-x, out[1]-y)
	if way <= iconRadius {
		return
	}
	f := iconRadius / way
	from := [2]float64{x + (out[0]-x)*f, y + (out[1]-y)*f}
	start := t + 100 + d.Int64N(150)
	span := fitts(way, 60) * d.logNormal(0.75, 0.25)
	r.mouse = m.move(r.mouse, from, out, start, span, 0.1, d.normal(0, 0.1), d)
}
