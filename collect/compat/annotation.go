package compat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"abtool/collect"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// Sizes of what front ends send.
const (
	maxHeader  = 64 << 10
	maxID      = 100 // characters of an annotation's id
	maxWorker  = 200
	maxVersion = 40
	maxPage    = 1000 // images or actions: more than any page has
)

// versions are the variants of ImageNet-AB's interface: with the red pointer or not, blurred (NO_ORIGINAL) or not.
var versions = []string{"POINTER_ORIGINAL", "NO_POINTER_ORIGINAL", "POINTER_NO_ORIGINAL", "NO_POINTER_NO_ORIGINAL"}

// search answers all annotations of a worker under the name of a data set, those of the HIT first. The front end
// looks for one that is done, and goes on after pageCount pages with one that is not.
func (f *Front) search(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("workerID")
	if !isID(id, maxWorker) {
		f.Refuse(w, 400, "bad_worker", "the link has no workerId")
		return
	}
	var all []storage.CompatAnnotation
	err := f.DB.View(r.Context(), func(v *storage.View) (err error) {
		all, err = v.CompatAnnotationsOf(f.Keys.Worker(storage.Compat, id), r.PathValue("set"), r.PathValue("hit"))
		return err
	})
	if err != nil {
		f.Failed(w, r, err)
		return
	}
	body := []map[string]any{}
	for _, a := range all {
		body = append(body, map[string]any{"id": a.ID, f.hitKey(): a.HIT, "hitDatasetName": a.Dataset, "workerID": id, "isDone": a.Done, "pageCount": a.Pages})
	}
	f.Answer(w, 200, body)
}

// hitKey returns the name of the HIT's id in annotations.
func (f *Front) hitKey() string {
	if f.Study.Task.Kind == collect.Tag {
		return "cocoHitID"
	}
	return "imageNetHitID"
}

// isID reports whether a text can be an id.
func isID(text string, most int) bool {
	return text != "" && len(text) <= most && !strings.ContainsRune(text, 0)
}

// header stores the header of an annotation, which comes with the first page.
func (f *Front) header(w http.ResponseWriter, r *http.Request) {
	body, ok := f.body(w, r, maxHeader)
	if !ok {
		return
	}
	h, id, err := f.readHeader(body)
	if err != nil {
		f.Refuse(w, 400, "bad_header", "%v", err)
		return
	}
	h.HIT, h.Dataset = r.PathValue("hit"), r.PathValue("set")
	if h.Arm == "" { // COCO's front end does not send it, but the name of the data set can
		h.Arm = strings.TrimPrefix(strings.TrimPrefix(h.Dataset, f.Study.Study.ID), "-")
	}
	if !f.Roomy(w, true) {
		return
	}
	err = f.DB.View(r.Context(), func(v *storage.View) error {
		_, err := v.HIT(h.HIT)
		return err
	})
	if err == nil {
		err = f.DB.CompatHeader(r.Context(), h, f.terms(), f.Now())
	}
	if err == nil {
		err = f.identify(r.Context(), h.Worker, id)
	}
	switch {
	case errors.Is(err, storage.ErrDiffers):
		f.Refuse(w, http.StatusConflict, "annotation_taken", "the annotation %s is of another worker or HIT", h.Annotation)
	case err != nil:
		f.Failed(w, r, err)
	default:
		f.Answer(w, 200, map[string]any{"id": h.Annotation})
	}
}

// identify stores the platform's id of a worker who is stored already.
func (f *Front) identify(ctx context.Context, worker, id string) error {
	return f.Identities.Identify(ctx, f.DB, worker, storage.Compat, id, nil, f.Now())
}

func (f *Front) terms() storage.Terms {
	return storage.Terms{Idle: f.Study.Idle().Milliseconds(), Longest: f.Study.Longest().Milliseconds(), NewID: f.NewID}
}

