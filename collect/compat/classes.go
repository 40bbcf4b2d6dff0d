package compat

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"abtool/collect/recording"
	"abtool/collect/storage"
)

// counts says that nothing was annotated. The front end takes a class and images with the fewest annotations, so
// that it draws them at random; with true counts, all annotators who come at a time would take the same ones.
func counts() map[string]int {
	c := map[string]int{}
	for _, v := range versions {
		c[v] = 0
	}
	return c
}

// classes answers the classes, for the route without a HIT.
func (f *Front) classes(w http.ResponseWriter, r *http.Request) {
	var slots []storage.CompatSlot
	err := f.DB.View(r.Context(), func(v *storage.View) (err error) {
		slots, err = v.CompatSlots("")
		return err
	})
	if err != nil {
		f.Failed(w, r, err)
		return
	}
	have := map[string]bool{}
	for _, s := range slots {
		have[s.Image.Class] = true
	}
	all := []*classBody{}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		c := f.class(id)
		c.Counts = counts()
		all = append(all, c)
	}
	f.Answer(w, 200, all)
}

// classImages answers the images of a class, for the route without a HIT.
func (f *Front) classImages(w http.ResponseWriter, r *http.Request) {
	var slots []storage.CompatSlot
	err := f.DB.View(r.Context(), func(v *storage.View) (err error) {
		slots, err = v.CompatSlots(r.PathValue("class"))
		return err
	})
	if err != nil {
		f.Failed(w, r, err)
		return
	}
	all := []imageBody{}
	for _, s := range slots {
		m := s.Image
		all = append(all, imageBody{ID: frontEndID(m.Class, &m), URL: f.address(r, s.HIT, s.Page, s.Slot, &m), Counts: counts()})
	}
	f.Answer(w, 200, all)
}

// free stores annotations of the route without a HIT.
func (f *Front) free(w http.ResponseWriter, r *http.Request) {
	body, ok := f.body(w, r, storage.MaxFrontEnd)
	if !ok {
		return
	}
	p, worker, err := f.readFree(body)
	if err != nil {
		f.Refuse(w, 400, "bad_annotations", "%v", err)
		return
	}
	if !f.Roomy(w, false) {
		return
	}
	if err = f.DB.CompatFree(r.Context(), p, f.Now()); err == nil {
		err = f.identify(r.Context(), p.Worker, worker)
	}
	if err != nil {
		f.Failed(w, r, err)
		return
	}
	f.Answer(w, 200, map[string]any{"stored": true})
}

// readFree reads annotations of one worker, and replaces the platform's id by the pseudonym.
func (f *Front) readFree(body []byte) (p storage.CompatFree, worker string, err error) {
	var in struct {
		Annotations []map[string]json.RawMessage `json:"annotations"`
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Annotations) == 0 || len(in.Annotations) > maxPage {
		return p, "", fmt.Errorf("annotations is not a list of 1 to %d records", maxPage)
	}
	for _, a := range in.Annotations {
		var id string
		if json.Unmarshal(a["workerID"], &id) != nil || !isID(id, maxWorker) || worker != "" && id != worker {
			return p, "", errors.New("the annotations do not have one workerID: open the task as a worker")
		}
		worker = id
		p.Worker = f.Keys.Worker(storage.Compat, worker)
		pseudonym, err := json.Marshal(p.Worker)
		if err != nil {
			return p, "", err
		}
		a["workerID"], a["annotatorID"] = pseudonym, pseudonym
	}
	text, err := json.Marshal(in)
	p.Body, p.SHA256 = string(text), recording.Digest(text)
	return p, worker, err
}
