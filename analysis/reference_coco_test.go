package analysis_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"abtool/internal/teststore"
	"abtool/schema"
	"abtool/store"
)

// cocoChecked are the statistics that the reference has.
var cocoChecked = []string{"counts", "icon_precision", "class_recall", "missed_classes", "centre_bias",
	"icon_frame", "sequences", "category_recall",
	"browsing", "time", "hits", "workers", "quality"}

// cocoUnreferenced are values that the definitions leave to the program.
var cocoUnreferenced = []string{"workers.flag_*", "workers.pool_*", "time.time_spent",
	"quality.checks", "quality.add_without_place", "quality.add_outside", "quality.after_the_end",
	"quality.times_backwards",
	"quality.no_icon", "quality.no_sample", "quality.size_zero", "quality.samples_outside",
	"quality.sequence_without_add",
	"quality.moved_after_add", "quality.lost_by_near_drop", "quality.size_not_gt", "quality.repeated_pages"}

// refPage is a page with the ground truth of its image, if there is any.
type refPage struct {
	schema.COCOAnnotation
	gt    *refTruth
	names []string                   // of the classes that have a known action
	icons map[string][]schema.Action // by class, the known actions in list order (C2)
}

// refTruth is an image of the ground truth.
type refTruth struct {
	schema.COCOImage
	w, h    float64 // NaN if not known
	classes []string
}

func cocoTruth(row schema.COCOImage) *refTruth {
	g := &refTruth{COCOImage: row, w: math.NaN(), h: math.NaN()}
	if row.Width != nil && row.Height != nil && *row.Width > 0 && *row.Height > 0 {
		g.w, g.h = float64(*row.Width), float64(*row.Height)
	}
	for _, in := range row.Instances {
		if in.Category != nil && !slices.Contains(g.classes, *in.Category) {
			g.classes = append(g.classes, *in.Category)
		}
	}
	return g
}

// of are the instances of a class.
func (g *refTruth) of(class string) (out []schema.Instance) {
	for _, in := range g.Instances {
		if in.Category != nil && *in.Category == class {
			out = append(out, in)
		}
	}
	return out
}

// onMask reports whether the pixel under a point is set in a mask of the class (C5).
func (g *refTruth) onMask(class string, x, y float64) bool {
	if x < 0 || x > 1 || y < 0 || y > 1 || math.IsNaN(g.w) {
		return false
	}
	column, row := min(math.Floor(x*g.w), g.w-1), min(math.Floor(y*g.h), g.h-1)
	return slices.ContainsFunc(g.of(class), func(in schema.Instance) bool {
		return inPolygons(in, column+0.5, row+0.5) || inRuns(in, int(column), int(row))
	})
}

// onContinuous is the variant: the point itself in the polygons.
func (g *refTruth) onContinuous(class string, x, y float64) bool {
	if x < 0 || x > 1 || y < 0 || y > 1 || math.IsNaN(g.w) {
		return false
	}
	column, row := min(math.Floor(x*g.w), g.w-1), min(math.Floor(y*g.h), g.h-1)
	return slices.ContainsFunc(g.of(class), func(in schema.Instance) bool {
		return inPolygons(in, x*g.w, y*g.h) || inRuns(in, int(column), int(row))
	})
}

// inPolygons reports whether a point is in any of the polygons of an instance, even-odd in each.
func inPolygons(in schema.Instance, x, y float64) bool {
	values := in.Polygon
	for _, n := range in.Rings {
		ring := values[:n]
		values = values[n:]
		inside := false
		for i := 0; i+1 < len(ring); i += 2 {
			j := (i + 2) % len(ring)
			xi, yi, xj, yj := ring[i], ring[i+1], ring[j], ring[j+1]
			if (yi > y) != (yj > y) && x < (xj-xi)*(y-yi)/(yj-yi)+xi {
				inside = !inside
			}
		}
		if inside {
			return true
		}
	}
	return false
}

// inRuns reports whether a pixel is set in the run-length mask of an instance.
func inRuns(in schema.Instance, column, row int) bool {
	if in.RLEHeight == nil || in.RLEWidth == nil || row >= int(*in.RLEHeight) || column >= int(*in.RLEWidth) {
		return false
	}
	var mask []bool
	for i, n := range in.RLECounts {
		mask = append(mask, slices.Repeat([]bool{i%2 == 1}, int(n))...)
	}
	at := column*int(*in.RLEHeight) + row
	return at < len(mask) && mask[at]
}

// onBox reports whether a point is in a bounding box of the class (C6).
func (g *refTruth) onBox(class string, x, y float64) bool {
	return slices.ContainsFunc(g.of(class), func(in schema.Instance) bool {
		return in.X != nil && x*g.w >= *in.X && x*g.w <= *in.X+*in.W && y*g.h >= *in.Y && y*g.h <= *in.Y+*in.H
	})
}

// boxes are the boxes of instances that have an area, in fractions of the image.
func (g *refTruth) boxes(class string) (out []refBox) {
	for _, in := range g.of(class) {
		if in.X != nil && *in.W > 0 && *in.H > 0 && !math.IsNaN(g.w) {
			out = append(out, refBox{*in.X / g.w, *in.Y / g.h, (*in.X + *in.W) / g.w, (*in.Y + *in.H) / g.h})
		}
	}
	return out
}