// readHeader reads a header. It keeps everything that the front end sent, apart from the platform's id of the worker,
// which becomes a pseudonym.
func (f *Front) readHeader(body []byte) (h storage.CompatHeader, worker string, err error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil || all == nil {
		return h, "", errors.New("the header is not an object")
	}
	text := func(key string, most int) string {
		var s string
		if json.Unmarshal(all[key], &s) != nil || len(s) > most {
			return ""
		}
		return s
	}
	if h.Annotation = text("id", maxID); !isID(h.Annotation, maxID) {
		return h, "", errors.New("the header has no id")
	}
	if worker = text("workerID", maxWorker); !isID(worker, maxWorker) {
		return h, "", errors.New("the header has no workerID: open the task as a worker")
	}
	h.Worker, h.Arm = f.Keys.Worker(storage.Compat, worker), text("version", maxVersion)
	if strings.ContainsRune(h.Arm, 0) { // PostgreSQL would not take it
		return h, "", errors.New("the version has the character NUL")
	}
	pseudonym, err := json.Marshal(h.Worker)
	if err != nil {
		return h, "", err
	}
	all["workerID"] = pseudonym
	if text("annotatorID", maxHeader) != "" { // a name of the same person
		all["annotatorID"] = pseudonym
	}
	text2, err := json.Marshal(all)
	h.Body = string(text2)
	return h, worker, err
}

// page stores a page.
func (f *Front) page(w http.ResponseWriter, r *http.Request) {
	annotation := r.PathValue("annotation")
	if !isID(annotation, maxID) {
		f.Refuse(w, 400, "bad_annotation", "the id of the annotation is longer than %d characters", maxID)
		return
	}
	body, ok := f.body(w, r, storage.MaxFrontEnd)
	if !ok {
		return
	}
	p, err := f.readPage(body)
	if err != nil {
		f.Refuse(w, 400, "bad_page", "%v", err)
		return
	}
	p.Annotation, p.Received = annotation, f.Now()
	known := false
	err = f.DB.View(r.Context(), func(v *storage.View) (err error) {
		known, err = v.CompatKnows(annotation)
		return err
	})
	if err != nil {
		f.Failed(w, r, err)
		return
	}
	if !known && !f.AllowNote(w, r) || !f.Roomy(w, false) {
		return
	}
	if _, err = f.DB.CompatPage(r.Context(), p, f.Study.Idle().Milliseconds()); err != nil {
		f.Failed(w, r, err)
		return
	}
	f.Answer(w, 200, map[string]any{"id": annotation, "stored": true})
}

// readPage reads a page, as far as it has to be stored at a place.
func (f *Front) readPage(body []byte) (p storage.CompatPage, err error) {
	var in struct {
		Page struct {
			Number      *float64           `json:"pageno"`
			Started     float64            `json:"startedAt"`
			Ended       *float64           `json:"endedAt"`
			Annotations *[]json.RawMessage `json:"annotations"`
			Annotation  *struct {
				Actions []json.RawMessage `json:"actionHistories"`
			} `json:"annotation"`
		} `json:"page"`
		Ended float64 `json:"endedAt"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return p, fmt.Errorf("the body is not a page: %w", err)
	}
	n, x := in.Page.Number, &in.Page
	if x.Ended == nil {
		x.Ended = &in.Ended
	}
	switch {
	case n == nil || *n < 0 || *n >= maxPage || *n != math.Trunc(*n):
		return p, errors.New("page.pageno is not the number of a page")
	case math.Abs(x.Started) > 1<<52 || math.Abs(*x.Ended) > 1<<52:
		return p, errors.New("startedAt or endedAt is not a time")
	case f.Study.Task.Kind == collect.Browse && (x.Annotations == nil || len(*x.Annotations) > maxPage):
		return p, fmt.Errorf("page.annotations is not a list of at most %d records", maxPage)
	case f.Study.Task.Kind == collect.Tag && x.Annotation == nil:
		return p, errors.New("page.annotation is not a record")
	}
	if x.Annotations != nil {
		for i, one := range *x.Annotations {
			var record map[string]json.RawMessage
			if json.Unmarshal(one, &record) != nil || record == nil {
				return p, fmt.Errorf("record %d of page.annotations is not an object", i)
			}
		}
	}
	return storage.CompatPage{Number: int(*n), Started: int64(x.Started), Ended: int64(*x.Ended), SHA256: recording.Digest(body), Body: body}, nil
}
