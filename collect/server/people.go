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
	"abtool/collect/platform"
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
	var in visitBody
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
	from, a, ok := s.arrive(w, &in)
	if !ok {
		return
	}
	if !slices.ContainsFunc(in.Device.Pointers, func(p string) bool { return slices.Contains(s.Study.Task.Devices, p) }) {
		body := map[string]any{"code": "device", "error": "this study needs a mouse or a touchpad; please open the link on a computer"}
		if from != nil {
			body["back"] = from.Back(a.Params, platform.ScreenedOut, "")
		}
		answer(w, 403, body)
		return
	}
	if !s.roomy(roomForWork) {
		later(w, "disk_full", "the server has no room for new work; please come back later")
		return
	}
	who := storage.NewVisit{Platform: platform.NameLink, Verified: a.Verified}
	id := a.Person
	if from != nil {
		who.Platform, who.Worker, who.Ticket = from.Name(), s.keys.Worker(from.Name(), a.Person), s.keys.Ticket(from.Name(), a.Ticket)
	} else {
		var claim string
		if claim, id, ok = s.identify(w, r, in.Params); !ok {
			return
		}
		who.Worker = s.keys.Worker(platform.NameLink, claim)
	}
	in.Device.complete(r)
	about, err := json.Marshal(in.Device)
	token := NewToken()
	p := new(person)
	if err == nil {
		who.Token, who.Device = hash(token), string(about)
		p.visit, p.Worker, err = s.DB.Visit(r.Context(), who, s.now())
	}
	if err == nil {
		var e *storage.Entry
		if from != nil {
			e = &storage.Entry{Visit: p.visit.ID, Worker: p.ID, Platform: who.Platform, Params: a.Params.String()}
		}
		err = s.Identities.Identify(r.Context(), s.DB, p.ID, who.Platform, id, e, s.now())
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	s.welcome(w, r, token, p)
}

// A visitBody begins a visit.
type visitBody struct {
	Platform string          `json:"platform"` // "": as the parameters say
	Params   platform.Params `json:"params"`
	Device   device          `json:"device"`
}

// arrive finds out which platform an address is of, and who comes by it. The platform is nil for links of the study. ok
// is false if the request was answered: it was refused, or is a preview.
func (s *Server) arrive(w http.ResponseWriter, in *visitBody) (from platform.Platform, a platform.Arrival, ok bool) {
	switch in.Platform {
	case "":
		from = s.sources.Of(in.Params)
	case platform.NameLink:
	default:
		if from = s.sources.Named(in.Platform); from == nil {
			refuse(w, 400, "bad_platform", "this study has no platform %q: it has %s", in.Platform,
				strings.Join(append(s.Study.Platform.Used(), platform.NameLink), ", "))
			return nil, a, false
		}
	}
	if from == nil {
		return nil, a, true
	}
	a, err := from.Read(in.Params, s.Now())
	if err != nil {
		refuse(w, 403, "bad_claim", "%v", err)
		return nil, a, false
	}
	if a.Preview {
		answer(w, 200, s.previewBody())
		return nil, a, false
	}
	return from, a, true
}

// back returns how somebody goes back to the platform, or nil for those who came by a link of the study.
func (s *Server) back(ctx context.Context, p *person, o platform.Outcome, code string) (*platform.Way, error) {
	from := s.sources.Named(p.Platform)
	if from == nil {
		return nil, nil
	}
	entry, err := s.Identities.Entry(ctx, p.visit.ID)
	if err != nil && !errors.Is(err, storage.ErrUnknown) { // it may have been forgotten
		return nil, err
	}
	way := from.Back(platform.ParseParams(entry.Params), o, code)
	return &way, nil
}