// size returns the area of a bounding box divided by the area of the image, or NaN without a box (C11).
func (g *refTruth) size(in schema.Instance) float64 {
	if in.X == nil || math.IsNaN(g.w) {
		return math.NaN()
	}
	return *in.W * *in.H / (g.w * g.h)
}

// refIcon is an icon with a point.
type refIcon struct {
	class string
	x, y  float64
}

func typeIs(a schema.Action, types ...string) bool {
	return a.Type != nil && slices.Contains(types, *a.Type)
}

func hasPlace(a schema.Action) bool { return a.ToX != nil && a.ToY != nil }

// stays reports whether a class is placed at the end (C7).
func (p *refPage) stays(class string) bool {
	actions := p.icons[class]
	return len(actions) > 0 && typeIs(last(actions), "add", "move")
}

func (p *refPage) added(class string) bool {
	return slices.ContainsFunc(p.icons[class], func(a schema.Action) bool { return typeIs(a, "add") })
}

// pointed are the icons with a point (C3).
func (p *refPage) pointed() []refIcon { return p.put("add") }

// put are the classes that have an action of some types with a place, and the last such place.
func (p *refPage) put(types ...string) (out []refIcon) {
	for _, class := range p.names {
		for _, a := range slices.Backward(p.icons[class]) {
			if hasPlace(a) && typeIs(a, types...) {
				out = append(out, refIcon{class, *a.ToX, *a.ToY})
				break
			}
		}
	}
	return out
}

// recall is the share of the image's classes that pass, NaN without classes (C8).
func (p *refPage) recall(passes func(class string) bool) float64 {
	if p.gt == nil {
		return math.NaN()
	}
	n := 0
	for _, class := range p.gt.classes {
		if passes(class) {
			n++
		}
	}
	return ratio(n, len(p.gt.classes))
}

func known(v []float64) (out []float64) {
	for _, x := range v {
		if !math.IsNaN(x) {
			out = append(out, x)
		}
	}
	return out
}

// cocoReference computes the statistics of C1 to C14.
func cocoReference(t *testing.T, dir string) *reference {
	r := newReference()
	summary, err := store.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range summary.DataSets {
		for _, c := range d.Categories {
			names = append(names, c.Name)
		}
	}
	var truths []*refTruth
	byID := map[int64]*refTruth{}
	for _, row := range readRows[schema.COCOImage](t, dir, "coco", "images.parquet") {
		truths = append(truths, cocoTruth(row))
		byID[row.ImageID] = last(truths)
	}
	var pages []*refPage
	var unknownType, unknownIcon int
	for _, row := range readRows[schema.COCOAnnotation](t, dir, "coco", "annotations.parquet") {
		p := &refPage{COCOAnnotation: row, gt: byID[row.ImageID], icons: map[string][]schema.Action{}}
		for _, a := range row.Actions {
			switch {
			case !typeIs(a, "add", "move", "remove"):
				unknownType++
			case a.Icon == nil || !slices.Contains(names, *a.Icon):
				unknownIcon++
			default:
				if p.icons[*a.Icon] == nil {
					p.names = append(p.names, *a.Icon)
				}
				p.icons[*a.Icon] = append(p.icons[*a.Icon], a)
			}
		}
		pages = append(pages, p)
	}
	r.cocoCounts(pages, truths, unknownType, unknownIcon)
	r.iconPrecision(pages)
	r.classRecall(pages)
	r.missedClasses(pages)
	r.cocoCentres(pages, truths)
	r.iconFrame(pages)
	r.sequences(pages)
	r.categoryRecall(pages, truths)
	r.browsing(pages)
	r.pageTime(pages)
	r.cocoGroups(pages)
	r.cocoQuality(pages, unknownType, unknownIcon)
	return r
}

func (r *reference) cocoCounts(pages []*refPage, truths []*refTruth, unknownType, unknownIcon int) {
	var byproducts, withTruth, icons, instances, crowds, actions, steps, samples int
	for _, p := range pages {
		if len(p.Actions)+len(p.Browsing)+len(p.Mouse) > 0 {
			byproducts++
		}
		if p.gt != nil {
			withTruth++
		}
		icons += len(p.pointed())
		actions, steps, samples = actions+len(p.Actions), steps+len(p.Browsing), samples+len(p.Mouse)
	}
	for _, g := range truths {
		instances += len(g.Instances)
		for _, in := range g.Instances {
			if in.Crowd {
				crowds++
			}
		}
	}
	r.count("counts.records", len(pages))
	r.share("counts.byproduct_records", byproducts, len(pages))
	r.count("counts.images_gt", len(truths))
	r.share("counts.records_with_gt", withTruth, len(pages))
	r.count("counts.icons", icons)
	r.count("counts.instances", instances)
	r.share("counts.crowds", crowds, instances)
	r.count("counts.actions", actions)
	r.count("counts.steps", steps)
	r.count("counts.samples", samples)
	r.count("counts.unknown_type", unknownType)
	r.count("counts.unknown_icon", unknownIcon)
}

