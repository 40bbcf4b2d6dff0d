package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"abtool/collect"
	"abtool/collect/storage"
)

// A person is who sends a request.
type person struct {
	storage.Worker
	visit storage.Visit
}

// session calls a handler with the person to whom the token of a request belongs.
func (s *Server) session(next func(http.ResponseWriter, *http.Request, *person)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p := s.who(w, r, bearer(r)); p != nil {
			next(w, r, p)
		}
	}
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

// who returns the person to whom a token belongs. It answers the request and returns nil if there is none.
func (s *Server) who(w http.ResponseWriter, r *http.Request, token string) *person {
	if len(token) != 64 {
		s.nobody(w, r)
		return nil
	}
	digest := hash(token)
	if !s.limits.allow(string(digest)) {
		limited(w)
		return nil
	}
	var p person
	var err error
	if p.visit, p.Worker, err = s.DB.Session(r.Context(), digest); errors.Is(err, storage.ErrUnknown) {
		s.nobody(w, r)
		return nil
	} else if err != nil {
		s.failed(w, r, err)
		return nil
	}
	return &p
}

// nobody answers a request without a token that is known.
func (s *Server) nobody(w http.ResponseWriter, r *http.Request) {
	if !s.limits.allow(s.network(s.limits, r)) {
		limited(w)
		return
	}
	refuse(w, http.StatusUnauthorized, "no_visit", "the visit is not known; open the link again")
}

// A device is what the page says about the browser.
type device struct {
	Pointers    []string `json:"pointers"`
	Width       float64  `json:"width"`
	Height      float64  `json:"height"`
	Ratio       float64  `json:"ratio"`
	Browser     string   `json:"browser"`
	System      string   `json:"system"`
	ClockStepUS float64  `json:"clock_step_us"`
	Language    string   `json:"language"`
}

// visit begins a visit, or goes on with the one of the token.
func (s *Server) visit(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Platform string            `json:"platform"`
		Params   map[string]string `json:"params"`
		Device   device            `json:"device"`
	}
	if !read(w, r, maxBody, &in) {
		return
	}
	if token := bearer(r); len(token) == 64 {
		visit, worker, err := s.DB.Session(r.Context(), hash(token))
		if err == nil {
			if !s.limits.allow(string(hash(token))) {
				limited(w)
				return
			}
			s.welcome(w, r, token, &person{worker, visit})
			return
		}
		if !errors.Is(err, storage.ErrUnknown) {
			s.failed(w, r, err)
			return
		}
	}
	if !s.limits.allow(s.network(s.limits, r)) {
		limited(w)
		return
	}
	if in.Platform != "link" {
		refuse(w, 400, "bad_platform", "there is no platform %q: it is link", in.Platform)
		return
	}
	if !slices.ContainsFunc(in.Device.Pointers, func(p string) bool { return slices.Contains(s.Study.Task.Devices, p) }) {
		refuse(w, 403, "device", "this study needs a mouse or a touchpad; please open the link on a computer")
		return
	}
	if !s.roomy(roomForWork) {
		later(w, "disk_full", "the server has no room for new work; please come back later")
		return
	}
	claim, id, ok := s.identify(w, r, in.Params)
	if !ok {
		return
	}
	worker := s.keys.Worker("link", claim)
	about, err := json.Marshal(in.Device)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	if err := s.Identities.Put(r.Context(), worker, "link", id, s.now()); err != nil {
		s.failed(w, r, err)
		return
	}
	token := NewToken()
	p := new(person)
	made := storage.NewVisit{Worker: worker, Platform: "link", Token: hash(token), Device: string(about)}
	if p.visit, p.Worker, err = s.DB.Visit(r.Context(), made, s.now()); err != nil {
		s.failed(w, r, err)
		return
	}
	s.welcome(w, r, token, p)
}

