package derive

import (
	"encoding/json"
	"math"
)

// FrontEnd returns a page that an original front end sent within the identifiers of its assignment, as JSON that
// abtool ingest reads. It adds to the records what the plan knows, and leaves them as they came otherwise. What is not
// as the front end sends it stays, so that ingest can say what is wrong with it. submitted is the time of the
// assignment, ms since 1970, or nil.
func FrontEnd(body []byte, ids Ids, p Page, submitted *int64) ([]byte, error) {
	var in struct {
		Page  json.RawMessage `json:"page"`
		Ended json.RawMessage `json:"endedAt"`
	}
	var page map[string]json.RawMessage
	if json.Unmarshal(body, &in) != nil || json.Unmarshal(in.Page, &page) != nil || page == nil {
		return Dump(ids, in.Page)
	}
	if _, ok := page["endedAt"]; !ok && in.Ended != nil {
		page["endedAt"] = in.Ended
	}
	id, err := json.Marshal(p.ID)
	if err != nil {
		return nil, err
	}
	page["id"] = id // of the page, as in the table of pages
	if ids.Candidates == "" {
		more := map[string]any{"image_id": p.Slots[0].ImageID, "arm": p.Arm, "known": p.Slots[0].Known, "gold": p.Slots[0].Gold}
		p.Part.addTo(more)
		page["annotation"], err = extended(page["annotation"], more)
	} else {
		page["annotations"], err = extendedList(page["annotations"], p, submitted)
	}
	if err != nil {
		return nil, err
	}
	return Dump(ids, page)
}

