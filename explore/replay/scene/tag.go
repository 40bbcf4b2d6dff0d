package scene

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
)

// Tag returns the scene of a page of COCO-AB: an image on which icons were placed.
func Tag(r *TagRow, truth *TruthRow, source string) *Scene {
	s := &Scene{Set: "coco", Kind: KindTag, Reasons: Reasons(), Steps: Superclasses(r)}
	s.Images = []Image{r.Image(truth, source)}
	t := r.track()
	s.add(t)
	s.Zero, s.Targets = t.Zero, iconTargets(r)
	return s.stage()
}

// Tags returns the scene of an image of COCO-AB with all pages on which it was annotated.
func Tags(rows []*TagRow, truth *TruthRow, source string) *Scene {
	s := Tag(rows[0], truth, source)
	s.Kind, s.Zero, s.Tracks, s.End, s.Targets = KindImage, nil, nil, 0, nil
	s.Images[0].Seq = nil
	for i, r := range rows {
		t := r.track()
		t.Note = fmt.Sprintf("page %d", i+1)
		s.add(t)
		s.Targets = append(s.Targets, iconTargets(r)...)
	}
	return s
}

// Superclasses returns the names of the superclasses that a page went through, by number.
func Superclasses(r *TagRow) (names []string) {
	for _, b := range r.Browsing {
		if b.Index == nil || b.Name == nil || *b.Index < 0 || *b.Index > 99 {
			continue
		}
		for len(names) <= int(*b.Index) {
			names = append(names, "")
		}
		names[*b.Index] = *b.Name
	}
	if len(names) == 11 && names[0] == "" {
		names[0] = "PersonAccessory" // the front end opens it without a record
	}
	return names
}

// Image returns the image of a page, with its ground truth if there is one. source is the address of its pixels.
func (r *TagRow) Image(truth *TruthRow, source string) Image {
	m := Image{ID: strconv.FormatInt(r.ImageID, 10), Seq: &r.Seq, Source: source}
	m.size(r.ImageWidth, r.ImageHeight, r.OrigWidth, r.OrigHeight)
	if truth == nil || truth.Width == nil || truth.Height == nil {
		return m
	}
	if m.Width == 0 {
		m.Notes = nil
		m.size(r.ImageWidth, r.ImageHeight, truth.Width, truth.Height)
	}
	w, h := float64(*truth.Width), float64(*truth.Height)
	for _, o := range truth.Instances {
		shape := Shape{Name: text(o.Category), Crowd: o.Crowd}
		if o.X != nil && o.Y != nil && o.W != nil && o.H != nil {
			shape.Box = &[4]Number{Number(*o.X / w), Number(*o.Y / h), Number((*o.X + *o.W) / w), Number((*o.Y + *o.H) / h)}
		}
		at := 0
		for _, n := range o.Rings {
			if at+int(n) > len(o.Polygon) {
				break
			}
			ring := make(Numbers, n)
			for k := range ring {
				ring[k] = math.Round(o.Polygon[at+k]/[2]float64{w, h}[k%2]*1e5) / 1e5
			}
			shape.Rings = append(shape.Rings, ring)
			at += int(n)
		}
		if len(shape.Rings) == 0 && o.RLEWidth != nil && o.RLEHeight != nil {
			shape.Runs, shape.Width, shape.Height = o.RLECounts, *o.RLEWidth, *o.RLEHeight
		}
		m.Shapes = append(m.Shapes, shape)
	}
	return m
}