// identify finds out who comes by a link: what the pseudonym is made of, and how the identities name it.
func (s *Server) identify(w http.ResponseWriter, r *http.Request, params map[string]string) (claim, id string, ok bool) {
	token, name := params["token"], strings.Join(strings.Fields(params["name"]), " ")
	switch {
	case token != "":
		number, err := s.DB.UseInvite(r.Context(), hash(token), s.now())
		if errors.Is(err, storage.ErrUnknown) {
			refuse(w, 403, "bad_invitation", "this invitation is not known; please check that the link is complete")
			return "", "", false
		}
		if err != nil {
			s.failed(w, r, err)
			return "", "", false
		}
		return "token " + token, fmt.Sprintf("invitation %d", number), true
	case s.Study.Platform.Link.Open && name != "" && len(name) <= 200 && !strings.ContainsRune(name, 0):
		return "name " + name, "name " + name, true
	case s.Study.Platform.Link.Open:
		refuse(w, 403, "no_invitation", "the address needs a name: add ?name=YOUR-NAME")
	default:
		refuse(w, 403, "no_invitation", "this study is by invitation: please open the link that you were given")
	}
	return "", "", false
}

// welcome answers a visit.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request, token string, p *person) {
	state, err := s.stateOf(r, p)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	about := s.Study.Study
	body := map[string]any{
		"token": token, "state": state,
		"study": map[string]any{"id": about.ID, "title": about.Title, "language": about.Language, "task": s.Study.Task.Kind,
			"pages": s.Study.Task.Pages, "minutes": about.Minutes, "contact": about.Contact,
			"texts": map[string]string{"landing": s.html["landing"], "instructions": s.html["instructions"], "end": s.html["end"]}},
		"consent": s.consentBody(), "levels": map[string]string{"needs": s.Study.Record.Needs, "allows": s.Study.Record.Level},
		"participation": nil, "arm": nil, "level": nil,
	}
	if state == "refused" {
		body["reason"] = "You have withdrawn from this study. Nothing more is recorded."
	}
	if p.State == storage.Work {
		s.addAgreed(body, &p.Worker)
	}
	answer(w, 200, body)
}

func (s *Server) consentBody() map[string]any {
	return map[string]any{"version": s.consent.Version, "sha256": s.consent.SHA256, "html": s.html["consent"]}
}

// addAgreed adds what is known of somebody who has agreed.
func (s *Server) addAgreed(body map[string]any, w *storage.Worker) {
	body["participation"] = s.keys.ParticipationCode(s.Study.Study.ID, w.ID)
	body["arm"] = s.arm(w.Arm)
	body["level"] = w.Level
}

// arm returns an arm for the page. Without arms everybody has the default.
func (s *Server) arm(name string) any {
	a, ok := s.Study.Arms[name]
	if !ok {
		a = collect.Arm{Pointer: "default", Reveal: "always", Instruction: "default", Magnifier: "none"}
		if name == "" {
			name = "default"
		}
	}
	return struct {
		Name string `json:"name"`
		collect.Arm
	}{name, a}
}

// stateOf returns the state of a visit.
func (s *Server) stateOf(r *http.Request, p *person) (string, error) {
	var work storage.Progress
	err := s.DB.View(r.Context(), func(v *storage.View) (err error) {
		work, err = v.Progress(p.ID, p.visit.Ticket, s.Study.Assign.MostHITs)
		return err
	})
	switch {
	case err != nil:
		return "", err
	case p.State == storage.Withdrawn:
		return "refused", nil
	case p.State == storage.Work && work.Done:
		return "done", nil
	case !work.Open && !work.More:
		return "full", nil
	case p.State == storage.Work && p.Consent == s.consent.Version:
		return "work", nil
	}
	return "consent", nil
}

