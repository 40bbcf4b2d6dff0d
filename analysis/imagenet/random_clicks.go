package imagenet

import (
	"math"
	"sync"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/parallel"
	"abtool/internal/stat"
)

// randomClicks computes the accuracy of clicks that do not depend on the image (I7, I8): always at the
// centre, anywhere, or normally distributed around the centre. No random numbers are drawn: the probability
// of each image is exact.
type randomClicks struct{} // it gathers nothing: the engine has all boxes

func newRandomClicks(*engine, *pass.Counts) randomClicks { return randomClicks{} }

// Sets of images over which the accuracy of random clicks is computed.
const (
	setBC = iota
	setBoxed
	setSingle
	setSingleBC
	imageSets
)

// An imageSet is the name and the description of a set of images.
type imageSet struct{ name, of string }

var imageSetNames = [imageSets]imageSet{
	{"bc", "images with a box and a final click"}, {"all_boxed", "images with a box"},
	{"single_box", "images with one box"},
	{"single_box_bc", "images with one box and a final click"},
}

// Treatments of clicks outside of the image.
const (
	truncated = iota
	unclipped
	clamped
	treatments
)

var treatmentNames = [treatments]string{"truncated", "unclipped", "clamped"}

// randomSums are the means of random clicks over images.
type randomSums struct {
	centre, uniform, area [imageSets]stat.Mean
	sigma                 [][treatments][imageSets]stat.Mean
}

// add adds an image to the sets that it is in.
func (r *randomSums) add(boxes []plane.Box, in [imageSets]bool, sigmas []float64, w *randomWork) {
	each := func(m *[imageSets]stat.Mean, v float64) {
		for set, yes := range in {
			if yes {
				m[set].Add(v)
			}
		}
	}
	centre, areas := 0.0, 0.0
	if plane.InAny(boxes, 0.5, 0.5) {
		centre = 1
	}
	w.clipped, w.clamped = w.clipped[:0], w.clamped[:0]
	touching := false
	for _, b := range boxes {
		touching = touching || b.X0 <= 0 || b.Y0 <= 0 || b.X1 >= 1 || b.Y1 >= 1
		if c, ok := b.Clipped(); ok {
			w.clipped = append(w.clipped, c)
			areas += c.Area()
		}
		if b.X1 >= 0 && b.X0 <= 1 && b.Y1 >= 0 && b.Y0 <= 1 {
			w.clamped = append(w.clamped, b.ToInfinity())
		}
	}
	w.onImage.Of(w.clipped)
	each(&r.centre, centre)
	each(&r.uniform, w.onImage.Area())
	each(&r.area, areas)
	if len(boxes) == 1 {
		for i, s := range sigmas {
			p := oneBox(boxes[0], s)
			for t := range treatments {
				each(&r.sigma[i][t], p[t])
			}
		}
		return
	}
	if touching {
		w.moved.Of(w.clamped)
	}
	for i, s := range sigmas {
		image := plane.NormalMass(0, 1, s)
		p := w.onImage.Gaussian(s)
		each(&r.sigma[i][truncated], p/(image*image))
		each(&r.sigma[i][unclipped], p)
		if touching {
			p = w.moved.Gaussian(s)
		}
		each(&r.sigma[i][clamped], p)
	}
}

// oneBox returns the probabilities for a single box. They are the same as by unions, with half of the work,
// because the treatments differ only at the border.
func oneBox(b plane.Box, sigma float64) (p [treatments]float64) {
	scale := 1 / (sigma * math.Sqrt2)
	border := math.Erf(0.5 * scale) // the edges of the image are at −border and border
	axis := func(a, b float64) (m [treatments]float64) {
		from, to := math.Erf((a-0.5)*scale), math.Erf((b-0.5)*scale)
		on := max(0, min(to, border)-max(from, -border))
		m[unclipped] = 0.5 * on
		m[truncated] = on / (2 * border)
		if a <= 0 {
			from = -1
		}
		if b >= 1 {
			to = 1
		}
		if b >= 0 && a <= 1 {
			m[clamped] = 0.5 * (to - from)
		}
		return m
	}
	x, y := axis(b.X0, b.X1), axis(b.Y0, b.Y1)
	for t := range p {
		p[t] = x[t] * y[t]
	}
	return p
}

