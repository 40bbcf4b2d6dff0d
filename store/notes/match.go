package notes

import (
	"context"
	"strings"

	"abtool/internal/parallel"
	"abtool/store"
)

// Tagged has what tags are on: the rows of annotations that have one, by themselves or by their image, annotator or
// HIT, and the images.
type Tagged struct {
	Rows   map[int64]int  // by row: the first of the tags that it has
	Images map[string]int // likewise
}

// Find returns what has one of some tags, in the stores at a place.
func (b *Book) Find(ctx context.Context, place, set string, tags []string, jobs int) (*Tagged, error) {
	by := b.tagged(set, tags)
	out := &Tagged{Rows: map[int64]int{}, Images: by[1]}
	t, err := store.Open(place, set, "annotations")
	if err != nil {
		return nil, err
	}
	defer t.Close()
	of := map[string]bool{} // images with a showing that has a tag
	for id := range by[0] {
		of[id[:strings.LastIndexByte(id, ' ')]] = true
	}
	starts := make([]int64, t.Groups()+1)
	for g := range t.Groups() {
		starts[g+1] = starts[g] + t.GroupRows(g)
	}
	found := make([]map[int64]int, t.Groups())
	readers := make([]*reader, parallel.Workers(jobs))
	err = parallel.Each(ctx, jobs, t.Groups(), func(worker, g int) (err error) {
		r := readers[worker]
		if r == nil {
			r = &reader{set: set}
			if r.read, err = t.Reader(columns(set)...); err != nil {
				return err
			}
			readers[worker] = r
		}
		if err := r.read.Read(g); err != nil {
			return err
		}
		r.update()
		found[g] = map[int64]int{}
		for row := range r.read.Rows() {
			first := len(tags)
			take := func(tags map[string]int, id string) {
				if k, ok := tags[id]; ok && id != "" {
					first = min(first, k)
				}
			}
			image := r.image(row)
			if of[image] {
				take(by[0], r.showing(image, row))
			}
			take(by[1], image)
			take(by[2], r.worker(row))
			take(by[3], r.hit(row))
			if first < len(tags) {
				found[g][starts[g]+int64(row)] = first
			}
		}
		return nil
	})
	for _, rows := range found {
		for row, k := range rows {
			out.Rows[row] = k
		}
	}
	return out, err
}

// tagged returns the ids of the things of a data set with one of some tags, with the first of these, by kind in the
// order of Kinds.
func (b *Book) tagged(set string, tags []string) (by [4]map[string]int) {
	for i := range by {
		by[i] = map[string]int{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for t, n := range b.things {
		if t.Set != set {
			continue
		}
		for k, tag := range tags {
			if at := kindAt(t.Kind); n.has(tag) {
				if t.Kind == Showing && !strings.Contains(t.ID, " ") {
					continue
				}
				by[at][t.ID] = k
				break
			}
		}
	}
	return by
}

func kindAt(kind string) int {
	for i, k := range Kinds {
		if k == kind {
			return i
		}
	}
	return -1
}

func (n *Noted) has(tag string) bool {
	for _, m := range n.Tags {
		if m.Text == tag {
			return true
		}
	}
	return false
}
