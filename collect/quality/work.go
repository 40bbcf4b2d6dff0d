package quality

import (
	"cmp"
	"math"
	"slices"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/recording"
	"abtool/collect/records"
	"abtool/collect/storage"
)

// A Work is an assignment with what was done.
type Work struct {
	storage.Assignment
	HIT   collect.HIT
	Arm   string
	Level string       // at which it was recorded
	Pages []Page       // that were submitted, by number
	Left  map[int]bool // numbers of pages that were left to others, if the assignment has the rest of a HIT; may be nil
}

// Given returns the HIT with the pages that the assignment has.
func (w *Work) Given() collect.HIT {
	h := w.HIT
	h.Pages = nil
	for n, p := range w.HIT.Pages {
		if !w.Left[n] {
			h.Pages = append(h.Pages, p)
		}
	}
	return h
}

// Over reports whether nothing more will come, as far as is known.
func (w *Work) Over() bool { return w.State != storage.Offered && w.State != storage.Working }

// A Page is a page that was submitted.
type Page struct {
	Number   int
	Plan     collect.Page
	Attempts []*recording.Page  // up to the one that was submitted; none of a page of an original front end
	FrontEnd []byte             // the page as an original front end sent it, else nil
	Browse   *derive.BrowsePage // nil on a tag page
	Tag      *derive.TagPage    // nil on a browse page
}

// A Reader reads works from a view of the database.
type Reader struct {
	v       *storage.View
	images  map[string]*collect.Image
	hits    map[string]collect.HIT
	workers map[string]storage.Worker
	supers  []string
}

// NewReader returns a reader of the works of a study.
func NewReader(v *storage.View, study *collect.Study) (*Reader, error) {
	r := &Reader{v: v, hits: map[string]collect.HIT{}, workers: map[string]storage.Worker{}}
	for _, s := range study.Superclasses() {
		r.supers = append(r.supers, s.Name)
	}
	hits, err := v.Issued()
	if err != nil {
		return nil, err
	}
	for _, h := range hits {
		r.hits[h.ID] = h
	}
	workers, err := v.Workers()
	if err != nil {
		return nil, err
	}
	for _, w := range workers {
		r.workers[w.ID] = w
	}
	r.images, err = records.Images(v)
	return r, err
}

// Image returns an image of the study, or nil.
func (r *Reader) Image(id string) *collect.Image { return r.images[id] }

// Read reads what was done for an assignment.
func (r *Reader) Read(a storage.Assignment) (*Work, error) {
	who := r.workers[a.Worker]
	w := &Work{Assignment: a, HIT: r.hits[a.HIT], Arm: who.Arm, Level: who.Level}
	pages, err := r.v.Pages(a.ID)
	if err != nil {
		return nil, err
	}
	if len(pages) < len(w.HIT.Pages) {
		w.Left = map[int]bool{}
		for n := range w.HIT.Pages {
			w.Left[n] = !slices.ContainsFunc(pages, func(p storage.Page) bool { return p.Number == n })
		}
	}
	for i := range pages {
		submitted := pages[i].Submitted()
		if submitted == nil {
			continue
		}
		p, err := r.page(w, &pages[i], submitted)
		if err != nil {
			return nil, err
		}
		w.Pages = append(w.Pages, p)
	}
	return w, nil
}

func (r *Reader) page(w *Work, stored *storage.Page, submitted *storage.Attempt) (p Page, err error) {
	p = Page{Number: stored.Number, Plan: w.HIT.Pages[stored.Number]}
	d, err := records.Describe(stored, submitted, &p.Plan, r.images)
	if err != nil {
		return p, err
	}
	d.Superclasses, d.Arm = r.supers, cmp.Or(stored.Arm, w.Arm)
	if r.workers[w.Worker].Platform == storage.Compat {
		return p, r.frontEnd(&p, submitted, d)
	}
	for i := range stored.Attempts {
		x := &stored.Attempts[i]
		if x.Attempt > submitted.Attempt {
			break
		}
		chunks, err := r.v.Chunks(x.Page, x.Attempt)
		if err != nil {
			return p, err
		}
		recorded, _, _ := records.Join(x, chunks)
		p.Attempts = append(p.Attempts, recorded)
	}
	if w.HIT.Task == collect.Browse {
		p.Browse, err = derive.Browse(p.Attempts, d)
	} else {
		p.Tag, err = derive.Tag(p.Attempts, d)
	}
	return p, err
}

// frontEnd reads a page that an original front end sent.
func (r *Reader) frontEnd(p *Page, submitted *storage.Attempt, d derive.Page) error {
	chunks, err := r.v.Chunks(submitted.Page, submitted.Attempt)
	if err != nil {
		return err
	}
	body, err := records.FrontEnd(chunks)
	if err != nil {
		return err
	}
	p.FrontEnd = body
	if p.Plan.Class != "" {
		p.Browse = derive.FrontEndBrowse(body, d)
	} else {
		p.Tag = derive.FrontEndTag(body, d)
	}
	return nil
}

// Duration returns how long a submitted assignment took, in ms by the clock of the server: from the first chunk to
// the submit of the last page.
func Duration(a *storage.Assignment) (ms int64, ok bool) {
	if a.State != storage.Submitted || a.Started == nil || a.Submitted == nil {
		return 0, false
	}
	return *a.Submitted - *a.Started, true
}

// Durations are the number, mean and standard deviation of the durations of all assignments of a study.
type Durations struct {
	N        int
	Mean, SD float64 // ms; SD is that of a sample
}

// DurationsOf returns the durations of the submitted assignments.
func DurationsOf(all []storage.Assignment) (d Durations) {
	sum := 0.0
	for i := range all {
		if ms, ok := Duration(&all[i]); ok {
			d.N++
			sum += float64(ms)
		}
	}
	d.Mean = sum / float64(d.N)
	for i := range all {
		if ms, ok := Duration(&all[i]); ok {
			d.SD += (float64(ms) - d.Mean) * (float64(ms) - d.Mean)
		}
	}
	d.SD = math.Sqrt(d.SD / float64(d.N-1))
	return d
}

// Fast reports whether a duration is more than three standard deviations below the mean.
func (d Durations) Fast(ms int64) bool { return d.N > 1 && float64(ms) < d.Mean-3*d.SD }
