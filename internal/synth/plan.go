package synth

import (
	"fmt"
	"slices"
)

// The page: 48 slots of which up to maxVisible hold images of the release, the others
// candidates from elsewhere that the release does not have.
const (
	slots      = 48
	hitPages   = 10
	maxVisible = 36
	groupPages = 8 // pages of one class whose unselected images share a page of the second round
	classes    = 1000
)

// Chances that shape the rounds.
const (
	againShare  = 0.5   // of the images not selected, shown in the second round
	absentShare = 0.003 // images without any showing
	unclear     = 0.12  // images whose object few recognise
	unclearPick = 0.3   // chance that an unclear image is selected
	doubleShare = 0.003 // HITs that two annotators did
)

// plan lays images out over pages, HITs and workers. Images of a class are neighbours, pages
// hold one class, the pages of a HIT are of different classes.
type plan struct {
	seed     uint64
	images   int
	visible  int // release images on a page
	pages    int // of the first round
	classes  int
	groups   []group
	first    scatter // page of the first round -> place in the HITs
	second   scatter // group -> place in the HITs of the second round
	hits     int     // of the first round
	allHITs  int
	workers  []worker
	perClass []int // first page of each class, and the end
	names    []string
	scene    func(image, class int) Scene
}

// group is a run of pages of one class.
type group struct{ class, first, end int }

// visible returns the number of the release's images on a page.
func visible(images int) int { return min(max(images/80, 6), maxVisible) }

// maxClasses returns the number of pages, which have a class each.
func maxClasses(images int) int { return (images + visible(images) - 1) / visible(images) }

func newPlan(o Options) *plan {
	seed, images := o.Seed, o.Images
	p := &plan{seed: seed, images: images, names: o.Classes, scene: o.Scene}
	p.visible = visible(images)
	p.pages = maxClasses(images)
	if p.classes = len(o.Classes); p.classes == 0 {
		p.classes = min(min(max(p.pages/8, 4), classes), p.pages)
	}
	for c := range p.classes {
		start, end := p.classStart(c), p.classStart(c+1)
		p.perClass = append(p.perClass, start)
		for f := start; f < end; f += groupPages {
			p.groups = append(p.groups, group{c, f, min(f+groupPages, end)})
		}
	}
	p.perClass = append(p.perClass, p.pages)
	p.first = newScatter(p.pages, hash(seed, stagePage, 1<<62))
	p.second = newScatter(len(p.groups), hash(seed, stagePage, 1<<62+1))
	p.hits = (p.pages + hitPages - 1) / hitPages
	p.allHITs = p.hits + (len(p.groups)+hitPages-1)/hitPages
	p.workers = newWorkers(seed, max(8, images*11/10/200))
	for i := range p.workers {
		if o.Diligence > 0 {
			p.workers[i].Diligence = o.Diligence
		}
	}
	for h := range p.allHITs {
		for take := range p.takes(h) {
			p.workers[pick(seed, len(p.workers), h, take)].HITs++
		}
	}
	return p
}

// classStart returns the first page of class c.
func (p *plan) classStart(c int) int { return (c*p.pages + p.classes - 1) / p.classes }

func (p *plan) classOf(page int) int {
	c, found := slices.BinarySearch(p.perClass, page)
	if found {
		return c
	}
	return c - 1
}

// name returns the name of a class.
func (p *plan) name(class int) string {
	if p.names != nil {
		return p.names[class]
	}
	return wnid(class)
}

// wnid returns an id that looks like one of WordNet. It does not depend on the seed, so that classes keep their names.
func wnid(class int) string { return fmt.Sprintf("n%08d", 1440764+class*13571+class%7*811) }

// pageImages returns the images on a page of the first round.
func (p *plan) pageImages(page int) (first, end int) {
	return page * p.visible, min((page+1)*p.visible, p.images)
}

// present appends the images that were really shown on a page of the first round.
func (p *plan) present(dst []int, page int) []int {
	first, end := p.pageImages(page)
	for i := first; i < end; i++ {
		if !p.absent(i) {
			dst = append(dst, i)
		}
	}
	return dst
}

// takes returns how often a HIT was done.
func (p *plan) takes(hit int) int {
	if unit(hash(p.seed, stageHIT, uint64(hit)<<2|1)) < doubleShare {
		return 2
	}
	return 1
}

// hitOf returns the HIT of a page of a round (0 or 1), and the place of the page in it. In the second round the page is a group.
func (p *plan) hitOf(round, page int) (hit, at int) {
	if round == 0 {
		q := p.first.at(page)
		return q / hitPages, q % hitPages
	}
	q := p.second.at(page)
	return p.hits + q/hitPages, q % hitPages
}

// pageAt returns the inverse of hitOf; ok is false past the last page.
func (p *plan) pageAt(hit, at int) (round, page int, ok bool) {
	if hit < p.hits {
		q := hit*hitPages + at
		if q >= p.pages {
			return 0, 0, false
		}
		return 0, p.first.back(q), true
	}
	q := (hit-p.hits)*hitPages + at
	if q >= len(p.groups) {
		return 1, 0, false
	}
	return 1, p.second.back(q), true
}

func (p *plan) absent(image int) bool {
	return unit(hash(p.seed, stageImage, uint64(image)<<1|1)) < absentShare
}

func (p *plan) isUnclear(image int) bool {
	return unit(hash(p.seed, stageImage, 1<<60|uint64(image))) < unclear
}

// chosen reports whether an annotator selects an image. key numbers the showing.
func (p *plan) chosen(image int, w *worker, key uint64) bool {
	share := w.Recall
	if p.isUnclear(image) {
		share *= unclearPick
	}
	return unit(hash(p.seed, stageOutcome, uint64(image)<<4|key)) < share
}

// again lists the images of a group that are shown in the second round.
func (p *plan) again(dst []int, g group) []int {
	for page := g.first; page < g.end; page++ {
		hit, _ := p.hitOf(0, page)
		w := &p.workers[pick(p.seed, len(p.workers), hit, 0)]
		first, end := p.pageImages(page)
		for i := first; i < end && len(dst) < slots; i++ {
			if !p.absent(i) && !p.chosen(i, w, 0) && unit(hash(p.seed, stageOutcome, uint64(i)<<4|15)) < againShare {
				dst = append(dst, i)
			}
		}
	}
	return dst
}

// ClassOf returns the class of each image of a run with these options, as its place in Options.Classes.
func ClassOf(o Options) func(image int) int {
	p := newPlan(o)
	return func(image int) int { return p.classOf(image / p.visible) }
}
