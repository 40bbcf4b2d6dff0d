package features

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"

	"abtool/byproduct"
	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/store/columnar"
)

// Relations of two images in the table of pairs, the closest first.
const (
	SamePage   = "page"   // on the same page of the same HIT (ImageNet; a page of COCO has one image)
	SameHIT    = "hit"    // in the same HIT, on another page
	SameWorker = "worker" // of the same annotator, in another HIT
)

// DefaultPartners is the number of partners that an image gets of each relation.
const DefaultPartners = 3

// A pair is an image with another image that was annotated together with it.
type pair struct {
	part            int // index of the split, −1: none
	split           string
	relation        string
	image, other    string
	row, otherRow   int32
	page, otherPage int32 // −1: unknown
	worker, hit     string
}

// A member is an image that has a final click (COCO: an add with a place), with its row of annotations.
type member struct {
	row               int32
	part              int32 // split, −1: none
	worker, hit, page int32 // −1: unknown
}

// A depth says how much two members share: the annotator, also the HIT, or also the page.
type depth int

const (
	sharesWorker depth = iota + 1
	sharesHIT
	sharesPage
)

// to compares members by split and worker, then by HIT and page as far as the depth includes them.
func (m *member) to(o *member, d depth) int {
	return cmp.Or(cmp.Compare(m.part, o.part), cmp.Compare(m.worker, o.worker), deeper(d >= sharesHIT, m.hit, o.hit), deeper(d >= sharesPage, m.page, o.page))
}

func deeper(counts bool, a, b int32) int {
	if !counts {
		return 0
	}
	return cmp.Compare(a, b)
}

// A grouping holds the members, sorted by split, worker, HIT, page and row.
type grouping struct {
	members []member
	order   []int32 // indices of members, in the order of rows
	hits    *byproduct.Names
}

// A pairSource produces the pairs of each image, in the order of the annotations.
type pairSource struct {
	dataSet
	o *WriteOptions
	g *grouping
}

// pairTable returns the table of pairs of images that were annotated together. For each image and relation it
// has as many partners as the options ask for, drawn by a hash of the seed, the relation and the image. With
// splits, both images of a pair are in the same split.
func pairTable(s dataSet, o *WriteOptions) (rows, error) {
	if o.Partners < 1 || o.Partners > maxPoints {
		return nil, usage.Errorf("pairs %d: give 1 to %d for each image and relation", o.Partners, maxPoints)
	}
	g, err := group(s, o.Jobs)
	if err != nil {
		return nil, err
	}
	fields := pairFields(&o.Options)
	return &table[pair]{
		source: &pairSource{s, o, g},
		cols:   fields.Columns(),
		put:    func(to []targetfile.Values, p *pair) { fields.Add(to, p) },
		origin: func(p *pair) origin { return origin{image: p.image, part: p.part} },
	}, nil
}