// FrontEndFree returns the annotations of a body that ImageNet's front end sent without a HIT, as JSON of a page with an id
// that abtool ingest reads. received is when they came, ms since 1970.
func FrontEndFree(body []byte, worker, id string, received int64) ([]byte, error) {
	var in struct {
		Annotations []json.RawMessage `json:"annotations"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	for i, record := range in.Annotations {
		var of struct {
			Version string `json:"version"`
		}
		json.Unmarshal(record, &of) // ingest says what is wrong with it
		var err error
		if in.Annotations[i], err = extended(record, map[string]any{"arm": of.Version, "hit_submit_time": received}); err != nil {
			return nil, err
		}
	}
	return Dump(Ids{Worker: worker}, map[string]any{"id": id, "annotations": in.Annotations})
}

// extendedList returns the records of a browse page with what the plan knows of their images.
func extendedList(list json.RawMessage, p Page, submitted *int64) (json.RawMessage, error) {
	var records []json.RawMessage
	if json.Unmarshal(list, &records) != nil {
		return list, nil
	}
	slots := slotsByID(p)
	for i, record := range records {
		more := map[string]any{"arm": p.Arm, "hit_submit_time": submitted}
		p.Part.addTo(more)
		var of struct {
			ID string `json:"imageID"`
		}
		if json.Unmarshal(record, &of) == nil {
			if n, ok := slots[of.ID]; ok {
				more["known"], more["gold"] = p.Slots[n].Known, p.Slots[n].Gold
			}
		}
		var err error
		if records[i], err = extended(record, more); err != nil {
			return nil, err
		}
	}
	return json.Marshal(records)
}

// addTo adds the values of a part to those of a record.
func (p Part) addTo(more map[string]any) {
	for key, n := range map[string]int{"givenPages": p.GivenPages, "wholePages": p.WholePages,
		"givenImages": p.GivenImages, "wholeImages": p.WholeImages} {
		if n > 0 {
			more[key] = n
		}
	}
}

// extended returns a record with more values. Empty texts are left out, and what is not a record is left as it is.
func extended(text json.RawMessage, more map[string]any) (json.RawMessage, error) {
	var record map[string]json.RawMessage
	if json.Unmarshal(text, &record) != nil || record == nil {
		return text, nil
	}
	for key, value := range more {
		if value == "" {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		record[key] = text
	}
	return json.Marshal(record)
}

// slotsByID returns the slots of a browse page by the id under which front ends know their image.
func slotsByID(p Page) map[string]int {
	at := map[string]int{}
	for i, s := range p.Slots {
		at[FrontEndID(s)] = i
	}
	return at
}

// FrontEndID returns the id of an image as front ends know it: its class, a slash, and its id.
func FrontEndID(s Slot) string {
	if s.Class == "" {
		return s.ImageID
	}
	return s.Class + "/" + s.ImageID
}

// whole reads a number that need not be whole; what is none is 0.
func whole(text json.RawMessage) int64 {
	var n float64
	if json.Unmarshal(text, &n) != nil || math.Abs(n) > 1<<53 {
		return 0
	}
	return int64(math.Round(n))
}

// objects reads a list of objects. What is not one is left out.
func objects(text json.RawMessage) (all []map[string]json.RawMessage) {
	var list []json.RawMessage
	json.Unmarshal(text, &list)
	for _, one := range list {
		var object map[string]json.RawMessage
		if json.Unmarshal(one, &object) == nil && object != nil {
			all = append(all, object)
		}
	}
	return all
}

// frontEndPage returns the page that a front end sent, without values if it is none.
func frontEndPage(body []byte) (page map[string]json.RawMessage) {
	var in map[string]json.RawMessage
	json.Unmarshal(body, &in)
	json.Unmarshal(in["page"], &page)
	return page
}

// FrontEndBrowse returns the page that an original front end sent, as far as work is judged by it: what was chosen,
// where and when. Annotations are by slot; images that it does not name were not selected.
func FrontEndBrowse(body []byte, p Page) *BrowsePage {
	page := frontEndPage(body)
	out := &BrowsePage{ID: p.ID, Number: p.Number, Started: whole(page["startedAt"]), Ended: p.Ended}
	for _, s := range p.Slots {
		out.Annotations = append(out.Annotations, &Showing{ImageID: FrontEndID(s), Arm: p.Arm, Known: s.Known, Gold: s.Gold})
	}
	slots := slotsByID(p)
	for _, a := range objects(page["annotations"]) {
		var id string
		json.Unmarshal(a["imageID"], &id)
		i, ok := slots[id]
		if !ok {
			continue
		}
		to := out.Annotations[i]
		to.Selected = string(a["selected"]) == "true"
		for _, c := range objects(a["selectedRecord"]) {
			point := Point{Time: whole(c["time"])}
			json.Unmarshal(c["x"], &point.X)
			json.Unmarshal(c["y"], &point.Y)
			to.SelectedRecord = append(to.SelectedRecord, point)
		}
		to.SelectedCount = len(to.SelectedRecord)
	}
	return out
}

// FrontEndTag returns the page that an original front end sent, as far as work is judged by it: what was placed.
func FrontEndTag(body []byte, p Page) *TagPage {
	page, s := frontEndPage(body), p.Slots[0]
	var annotation map[string]json.RawMessage
	json.Unmarshal(page["annotation"], &annotation)
	to := &Tagged{ImageID: s.ImageID, TimeSpent: whole(annotation["timeSpend"]), Arm: p.Arm, Known: s.Known, Gold: s.Gold}
	for _, a := range objects(annotation["actionHistories"]) {
		action := Action{From: fraction(a["pointFrom"]), To: fraction(a["pointTo"]), T: whole(a["timeAt"])}
		json.Unmarshal(a["actionType"], &action.Type)
		json.Unmarshal(a["iconType"], &action.Icon)
		to.ActionHistories = append(to.ActionHistories, action)
	}
	return &TagPage{ID: p.ID, Number: p.Number, Started: whole(page["startedAt"]), Ended: p.Ended, Annotation: to}
}

// fraction reads a place, or returns nil.
func fraction(text json.RawMessage) (f *Fraction) {
	if json.Unmarshal(text, &f) != nil {
		return nil
	}
	return f
}