// agree stores whether somebody takes part.
func (s *Server) agree(w http.ResponseWriter, r *http.Request, p *person) {
	var in struct {
		Version int64  `json:"version"`
		SHA256  string `json:"sha256"`
		Agreed  bool   `json:"agreed"`
		Level   string `json:"level"`
	}
	if !read(w, r, maxBody, &in) {
		return
	}
	if !in.Agreed {
		err := s.DB.Refuse(r.Context(), p.ID, p.visit.ID, s.now())
		if err == nil { // nobody needs to know who this was
			err = s.Identities.Erase(r.Context(), p.ID)
		}
		if err != nil {
			s.failed(w, r, err)
			return
		}
		answer(w, 200, map[string]any{"state": "refused"})
		return
	}
	if in.Version != s.consent.Version || in.SHA256 != s.consent.SHA256 {
		s.changed(w)
		return
	}
	least, most, level := slices.Index(collect.Levels, s.Study.Record.Needs), slices.Index(collect.Levels, s.Study.Record.Level), slices.Index(collect.Levels, in.Level)
	if level < most || level > least {
		refuse(w, 400, "bad_level", "the level %q is not one of %s", in.Level, strings.Join(collect.Levels[most:least+1], ", "))
		return
	}
	if !s.roomy(roomForWork) {
		later(w, "disk_full", "the server has no room for new work; please come back later")
		return
	}
	worker, err := s.DB.Agree(r.Context(), p.ID, in.Level, in.Version, s.arms, pick, s.Study.Idle().Milliseconds(), s.now())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	body := map[string]any{"state": "work"}
	s.addAgreed(body, &worker)
	answer(w, 200, body)
}

// changed answers somebody who has agreed to another text.
func (s *Server) changed(w http.ResponseWriter) {
	answer(w, http.StatusConflict, map[string]any{"error": "the text has changed; please read it again", "code": "consent_changed",
		"consent": s.consentBody()})
}

// beat takes a sign of life.
func (s *Server) beat(w http.ResponseWriter, r *http.Request) {
	received := s.clock()
	var in struct {
		Token     string   `json:"token"`
		Sent      float64  `json:"sent"`
		Monotonic float64  `json:"monotonic"`
		Page      string   `json:"page"`
		Leaving   bool     `json:"leaving"`
		Offset    *float64 `json:"offset"`
		Delay     *float64 `json:"delay"`
	}
	if !read(w, r, 4<<10, &in) {
		return
	}
	p := s.who(w, r, in.Token)
	if p == nil {
		return
	}
	until, taken, err := s.DB.Beat(r.Context(), p.visit.ID, storage.Clock{Offset: in.Offset, Delay: in.Delay}, in.Leaving,
		s.Study.Idle().Milliseconds(), s.now())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	answer(w, 200, map[string]any{"received": received, "sent": s.clock(), "lease_until": until, "taken": taken})
}

// clock returns the time in ms since 1970.
func (s *Server) clock() float64 { return float64(s.Now().UnixMicro()) / 1000 }

// leave lets somebody stop.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, p *person) {
	var in struct {
		What   string `json:"what"`
		Delete bool   `json:"delete"`
	}
	if !read(w, r, 4<<10, &in) {
		return
	}
	var err error
	switch {
	case in.What == "return" && !in.Delete:
		err = s.DB.Return(r.Context(), p.ID, p.visit.ID, s.now())
	case in.What == "withdraw" && in.Delete:
		if _, err = s.DB.Erase(r.Context(), p.ID, "withdrawn", s.now()); err == nil {
			s.finishErasures(context.WithoutCancel(r.Context()), false)
		}
	case in.What == "withdraw":
		err = s.DB.Withdraw(r.Context(), p.ID, p.visit.ID, s.now())
	default:
		refuse(w, 400, "bad_what", "what is return or withdraw, and only who withdraws can have data deleted")
		return
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	answer(w, 200, map[string]any{"participation": s.keys.ParticipationCode(s.Study.Study.ID, p.ID)})
}

// oops keeps an error of the page's script.
func (s *Server) oops(w http.ResponseWriter, r *http.Request, p *person) {
	var in struct {
		Error string `json:"error"`
	}
	if !read(w, r, maxOops, &in) {
		return
	}
	if !s.notes.allow(p.ID) {
		limited(w)
		return
	}
	if err := s.DB.Note(r.Context(), p.ID, "oops", in.Error, s.now()); err != nil {
		s.failed(w, r, err)
		return
	}
	answer(w, 200, map[string]any{})
}