func (r *reference) iconPrecision(pages []*refPage) {
	type counter struct{ k, n int }
	counts := map[string]*counter{}
	for _, name := range []string{"on_mask", "on_mask.class_present", "on_mask.placed", "on_mask.final",
		"on_mask.continuous",
		"on_box", "on_box.class_present", "absent", "removed",
		"on_mask.class_present_final", "on_mask.continuous_final", "on_box.final", "on_box.class_present_final"} {
		counts[name] = &counter{}
	}
	add := func(name string, is bool) {
		counts[name].n++
		if is {
			counts[name].k++
		}
	}
	var without, noTruth int64
	for _, p := range pages {
		pointed := p.pointed()
		if p.gt == nil {
			noTruth += int64(len(pointed))
			continue
		}
		without += int64(len(p.names) - len(pointed))
		for _, icon := range pointed {
			mask, box := p.gt.onMask(icon.class, icon.x, icon.y), p.gt.onBox(icon.class, icon.x, icon.y)
			present := slices.Contains(p.gt.classes, icon.class)
			add("on_mask", mask)
			add("on_mask.continuous", p.gt.onContinuous(icon.class, icon.x, icon.y))
			add("on_box", box)
			add("absent", !present)
			add("removed", !p.stays(icon.class))
			if present {
				add("on_mask.class_present", mask)
				add("on_box.class_present", box)
			}
			if p.stays(icon.class) {
				add("on_mask.placed", mask)
			}
		}
		for _, icon := range p.put("add", "move") { // those with no add at all included
			if !p.stays(icon.class) {
				continue
			}
			mask, box := p.gt.onMask(icon.class, icon.x, icon.y), p.gt.onBox(icon.class, icon.x, icon.y)
			add("on_mask.final", mask)
			add("on_mask.continuous_final", p.gt.onContinuous(icon.class, icon.x, icon.y))
			add("on_box.final", box)
			if slices.Contains(p.gt.classes, icon.class) {
				add("on_mask.class_present_final", mask)
				add("on_box.class_present_final", box)
			}
		}
	}
	for name, c := range counts {
		r.share("icon_precision."+name, c.k, c.n)
	}
	r.excluded["icon_precision: no add with a place (icons)"] = without
	r.excluded["icon_precision: the image is not in the ground truth (icons with a point)"] = noTruth
}

func (r *reference) classRecall(pages []*refPage) {
	var stays, added []float64
	var noTruth, noClass int64
	for _, p := range pages {
		switch {
		case p.gt == nil:
			noTruth++
		case len(p.gt.classes) == 0:
			noClass++
		default:
			stays, added = append(stays, p.recall(p.stays)), append(added, p.recall(p.added))
		}
	}
	r.real("class_recall.recall", mean(stays), len(stays))
	r.real("class_recall.recall_std", std(stays), len(stays))
	r.real("class_recall.recall.any_add", mean(added), len(added))
	r.real("class_recall.recall_std.any_add", std(added), len(added))
	r.excluded["class_recall: the image is not in the ground truth (pages)"] = noTruth
	r.excluded["class_recall: the image has no object (pages)"] = noClass
}

func (r *reference) missedClasses(pages []*refPage) {
	type fate struct{ n, never, away, stay int }
	byClass := map[string]fate{}
	byNumber := map[int]int{}
	var all fate
	var noTruth, noClass, images, some, most int
	for _, p := range pages {
		if p.gt == nil {
			noTruth++
			continue
		}
		if len(p.gt.classes) == 0 {
			noClass++
			continue
		}
		images++
		missed := 0
		for _, class := range p.gt.classes {
			f := byClass[class]
			for _, to := range []*fate{&f, &all} {
				to.n++
				if p.stays(class) {
					to.stay++
				} else if p.added(class) {
					to.away++
				} else {
					to.never++
				}
			}
			missed += f.never - byClass[class].never
			byClass[class] = f
		}
		byNumber[missed]++
		most = max(most, missed)
		if missed > 0 {
			some++
		}
	}
	r.share("missed_classes.never_placed", all.never, all.n)
	r.share("missed_classes.taken_away", all.away, all.n)
	r.share("missed_classes.images_with_never_placed", some, images)
	for class, f := range byClass {
		r.row("missed_classes.by_class", class,
			map[string]any{"n": int64(f.n), "never_placed": int64(f.never), "share": ratio(f.never, f.n),
				"taken_away": int64(f.away), "retrieved": int64(f.stay)})
	}
	for k := 0; k <= most && images > 0; k++ {
		r.row("missed_classes.by_number", k,
			map[string]any{"pages": int64(byNumber[k]), "share": ratio(byNumber[k], images)})
	}
	r.excluded["missed_classes: the image is not in the ground truth (pages)"] = int64(noTruth)
	r.excluded["missed_classes: the image has no object (pages)"] = int64(noClass)
}

func (r *reference) cocoCentres(pages []*refPage, truths []*refTruth) {
	centres, icons, withTruth := newRefMap(11, 0, 1), newRefMap(11, 0, 1), newRefMap(11, 0, 1)
	unusable := 0
	for _, g := range truths {
		for _, in := range g.Instances {
			if in.X == nil || math.IsNaN(g.w) {
				unusable++
			} else {
				centres.add((*in.X+*in.W/2)/g.w, (*in.Y+*in.H/2)/g.h)
			}
		}
	}
	for _, p := range pages {
		for _, icon := range p.pointed() {
			icons.add(icon.x, icon.y)
			if p.gt != nil {
				withTruth.add(icon.x, icon.y)
			}
		}
	}
	r.middle("centre_bias.gt_centres", centres)
	r.middle("centre_bias.icons", icons)
	r.middle("centre_bias.icons_with_gt", withTruth)
	r.excluded["centre_bias: no usable box, or the image's size is unknown (instances)"] = int64(unusable)
}

