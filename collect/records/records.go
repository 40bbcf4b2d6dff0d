// Package records reads what a study has stored of its pages: the recordings, and what derive needs besides.
package records

import (
	"encoding/json"
	"fmt"
	"strings"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// Images returns the images of a study by their ids.
func Images(v *storage.View) (map[string]*collect.Image, error) {
	list, err := v.Images()
	images := make(map[string]*collect.Image, len(list))
	for i := range list {
		images[list[i].ID] = &list[i]
	}
	return images, err
}

// Describe describes a page that was submitted by an attempt, apart from its superclasses and arm.
func Describe(p *storage.Page, submitted *storage.Attempt, plan *collect.Page, images map[string]*collect.Image) (derive.Page, error) {
	d := derive.Page{ID: p.UUID, Number: p.Number}
	if submitted.Ended != nil {
		d.Ended = *submitted.Ended
	}
	if submitted.Answer == "" { // of a front end: the page that it sent has the answer
	} else if err := json.Unmarshal([]byte(submitted.Answer), &d.Answer); err != nil {
		return d, fmt.Errorf("the answer of page %s: %w", p.UUID, err)
	}
	for _, slot := range plan.Slots {
		m := images[slot.Image]
		if m == nil {
			return d, fmt.Errorf("page %s has the image %s, which the plan does not have", p.UUID, slot.Image)
		}
		d.Slots = append(d.Slots, derive.Slot{ImageID: ImageID(plan.Class, m), Class: plan.Class, Width: m.Width, Height: m.Height, Known: slot.Known, Gold: &m.Gold})
	}
	return d, nil
}

// PartOf returns how much of a whole HIT, with so many pages and images, the pages of an assignment are.
func PartOf(given []storage.Page, hit *collect.HIT, pages, images int) (p derive.Part) {
	slots := 0
	for i := range given {
		if n := given[i].Number; n < len(hit.Pages) {
			slots += len(hit.Pages[n].Slots)
		}
	}
	if len(given) < pages {
		p.GivenPages, p.WholePages = len(given), pages
	}
	if hit.Task == collect.Browse && slots < images {
		p.GivenImages, p.WholeImages = slots, images
	}
	return p
}

// ImageID returns the id of an image in the records of a page. On a page of another class than its own, the image
// is a candidate for that class too, about which annotators were asked another question: "robin_01@goldfish".
func ImageID(class string, m *collect.Image) string {
	if class == m.Class {
		return m.ID
	}
	return m.ID + "@" + strings.ReplaceAll(class, "/", "-") // ids of records end at a slash
}

// FrontEnd returns a page as an original front end sent it, from the chunks of its attempt.
func FrontEnd(stored []storage.Chunk) ([]byte, error) {
	if len(stored) != 1 || stored[0].Encoding != storage.FrontEnd {
		return nil, fmt.Errorf("%d chunks are not one page of a front end", len(stored))
	}
	return stored[0].JSON()
}

// Join joins the chunks of an attempt. It leaves out chunks that cannot be read, or are of another beginning
// than the attempt, which no page of ours sends.
func Join(x *storage.Attempt, stored []storage.Chunk) (r *recording.Page, readable, events int) {
	var chunks []*recording.Chunk
	for i := range stored {
		c, err := parse(&stored[i])
		if err != nil || c.T0 != x.T0 || c.Page != x.Page || c.Attempt != x.Attempt || c.Seq != stored[i].Seq {
			continue
		}
		chunks = append(chunks, c)
		events += c.Len()
	}
	r, err := recording.Join(chunks)
	if err != nil {
		return &recording.Page{Page: x.Page, Attempt: x.Attempt, T0: x.T0}, 0, 0
	}
	return r, len(chunks), events
}

func parse(c *storage.Chunk) (*recording.Chunk, error) {
	text, err := c.JSON()
	if err != nil {
		return nil, err
	}
	return recording.Parse(text)
}
