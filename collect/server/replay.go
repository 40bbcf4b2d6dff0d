package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"abtool/collect"
	"abtool/collect/quality"
	"abtool/collect/storage"
	"abtool/explore/replay/scene"
	"abtool/explore/web"
)

// playerFiles are the files of the explorer that the page of an assignment loads.
var playerFiles = []string{"replay.js", "player.js", "timeline.js", "dom.js", "api.js", "replay.css"}

// playerFile serves a file of the player.
func (s *Server) playerFile(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(playerFiles, r.PathValue("name")) {
		http.NotFound(w, r)
		return
	}
	http.ServeFileFS(w, r, web.Files, r.PathValue("name"))
}

// replay answers with what the player draws of a page that was submitted.
func (s *Server) replay(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("page"))
	if err != nil {
		refuse(w, 404, "no_page", "there is no such page")
		return
	}
	var drawn *scene.Scene
	err = s.DB.View(r.Context(), func(v *storage.View) error {
		done, reader, _, err := s.read(v, r.PathValue("id"))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(done.Pages, func(p quality.Page) bool { return p.Number == number })
		if i < 0 {
			return storage.ErrUnknown
		}
		drawn, err = s.scene(done, &done.Pages[i], reader)
		return err
	})
	switch {
	case errors.Is(err, storage.ErrUnknown):
		refuse(w, 404, "no_page", "this page was not submitted")
	case err != nil:
		s.failed(w, r, err)
	default:
		answer(w, 200, drawn)
	}
}

// scene returns what the player draws of a page: all that was recorded of it, or what an original front end sent.
func (s *Server) scene(done *quality.Work, p *quality.Page, reader *quality.Reader) (*scene.Scene, error) {
	switch {
	case p.FrontEnd == nil:
		return scene.Recorded(s.recording(done, p, reader)), nil
	case p.Browse != nil:
		rows, err := showingRows(p)
		if err != nil {
			return nil, err
		}
		return scene.BrowsePage(rows, nil, imageAddress), nil
	}
	row, err := tagRow(p)
	if err != nil {
		return nil, err
	}
	return scene.Tag(row, nil, imageAddress(p.Plan.Slots[0].Image)), nil
}

func imageAddress(id string) string { return "/images/" + url.PathEscape(id) }

func (s *Server) recording(done *quality.Work, p *quality.Page, reader *quality.Reader) *scene.Recording {
	rec := &scene.Recording{Set: "imagenet", Kind: scene.KindBrowse, Worker: done.Worker, Level: done.Level}
	if p.Browse == nil {
		rec.Set, rec.Kind = "coco", scene.KindTag
		for _, c := range s.Study.Superclasses() {
			rec.Steps = append(rec.Steps, c.Name)
		}
	}
	for i, slot := range p.Plan.Slots {
		m := scene.Image{Slot: i, ID: slot.Image, Source: imageAddress(slot.Image)}
		if file := reader.Image(slot.Image); file != nil {
			m.Width, m.Height = int32(file.Width), int32(file.Height)
			if file.Gold {
				m.Notes = append(m.Notes, "check")
			}
		}
		m.Notes = append(m.Notes, known(slot)...)
		if p.Browse != nil {
			m.Chosen = &p.Browse.Annotations[i].Selected
		}
		rec.Images = append(rec.Images, m)
	}
	for i, a := range p.Attempts {
		x := scene.Attempt{Events: a.Events, T0: a.T0, Missing: len(a.Missing)}
		if i == len(p.Attempts)-1 {
			if p.Browse != nil {
				x.Ended = p.Browse.Ended
			} else {
				x.Ended = p.Tag.Ended
			}
		}
		rec.Attempts = append(rec.Attempts, x)
	}
	return rec
}

// known says what the plan knows of an image.
func known(slot collect.Slot) []string {
	switch {
	case slot.Known != nil && *slot.Known:
		return []string{"known to show it"}
	case slot.Known != nil:
		return []string{"known not to show it"}
	case slot.Role != "":
		return []string{slot.Role}
	}
	return nil
}

// A sentPoint is a click or a sample as original front ends send it. Time is ms since 1970, TimeAt since the page opened.
type sentPoint struct {
	X, Y         *float64
	Time, TimeAt *float64
}