// identify finds out who comes by a link: what the pseudonym is made of, and how the identities name it.
func (s *Server) identify(w http.ResponseWriter, r *http.Request, params platform.Params) (claim, id string, ok bool) {
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
	body := s.studyBody()
	if outcome, ends := map[string]platform.Outcome{"refused": platform.Withdrawn, "full": platform.Full}[state]; ends && err == nil {
		body["back"], err = s.back(r.Context(), p, outcome, "")
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	body["token"], body["state"] = token, state
	body["participation"], body["arm"], body["level"] = nil, nil, nil
	if state == "refused" {
		body["reason"] = "You have withdrawn from this study. Nothing more is recorded."
	}
	if p.State == storage.Work {
		s.addAgreed(body, p)
	}
	answer(w, 200, body)
}

// studyBody returns what everybody may know of the study.
func (s *Server) studyBody() map[string]any {
	about := s.Study.Study
	return map[string]any{
		"study": map[string]any{"id": about.ID, "title": about.Title, "language": about.Language, "task": s.Study.Task.Kind,
			"pages": s.pages, "minutes": s.minutes.Load(), "contact": about.Contact,
			"texts": map[string]string{"landing": s.html["landing"], "instructions": s.html["instructions"], "end": s.html["end"]}},
		"consent": s.consentBody(), "levels": map[string]string{"needs": s.Study.Record.Needs, "allows": s.Study.Record.Level},
	}
}

// previewImages is the number of images of the page of a preview.
const previewImages = 6

// previewBody answers somebody who looks at the task before taking it: a page like those of the study, without its
// images. Nothing is stored.
func (s *Server) previewBody() map[string]any {
	body := s.studyBody()
	body["state"] = "preview"
	sample := pageBody{}
	n := 1
	sampleBody := map[string]any{"task": s.Study.Task.Kind, "measures": s.Study.Measures, "pages": []*pageBody{&sample}}
	if s.Study.Task.Kind == collect.Browse {
		n = min(s.Study.Task.Images, previewImages)
		sample.Class = s.classBody(s.Study.Classes[0].ID)
	} else {
		sampleBody["placing"], sampleBody["superclasses"] = s.Study.Task.Placing, s.superclasses()
	}
	for range n {
		sample.Slots = append(sample.Slots, slotBody{Width: 640, Height: 480})
	}
	body["sample"] = sampleBody
	return body
}

func (s *Server) consentBody() map[string]any {
	return map[string]any{"version": s.consent.Version, "sha256": s.consent.SHA256, "html": s.html["consent"]}
}

// addAgreed adds what is known of somebody who has agreed.
func (s *Server) addAgreed(body map[string]any, p *person) {
	body["participation"] = s.participation(p)
	body["arm"] = s.arm(p.Arm)
	body["level"] = p.Level
}

// participation returns the participation code for the page, or nil if it is not certain that the visit is the
// worker's: the code lets everything be deleted.
func (s *Server) participation(p *person) any {
	if !p.visit.Own {
		return nil
	}
	return s.keys.ParticipationCode(s.Study.Study.ID, p.ID)
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
		s.disagree(w, r, p)
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
	arms := s.arms
	if s.Study.Assign.Unit == collect.PerPage {
		arms = nil
	}
	worker, err := s.DB.Agree(r.Context(), p.ID, in.Level, in.Version, arms, s.Draw, s.Study.Idle().Milliseconds(), s.now())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	body := map[string]any{"state": "work"}
	s.addAgreed(body, &person{worker, p.visit})
	answer(w, 200, body)
}

// disagree stores that somebody does not take part.
func (s *Server) disagree(w http.ResponseWriter, r *http.Request, p *person) {
	way, err := s.back(r.Context(), p, platform.NoConsent, "")
	switch {
	case err != nil:
	case !p.visit.Own: // it may be somebody else
		err = s.DB.Return(r.Context(), p.ID, p.visit.ID, s.now())
	default:
		if err = s.DB.Refuse(r.Context(), p.ID, p.visit.ID, s.now()); err == nil {
			err = s.forget(r.Context(), p.ID)
		}
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	answer(w, 200, map[string]any{"state": "refused", "back": way})
}

// forget deletes what a platform calls somebody who does not take part. Who has finished work before is to be paid.
func (s *Server) forget(ctx context.Context, worker string) error {
	var work storage.Progress
	err := s.DB.View(ctx, func(v *storage.View) (err error) {
		work, err = v.Progress(worker, "", 0)
		return err
	})
	if err != nil || work.Submitted > 0 {
		return err
	}
	return s.Identities.Erase(ctx, worker)
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
	way, err := s.back(r.Context(), p, platform.Withdrawn, "") // before it is deleted
	if err != nil {
		s.failed(w, r, err)
		return
	}
	now := s.now()
	switch {
	case in.What == "return" && !in.Delete, in.What == "withdraw" && !in.Delete && !p.visit.Own:
		err = s.DB.Return(r.Context(), p.ID, p.visit.ID, now)
	case in.What == "withdraw" && in.Delete:
		if p.visit.Own {
			_, err = Erase(r.Context(), s.Study, s.DB, s.Identities, p.ID, "withdrawn", now)
		} else if err = keepPayments(r.Context(), s.Study, s.DB, s.Identities, p.ID, p.visit.ID); err == nil {
			err = s.DB.EraseTicket(r.Context(), p.ID, p.visit.ID, "withdrawn", now)
		}
		if err == nil {
			s.finishErasures(context.WithoutCancel(r.Context()), false)
		}
	case in.What == "withdraw":
		err = s.DB.Withdraw(r.Context(), p.ID, p.visit.ID, now)
	default:
		refuse(w, 400, "bad_what", "what is return or withdraw, and only who withdraws can have data deleted")
		return
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	answer(w, 200, map[string]any{"participation": s.participation(p), "back": way, "partly": in.Delete && !p.visit.Own})
}

// oops keeps an error of the page's script.
func (s *Server) oops(w http.ResponseWriter, r *http.Request, p *person) {
	var in struct {
		Error string `json:"error"`
	}
	if !read(w, r, maxOops, &in) {
		return
	}
	if !isText(in.Error) {
		refuse(w, 400, "bad_json", "the error has the character NUL")
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