func (r *reference) iconFrame(pages []*refPage) {
	var u, v, singleU, singleV []float64
	without := 0
	for _, p := range pages {
		for _, icon := range p.pointed() {
			if p.gt == nil {
				continue
			}
			boxes := p.gt.boxes(icon.class)
			if len(boxes) == 0 {
				without++
				continue
			}
			x, y := nearest(boxes, icon.x, icon.y)
			u, v = append(u, x), append(v, y)
			if len(boxes) == 1 {
				singleU, singleV = append(singleU, x), append(singleV, y)
			}
		}
	}
	r.frame("icon_frame.nearest_box", u, v)
	r.frame("icon_frame.single_box", singleU, singleV)
	r.excluded["icon_frame: the image has no box of the class (icons with a point)"] = int64(without)
}

func (r *reference) sequences(pages []*refPage) {
	counts := map[string]int{}
	icons, removed, most := 0, 0, 0
	var longest []map[string]any
	for _, p := range pages {
		for _, class := range p.names {
			if !p.stays(class) {
				removed++
				continue
			}
			var types []string
			for _, a := range p.icons[class] {
				types = append(types, *a.Type)
			}
			sequence := strings.Join(types, "-")
			counts[sequence]++
			icons++
			row := map[string]any{"sequence": sequence, "actions": int64(len(types)), "icon": class,
				"image_id": p.ImageID, "seq": p.Seq}
			better := len(types) > most
			if !better && len(types) == most {
				better = sequence < longest[0]["sequence"].(string)
			}
			if better {
				most, longest = len(types), []map[string]any{row}
			}
		}
	}
	for sequence, n := range counts {
		r.row("sequences.by_sequence", sequence, map[string]any{"n": int64(n), "share": ratio(n, icons)})
	}
	for _, row := range longest {
		delete(row, "icon") // of several classes with that sequence the definitions name none
		delete(row, "image_id")
		delete(row, "seq")
		r.row("sequences.longest", row["sequence"], row)
	}
	r.count("sequences.icons", icons)
	r.share("sequences.add_only", counts["add"], icons)
	r.real("sequences.longest_actions", math.NaN(), icons)
	if icons > 0 {
		r.real("sequences.longest_actions", float64(most), icons)
	}
	r.excluded["sequences: the last action is remove (icons)"] = int64(removed)
}

// sizeBin is the bin of a relative size, the lower edge included (C11).
func sizeBin(size float64) int {
	bin := 0
	for i, side := range []float64{0.2, 0.4, 0.6, 0.8} {
		if size >= side*side {
			bin = i + 1
		}
	}
	return bin
}

func (r *reference) categoryRecall(pages []*refPage, truths []*refTruth) {
	type category struct {
		n, retrieved   int
		sizes, allSize []float64
	}
	categories := map[string]*category{}
	of := func(name string) *category {
		if categories[name] == nil {
			categories[name] = &category{}
		}
		return categories[name]
	}
	var n, retrieved [5]int
	var noSizePair, noSize int64
	for _, p := range pages {
		if p.gt == nil {
			continue
		}
		for _, class := range p.gt.classes {
			c := of(class)
			c.n++
			if p.stays(class) {
				c.retrieved++
			}
			largest := math.NaN()
			for _, in := range p.gt.of(class) {
				size := p.gt.size(in)
				c.sizes = append(c.sizes, size)
				if math.IsNaN(size) {
					continue
				}
				if math.IsNaN(largest) || size > largest {
					largest = size
				}
			}
			if math.IsNaN(largest) {
				noSizePair++
				continue
			}
			n[sizeBin(largest)]++
			if p.stays(class) {
				retrieved[sizeBin(largest)]++
			}
		}
	}
	for _, g := range truths {
		for _, in := range g.Instances {
			if math.IsNaN(g.size(in)) {
				noSize++
			}
			if in.Category != nil {
				of(*in.Category).allSize = append(of(*in.Category).allSize, g.size(in))
			}
		}
	}
	names := []string{"0–0.2²", "0.2²–0.4²", "0.4²–0.6²", "0.6²–0.8²", "0.8²–1"}
	var x, y, roots []float64
	var byBin [5][]float64
	for _, c := range categories {
		if size := mean(known(c.sizes)); c.n > 0 && !math.IsNaN(size) {
			x, y, roots = append(x, size), append(y, ratio(c.retrieved, c.n)), append(roots, math.Sqrt(size))
			byBin[sizeBin(size)] = append(byBin[sizeBin(size)], ratio(c.retrieved, c.n))
		}
	}
	for bin := range 5 {
		r.row("category_recall.by_instance_bin", bin,
			map[string]any{"size": names[bin], "n": int64(n[bin]), "retrieved": int64(retrieved[bin]),
				"recall": ratio(retrieved[bin], n[bin])})
		r.row("category_recall.by_class_bin", bin,
			map[string]any{"size": names[bin], "n": int64(len(byBin[bin])), "recall": mean(byBin[bin])})
	}
	slope, intercept, correlation := line(x, y)
	r.real("category_recall.slope", slope, len(x))
	r.real("category_recall.intercept", intercept, len(x))
	r.real("category_recall.correlation", correlation, len(x))
	_, _, correlation = line(roots, y)
	r.real("category_recall.correlation_root", correlation, len(x))
	for name, c := range categories {
		if c.n == 0 {
			continue
		}
		size, recall := mean(known(c.sizes)), ratio(c.retrieved, c.n)
		r.row("category_recall.by_category", name,
			map[string]any{"n": int64(c.n), "retrieved": int64(c.retrieved), "recall": recall,
				"size": size, "size_all": mean(known(c.allSize)), "residual": recall - intercept - slope*size})
	}
	r.excluded["category_recall: no usable box, or the image's size is unknown (pairs of an image and a class)"] = noSizePair
	r.excluded["category_recall: no usable box, or the image's size is unknown (instances)"] = noSize
}