// showingRows returns the rows of a browse page of an original front end, by slot. Times count from its beginning.
func showingRows(p *quality.Page) ([]*scene.ShowingRow, error) {
	var in struct {
		Page struct {
			StartedAt   float64
			Annotations []struct {
				ImageID                       string
				Selected                      *bool
				SelectedRecord, MouseTracking []sentPoint
				HoveredRecord                 []struct {
					Action *string
					Time   *float64
				}
				ImagePosition                           struct{ X, Y *float64 }
				ImageWidth, ImageHeight                 *float64
				OriginalImageWidth, OriginalImageHeight *float64
			}
		}
	}
	if err := json.Unmarshal(p.FrontEnd, &in); err != nil {
		return nil, fmt.Errorf("page %d: %w", p.Number, err)
	}
	began := int64(in.Page.StartedAt)
	rows := make([]*scene.ShowingRow, len(p.Plan.Slots))
	for slot, planned := range p.Plan.Slots {
		r := &scene.ShowingRow{ImageID: planned.Image, ImageIdx: whole[int32](ptr(float64(slot))), T0: &began, Selected: &p.Browse.Annotations[slot].Selected}
		rows[slot] = r
		for _, a := range in.Page.Annotations {
			if a.ImageID != p.Browse.Annotations[slot].ImageID {
				continue
			}
			r.PositionX, r.PositionY, r.ImageWidth, r.ImageHeight = a.ImagePosition.X, a.ImagePosition.Y, a.ImageWidth, a.ImageHeight
			r.OrigWidth, r.OrigHeight = whole[int32](a.OriginalImageWidth), whole[int32](a.OriginalImageHeight)
			r.Clicks, r.Mouse = points(a.SelectedRecord, in.Page.StartedAt), points(a.MouseTracking, in.Page.StartedAt)
			for _, h := range a.HoveredRecord {
				r.Hovers = append(r.Hovers, scene.Hover{T: since(h.Time, in.Page.StartedAt), Action: h.Action})
			}
		}
	}
	return rows, nil
}

// tagRow returns the row of a page with icons of an original front end.
func tagRow(p *quality.Page) (*scene.TagRow, error) {
	var in struct {
		Page struct {
			StartedAt  *float64
			Annotation struct {
				ImageWidth, ImageHeight                 *float64
				OriginalImageWidth, OriginalImageHeight *float64
				TimeSpend                               *float64
				MouseTracking                           []sentPoint
				ActionHistories                         []struct {
					ActionType, IconType *string
					PointFrom, PointTo   struct{ X, Y *float64 }
					TimeAt               *float64
				}
				CategoryHistories []struct {
					CategoryIndex *float64
					CategoryName  *string
					UsingKeyboard *bool
					TimeAt        *float64
				}
			}
		}
	}
	if err := json.Unmarshal(p.FrontEnd, &in); err != nil {
		return nil, fmt.Errorf("page %d: %w", p.Number, err)
	}
	a := in.Page.Annotation
	r := &scene.TagRow{PageStarted: whole[int64](in.Page.StartedAt), ImageWidth: a.ImageWidth, ImageHeight: a.ImageHeight,
		OrigWidth: whole[int32](a.OriginalImageWidth), OrigHeight: whole[int32](a.OriginalImageHeight), TimeSpent: whole[int64](a.TimeSpend)}
	r.ImageID, _ = strconv.ParseInt(p.Plan.Slots[0].Image, 10, 64)
	for _, m := range a.MouseTracking {
		r.Mouse = append(r.Mouse, scene.Point{T: whole[int64](m.TimeAt), X: m.X, Y: m.Y})
	}
	for _, v := range a.ActionHistories {
		r.Actions = append(r.Actions, scene.TagAction{Type: v.ActionType, Icon: v.IconType, T: whole[int64](v.TimeAt), FromX: v.PointFrom.X,
			FromY: v.PointFrom.Y, ToX: v.PointTo.X, ToY: v.PointTo.Y})
	}
	for _, v := range a.CategoryHistories {
		r.Browsing = append(r.Browsing, scene.TagStep{Index: whole[int32](v.CategoryIndex), Name: v.CategoryName, Keyboard: v.UsingKeyboard, T: whole[int64](v.TimeAt)})
	}
	return r, nil
}

// points returns clicks or samples with times since a page began.
func points(sent []sentPoint, began float64) (all []scene.Point) {
	for _, p := range sent {
		all = append(all, scene.Point{T: since(p.Time, began), X: p.X, Y: p.Y})
	}
	return all
}

func since(t *float64, began float64) *int64 {
	if t == nil {
		return nil
	}
	return ptr(int64(*t - began))
}

func whole[T int32 | int64](v *float64) *T {
	if v == nil {
		return nil
	}
	return ptr(T(*v))
}

func ptr[T any](v T) *T { return &v }
