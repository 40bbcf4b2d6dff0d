package scene

import (
	"abtool/byproduct/coco"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// clickTargets returns the points of the rules of ImageNet that need no other image. Showings are in the order of
// their submit times (I3).
func clickTargets(rows []*ShowingRow, truth *BoxRow) (targets []Target) {
	var final, document *ShowingRow
	var order imagenet.Order
	var mean imagenet.FirstMean
	for _, r := range inOrder(rows) {
		x, y := axes(r.Clicks)
		first := imagenet.FirstClick(x, y)
		if r.Selected == nil || !*r.Selected || first < 0 {
			continue
		}
		mean.Add(x[first], y[first])
		o := imagenet.Order{Submit: columnar.Null, Seq: r.Seq}
		if r.HITSubmitTime != nil {
			o.Submit = *r.HITSubmitTime
		}
		if final == nil || o.After(order) {
			final, order = r, o
		}
		document = r
	}
	if final == nil {
		return nil
	}
	add := func(rule string, x, y float64) {
		targets = append(targets, Target{Rule: rule, X: Number(x), Y: Number(y)})
	}
	x, y := axes(final.Clicks)
	last, first := imagenet.LastClick(x, y), imagenet.FirstClick(x, y)
	add("final-click", x[last], y[last])
	dx, dy := axes(document.Clicks)
	last = imagenet.LastClick(dx, dy)
	add("final-click-document", dx[last], dy[last])
	add("first-click", x[first], y[first])
	mx, my := mean.Point()
	add("loader-mean-valid", mx, my)
	if boxes := boxesOf(truth); len(boxes) > 0 {
		cx, cy := plane.Largest(boxes).Centre()
		targets = append(targets, Target{Rule: "box-centre", X: Number(cx), Y: Number(cy), Truth: true})
	}
	return targets
}

// inOrder returns rows in the order of the document.
func inOrder(rows []*ShowingRow) []*ShowingRow {
	return sorted(rows, func(r *ShowingRow) int64 { return r.Seq })
}

func axes(points []Point) (x, y []float64) {
	for _, p := range points {
		px, py := place(p.X, p.Y)
		x, y = append(x, px), append(y, py)
	}
	return x, y
}

func boxesOf(truth *BoxRow) (boxes []plane.Box) {
	if truth == nil || truth.Width == nil || truth.Height == nil || *truth.Width <= 0 || *truth.Height <= 0 {
		return nil
	}
	for _, b := range truth.Boxes {
		boxes = append(boxes, plane.PixelBox(b.XMin, b.YMin, b.XMax, b.YMax, float64(*truth.Width), float64(*truth.Height)))
	}
	return boxes
}

// iconTargets returns the points of the rules of COCO that need no other image, by class in the order of first
// actions.
func iconTargets(r *TagRow) (targets []Target) {
	icons := map[string]*coco.Icon{}
	var names []string
	kinds := map[string]coco.Action{"add": coco.Add, "move": coco.Move, "remove": coco.Remove}
	for _, a := range r.Actions {
		kind := kinds[text(a.Type)]
		if kind == coco.Unknown || a.Icon == nil {
			continue
		}
		icon := icons[*a.Icon]
		if icon == nil {
			icon = ptr(coco.NewIcon(0))
			icons[*a.Icon] = icon
			names = append(names, *a.Icon)
		}
		x, y := place(a.ToX, a.ToY)
		icon.Take(kind, x, y)
	}
	for _, name := range names {
		if icon := icons[name]; icon.Added() {
			targets = append(targets, Target{Rule: "final-add", Class: name, Seq: &r.Seq, X: Number(icon.X), Y: Number(icon.Y)})
		}
	}
	for _, name := range names {
		if icon := icons[name]; icon.Ends() {
			targets = append(targets, Target{Rule: "final-position", Class: name, Seq: &r.Seq, X: Number(icon.EndX), Y: Number(icon.EndY)})
		}
	}
	return targets
}