// line is the least-squares line of y over x, and Pearson's correlation.
func line(x, y []float64) (slope, intercept, correlation float64) {
	mx, my := mean(x), mean(y)
	var xx, xy, yy float64
	for i := range x {
		xx, xy, yy = xx+(x[i]-mx)*(x[i]-mx), xy+(x[i]-mx)*(y[i]-my), yy+(y[i]-my)*(y[i]-my)
	}
	if len(y) > 0 && slices.Min(y) == slices.Max(y) {
		yy = math.NaN()
	}
	return xy / xx, my - xy/xx*mx, xy / math.Sqrt(xx*yy)
}

func (r *reference) browsing(pages []*refPage) {
	var events, distinct, keyboard, tells, reached, withKeyboard int
	stepsTo, pagesTo, keyboardTo, tellsTo := map[int32]int{}, map[int32]int{}, map[int32]int{}, map[int32]int{}
	for _, p := range pages {
		seen := map[int32]bool{}
		for _, b := range p.Browsing {
			events++
			if b.Keyboard != nil {
				tells++
				if *b.Keyboard {
					keyboard++
				}
			}
			if b.CategoryIdx == nil {
				continue
			}
			i := *b.CategoryIdx
			seen[i] = true
			stepsTo[i]++
			if b.Keyboard != nil {
				tellsTo[i]++
				if *b.Keyboard {
					keyboardTo[i]++
				}
			}
		}
		distinct += len(seen)
		for i := range seen {
			pagesTo[i]++
		}
		if slices.ContainsFunc(p.Browsing, func(b schema.Browse) bool { return b.Keyboard != nil && *b.Keyboard }) {
			withKeyboard++
		}
		if seen[10] {
			reached++
		}
	}
	for i := range stepsTo {
		r.row("browsing.by_superclass", i, map[string]any{"events": int64(stepsTo[i]), "pages": int64(pagesTo[i]),
			"returns": int64(stepsTo[i] - pagesTo[i]), "keyboard_share": ratio(keyboardTo[i], stepsTo[i]),
			"keyboard_unknown": int64(stepsTo[i] - tellsTo[i])})
	}
	r.count("browsing.events", events)
	r.real("browsing.events_mean", ratio(events, len(pages)), len(pages))
	r.real("browsing.distinct_mean", ratio(distinct, len(pages)), len(pages))
	r.share("browsing.keyboard_share", keyboard, events)
	r.share("browsing.keyboard_share.known", keyboard, tells)
	r.values["browsing.keyboard_unknown"] = refValue{int64(events - tells), int64(events), -1}
	r.share("browsing.records_with_keyboard", withKeyboard, len(pages))
	r.share("browsing.reached_last", reached, len(pages))
}

func (r *reference) pageTime(pages []*refPage) {
	var times []float64
	for _, p := range pages {
		if p.TimeSpent != nil {
			times = append(times, float64(*p.TimeSpent))
		}
	}
	r.quantileRows("time.quantile", map[string][]float64{"time": times})
	r.real("time.mean", mean(times), len(times))
	r.real("time.median", median(times), len(times))
	r.excluded["time: no time_spent (pages)"] = int64(len(pages) - len(times))
}

// refPages are the pages of a HIT or a worker (C9).
type refPages struct {
	workers, hits, numbers                    map[string]bool
	pages, withTruth                          int
	recalls, times, distances, dx, dy, du, dv []float64
	classes, retrieved                        int
	icons, judged, onMask, near, staying      int
	steps, keyboard, tells, samples           int
	actions, moves, removes                   int
	firsts                                    []float64 // times of the pages' earliest add
}

