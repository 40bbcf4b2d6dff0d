package explore

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"abtool/explore/view"
)

// summaries are the views of the store, which are made while the first page is already there.
type summaries struct {
	stop context.CancelFunc
	done sync.WaitGroup
	sets map[string]*summary
}

type summary struct {
	ready chan struct{} // closed when view or err is set
	view  *view.View
	err   error
}

func (s *Server) summarise() {
	ctx, stop := context.WithCancel(context.Background())
	s.summaries = &summaries{stop: stop, sets: map[string]*summary{}}
	for _, set := range s.db.Sets {
		s.summaries.sets[set] = &summary{ready: make(chan struct{})}
	}
	s.numbers = &numbers{ready: make(chan struct{})}
	s.summaries.done.Go(func() {
		for _, set := range s.db.Sets {
			x := s.summaries.sets[set]
			x.view, x.err = view.Open(ctx, s.db, set)
			close(x.ready)
		}
		for _, set := range s.db.Sets {
			if v := s.summaries.sets[set].view; v != nil {
				v.Complete(ctx) // who waits for it gets the error
			}
		}
		s.numbers.compute(ctx, s.options, s.replaced)
	})
}

func (m *summaries) close() {
	if m != nil {
		m.stop()
		m.done.Wait()
	}
}

// early returns the summary of a data set. It waits until there is one, which may lack its late fields.
func (s *Server) early(ctx context.Context, set string) (*view.View, error) {
	x := s.summaries.sets[set]
	if x == nil {
		return nil, notFound("the store has no data set %q", set)
	}
	select {
	case <-x.ready:
		return x.view, x.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// view returns the summary of a data set with all fields. It waits until it is complete.
func (s *Server) view(ctx context.Context, set string) (*view.View, error) {
	v, err := s.early(ctx, set)
	if err != nil {
		return nil, err
	}
	return v, v.WaitAll(ctx)
}

// A selection is what an address selects of a data set.
type selection struct {
	view   *view.View
	filter view.Filter
}

// prepared waits for the summary of a request's data set, and for the late fields that the request names.
func (s *Server) prepared(r *http.Request) {
	v, err := s.early(r.Context(), r.PathValue("set"))
	if err != nil {
		return
	}
	f, err := v.Parse(r.FormValue("f"))
	if err == nil {
		names := append(f.Names(), strings.TrimPrefix(r.FormValue("sort"), "-"))
		v.Wait(r.Context(), append(names, strings.Split(r.FormValue("fields"), ",")...)...)
	}
}

// selected returns the selection of an address: f is a filter, q a query with a column seq.
func (s *Server) selected(ctx context.Context, r *http.Request) (x selection, err error) {
	if _, err := s.setOf(r); err != nil {
		return x, err
	}
	if x.view, err = s.early(r.Context(), r.PathValue("set")); err != nil {
		return x, err
	}
	if x.filter, err = x.view.Parse(r.FormValue("f")); err != nil {
		return x, failure{http.StatusBadRequest, err}
	}
	x.filter.Rows = strings.TrimRight(strings.TrimSpace(r.FormValue("q")), "; \n")
	if c := clientOf(ctx); c != nil && s.options.Public && x.filter.Rows != "" { // one query at a time
		select {
		case c.asks <- struct{}{}:
			defer func() { <-c.asks }()
			return x, x.view.Prepare(ctx, x.filter)
		case <-ctx.Done():
			return x, ctx.Err()
		}
	}
	return x, nil
}

// A reply is an answer with its head: whether it is one, and how long it took.
type reply struct {
	OK bool  `json:"ok"`
	MS int64 `json:"ms"`
}

func since(start time.Time) reply { return reply{true, time.Since(start).Milliseconds()} }

// fields answers with the fields of a data set, and says which are still being read. With wait=1 it waits for these.
func (s *Server) fields(_ context.Context, r *http.Request) (any, error) {
	start := time.Now()
	v, err := s.early(r.Context(), r.PathValue("set"))
	if err == nil && r.FormValue("wait") != "" {
		err = v.WaitAll(r.Context())
	}
	if err != nil {
		return nil, err
	}
	return struct {
		reply
		Total   int64        `json:"total"`
		Fields  []view.Field `json:"fields"`
		Reading []string     `json:"reading,omitempty"`
	}{since(start), v.Total, v.Fields, v.Reading()}, nil
}

// facets answers with the facets of the fields that are named, for a filter.
func (s *Server) facets(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	x, err := s.selected(ctx, r)
	if err != nil {
		return nil, err
	}
	out := struct {
		reply
		N      int64         `json:"n"`
		Total  int64         `json:"total"`
		Facets []*view.Facet `json:"facets"`
	}{Total: x.view.Total, Facets: []*view.Facet{}}
	if out.N, err = x.view.Count(ctx, x.filter); err != nil {
		return nil, err
	}
	for _, name := range strings.Split(r.FormValue("fields"), ",") {
		if name == "" {
			continue
		}
		f, err := x.view.Facet(ctx, x.filter, name, r.FormValue("search"))
		if err != nil {
			return nil, err
		}
		out.Facets = append(out.Facets, f)
	}
	out.reply = since(start)
	return out, nil
}

// Limits of the rows of a page.
const (
	defaultRows = 48
	mostRows    = 500
)

// rows answers with a page of rows.
func (s *Server) rows(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	x, err := s.selected(ctx, r)
	if err != nil {
		return nil, err
	}
	order, err := x.view.ParseSort(r.FormValue("sort"))
	if err != nil {
		return nil, failure{http.StatusBadRequest, err}
	}
	page, size, err := pageAndSize(r)
	if err != nil {
		return nil, err
	}
	rows, err := x.view.Rows(ctx, x.filter, order, page, size)
	if err != nil {
		return nil, err
	}
	return struct {
		reply
		*view.Page
	}{since(start), rows}, nil
}

// pageAndSize returns the number and the size of a page of rows.
func pageAndSize(r *http.Request) (page, size int64, err error) {
	page, size = 1, defaultRows
	for _, p := range []struct {
		name string
		to   *int64
		most int64
	}{{"page", &page, 1 << 40}, {"n", &size, mostRows}} {
		text := r.FormValue(p.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > p.most {
			return 0, 0, wrong("%s=%s: give a number from 1 to %d", p.name, text, p.most)
		}
		*p.to = n
	}
	return page, size, nil
}

// marks answers with what is drawn over the images of a grid: paths, clicks and boxes of the showings in seqs.
func (s *Server) marks(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	v, err := s.early(r.Context(), r.PathValue("set"))
	if err != nil {
		return nil, err
	}
	var seqs []int64
	for _, text := range strings.Split(r.FormValue("seqs"), ",") {
		n, err := number(text)
		if err != nil || len(seqs) == mostRows {
			return nil, wrong("seqs: give at most %d numbers, joined by commas", mostRows)
		}
		seqs = append(seqs, n)
	}
	marks, err := v.Marks(ctx, seqs)
	if err != nil {
		return nil, err
	}
	return struct {
		reply
		Marks []view.Mark `json:"marks"`
	}{since(start), marks}, nil
}
