package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
)

// A breakdown has a profile of the showings for each value of a key.
type breakdown struct {
	*pass.Groups[profile, *profile]
	of   func(*showing) int32 // number of the showing's key; −1 if it has none
	arms *pass.Arms           // only of a breakdown by arm
	tr   byproduct.Trace
}

// newBreakdown returns a breakdown by the key worker, class, hit, week or arm. id is the column that the key needs.
func newBreakdown(e *engine, r *pass.Counts, key, id string) *breakdown {
	b := &breakdown{Groups: pass.NewGroups[profile](&e.Base, r, key, e.classes, "showings", id)}
	switch key {
	case "worker":
		b.of = func(s *showing) int32 { return s.worker }
	case "hit":
		b.of = func(s *showing) int32 { return s.assignment }
	case "class":
		b.of = func(s *showing) int32 { return s.class }
	case "arm":
		b.of = func(x *showing) int32 { return x.arm }
		b.arms = pass.NewArms(r,
			pass.ArmShare{Name: "accuracy", Title: "the click is in a box", Of: "selected showings with a click, of images with a box"},
			pass.ArmShare{Name: "selected", Title: "the image ended selected", Of: "showings"})
	case "week":
		b.of = func(s *showing) int32 { return e.Week(s.Submit) }
	}
	return b
}

func (b *breakdown) showing(s *showing) {
	p := b.At(b.of(s))
	if p == nil {
		b.Without++
		return
	}
	var w *way
	if s.clicked() {
		w = s.way(&b.tr)
	}
	p.add(s, w)
	if b.arms != nil {
		b.arms.Count(s.arm, s.cluster, 1, s.IsSelected())
		if w != nil && len(s.boxes) > 0 {
			b.arms.Count(s.arm, s.cluster, 0, s.hit)
		}
	}
	if b.Key == "hit" {
		p.ofHIT(s)
	}
}

func (b *breakdown) picture(p *picture) {
	at := func(s *showing) *profile { return b.At(b.of(s)) }
	pairUp(p, at, b.Key == "worker" || b.Key == "hit")
	if !p.clickedBoxed() {
		return
	}
	if q := at(p.final); q != nil {
		q.finals++
		if p.hit {
			q.finalHits++
		}
	}
}

// By returns the table that Options.By asks for.
func By(key string) pass.Entry {
	definition := "Over the showings of each " + key +
		": recall, the accuracy of the last valid click of each selected showing of " +
		"an image with a box, the place of that click, speed, hesitation and times. Also the accuracy of the final clicks of " +
		"images that are among these clicks."
	if key == "arm" {
		definition += " Values are this accuracy and the share of selected images in each arm, and their differences from the first arm by name; " +
			"intervals resample annotators. For reference: in the paper's pilot (section C.1), a red pointer and the request to click on the " +
			"object raised the chance of a click on the object from 70.7 % to 91.7 % (p < 0.0005)."
	}
	return pass.Entry{Entry: result.Entry{Name: "by_" + key, Title: "By " + key, Rules: "I4, I6, I19", Definition: definition},
		Make: pass.Gathers(newGroups)}
}

// groups gathers the table that By describes.
type groups struct{ *breakdown }

func newGroups(e *engine, r *pass.Counts) groups {
	return groups{newBreakdown(e, r, e.Options.By, e.Options.By)}
}

func (a groups) Result(e *engine, r *result.Statistic) {
	if a.arms != nil {
		r.Add(a.arms.Values(&e.Base)...)
	}
	r.Tables = append(r.Tables, a.Table(&e.Base, "Showings by "+a.Key, nil, profileHeader, nil))
}
