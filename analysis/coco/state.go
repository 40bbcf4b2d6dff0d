package coco

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/store/columnar"
)

// A state has what a pass over stores gathered.
type state struct {
	*engine
	entries        []pass.Entry
	gathering      pass.Gathering
	rows           int64   // of annotations
	judged, others []int64 // annotated images that the ground truth has, and that it does not have; sorted
	truths         []truth // ground truths that have no image in common
}

// A truth is what was gathered from a ground truth.
type truth struct {
	digest    string
	images    []int64 // sorted
	gathering pass.Gathering
}

// A digest is of the images of a ground truth, in any order: the sum of their hashes.
type digest [4]uint64

// add adds the image in a row of the row group that was read.
func (d *digest) add(r *columnar.Reader, row int) {
	var b []byte
	for _, name := range coco.ImageColumns {
		b = r.Column(name).Append(b, row)
	}
	sum := sha256.Sum256(b)
	for i := range d {
		d[i] += binary.LittleEndian.Uint64(sum[8*i:])
	}
}

func (d *digest) merge(o *digest) {
	for i := range d {
		d[i] += o[i]
	}
}

func (d *digest) String() string { return fmt.Sprintf("%016x%016x%016x%016x", d[0], d[1], d[2], d[3]) }

// Result returns the statistics.
func (s *state) Result() result.DataSet {
	for _, t := range s.truths {
		s.gathering.Merge(t.gathering)
	}
	return result.DataSet{Name: "coco", Statistics: s.Results(s.gathering, s.entries, published), Warnings: s.warnings()}
}

// warnings returns a warning if the pages and the ground truth have no image in common.
func (s *state) warnings() []string {
	if len(s.judged) > 0 || len(s.others) == 0 || len(s.truths) == 0 {
		return nil
	}
	least := s.truths[0].images[0]
	for _, t := range s.truths {
		least = min(least, t.images[0])
	}
	return []string{fmt.Sprintf("The records and the ground truth share no image: one record is of %d, one object is on %d. "+
		"So precision and recall cannot be computed. Ingest again with the instances of the annotated images: "+
		"--instances instances_train2014.json.", s.others[0], least)}
}

// Named returns all names that numbers refer to, but classes, whose numbers never change.
func (e *engine) Named() []pass.Named {
	return append(e.Base.Named(), pass.Named{Kind: partial.Sequences, Names: e.sequences})
}

// Write writes the state.
func (s *state) Write(w *partial.Writer) error {
	s.gathering.Visit(partial.Renumber(pass.SortNames(s.Named())), "coco", s.entries, nil)
	slices.SortFunc(s.truths, func(a, b truth) int { return cmp.Compare(a.digest, b.digest) })
	v := partial.Write(w)
	s.visitHead(v)
	s.gathering.Visit(v, "coco", s.entries, nil)
	for i := range s.truths {
		s.visitTruth(v, &s.truths[i])
	}
	return v.Err
}

// Read reads a state.
func Read(r *partial.Reader, o result.Options, entries []pass.Entry) (pass.State, error) {
	s := &state{engine: &engine{Base: pass.New(o), sequences: byproduct.NewNames()}, entries: entries}
	v := partial.Read(r)
	truths := s.visitHead(v)
	s.gathering = pass.Gather(s.engine, entries)
	s.gathering.Visit(v, "coco", entries, nil)
	for range truths {
		t := truth{gathering: pass.Gather(s.engine, entries)}
		if s.visitTruth(v, &t); v.Err != nil {
			break
		}
		s.truths = append(s.truths, t)
	}
	return s, v.Err
}

// visitHead visits all but what the statistics gathered, and returns the number of ground truths.
func (s *state) visitHead(v *partial.Visitor) (truths int) {
	pass.VisitNames(v, "coco", s.Named())
	v.Table("classes", len(s.categories), true, func(n int) { s.categories = make([]string, n) },
		func(i int, c *partial.Columns) { c.Text("name", &s.categories[i]) })
	v.Limit(partial.Classes, len(s.categories))
	truths = len(s.truths)
	partial.One(v, "table", func(c *partial.Columns) {
		c.Int("rows", &s.rows)
		partial.Bag(c, "images.in_truth", &s.judged)
		partial.Bag(c, "images.others", &s.others)
		partial.Small(c, "truths", &truths)
	})
	return truths
}

// visitTruth visits a ground truth.
func (s *state) visitTruth(v *partial.Visitor, t *truth) {
	v.In("coco/truth")
	partial.One(v, "table", func(c *partial.Columns) {
		c.Text("digest", &t.digest)
		partial.Bag(c, "images", &t.images)
	})
	if v.Err == nil && len(t.images) == 0 {
		v.Fail("a ground truth has no image")
	}
	t.gathering.Visit(v, "coco/truth", s.entries, func(statistic any) bool {
		_, ok := statistic.(interface{ truth(*coco.Image) })
		return ok
	})
}

// Merge adds the state of the stores that follow.
func (s *state) Merge(other pass.State) error {
	o := other.(*state)
	if !slices.Equal(s.categories, o.categories) {
		return fmt.Errorf("their ground truths list other classes")
	}
	for _, a := range [][]int64{s.judged, s.others} {
		for _, b := range [][]int64{o.judged, o.others} {
			if id, ok := common(a, b); ok {
				return fmt.Errorf("records of the image %d are in both", id)
			}
		}
	}
	for _, x := range [][2]*state{{s, o}, {o, s}} {
		for _, t := range x[1].truths {
			if id, ok := common(x[0].others, t.images); ok {
				return fmt.Errorf("records of the image %d are in one, and its objects in the other", id)
			}
		}
	}
	var more []truth
	for _, t := range o.truths {
		if slices.ContainsFunc(s.truths, func(mine truth) bool { return mine.digest == t.digest && slices.Equal(mine.images, t.images) }) {
			continue
		}
		for _, mine := range s.truths {
			if id, ok := common(mine.images, t.images); ok {
				return fmt.Errorf("the image %d is in the ground truth of both, which are not the same: ingest all with the same --instances", id)
			}
		}
		more = append(more, t)
	}
	n := pass.JoinNames(s.Named(), o.Named())
	n.Rows = s.rows
	o.gathering.Visit(partial.Renumber(n), "coco", o.entries, nil)
	s.gathering.Merge(o.gathering)
	s.truths = append(s.truths, more...)
	s.judged, s.others = joined(s.judged, o.judged), joined(s.others, o.others)
	s.rows += o.rows
	return nil
}

// joined returns the elements of two sorted lists.
func joined(a, b []int64) []int64 {
	a = append(a, b...)
	slices.Sort(a)
	return a
}

// common returns an element that two sorted lists have.
func common(a, b []int64) (id int64, ok bool) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return a[0], true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return 0, false
}
