package decode

import (
	"math"

	"abtool/store/columnar"
)

// ImageNetColumns are the columns of schema.ImageNetAnnotation.
func ImageNetColumns(g *columnar.Group) func(*ImageNetRow) {
	seq, source, id := g.Ints(nil), g.Texts(nil), g.IDs(nil)
	class, worker, assignment, hit, inHIT := g.Texts(nil), g.Texts(nil), g.Texts(nil), g.Texts(nil), g.Texts(nil)
	submit, page, slot, uuid := g.Numbers(nil), g.Numbers(nil), g.Numbers(nil), g.Texts(nil)
	started, ended := g.Numbers(nil), g.Numbers(nil)
	posX, posY, width, height := g.Numbers(nil), g.Numbers(nil), g.Numbers(nil), g.Numbers(nil)
	origW, origH, selected := g.Numbers(nil), g.Numbers(nil), g.Bools(nil)
	nSelected, nHovered, estimate, t0 := g.Numbers(nil), g.Numbers(nil), g.Numbers(nil), g.Numbers(nil)
	clicks, mouse := newPointColumns(g), newPointColumns(g)
	mouse.t.Steady = true
	hovers := g.List()
	hoverT, hoverAction := g.Ints(hovers), g.Texts(hovers)
	hoverT.Steady = true
	return func(r *ImageNetRow) {
		seq.Add(r.Seq)
		source.Add(r.Source)
		id.Add(r.ImageID)
		putText(class, r.Class)
		putText(worker, r.WorkerID)
		putText(assignment, r.AssignmentID)
		putText(hit, r.HITID)
		putText(inHIT, r.ImageNetHITID)
		putInt(submit, r.HITSubmitTime)
		putInt(page, r.PageIdx)
		putInt(slot, r.ImageIdx)
		putText(uuid, r.PageUUID)
		putInt(started, r.PageStarted)
		putInt(ended, r.PageEnded)
		putFloat(posX, r.PositionX)
		putFloat(posY, r.PositionY)
		putFloat(width, r.ImageWidth)
		putFloat(height, r.ImageHeight)
		putInt(origW, r.OrigWidth)
		putInt(origH, r.OrigHeight)
		putBool(selected, r.Selected)
		putInt(nSelected, r.SelectedCount)
		putInt(nHovered, r.HoveredCount)
		putInt(estimate, r.EstimateTime)
		putInt(t0, r.T0)
		clicks.put(r.Clicks, r.ImageWidth, r.ImageHeight)
		mouse.put(r.Mouse, r.ImageWidth, r.ImageHeight)
		hovers.Add(len(r.Hovers))
		for i := range r.Hovers {
			putTime(hoverT, r.Hovers[i].T)
			putText(hoverAction, r.Hovers[i].Action)
		}
	}
}

// COCOColumns are the columns of schema.COCOAnnotation.
func COCOColumns(g *columnar.Group) func(*COCORow) {
	seq, source, id := g.Ints(nil), g.Texts(nil), g.Ints(nil)
	worker, hit, assignment := g.Texts(nil), g.Texts(nil), g.Texts(nil)
	page, uuid, started, ended := g.Numbers(nil), g.Texts(nil), g.Ints(nil), g.Ints(nil)
	width, height, origW, origH := g.Numbers(nil), g.Numbers(nil), g.Numbers(nil), g.Numbers(nil)
	spent := g.Ints(nil)
	names := g.List()
	name := g.Texts(names)
	actions := g.List()
	kind, icon := g.Texts(actions), g.Texts(actions)
	fromX, fromY, toX, toY := g.Numbers(actions), g.Numbers(actions), g.Numbers(actions), g.Numbers(actions)
	actionT := g.Ints(actions)
	browsing := g.List()
	index, category, keyboard, browseT := g.Numbers(browsing), g.Texts(browsing), g.Bools(browsing), g.Ints(browsing)
	mouse := newPointColumns(g)
	mouse.t.Steady = true
	return func(r *COCORow) {
		seq.Add(r.Seq)
		source.Add(r.Source)
		id.Add(r.ImageID)
		putText(worker, r.WorkerID)
		putText(hit, r.HITID)
		putText(assignment, r.AssignmentID)
		putInt(page, r.PageIdx)
		putText(uuid, r.PageUUID)
		putDelta(started, r.PageStarted)
		putDelta(ended, r.PageEnded)
		putFloat(width, r.ImageWidth)
		putFloat(height, r.ImageHeight)
		putInt(origW, r.OrigWidth)
		putInt(origH, r.OrigHeight)
		putDelta(spent, r.TimeSpent)
		names.Add(len(r.Categories))
		for _, s := range r.Categories {
			name.Add(s)
		}
		actions.Add(len(r.Actions))
		for i := range r.Actions {
			a := &r.Actions[i]
			putText(kind, a.Type)
			putText(icon, a.Icon)
			putCoord(fromX, a.FromX)
			putCoord(fromY, a.FromY)
			putCoord(toX, a.ToX)
			putCoord(toY, a.ToY)
			putTime(actionT, a.T)
		}
		browsing.Add(len(r.Browsing))
		for i := range r.Browsing {
			b := &r.Browsing[i]
			putInt(index, b.CategoryIdx)
			putText(category, b.Category)
			putBool(keyboard, b.Keyboard)
			putTime(browseT, b.T)
		}
		mouse.put(r.Mouse, r.ImageWidth, r.ImageHeight)
	}
}

// pointColumns are the columns of a list of points.
type pointColumns struct {
	list *columnar.List
	t    *columnar.Ints
	x, y *columnar.Numbers
}

func newPointColumns(g *columnar.Group) pointColumns {
	l := g.List()
	return pointColumns{l, g.Ints(l), g.Numbers(l), g.Numbers(l)}
}

// put adds a row's points, on an image of this size.
func (c *pointColumns) put(ps []point, width, height *float64) {
	c.list.Add(len(ps))
	if len(ps) == 0 {
		return
	}
	whole(c.x, width)
	whole(c.y, height)
	for i := range ps {
		putTime(c.t, ps[i].T)
	}
	for i := range ps {
		putCoord(c.x, ps[i].X)
	}
	for i := range ps {
		putCoord(c.y, ps[i].Y)
	}
}

// putTime adds a time of a list: 0 is null, zeroTime is zero.
func putTime(c *columnar.Ints, t int64) {
	switch t {
	case 0:
		c.Null()
		return
	case zeroTime:
		t = 0
	}
	c.Add(t)
}

// putCoord adds a coordinate of a list: zero bits are null, negative zero is zero.
func putCoord(c *columnar.Numbers, v float64) {
	if math.Float64bits(v) == 0 {
		c.Null()
		return
	}
	c.AddFraction(v + 0)
}

// whole tells the column that coordinates are pixels divided by this.
func whole(c *columnar.Numbers, size *float64) {
	if size == nil {
		c.Whole(0)
		return
	}
	c.Whole(*size)
}

func putText(c *columnar.Texts, s string) {
	if s == "" {
		c.Null()
		return
	}
	c.Add(s)
}

func putInt[T int32 | int64](c *columnar.Numbers, p *T) {
	if p == nil {
		c.Null()
		return
	}
	c.Add(uint64(*p))
}

func putFloat(c *columnar.Numbers, p *float64) {
	if p == nil {
		c.Null()
		return
	}
	c.Add(math.Float64bits(*p))
}

func putDelta(c *columnar.Ints, p *int64) {
	if p == nil {
		c.Null()
		return
	}
	c.Add(*p)
}

func putBool(c *columnar.Bools, p *bool) {
	if p == nil {
		c.Null()
		return
	}
	c.Add(*p)
}
