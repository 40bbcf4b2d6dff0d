package synth

import (
	"math"
	"slices"

	"abtool/collect/recording"
)

// Measures of the tag page, CSS pixels.
const (
	tagTop      = 120
	tagHeight   = 450
	tagWidest   = 880
	iconSize    = 70
	shelfTop    = tagTop + tagHeight + 40
	chevronLeft = 40
)

// Tag simulates the annotator at a tag page.
func (a *Annotator) Tag(p *TagPage) *Visit {
	d := newDice().set(a.seed, stageRecording, 1<<40|uint64(a.index)<<16|uint64(p.Number))
	v := new(Visit)
	h := newHand(v, d, p.Thin)
	f := min(tagHeight/float64(p.Height), tagWidest/float64(p.Width))
	image := place{w: math.Round(float64(p.Width) * f), h: math.Round(float64(p.Height) * f), y: tagTop}
	image.x = math.Floor((windowWidth - image.w) / 2)
	h.boxes, h.height = []place{image}, windowHeight
	v.Layouts = append(v.Layouts, recording.Layout{X: tenths(image.x), Y: tenths(image.y), Width: tenths(image.w), Height: tenths(image.h)})
	v.Images = append(v.Images, recording.ImageState{T: 20_000 + d.Int64N(300_000), What: "loaded",
		Width: int32(p.Width), Height: int32(p.Height)})
	h.wait(int64(d.logNormal(3.5e6, 0.5) * a.worker.Speed))
	h.reach(target{image.x + d.Float64()*image.w, image.y + d.Float64()*image.h, 100}, a.worker.Speed)
	keyboard := d.chance(a.worker.Keyboard)
	for shelf, icons := range p.Superclasses {
		if shelf > 0 {
			a.step(h, shelf, keyboard)
		}
		h.wait(int64(d.logNormal(0.9e6, 0.5) * a.worker.Speed))
		for _, o := range p.Objects {
			at := slices.Index(icons, o.Icon)
			if at < 0 || !d.chance(a.worker.Recall*min(0.46+0.95*math.Sqrt(o.Width*o.Height), 1)) {
				continue
			}
			a.put(h, image, &o, at, len(icons))
		}
	}
	h.reach(target{windowWidth / 2, windowHeight - 40, 120}, a.worker.Speed)
	h.press("button:submit")
	return h.end()
}

// step opens the next superclass.
func (a *Annotator) step(h *hand, shelf int, keyboard bool) {
	via := "button"
	if keyboard {
		via = "key"
		h.v.Keys = append(h.v.Keys, recording.Key{T: h.t, Name: "ArrowRight"})
	} else {
		h.reach(target{windowWidth - chevronLeft, shelfTop + 20, 40}, a.worker.Speed)
		h.press("button:next")
	}
	h.v.Steps = append(h.v.Steps, recording.Step{T: h.t, Superclass: int32(shelf), Via: via})
}

// put drags an icon onto the image, and some move it or take it away again.
func (a *Annotator) put(h *hand, image place, o *TagObject, at, icons int) {
	x, y := a.aim(o, h.d)
	left := (windowWidth - float64(icons)*(iconSize+10)) / 2
	h.reach(target{left + float64(at)*(iconSize+10) + iconSize/2, shelfTop + 40, iconSize}, a.worker.Speed)
	a.drag(h, image, o.Icon, "panel", "placed", x, y)
	icon := PlacedIcon{o.Icon, x, y}
	switch u := h.d.Float64(); {
	case u < 0.04: // to a better place
		x, y = a.aim(o, h.d)
		a.drag(h, image, o.Icon, "image", "moved", x, y)
		icon.X, icon.Y = x, y
	case u < 0.06: // a click takes it away
		h.wait(500e3)
		h.press("icon:" + o.Icon)
		h.v.Icons = append(h.v.Icons, recording.IconChange{T: h.t, What: "remove", Icon: o.Icon, Via: "click-icon",
			FromX: millionths(x), FromY: millionths(y)})
		return
	}
	h.v.Placed = append(h.v.Placed, icon)
}

// aim draws where the icon of an object goes, as a fraction of the image.
func (a *Annotator) aim(o *TagObject, d *dice) (x, y float64) {
	sd := 0.8 * a.worker.ClickSD
	return min(max(o.X+o.Width*sd*d.NormFloat64(), 0.002), 0.998), min(max(o.Y+o.Height*sd*d.NormFloat64(), 0.002), 0.998)
}

// drag moves an icon that the pointer is on to a point of the image.
func (a *Annotator) drag(h *hand, image place, icon, from, outcome string, x, y float64) {
	drag := recording.Drag{T: h.t, Icon: icon, From: from, Outcome: outcome}
	drag.FromX, drag.FromY = h.document()
	change := recording.IconChange{What: "add", Icon: icon, Via: "drag", ToX: millionths(x), ToY: millionths(y)}
	if from == "image" {
		change.What = "move"
		change.FromX, change.FromY = millionths((h.x-image.x)/image.w), millionths((h.y+h.scroll-image.y)/image.h)
	}
	h.push("down", "icon:"+icon)
	h.reach(target{image.x + x*image.w, image.y + y*image.h, 20}, a.worker.Speed)
	h.push("up", "icon:"+icon)
	drag.End = h.t
	drag.ToX, drag.ToY = h.document()
	change.T = h.t
	h.v.Drags, h.v.Icons = append(h.v.Drags, drag), append(h.v.Icons, change)
}

func millionths(f float64) int32 { return int32(math.Round(f * 1e6)) }