func (g *refPages) add(p *refPage) {
	if g.hits == nil {
		g.workers, g.hits, g.numbers = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	g.pages++
	if p.WorkerID != nil {
		g.workers[*p.WorkerID] = true
	}
	if p.HITID != nil {
		g.hits[*p.HITID] = true
	}
	if p.PageIdx != nil {
		g.numbers[fmt.Sprint(*p.PageIdx)] = true
	}
	if p.TimeSpent != nil {
		g.times = append(g.times, float64(*p.TimeSpent))
	}
	g.steps, g.samples = g.steps+len(p.Browsing), g.samples+len(p.Mouse)
	for _, b := range p.Browsing {
		if b.Keyboard != nil {
			g.tells++
			if *b.Keyboard {
				g.keyboard++
			}
		}
	}
	g.actions += len(p.Actions)
	first := math.Inf(1)
	for _, class := range p.names {
		if p.stays(class) {
			g.staying++
		}
		for _, a := range p.icons[class] { // of known type, on a known class (C2)
			switch {
			case typeIs(a, "move"):
				g.moves++
			case typeIs(a, "remove"):
				g.removes++
			case a.T != nil:
				first = min(first, float64(*a.T))
			}
		}
	}
	if !math.IsInf(first, 1) {
		g.firsts = append(g.firsts, first)
	}
	if p.gt != nil {
		g.withTruth++
		g.recalls = append(g.recalls, p.recall(p.stays))
		g.classes += len(p.gt.classes)
		for _, class := range p.gt.classes {
			if p.stays(class) {
				g.retrieved++
			}
		}
	}
	for _, icon := range p.pointed() {
		g.icons++
		d := math.Sqrt((icon.x-.5)*(icon.x-.5) + (icon.y-.5)*(icon.y-.5))
		g.distances, g.dx, g.dy = append(g.distances, d), append(g.dx, icon.x-.5), append(g.dy, icon.y-.5)
		if d <= 0.05 {
			g.near++
		}
		if p.gt == nil {
			continue
		}
		g.judged++
		if p.gt.onMask(icon.class, icon.x, icon.y) {
			g.onMask++
		}
		if boxes := p.gt.boxes(icon.class); len(boxes) > 0 {
			u, v := nearest(boxes, icon.x, icon.y)
			g.du, g.dv = append(g.du, u-.5), append(g.dv, v-.5)
		}
	}
}

func (g *refPages) row() map[string]any {
	return map[string]any{
		"pages": int64(g.pages), "pages_with_gt": int64(g.withTruth), "recall": mean(known(g.recalls)),
		"recall_pooled": ratio(g.retrieved, g.classes),
		"icons":         int64(g.icons), "judged": int64(g.judged), "precision": ratio(g.onMask, g.judged),
		"icons_per_page":  ratio(g.staying, g.pages),
		"centre_distance": mean(g.distances), "centre_share": ratio(g.near, g.icons), "bias_x": mean(g.dx),
		"bias_y": mean(g.dy),
		"bias_u": mean(g.du), "bias_v": mean(g.dv),
		"time_spent": median(g.times), "time_spent_p10": quantile(g.times, 0.1),
		"time_spent_p90": quantile(g.times, 0.9),
		"steps_per_page": ratio(g.steps, g.pages), "keyboard_share": ratio(g.keyboard, g.steps),
		"samples_per_page": ratio(g.samples, g.pages),
		"keyboard_unknown": int64(g.steps - g.tells), "actions": int64(g.actions), "moves": int64(g.moves),
		"removes":   int64(g.removes),
		"first_add": median(g.firsts),
	}
}

func (r *reference) cocoGroups(pages []*refPage) {
	hits, workers := map[string]*refPages{}, map[string]*refPages{}
	var noHIT, noWorker int64
	put := func(groups map[string]*refPages, key *string, p *refPage, missing *int64) {
		if key == nil {
			*missing++
			return
		}
		if groups[*key] == nil {
			groups[*key] = &refPages{}
		}
		groups[*key].add(p)
	}
	for _, p := range pages {
		put(hits, p.HITID, p, &noHIT)
		put(workers, p.WorkerID, p, &noWorker)
	}
	r.excluded["hits: no hit_id (pages)"] = noHIT
	r.excluded["workers: no worker_id (pages)"] = noWorker
	r.cocoHITs(hits)
	var numbers []float64
	for id, g := range workers {
		row := g.row()
		row["hits"] = int64(len(g.hits))
		r.row("workers.by_worker", id, row)
		numbers = append(numbers, float64(g.pages))
	}
	r.count("workers.workers", len(workers))
	r.real("workers.pages_median", median(numbers), len(workers))
}

func (r *reference) cocoHITs(hits map[string]*refPages) {
	var recalls, precisions, durations, pages []float64
	var lowRecall, lowPrecision, fewPages, flagged int
	for id, g := range hits {
		row := g.row()
		recall, precision := mean(known(g.recalls)), ratio(g.onMask, g.judged)
		row["distinct_pages"], row["few_pages"] = int64(len(g.numbers)), len(g.numbers) < 16
		row["low_recall"], row["low_precision"], row["duration"] = nil, nil, nil
		if !math.IsNaN(recall) {
			recalls = append(recalls, recall)
			row["low_recall"] = recall < 0.333
		}
		if !math.IsNaN(precision) {
			precisions = append(precisions, precision)
			row["low_precision"] = precision < 0.75
		}
		if len(g.times) > 0 {
			sum := mean(g.times) * float64(len(g.times))
			row["duration"] = sum
			durations = append(durations, sum)
		}
		if len(g.workers) == 1 {
			for w := range g.workers {
				row["worker"] = w
			}
		}
		r.row("hits.by_hit", id, row)
		pages = append(pages, float64(g.pages))
		for n, is := range map[*int]bool{&lowRecall: recall < 0.333, &lowPrecision: precision < 0.75,
			&fewPages: len(g.numbers) < 16,
			&flagged:  recall < 0.333 || precision < 0.75 || len(g.numbers) < 16} {
			if is {
				*n++
			}
		}
	}
	r.count("hits.hits", len(hits))
	r.real("hits.recall", mean(recalls), len(recalls))
	r.real("hits.recall_std", std(recalls), len(recalls))
	r.real("hits.recall_median", median(recalls), len(recalls))
	r.real("hits.recall_skew", skew(recalls), len(recalls))
	r.real("hits.pages_median", median(pages), len(pages))
	r.quantileRows("hits.quantile", map[string][]float64{"pages": pages, "recall": recalls, "precision": precisions})
	r.real("hits.precision", mean(precisions), len(precisions))
	r.real("hits.precision_std", std(precisions), len(precisions))
	r.real("hits.duration_median", median(durations), len(durations))
	r.share("hits.low_recall", lowRecall, len(recalls))
	r.share("hits.low_precision", lowPrecision, len(precisions))
	r.share("hits.few_pages", fewPages, len(hits))
	r.share("hits.flagged", flagged, len(hits))
}

// cocoQuality has the checks whose names say all.
func (r *reference) cocoQuality(pages []*refPage, unknownType, unknownIcon int) {
	var actions, untimed, samples, nowhere, active, backwards, noAction, noMouse, noWorker, noHIT, noTime, noTruth, notReached int
	count := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	for _, p := range pages {
		var times []int64
		for _, a := range p.Actions {
			actions++
			count(&untimed, a.T == nil)
			if a.T != nil {
				times = append(times, *a.T)
			}
		}
		for _, s := range p.Mouse {
			samples++
			count(&nowhere, s.X == nil || s.Y == nil)
		}
		count(&active, len(p.Actions) > 0)
		count(&backwards, !slices.IsSorted(times))
		count(&noAction, len(p.Actions) == 0)
		count(&noMouse, len(p.Mouse) == 0)
		count(&noWorker, p.WorkerID == nil)
		count(&noHIT, p.HITID == nil)
		count(&noTime, p.TimeSpent == nil)
		count(&noTruth, p.gt == nil)
		count(&notReached, !slices.ContainsFunc(p.Browsing, func(b schema.Browse) bool { return b.CategoryIdx != nil && *b.CategoryIdx == 10 }))
	}
	for name, c := range map[string][2]int{
		"unknown_type": {unknownType, actions}, "unknown_icon": {unknownIcon, actions - unknownType},
		"action_without_time":   {untimed, actions},
		"samples_without_place": {nowhere, samples}, "actions_backwards": {backwards, active},
		"no_action": {noAction, len(pages)},
		"no_mouse":  {noMouse, len(pages)}, "no_worker": {noWorker, len(pages)},
		"no_hit": {noHIT, len(pages)}, "no_time": {noTime, len(pages)},
		"not_in_gt": {noTruth, len(pages)}, "last_superclass_not_reached": {notReached, len(pages)},
	} {
		r.values["quality."+name] = refValue{int64(c[0]), int64(c[1]), -1}
	}
}

// Simulated stores, with defects.
func TestReferenceCOCO(t *testing.T) {
	for _, seed := range []uint64{1, 20, 300} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			store, err := teststore.Make(context.Background(), t.TempDir(),
				teststore.Options{Pages: 300, Seed: seed, Dirty: 0.05})
			if err != nil {
				t.Fatal(err)
			}
			regroup[schema.COCOAnnotation](t, 40, store, "coco", "annotations.parquet")
			check(t, computed(t, store, "coco"), cocoReference(t, store), cocoChecked, cocoUnreferenced)
		})
	}
}