// track returns what was done on a page. It begins when the page opened.
func (r *TagRow) track() *Track {
	t := &Track{Name: text(r.WorkerID), Seq: &r.Seq, Zero: r.PageStarted, Unit: "image", Aim: Number(none)}
	trail := follow(r.Mouse, 0, 0)
	var events []event
	var extra flags
	var handled []act
	var stepped []float64
	noTime, noPlace := 0, 0
	end := value(r.TimeSpent)
	take := func(e event) {
		if e.t != e.t {
			noTime++
		}
		events = append(events, e)
		for _, v := range []float64{e.t, e.to} {
			if v == v && !(v <= end) {
				end = v
			}
		}
	}
	for _, a := range r.Actions {
		e := at(value(a.T), text(a.Type), 0)
		e.x, e.y = place(a.ToX, a.ToY)
		e.fx, e.fy = place(a.FromX, a.FromY)
		e.text = text(a.Icon)
		if e.what == "" {
			e.what = "action"
		}
		if e.x != e.x && (e.what == "add" || e.what == "move") {
			noPlace++
		}
		if e.t == e.t {
			handled = append(handled, act{e.t, e.what == "add"})
		}
		if !(e.t < float64(t.Aim)) && e.t == e.t && e.x == e.x {
			t.Aim = Number(e.t)
		}
		take(e)
	}
	for _, b := range r.Browsing {
		e := at(value(b.T), "step", 0)
		e.text = text(b.Name)
		if b.Keyboard != nil && *b.Keyboard {
			e.what = "step-key"
		} else if e.t == e.t {
			stepped = append(stepped, e.t)
		}
		take(e)
	}
	var gaps []gap
	for _, d := range r.Drags {
		e := at(value(d.T), "drag", 0)
		e.x, e.y = place(d.ToX, d.ToY)
		e.fx, e.fy = place(d.FromX, d.FromY)
		e.to, e.text = value(d.TEnd), text(d.Icon)+": "+text(d.Outcome)
		gaps = append(gaps, gap{e.t, e.to, whyDrag})
		take(e)
	}
	if n := len(trail.samples.T); n > 0 && !(trail.samples.T[n-1] <= end) {
		end = trail.samples.T[n-1]
	}
	if end != end {
		end = 0
	}
	t.End = Number(end)
	extra.add(noTime, "An action or a step has no time.", "%d actions and steps have no time.")
	extra.add(noPlace, "An icon was placed, and the record has no place.", "%d times an icon was placed, and the record has no place.")
	slices.SortFunc(handled, func(a, b act) int { return byTime(a.t, b.t) })
	slices.Sort(stepped)
	gaps = append(gaps, trail.silences(handled, stepped, end, len(r.Drags) > 0)...)
	trail.finish(t, gaps, events, extra)
	return t
}

// An act is an action with an icon, at a time.
type act struct {
	t   float64
	add bool // from the panel
}

// silences returns the gaps of a page with icons. The front end takes a sample whenever the pointer moves on the
// image, except on an icon and during a drag. A silence that ends in an action was a drag, of a new icon also the way to
// the panel; studies say when a drag was. A silence between two places that are close, without a step by the button, was a pause.
func (r *trail) silences(handled []act, stepped []float64, end float64, known bool) (gaps []gap) {
	const close = 0.02                                                    // fraction of the image
	within := func(n int, time func(int) float64, from, to float64) int { // the last one in (from, to], or -1
		i := sort.Search(n, func(i int) bool { return time(i) > to }) - 1
		if i >= 0 && time(i) > from {
			return i
		}
		return -1
	}
	from, fx, fy := 0.0, none, none
	look := func(t, x, y float64, last bool) {
		if t-from < still {
			return
		}
		if i := within(len(handled), func(i int) float64 { return handled[i].t }, from, t); i >= 0 {
			why := whyDrag
			if known {
				why = whyUnseen
			} else if handled[i].add {
				why = whyFetch
			}
			gaps = append(gaps, gap{from, handled[i].t, why}, gap{handled[i].t, t, whyUnseen})
			return
		}
		panel := within(len(stepped), func(i int) float64 { return stepped[i] }, from, t) >= 0
		if fx != fx && !last {
			gaps = append(gaps, gap{from, t, whyStart})
		} else if last || panel || !(math.Hypot(x-fx, y-fy) <= close) {
			gaps = append(gaps, gap{from, t, whyUnseen})
		}
	}
	for i, t := range r.samples.T {
		if x, y := r.samples.X[i], r.samples.Y[i]; x == x {
			look(t, x, y, false)
			from, fx, fy = t, x, y
		}
	}
	look(end, none, none, true)
	return gaps
}
