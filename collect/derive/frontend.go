package derive

import (
	"encoding/json"
	"fmt"
	"math"
)

// A frontEndPage is what the original front ends send of a page, as far as this package looks at it.
type frontEndPage struct {
	Page  map[string]json.RawMessage `json:"page"`
	Ended json.RawMessage            `json:"endedAt"`
}

// FrontEnd returns a page that an original front end sent within the identifiers of its assignment, as JSON that
// abtool ingest reads. It adds to the records what the plan knows, and leaves them as they came otherwise. submitted
// is the time of the assignment, ms since 1970, or nil.
func FrontEnd(body []byte, ids Ids, p Page, submitted *int64) ([]byte, error) {
	var in frontEndPage
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("page %s: %w", p.ID, err)
	}
	if in.Page == nil {
		return nil, fmt.Errorf("page %s has no page", p.ID)
	}
	if _, ok := in.Page["endedAt"]; !ok && in.Ended != nil {
		in.Page["endedAt"] = in.Ended
	}
	id, err := json.Marshal(p.ID)
	if err != nil {
		return nil, err
	}
	in.Page["id"] = id // of the page, as in the table of pages
	if ids.Candidates == "" {
		var record map[string]json.RawMessage
		if err := json.Unmarshal(in.Page["annotation"], &record); err != nil {
			return nil, fmt.Errorf("page %s: %w", p.ID, err)
		}
		in.Page["annotation"], err = extended(record, map[string]any{"image_id": p.Slots[0].ImageID, "arm": p.Arm,
			"known": p.Slots[0].Known, "gold": p.Slots[0].Gold})
		if err != nil {
			return nil, err
		}
		return Dump(ids, in.Page)
	}
	var records []map[string]json.RawMessage
	if err := json.Unmarshal(in.Page["annotations"], &records); err != nil {
		return nil, fmt.Errorf("page %s: %w", p.ID, err)
	}
	slots := slotsByID(p)
	all := make([]json.RawMessage, len(records))
	for i, record := range records {
		more := map[string]any{"arm": p.Arm, "hit_submit_time": submitted}
		var id string
		if err := json.Unmarshal(record["imageID"], &id); err == nil {
			if n, ok := slots[id]; ok {
				more["known"], more["gold"] = p.Slots[n].Known, p.Slots[n].Gold
			}
		}
		if all[i], err = extended(record, more); err != nil {
			return nil, err
		}
	}
	if in.Page["annotations"], err = json.Marshal(all); err != nil {
		return nil, err
	}
	return Dump(ids, in.Page)
}

// extended returns a record with more values. Empty texts are left out.
func extended(record map[string]json.RawMessage, more map[string]any) (json.RawMessage, error) {
	if record == nil {
		record = map[string]json.RawMessage{}
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

// A reading of numbers that need not be whole.
type number float64

func (n *number) whole() int64 {
	if n == nil || math.IsNaN(float64(*n)) {
		return 0
	}
	return int64(math.Round(float64(*n)))
}

// FrontEndBrowse returns the page that an original front end sent, as far as work is judged by it: what was chosen,
// where and when. Annotations are by slot; images that it does not name were not selected.
func FrontEndBrowse(body []byte, p Page) (*BrowsePage, error) {
	var in struct {
		Page struct {
			Started     *number `json:"startedAt"`
			Annotations []struct {
				ImageID        string `json:"imageID"`
				Selected       bool   `json:"selected"`
				SelectedRecord []struct {
					X, Y *float64
					Time *number
				} `json:"selectedRecord"`
			} `json:"annotations"`
		} `json:"page"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("page %s: %w", p.ID, err)
	}
	out := &BrowsePage{ID: p.ID, Number: p.Number, Started: in.Page.Started.whole(), Ended: p.Ended}
	for _, s := range p.Slots {
		out.Annotations = append(out.Annotations, &Showing{ImageID: FrontEndID(s), Arm: p.Arm, Known: s.Known, Gold: s.Gold})
	}
	slots := slotsByID(p)
	for _, a := range in.Page.Annotations {
		i, ok := slots[a.ImageID]
		if !ok {
			continue
		}
		to := out.Annotations[i]
		to.Selected, to.SelectedCount = a.Selected, len(a.SelectedRecord)
		for _, c := range a.SelectedRecord {
			to.SelectedRecord = append(to.SelectedRecord, Point{c.X, c.Y, c.Time.whole()})
		}
	}
	return out, nil
}

// FrontEndTag returns the page that an original front end sent, as far as work is judged by it: what was placed.
func FrontEndTag(body []byte, p Page) (*TagPage, error) {
	var in struct {
		Page struct {
			Started    *number `json:"startedAt"`
			Annotation struct {
				Actions []struct {
					Type string    `json:"actionType"`
					Icon string    `json:"iconType"`
					From *Fraction `json:"pointFrom"`
					To   *Fraction `json:"pointTo"`
					T    *number   `json:"timeAt"`
				} `json:"actionHistories"`
				Spent *number `json:"timeSpend"`
			} `json:"annotation"`
		} `json:"page"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("page %s: %w", p.ID, err)
	}
	s := p.Slots[0]
	to := &Tagged{ImageID: s.ImageID, TimeSpent: in.Page.Annotation.Spent.whole(), Arm: p.Arm, Known: s.Known, Gold: s.Gold}
	for _, a := range in.Page.Annotation.Actions {
		to.ActionHistories = append(to.ActionHistories, Action{Type: a.Type, Icon: a.Icon, From: a.From, To: a.To, T: a.T.whole()})
	}
	return &TagPage{ID: p.ID, Number: p.Number, Started: in.Page.Started.whole(), Ended: p.Ended, Annotation: to}, nil
}