// Stores of pages and ground truth that are awkward throughout.
func TestReferenceCOCOAwkward(t *testing.T) {
	for i, n := range []int{1, 2, 3, 10, 150, 150, 150, 400} {
		t.Run(fmt.Sprint("store ", i), func(t *testing.T) {
			store := awkwardCOCO(t, n, uint64(i), nil)
			regroup[schema.COCOAnnotation](t, 7, store, "coco", "annotations.parquet")
			check(t, computed(t, store, "coco"), cocoReference(t, store), cocoChecked, cocoUnreferenced)
		})
	}
}

// awkwardCOCO is a store of pages on tiny images, so that points are on borders of pixels, with
// every order of actions, and names, images and places that are missing or unknown. shuffle, if
// not nil, reorders the pages.
func awkwardCOCO(t *testing.T, pages int, seed uint64, shuffle func(n int, swap func(i, j int))) string {
	t.Helper()
	a := &awkward{rand.New(rand.NewPCG(seed, 11))}
	var records, images, annotations []string
	for i := range pages {
		records = append(records, a.page(i+1))
		if a.IntN(10) == 0 {
			continue
		}
		w, h := 1+a.IntN(8), 1+a.IntN(6)
		images = append(images, a.cocoImage(i+1, w, h))
		for range a.IntN(7) {
			annotations = append(annotations, a.instance(len(annotations)+1, i+1, w, h))
		}
	}
	if shuffle != nil {
		shuffle(pages, func(i, j int) { records[i], records[j] = records[j], records[i] })
	}
	return cocoStore(t, records, images, annotations)
}

func (a *awkward) cocoImage(id, w, h int) string {
	switch a.IntN(30) {
	case 0:
		w = 0
	case 1:
		return fmt.Sprintf(`{"id": %d, "height": %d, "file_name": "x.jpg"}`, id, h)
	}
	return fmt.Sprintf(`{"id": %d, "width": %d, "height": %d, "file_name": "x.jpg"}`, id, w, h)
}

