package server

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"abtool/collect/derive"
	"abtool/collect/quality"
	"abtool/collect/storage"
)

// assignmentsShown is the number of assignments of a page of the list.
const assignmentsShown = 50

// listPage is a page of the list of assignments, the last one offered first.
type listPage struct {
	Rows             []*quality.Assessment
	Rules            []quality.RuleText
	First, Last, All int
	Newer, Older     string // addresses; "": none
	Paper            string
}

func (s *Server) assignments(w http.ResponseWriter, r *http.Request) {
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 0 {
		from = 0
	}
	s.view(w, r, "assignments.html", func(v *storage.View) (any, error) {
		list, err := v.Assignments()
		if err != nil {
			return nil, err
		}
		slices.Reverse(list)
		from = min(from, len(list))
		to := min(from+assignmentsShown, len(list))
		want := map[string]bool{}
		for _, a := range list[from:to] {
			want[a.ID] = true
		}
		p := listPage{Rules: quality.RulesOf(s.Study.Task.Kind), First: from + 1, Last: to, All: len(list), Paper: quality.Paper[s.Study.Task.Kind]}
		if from > 0 {
			p.Newer = fmt.Sprintf("/assignments?from=%d", max(from-assignmentsShown, 0))
		}
		if to < len(list) {
			p.Older = fmt.Sprintf("/assignments?from=%d", to)
		}
		p.Rows, err = quality.All(v, s.Study, s.Truth, func(a *storage.Assignment) bool { return want[a.ID] })
		slices.Reverse(p.Rows)
		return p, err
	})
}

// workPage is the page of an assignment, where a person sees what was done and decides.
type workPage struct {
	*quality.Assessment
	Pages   []pageRow
	Done    []donePage
	Shown   *donePage // whose replay is shown; nil if no page was submitted
	Texts   map[string]quality.SignalText
	Grounds []string
	Reviews []storage.Review
	Error   string // of the decision that was tried
	Reason  string // that was typed
}

// A row of the pages of an assignment.
type pageRow struct {
	storage.Page
	Class string
	Slots int
}

func (s *Server) assignment(w http.ResponseWriter, r *http.Request) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	s.view(w, r, "assignment.html", func(v *storage.View) (any, error) { return s.work(v, r.PathValue("id"), page) })
}

// read reads what was done for an assignment. list has all assignments.
func (s *Server) read(v *storage.View, id string) (done *quality.Work, reader *quality.Reader, list []storage.Assignment, err error) {
	if list, err = v.Assignments(); err != nil {
		return nil, nil, nil, err
	}
	at := slices.IndexFunc(list, func(a storage.Assignment) bool { return a.ID == id })
	if at < 0 {
		return nil, nil, nil, storage.ErrUnknown
	}
	if reader, err = quality.NewReader(v, s.Study); err != nil {
		return nil, nil, nil, err
	}
	done, err = reader.Read(list[at])
	return done, reader, list, err
}

// work gathers what the page of an assignment shows, with the replay of a page.
func (s *Server) work(v *storage.View, id string, page int) (*workPage, error) {
	done, _, list, err := s.read(v, id)
	if err != nil {
		return nil, err
	}
	p := &workPage{Assessment: quality.Assess(done, &s.Study.Settings, quality.DurationsOf(list), s.Truth), Texts: map[string]quality.SignalText{}}
	for _, t := range quality.SignalTexts {
		p.Texts[t.Name] = t
	}
	p.Grounds = append(append(p.Failing(), p.SignalNames()...), quality.Other)
	pages, err := v.Pages(id)
	if err != nil {
		return nil, err
	}
	for _, page := range pages {
		planned := done.HIT.Pages[page.Number]
		p.Pages = append(p.Pages, pageRow{page, s.Study.Class(planned.Class).Name, len(planned.Slots)})
	}
	for i := range done.Pages {
		p.Done = append(p.Done, s.summary(&done.Pages[i]))
	}
	if len(p.Done) > 0 {
		at := max(slices.IndexFunc(p.Done, func(d donePage) bool { return d.Number == page }), 0)
		p.Shown = &p.Done[at]
	}
	all, err := v.Reviews()
	for _, r := range all {
		if r.Assignment == id {
			p.Reviews = append(p.Reviews, r)
			p.Decision = &p.Reviews[len(p.Reviews)-1]
		}
	}
	return p, err
}

// donePage says what was done on a page.
type donePage struct {
	Number           int
	Class            string
	Visible, Active  int64 // ms, of all attempts
	Samples, Choices int
	Attempts         int
	Mismatch         bool
}

func (s *Server) summary(p *quality.Page) donePage {
	d := donePage{Number: p.Number, Class: s.Study.Class(p.Plan.Class).Name, Attempts: len(p.Attempts)}
	for _, a := range p.Attempts {
		here := derive.PresenceOf(a, 0)
		d.Visible, d.Active = d.Visible+here.Visible, d.Active+here.Active(derive.IdleAfter)
		d.Samples += len(a.Samples)
		d.Choices += len(a.Choices) + len(a.Icons)
	}
	if p.Browse != nil {
		d.Mismatch = p.Browse.Mismatch
	} else {
		d.Mismatch = p.Tag.Mismatch
	}
	return d
}

// adminImage serves an image of the study to the administrator.
func (s *Server) adminImage(w http.ResponseWriter, r *http.Request) {
	var path string
	err := s.DB.View(r.Context(), func(v *storage.View) (err error) {
		path, err = v.ImagePath(r.PathValue("id"))
		return err
	})
	switch {
	case errors.Is(err, storage.ErrUnknown):
		http.Error(w, "there is no such image", http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		serveFile(w, r, s.images, path, r.PathValue("id"))
	}
}

// decide stores the decision of a form.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := r.PathValue("id")
	var p *workPage
	err := s.DB.View(r.Context(), func(v *storage.View) (err error) {
		p, err = s.work(v, id, 0)
		return err
	})
	if errors.Is(err, storage.ErrUnknown) {
		s.show(w, http.StatusNotFound, "lack.html", nil)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.Reason = strings.TrimSpace(r.PostForm.Get("reason"))
	review, err := p.Decide(quality.Decision{Decision: r.PostForm.Get("decision"), Grounds: r.PostForm["ground"], Reason: p.Reason}, "page", s.now())
	status := http.StatusBadRequest
	if err == nil {
		_, err = s.DB.Decide(r.Context(), []storage.Review{review}, r.PostForm.Get("again") == "yes")
		status = http.StatusInternalServerError
		if errors.Is(err, storage.ErrDecided) {
			err, status = errors.New("somebody has decided already; tick the box to decide again"), http.StatusConflict
		}
	}
	if err != nil {
		p.Error = err.Error()
		s.show(w, status, "assignment.html", p)
		return
	}
	http.Redirect(w, r, "/assignments/"+id, http.StatusSeeOther)
}
