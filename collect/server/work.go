package server

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"abtool/collect"
	"abtool/collect/platform"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// A slot of a lease.
type slotBody struct {
	Key    string `json:"key"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type classBody struct {
	Name       string   `json:"name"`
	Definition string   `json:"definition"`
	Links      []string `json:"links"`
	Synonyms   []string `json:"synonyms"`
}

type pageBody struct {
	Page      string     `json:"page"`
	Number    int        `json:"number"`
	Attempts  int        `json:"attempts"`
	Submitted bool       `json:"submitted"`
	Arm       any        `json:"arm,omitempty"`
	Class     *classBody `json:"class,omitempty"`
	Slots     []slotBody `json:"slots,omitempty"`
}

// alive is how long after a sign of life another visit has to ask before it takes an assignment over. Pages send beats
// every 20 seconds.
const alive = 45 * time.Second

// lease answers an assignment.
func (s *Server) lease(w http.ResponseWriter, r *http.Request, p *person) {
	var in struct {
		ReadMS *float64 `json:"read_ms"`
		Take   bool     `json:"take"` // from another visit
	}
	if !read(w, r, 4<<10, &in) {
		return
	}
	if p.State == storage.Work && p.Consent != s.consent.Version {
		s.changed(w)
		return
	}
	if !s.roomy(roomForWork) {
		later(w, "disk_full", "the server has no room for new work; please come back later")
		return
	}
	terms := storage.Terms{Idle: s.Study.Idle().Milliseconds(), Longest: s.Study.Longest().Milliseconds(),
		Most: s.Study.Assign.MostHITs, NewID: newID}
	if s.Study.Assign.Unit == collect.PerPage {
		terms.Arms, terms.Pick = s.arms, s.Draw
	}
	if !in.Take {
		terms.Alive = alive.Milliseconds()
	}
	a, ok, err := s.DB.Lease(r.Context(), p.ID, p.visit.ID, terms, s.now())
	if err == nil && in.ReadMS != nil && s.notes.allow(p.ID) {
		err = s.DB.Note(r.Context(), p.ID, "instructions", fmt.Sprintf(`{"read_ms":%v}`, *in.ReadMS), s.now())
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	if !ok {
		way, err := s.back(r.Context(), p, platform.Full, "")
		if err != nil {
			s.failed(w, r, err)
			return
		}
		answer(w, 200, map[string]any{"assignment": nil, "back": way})
		return
	}
	var hit collect.HIT
	var pages []storage.Page
	err = s.DB.View(r.Context(), func(v *storage.View) (err error) {
		if hit, err = v.HIT(a.HIT); err == nil {
			pages, err = v.Pages(a.ID)
		}
		return err
	})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	body := map[string]any{"assignment": a.ID, "hit": a.HIT, "lease_until": a.LeaseUntil, "task": hit.Task,
		"record":   map[string]any{"level": p.Level, "rate": s.Study.Record.Rate, "keys": s.Study.Record.Keys},
		"measures": s.Study.Measures, "pages": s.pageBodies(hit, pages, p.Arm)}
	if hit.Task == collect.Tag {
		body["placing"], body["superclasses"] = s.Study.Task.Placing, s.superclasses()
	}
	answer(w, 200, body)
}

func (s *Server) pageBodies(hit collect.HIT, pages []storage.Page, arm string) []pageBody {
	var all []pageBody
	for i := range pages {
		p, planned := &pages[i], hit.Pages[pages[i].Number]
		body := pageBody{Page: p.UUID, Number: p.Number, Submitted: p.Submitted() != nil, Arm: s.arm(cmp.Or(p.Arm, arm))}
		if n := len(p.Attempts); n > 0 {
			body.Attempts = p.Attempts[n-1].Attempt
		}
		if hit.Task == collect.Browse {
			body.Class = s.classBody(planned.Class)
		}
		for n, slot := range planned.Slots {
			size := s.sizes[slot.Image]
			body.Slots = append(body.Slots, slotBody{s.keys.ImageKey(s.Study.Study.ID, p.UUID, n), size[0], size[1]})
		}
		all = append(all, body)
	}
	return all
}

func (s *Server) classBody(id string) *classBody {
	c := s.Study.Class(id)
	return &classBody{c.Name, c.Definition, notNil(c.Links), notNil(c.Synonyms)}
}

// notNil makes an empty list of a missing one.
func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

type iconBody struct {
	Name string `json:"name"`
	Key  string `json:"key,omitempty"`
}

type superclassBody struct {
	Name  string     `json:"name"`
	Icons []iconBody `json:"icons"`
}

func (s *Server) superclasses() []superclassBody {
	var all []superclassBody
	for _, super := range s.Study.Superclasses() {
		body := superclassBody{Name: super.Name}
		for _, c := range super.Icons {
			icon := iconBody{Name: c.Name}
			if key := s.keys.IconKey(s.Study.Study.ID, c.ID); s.iconKeys[key] != "" {
				icon.Key = key
			}
			body.Icons = append(body.Icons, icon)
		}
		all = append(all, body)
	}
	return all
}

// chunk stores a chunk.
func (s *Server) chunk(w http.ResponseWriter, r *http.Request, p *person) {
	c := storage.Chunk{Page: r.PathValue("page"), Received: s.now(), Encoding: strings.TrimPrefix(r.Header.Get("Content-Encoding"), "identity")}
	var err1, err2 error
	c.Attempt, err1 = strconv.Atoi(r.PathValue("attempt"))
	c.Seq, err2 = strconv.Atoi(r.PathValue("seq"))
	if err1 != nil || err2 != nil || c.Attempt < 1 || c.Attempt > 10_000 || c.Seq < 0 || c.Seq >= storage.MaxChunks {
		refuse(w, 400, "bad_number", "attempts are numbers from 1 to 10000, chunks from 0 to %d", storage.MaxChunks-1)
		return
	}
	var ok bool
	if c.Body, ok = bytesOf(w, r, maxChunk); !ok {
		return
	}
	c.SHA256 = recording.Digest(c.Body)
	if digest := r.Header.Get("Content-Digest"); digest != "" && digest != "sha-256=:"+base64Of(c.SHA256)+":" {
		refuse(w, 400, "bad_digest", "the header Content-Digest is not the SHA-256 of the body that arrived")
		return
	}
	parsed, err := s.parse(&c)
	if err != nil {
		refuse(w, 400, "bad_chunk", "%v", err)
		return
	}
	if parsed.Page != c.Page || parsed.Attempt != c.Attempt || parsed.Seq != c.Seq {
		refuse(w, 400, "bad_chunk", "the chunk is of page %s, attempt %d, number %d, which is not its address", parsed.Page, parsed.Attempt, parsed.Seq)
		return
	}
	if kind := beyond(p.Level, &parsed.Events); kind != "" {
		refuse(w, 403, "not_agreed", "the chunk has %s, and the level is %q", kind, p.Level)
		return
	}
	if !s.roomy(roomToStore) {
		later(w, "disk_full", "the disk of the server is full; please keep this and send it again")
		return
	}
	c.Events = parsed.Len()
	stored, err := s.DB.PutChunk(r.Context(), p.ID, c, parsed.T0, s.Study.Idle().Milliseconds())
	switch {
	case errors.Is(err, storage.ErrDiffers):
		refuse(w, http.StatusConflict, "chunk_differs", "another chunk was stored under this number; both are kept")
	case err != nil:
		s.failed(w, r, err)
	case stored:
		answer(w, http.StatusCreated, map[string]any{"stored": true})
	default:
		answer(w, 200, map[string]any{"stored": true})
	}
}

// parse reads the events of a chunk. A few chunks are read at a time: a small body can hold much.
func (s *Server) parse(c *storage.Chunk) (*recording.Chunk, error) {
	s.parsing <- struct{}{}
	defer func() { <-s.parsing }()
	inside, err := c.JSON()
	if err != nil {
		return nil, err
	}
	return recording.Parse(inside)
}

// beyond returns a kind of event that an annotator did not agree to, or "".
func beyond(level string, e *recording.Events) string {
	if level != "full" && len(e.Samples) > 0 {
		return "samples"
	}
	if level != "full" && len(e.Unknown) > 0 {
		return "events of a kind that this server does not know, " + e.Unknown[0].Kind
	}
	if level == "answers" {
		if slices.ContainsFunc(e.Choices, func(c recording.Choice) bool { return c.X != 0 || c.Y != 0 }) {
			return "places of choices"
		}
		for _, k := range []struct {
			name string
			n    int
		}{{"presses", len(e.Presses)}, {"crossings", len(e.Crosses)}, {"drags", len(e.Drags)}, {"scrolls", len(e.Scrolls)},
			{"keys", len(e.Keys)}, {"steps", len(e.Steps)}} {
			if k.n > 0 {
				return k.name
			}
		}
	}
	return ""
}

func base64Of(digest string) string {
	b, err := hex.DecodeString(digest)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// submit stores the end of a page.
func (s *Server) submit(w http.ResponseWriter, r *http.Request, p *person) {
	in := submitBody{Attempt: -1, Chunks: -1, Events: -1}
	if !read(w, r, maxBody, &in) {
		return
	}
	page := r.PathValue("page")
	slots, err := s.DB.Slots(r.Context(), p.ID, page)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	made, err := in.check(s.Study, slots)
	if err != nil {
		refuse(w, 400, "bad_submit", "%v", err)
		return
	}
	if !s.roomy(roomToStore) {
		later(w, "disk_full", "the disk of the server is full; please keep this and send it again")
		return
	}
	receipt, err := s.DB.Submit(r.Context(), p.ID, page, made, s.Study.Idle().Milliseconds(), s.now())
	switch {
	case errors.Is(err, storage.ErrDiffers):
		refuse(w, http.StatusConflict, "submit_differs", "this attempt was submitted before with another content")
	case err != nil:
		s.failed(w, r, err)
	case len(receipt.Missing) > 0:
		answer(w, http.StatusAccepted, map[string]any{"missing": receipt.Missing})
	case receipt.Surplus:
		answer(w, 200, map[string]any{"stored": true, "surplus": true})
	default:
		answer(w, 200, map[string]any{"stored": true})
	}
}

type submitBody struct {
	Attempt int             `json:"attempt"`
	Chunks  int             `json:"chunks"`
	Events  int             `json:"events"`
	Chain   string          `json:"chain"`
	Ended   float64         `json:"ended"`
	Lost    []int           `json:"lost"`
	Images  *int            `json:"images"` // that had loaded
	Answer  json.RawMessage `json:"answer"`
}

// check returns what is stored of a submit, or an error for one that makes no sense.
func (b *submitBody) check(study *collect.Study, slots int) (storage.Submit, error) {
	var none storage.Submit
	switch {
	case b.Attempt < 1 || b.Attempt > 10_000:
		return none, fmt.Errorf("attempt %d: attempts count from 1", b.Attempt)
	case b.Chunks < 1 || b.Chunks > storage.MaxChunks:
		return none, fmt.Errorf("%d chunks: an attempt has 1 to %d", b.Chunks, storage.MaxChunks)
	case b.Events < 0 || b.Events > math.MaxInt32:
		return none, fmt.Errorf("%d events", b.Events)
	case len(b.Chain) > 64 || !isText(b.Chain):
		return none, errors.New("the chain is not a digest")
	case math.Abs(b.Ended) > 1<<53:
		return none, fmt.Errorf("ended = %v is not a time", b.Ended)
	case !ascending(b.Lost, b.Chunks):
		return none, fmt.Errorf("lost is not a list of ascending numbers from 0 to %d", b.Chunks-1)
	}
	if err := checkAnswer(study, slots, b.Answer); err != nil {
		return none, err
	}
	var text bytes.Buffer
	if err := json.Compact(&text, b.Answer); err != nil {
		return none, err
	}
	return storage.Submit{Attempt: b.Attempt, Chunks: b.Chunks, Events: b.Events, Lost: b.Lost, Chain: b.Chain,
		Ended: int64(math.Round(b.Ended)), Answer: text.String(), Blank: b.Images != nil && *b.Images == 0}, nil
}

// ascending reports whether numbers ascend and are from 0 to n − 1.
func ascending(list []int, n int) bool {
	last := -1
	for _, v := range list {
		if v <= last || v >= n {
			return false
		}
		last = v
	}
	return true
}

// checkAnswer returns an error for an answer that a page cannot have.
func checkAnswer(study *collect.Study, slots int, text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if study.Task.Kind == collect.Browse {
		var a struct {
			Selected *[]int `json:"selected"`
		}
		if err := d.Decode(&a); err != nil || a.Selected == nil {
			return errors.New(`the answer of a browse page is {"selected": [SLOT, ...]}`)
		}
		sorted := slices.Sorted(slices.Values(*a.Selected))
		if !ascending(sorted, slots) {
			return fmt.Errorf("selected slots are different numbers from 0 to %d", slots-1)
		}
		return nil
	}
	var a struct {
		Icons *[]struct {
			Icon string   `json:"icon"`
			X    *float64 `json:"x"`
			Y    *float64 `json:"y"`
		} `json:"icons"`
	}
	if err := d.Decode(&a); err != nil || a.Icons == nil {
		return errors.New(`the answer of a tag page is {"icons": [{"icon": NAME, "x": FRACTION, "y": FRACTION}, ...]}`)
	}
	if len(*a.Icons) > 1000 {
		return fmt.Errorf("%d icons: a page has at most 1000", len(*a.Icons))
	}
	for _, i := range *a.Icons {
		if !slices.ContainsFunc(study.Classes, func(c collect.Class) bool { return c.Name == i.Icon }) {
			return fmt.Errorf("there is no icon %q", i.Icon)
		}
		if i.X == nil || i.Y == nil || math.Abs(*i.X) > 10 || math.Abs(*i.Y) > 10 {
			return fmt.Errorf("the icon %q has no place: x and y are fractions of the image", i.Icon)
		}
	}
	return nil
}

// finish answers the completion code.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, p *person) {
	if !read(w, r, 4<<10, &struct{}{}) {
		return
	}
	a, lack, err := s.DB.Finish(r.Context(), p.ID, p.visit.ID, s.now())
	if errors.Is(err, storage.ErrUnknown) {
		refuse(w, http.StatusConflict, "no_assignment", "there is nothing that could be finished")
		return
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	if a.State != storage.Submitted {
		if lack.Missing == nil {
			lack.Missing = []storage.MissingChunks{}
		}
		answer(w, http.StatusConflict, map[string]any{"error": "some pages are not stored yet", "code": "incomplete",
			"missing": lack.Missing, "open": lack.Open})
		return
	}
	var work storage.Progress
	err = s.DB.View(r.Context(), func(v *storage.View) (err error) {
		work, err = v.Progress(p.ID, p.visit.Ticket, s.Study.Assign.MostHITs)
		return err
	})
	code := s.keys.CompletionCode(s.Study.Study.ID, a.ID, p.ID)
	var way *platform.Way
	if err == nil {
		way, err = s.back(r.Context(), p, platform.Completed, code)
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	answer(w, 200, map[string]any{"code": code, "participation": s.participation(p), "more": work.More && p.State == storage.Work, "back": way})
}

// state answers which pages of the last assignment are stored.
func (s *Server) state(w http.ResponseWriter, r *http.Request, p *person) {
	state, err := s.stateOf(r, p)
	var last *storage.Assignment
	pages := []pageBody{}
	if err == nil {
		err = s.DB.View(r.Context(), func(v *storage.View) error {
			all, err := v.AssignmentsOf(p.ID)
			if err != nil || len(all) == 0 {
				return err
			}
			last = &all[len(all)-1]
			stored, err := v.Pages(last.ID)
			for i := range stored {
				body := pageBody{Page: stored[i].UUID, Number: stored[i].Number, Submitted: stored[i].Submitted() != nil}
				if n := len(stored[i].Attempts); n > 0 {
					body.Attempts = stored[i].Attempts[n-1].Attempt
				}
				pages = append(pages, body)
			}
			return err
		})
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	body := map[string]any{"state": state, "assignment": nil, "pages": pages}
	if last != nil {
		body["assignment"], body["assignment_state"] = last.ID, last.State
	}
	answer(w, 200, body)
}