// randomWork is reused memory for randomSums.add.
type randomWork struct {
	clipped, clamped []plane.Box
	onImage, moved   plane.Union
}

func (r *randomSums) merge(o *randomSums) {
	each := func(to, from *[imageSets]stat.Mean) {
		for set := range to {
			to[set].Merge(&from[set])
		}
	}
	each(&r.centre, &o.centre)
	each(&r.uniform, &o.uniform)
	each(&r.area, &o.area)
	for i := range r.sigma {
		for t := range treatments {
			each(&r.sigma[i][t], &o.sigma[i][t])
		}
	}
}

func (randomClicks) Result(e *engine, r *result.Statistic) {
	total := e.randomSums()
	for set, s := range imageSetNames {
		m := &total.centre[set]
		v := result.Proportion("centre."+s.name, "σ = 0: the click is always in the centre, over "+s.of, s.of,
			int64(m.Sum.Float()), m.N)
		r.Add(v)
	}
	variants := func(name, title string, means *[imageSets]stat.Mean) {
		for set, s := range imageSetNames {
			m := &means[set]
			r.Add(result.Value{Name: name + "." + s.name, Title: title + ", over " + s.of, Value: m.Value(),
				Unit: result.UnitShare, N: m.N, Of: s.of, Interval: m.Interval()})
		}
	}
	variants("uniform", "σ → ∞: the click is anywhere on the image (area of the union of boxes)", &total.uniform)
	variants("uniform_sum", "variant of uniform: the sum of the areas of boxes", &total.area)
	r.WarnFew(r.Values[0])

	r.Tables = append(r.Tables, total.bySigma(e.Options.Sigmas))
}

// bySigma returns the table of accuracies by σ.
func (r *randomSums) bySigma(sigmas []float64) result.Table {
	outside := [treatments]string{"clicks only on the image", "a click outside misses",
		"a click outside is moved to the border"}
	t := result.Table{
		Name: "by_sigma", Title: "Accuracy of random clicks around the centre",
		Columns: result.Header{{"sigma", "fraction of each axis", "standard deviation σ of the clicks"}}.Columns(),
	}
	// The set that was added later has its columns at the end, so that the other columns keep their places.
	columnsOf := func(sets []imageSet) {
		for tr, name := range treatmentNames {
			for _, s := range sets {
				t.Columns = append(t.Columns,
					result.Column{Name: name + "_" + s.name, Unit: result.UnitShare,
						Title: outside[tr] + ", over " + s.of})
			}
		}
	}
	columnsOf(imageSetNames[:setSingleBC])
	t.Columns = append(t.Columns, result.Column{Name: "low", Unit: result.UnitShare,
		Title: "95 % interval of truncated_bc (normal)"},
		result.Column{Name: "high", Unit: result.UnitShare, Title: "95 % interval of truncated_bc (normal)"})
	columnsOf(imageSetNames[setSingleBC:])
	for i, sigma := range sigmas {
		row := []any{stat.Number(sigma)}
		for tr := range treatments {
			for set := range setSingleBC {
				row = append(row, r.sigma[i][tr][set].Value())
			}
		}
		low, high := result.Bounds(r.sigma[i][truncated][setBC].Interval())
		row = append(row, low, high)
		for tr := range treatments {
			row = append(row, r.sigma[i][tr][setSingleBC].Value())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// randomSums returns the sums over the images with a box that the input names.
func (e *engine) randomSums() *randomSums {
	const chunk = 4096
	empty := func() *randomSums {
		return &randomSums{sigma: make([][treatments][imageSets]stat.Mean, len(e.Options.Sigmas))}
	}
	total := empty()
	var mu sync.Mutex
	parallel.For(e.Options.Jobs, (e.images.Len()+chunk-1)/chunk, func(c int) {
		part := empty()
		var work randomWork
		for i := c * chunk; i < min((c+1)*chunk, e.images.Len()); i++ {
			boxes := e.images.Boxes(int32(i))
			if len(boxes) == 0 || e.images.Shown[i] < 0 {
				continue
			}
			bc, single := e.inBC[i], len(boxes) == 1
			part.add(boxes, [imageSets]bool{bc, true, single, bc && single}, e.Options.Sigmas, &work)
		}
		mu.Lock()
		total.merge(part)
		mu.Unlock()
	})
	return total
}