// instance has a box and a mask: polygons on corners and middles of pixels, or runs.
func (a *awkward) instance(id, image, w, h int) string {
	half := func(limit int) float64 { return float64(a.IntN(2*limit+5)-2) / 2 }
	crowd, mask := 0, ""
	switch a.IntN(5) {
	case 0, 1:
		crowd, mask = 1, a.runs(w, h)
	case 2:
		mask = "[]"
	default:
		var rings []string
		for range 1 + a.IntN(2) {
			var ring []string
			for range 3 + a.IntN(4) {
				ring = append(ring, fmt.Sprint(half(w)), fmt.Sprint(half(h)))
			}
			rings = append(rings, "["+strings.Join(ring, ",")+"]")
		}
		mask = "[" + strings.Join(rings, ",") + "]"
	}
	box := fmt.Sprintf(`"bbox": [%v, %v, %v, %v],`, half(w), half(h), float64(a.IntN(2*w+2))/2,
		float64(a.IntN(2*h+2))/2)
	if a.IntN(12) == 0 {
		box = a.one("", `"bbox": null,`, `"bbox": [1, 2],`, fmt.Sprintf(`"bbox": [0, 0, %d, %d],`, w, h))
	}
	return fmt.Sprintf(`{"id": %d, "image_id": %d, "category_id": %s, %s "iscrowd": %d, "area": 3, "segmentation": %s}`,
		id, image, a.one("1", "1", "2", "5"), box, crowd, mask)
}

// runs is a run-length mask, as a list or as COCO's compressed string.
func (a *awkward) runs(w, h int) string {
	var counts []int
	for left := w * h; left > 0; {
		n := min(left, a.IntN(7))
		if len(counts) > 0 && n == 0 {
			n = 1
		}
		counts = append(counts, n)
		left -= n
	}
	if a.IntN(2) == 0 {
		return fmt.Sprintf(`{"size": [%d, %d], "counts": %s}`, h, w, strings.ReplaceAll(fmt.Sprint(counts), " ", ","))
	}
	var b []byte
	for i, n := range counts {
		x := n
		if i > 2 {
			x -= counts[i-2]
		}
		for more := true; more; {
			c := x & 31
			x >>= 5
			more = x != 0 && c&16 == 0 || x != -1 && c&16 != 0
			if more {
				c |= 32
			}
			b = append(b, byte(c+48))
		}
	}
	return fmt.Sprintf(`{"size": [%d, %d], "counts": %q}`, h, w, b)
}

// place is a point of an action: mostly of eighths and sixths, on borders of pixels of some image.
func (a *awkward) place() string {
	v := func() string {
		switch a.IntN(12) {
		case 0:
			return a.one("null", `"0.5"`, "-0.01", "1.02", "101", "true")
		case 1:
			return fmt.Sprint(a.Float64())
		case 2:
			return fmt.Sprint(float64(a.IntN(12)) / 11)
		default:
			n := 1 + a.IntN(8)
			return fmt.Sprint(float64(a.IntN(n+1)) / float64(n))
		}
	}
	if a.IntN(12) == 0 {
		return a.one("null", "{}", `"here"`)
	}
	return fmt.Sprintf(`{"x": %s, "y": %s}`, v(), v())
}

func (a *awkward) page(id int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"image_id": %d`, id)
	field := func(name string, values ...string) {
		if a.IntN(12) > 0 {
			fmt.Fprintf(&b, `, "%s": %s`, name, a.one(values...))
		}
	}
	field("originalImageWidth", "8", "0")
	field("originalImageHeight", "6", "0")
	field("timeSpent", "1000", "2000", "2000", "12345", "0", "-1", `"12"`)
	field("worker_id", `"V"`, `"W"`, `"X"`, `"Y"`, "null")
	field("hit_id", `"a"`, `"b"`, `"c"`, `"d"`, `"e"`, `"f"`, `"g"`)
	field("page_id", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
		"16", "17", "18", "19", "-1")
	list := func(name string, most int, entry func() string) {
		if a.IntN(12) == 0 {
			fmt.Fprintf(&b, `, "%s": null`, name)
			return
		}
		var entries []string
		for range a.IntN(most + 1) {
			entries = append(entries, entry())
		}
		fmt.Fprintf(&b, `, "%s": [%s]`, name, strings.Join(entries, ", "))
	}
	list("actionHistories", 12, func() string {
		return fmt.Sprintf(`{"actionType": %s, "iconType": %s, "pointTo": %s, "timeAt": %s}`,
			a.one(`"add"`, `"add"`, `"move"`, `"remove"`, `"add"`, `"move"`, `"Add"`, "null", `""`),
			a.one(`"cat"`, `"cat"`, `"dog"`, `"hot dog"`, `"kite"`, `"Cat"`, `"unicorn"`, "null"), a.place(),
			a.one("0", "5", "5", "-3", "100"))
	})
	list("categoryHistories", 14, func() string {
		return fmt.Sprintf(`{"categoryIndex": %s, "usingKeyboard": %s, "timeAt": 3}`,
			a.one("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "10", "-1", "null", "1.5"),
			a.one("true", "false", "false", "null"))
	})
	list("mouseTracking", 5, func() string { return `{"x": 0.5, "y": null, "timeAt": 4}` })
	b.WriteString("}")
	return b.String()
}