// group reads the members of a data set and sorts them.
func group(s dataSet, jobs int) (*grouping, error) {
	a := s.base()
	g := &grouping{hits: byproduct.NewNames()}
	found := make([][]member, a.table.Groups())
	err := eachGroup(context.Background(), jobs, a.table, []string{a.hitColumn, "page_idx"}, func(r *columnar.Reader) func(int) error {
		var facts imageFacts
		return func(i int) error {
			hit, page := r.Column(a.hitColumn), r.Column("page_idx").Ints
			numbers := g.hits.Number(nil, hit.Dict)
			for k := range r.Rows() {
				row := a.starts[i] + int32(k)
				m, ok := s.member(row, &facts)
				if !ok {
					continue
				}
				m.row, m.hit, m.page = row, -1, -1
				if d := hit.Index[k]; d >= 0 {
					m.hit = numbers[d]
				}
				if page[k] != columnar.Null && m.hit >= 0 {
					m.page = int32(page[k])
				}
				found[i] = append(found[i], m)
			}
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	g.members = slices.Concat(found...)
	g.sort(a.workers.Places())
	return g, nil
}

// sort sorts the members. It first replaces the numbers of workers and HITs, which depend on the order in
// which goroutines met the names, by the ranks of the names, so that the order of the members does not depend
// on it.
func (g *grouping) sort(workers []int32) {
	hits := g.hits.Places()
	for i := range g.members {
		m := &g.members[i]
		if m.worker >= 0 {
			m.worker = workers[m.worker]
		}
		if m.hit >= 0 {
			m.hit = hits[m.hit]
		}
	}
	list := make([]string, len(hits))
	for id, p := range hits {
		list[p] = g.hits.List[id]
	}
	g.hits.List = list
	slices.SortFunc(g.members, func(a, b member) int { return cmp.Or(a.to(&b, sharesPage), cmp.Compare(a.row, b.row)) })
	g.order = make([]int32, len(g.members))
	for i := range g.order {
		g.order[i] = int32(i)
	}
	slices.SortFunc(g.order, func(a, b int32) int { return cmp.Compare(g.members[a].row, g.members[b].row) })
}

// alike returns the range of the members that share with member i as much as the depth says.
func (g *grouping) alike(i int, d depth) (from, to int) {
	m := &g.members[i]
	from = sort.Search(i, func(k int) bool { return g.members[k].to(m, d) >= 0 })
	to = i + 1 + sort.Search(len(g.members)-i-1, func(k int) bool { return g.members[i+1+k].to(m, d) > 0 })
	return from, to
}

// others calls f with up to n partners of member i, drawn by r. Partners share with it exactly as much as the
// depth says, and nothing deeper: a partner in the HIT is on another page.
func (g *grouping) others(i, n int, d depth, known bool, r *rand.Rand, f func(k int) error) error {
	if !known {
		return nil
	}
	from, to := g.alike(i, d)
	out, back := i, i+1 // the range of members that share more is left out
	if m := &g.members[i]; d == sharesHIT && m.page >= 0 || d == sharesWorker && m.hit >= 0 {
		out, back = g.alike(i, d+1)
	}
	for _, k := range draw(r, (to-from)-(back-out), n) {
		if k += from; k >= out {
			k += back - out
		}
		if err := f(k); err != nil {
			return err
		}
	}
	return nil
}

// draw returns n of the numbers 0 … m − 1, drawn at random by Floyd's algorithm and sorted.
func draw(r *rand.Rand, m, n int) []int {
	n = min(m, n)
	out := make([]int, 0, n)
	for k := m - n; k < m; k++ {
		at := r.IntN(k + 1)
		if slices.Contains(out, at) {
			at = k
		}
		out = append(out, at)
	}
	slices.Sort(out)
	return out
}

// pairChunk is the number of images in a chunk.
const pairChunk = 1 << 15

func (p *pairSource) chunks() int { return (len(p.g.members) + pairChunk - 1) / pairChunk }

func (p *pairSource) chunk() (func(chunk int, emit func(*pair) error) error, error) {
	return func(chunk int, emit func(*pair) error) error {
		for _, i := range p.g.order[chunk*pairChunk : min((chunk+1)*pairChunk, len(p.g.order))] {
			if err := p.of(int(i), emit); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// of calls emit with the pairs of a member.
func (p *pairSource) of(i int, emit func(*pair) error) error {
	m := &p.g.members[i]
	x := pair{part: int(m.part), split: p.o.splitName(int(m.part)), image: p.imageOf(m.row), row: m.row, worker: p.workerOf(m.row), page: m.page}
	if m.hit >= 0 {
		x.hit = p.g.hits.Name(m.hit)
	}
	for _, rel := range []struct {
		name  string
		d     depth
		known bool
	}{{SamePage, sharesPage, m.page >= 0}, {SameHIT, sharesHIT, m.hit >= 0}, {SameWorker, sharesWorker, m.worker >= 0}} {
		x.relation = rel.name
		err := p.g.others(i, p.o.Partners, rel.d, rel.known, chance(p.o.Seed, "pairs "+rel.name, x.image), func(k int) error {
			o := &p.g.members[k]
			x.other, x.otherRow, x.otherPage = p.imageOf(o.row), o.row, o.page
			return emit(&x)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func pairFields(o *Options) targetfile.Fields[pair] {
	image := func(name string, get func(*pair) string) targetfile.Field[pair] {
		if o.Set == ImageNet {
			return targetfile.TextField(name, get)
		}
		return targetfile.IntField(targetfile.KindInt64, name, func(p *pair) int64 { n, _ := strconv.ParseInt(get(p), 10, 64); return n })
	}
	seq := func(name string, get func(*pair) int32) targetfile.Field[pair] {
		return targetfile.IntField(targetfile.KindInt64, name, func(p *pair) int64 { return int64(get(p)) })
	}
	page := func(name string, get func(*pair) int32) targetfile.Field[pair] {
		return targetfile.IntField(targetfile.KindInt32, name, func(p *pair) int64 { return targetfile.OrNull(int64(get(p)), -1) })
	}
	cols := targetfile.Fields[pair]{
		image("image_id", func(p *pair) string { return p.image }),
		targetfile.TextField("relation", func(p *pair) string { return p.relation }),
		image("partner_id", func(p *pair) string { return p.other }),
		seq("annotation", func(p *pair) int32 { return p.row }),
		seq("partner_annotation", func(p *pair) int32 { return p.otherRow }),
		targetfile.TextField("worker_id", func(p *pair) string { return p.worker }),
		targetfile.TextField("hit", func(p *pair) string { return p.hit }),
		page("page", func(p *pair) int32 { return p.page }),
		page("partner_page", func(p *pair) int32 { return p.otherPage }),
	}
	if o.SplitBy != "" {
		cols = append(cols, targetfile.TextField("split", func(p *pair) string { return p.split }))
	}
	return cols.Described(docs().Pairs, o.Set == COCO)
}

func (s *imagenetSet) imageOf(row int32) string  { return s.images.IDs.At(s.showings[row].image) }
func (s *imagenetSet) workerOf(row int32) string { return s.workers.Name(s.showings[row].worker) }

func (s *imagenetSet) member(row int32, f *imageFacts) (m member, ok bool) {
	image := s.showings[row].image
	if s.anchor[image] != row {
		return m, false
	}
	if f.of(s, image); f.final != row {
		return m, false
	}
	part, keep := f.split()
	return member{part: int32(part), worker: s.showings[row].worker}, keep
}

func (s *cocoSet) imageOf(row int32) string  { return s.pages[row].id() }
func (s *cocoSet) workerOf(row int32) string { return s.workers.Name(s.pages[row].worker) }

func (s *cocoSet) member(row int32, _ *imageFacts) (m member, ok bool) {
	n := &s.pages[row]
	if !slices.ContainsFunc(n.icons, func(c icon) bool { return c.Added() }) {
		return m, false
	}
	part, keep := s.split(n)
	return member{part: int32(part), worker: n.worker}, keep
}
