package imagenet

import (
	"math"
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
)

// A state has what a pass over stores gathered.
type state struct {
	*engine
	entries   []pass.Entry
	gathering pass.Gathering
	rows      int64 // of annotations
}

// Result returns the statistics.
func (s *state) Result() result.DataSet {
	return result.DataSet{Name: "imagenet", Statistics: s.Results(s.gathering, s.entries, published), Warnings: s.warnings()}
}

// Named returns all names that numbers refer to.
func (e *engine) Named() []pass.Named {
	return append(e.Base.Named(), pass.Named{Kind: partial.Classes, Names: e.classes})
}

// Write writes the state.
func (s *state) Write(w *partial.Writer) error {
	n := pass.SortNames(s.Named())
	s.numberClasses(n)
	s.gathering.Visit(partial.Renumber(n), "imagenet", s.entries, nil)
	v := partial.Write(w)
	pass.VisitNames(v, "imagenet", s.Named())
	s.visitImages(v)
	s.gathering.Visit(v, "imagenet", s.entries, nil)
	return v.Err
}

// Read reads a state.
func Read(r *partial.Reader, o result.Options, entries []pass.Entry) (pass.State, error) {
	s := &state{engine: &engine{Base: pass.New(o), images: imagenet.NewImages(), classes: byproduct.NewNames()}, entries: entries}
	v := partial.Read(r)
	pass.VisitNames(v, "imagenet", s.Named())
	s.visitImages(v)
	s.gathering = pass.Gather(s.engine, entries)
	s.gathering.Visit(v, "imagenet", entries, nil)
	return s, v.Err
}

// Merge adds the state of the stores that follow.
func (s *state) Merge(other pass.State) error {
	o := other.(*state)
	n := pass.JoinNames(s.Named(), o.Named())
	n.Rows = s.rows
	o.numberClasses(n)
	images, mine, its, err := imagenet.Merge(s.images, o.images)
	if err != nil {
		return err
	}
	inBC := make([]bool, images.Len())
	for i, yes := range s.inBC {
		inBC[mine[i]] = yes
	}
	for i, yes := range o.inBC {
		inBC[its[i]] = inBC[its[i]] || yes
	}
	s.gathering.Visit(partial.Renumber(&partial.Numbers{Of: map[partial.Kind][]int32{partial.Images: mine}}), "imagenet", s.entries, nil)
	n.Of[partial.Images] = its
	o.gathering.Visit(partial.Renumber(n), "imagenet", o.entries, nil)
	s.images, s.inBC = images, inBC
	s.images.Classes = s.classes.List
	s.gathering.Merge(o.gathering)
	s.rows += o.rows
	return nil
}

// numberClasses gives the classes of images other numbers.
func (s *state) numberClasses(n *partial.Numbers) {
	for i, c := range s.images.Class {
		if c >= 0 {
			s.images.Class[i] = n.Of[partial.Classes][c]
		}
	}
	s.images.Classes = s.classes.List
}

// visitImages visits the table of images.
func (s *state) visitImages(v *partial.Visitor) {
	m := s.images
	last := ""
	v.Table("images", m.Len(), true, func(n int) { s.inBC = make([]bool, n) }, func(i int, c *partial.Columns) {
		var x imagenet.Image
		if !v.Reads() {
			x = m.At(int32(i))
		}
		c.Text("id", &x.ID)
		c.Ref("class", partial.Classes, &x.Class)
		partial.Small(c, "shown", &x.Shown)
		partial.Small(c, "width", &x.Width)
		partial.Small(c, "height", &x.Height)
		c.Bool("clicked_boxed", &s.inBC[i])
		visitBoxes(c, &x)
		if !v.Reads() {
			return
		}
		if i > 0 && x.ID <= last {
			v.Fail("its images are not in order at %q", x.ID)
		}
		m.Append(x)
		last = x.ID
	})
	v.Limit(partial.Images, m.Len())
	partial.One(v, "table", func(c *partial.Columns) {
		c.Int("rows", &s.rows)
		c.Bool("boxed_records", &m.Shared)
		c.Ref("boxed_only", partial.Images, &m.BoxedOnly)
	})
	m.Classes = s.classes.List
}

// visitBoxes visits the boxes of an image: x0, y0, x1, y1 of each, in whole pixels if they are that, else in fractions.
func visitBoxes(c *partial.Columns, x *imagenet.Image) {
	var pixels []int64
	var fractions []float64
	w, h := float64(x.Width), float64(x.Height)
	for _, b := range x.Boxes {
		px := [4]float64{math.Round(b.X0 * w), math.Round(b.Y0 * h), math.Round(b.X1 * w), math.Round(b.Y1 * h)}
		if plane.PixelBox(px[0], px[1], px[2], px[3], w, h) != b {
			pixels = nil
			break
		}
		for _, p := range px {
			pixels = append(pixels, int64(p))
		}
	}
	if pixels == nil {
		for _, b := range x.Boxes {
			fractions = append(fractions, b.X0, b.Y0, b.X1, b.Y1)
		}
	}
	partial.List(c, "boxes", &pixels)
	partial.List(c, "boxes.fractions", &fractions)
	x.Boxes = nil
	for p := range slices.Chunk(pixels, 4) {
		if len(p) == 4 {
			x.Boxes = append(x.Boxes, plane.PixelBox(float64(p[0]), float64(p[1]), float64(p[2]), float64(p[3]), w, h))
		}
	}
	for f := range slices.Chunk(fractions, 4) {
		if len(f) == 4 {
			x.Boxes = append(x.Boxes, plane.Box{X0: f[0], Y0: f[1], X1: f[2], Y1: f[3]})
		}
	}
}
