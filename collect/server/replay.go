package server

import (
	"encoding/json"
	"errors"
	"math"
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
		rows := showingRows(p)
		return scene.BrowsePage(rows, nil, imageAddress), nil
	}
	row := tagRow(p)
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

// A maybe is a value of a front end's page; nil if the page has another type there. Nobody checked what front ends
// send, and what is wrong is not drawn.
type maybe[T any] struct{ v *T }

func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	var v T
	if string(b) != "null" && json.Unmarshal(b, &v) == nil {
		m.v = &v
	}
	return nil
}

// of returns the value, or zero.
func (m maybe[T]) of() (v T) {
	if m.v != nil {
		v = *m.v
	}
	return v
}

// A list has those elements of a front end's list that are of the type.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(b []byte) error {
	var all []maybe[T]
	if json.Unmarshal(b, &all) == nil {
		for _, one := range all {
			if one.v != nil {
				*l = append(*l, *one.v)
			}
		}
	}
	return nil
}

type number = maybe[float64]

// A sentPoint is a click or a sample as original front ends send it. Time is ms since 1970, TimeAt since the page opened.
type sentPoint struct{ X, Y, Time, TimeAt number }

type sentPlace struct{ X, Y number }

// showingRows returns the rows of a browse page of an original front end, by slot. Times count from its beginning.
func showingRows(p *quality.Page) []*scene.ShowingRow {
	var in struct {
		Page maybe[struct {
			StartedAt   number
			Annotations list[struct {
				ImageID                       maybe[string]
				SelectedRecord, MouseTracking list[sentPoint]
				HoveredRecord                 list[struct {
					Action maybe[string]
					Time   number
				}]
				ImagePosition                           maybe[sentPlace]
				ImageWidth, ImageHeight                 number
				OriginalImageWidth, OriginalImageHeight number
			}]
		}]
	}
	json.Unmarshal(p.FrontEnd, &in) // its parts take anything
	page := in.Page.of()
	start := page.StartedAt.of()
	began := integer[int64](page.StartedAt)
	if began == nil {
		began = ptr(int64(0))
	}
	rows := make([]*scene.ShowingRow, len(p.Plan.Slots))
	for slot, planned := range p.Plan.Slots {
		r := &scene.ShowingRow{ImageID: planned.Image, ImageIdx: ptr(int32(slot)), T0: began, Selected: &p.Browse.Annotations[slot].Selected}
		rows[slot] = r
		for _, a := range page.Annotations {
			if a.ImageID.of() != p.Browse.Annotations[slot].ImageID {
				continue
			}
			at := a.ImagePosition.of()
			r.PositionX, r.PositionY, r.ImageWidth, r.ImageHeight = at.X.v, at.Y.v, a.ImageWidth.v, a.ImageHeight.v
			r.OrigWidth, r.OrigHeight = integer[int32](a.OriginalImageWidth), integer[int32](a.OriginalImageHeight)
			r.Clicks, r.Mouse = points(a.SelectedRecord, start), points(a.MouseTracking, start)
			for _, h := range a.HoveredRecord {
				r.Hovers = append(r.Hovers, scene.Hover{T: since(h.Time, start), Action: h.Action.v})
			}
		}
	}
	return rows
}

// tagRow returns the row of a page with icons of an original front end.
func tagRow(p *quality.Page) *scene.TagRow {
	var in struct {
		Page maybe[struct {
			StartedAt  number
			Annotation maybe[struct {
				ImageWidth, ImageHeight                 number
				OriginalImageWidth, OriginalImageHeight number
				TimeSpend                               number
				MouseTracking                           list[sentPoint]
				ActionHistories                         list[struct {
					ActionType, IconType maybe[string]
					PointFrom, PointTo   maybe[sentPlace]
					TimeAt               number
				}]
				CategoryHistories list[struct {
					CategoryIndex number
					CategoryName  maybe[string]
					UsingKeyboard maybe[bool]
					TimeAt        number
				}]
			}]
		}]
	}
	json.Unmarshal(p.FrontEnd, &in) // its parts take anything
	page := in.Page.of()
	a := page.Annotation.of()
	r := &scene.TagRow{PageStarted: integer[int64](page.StartedAt), ImageWidth: a.ImageWidth.v, ImageHeight: a.ImageHeight.v,
		OrigWidth: integer[int32](a.OriginalImageWidth), OrigHeight: integer[int32](a.OriginalImageHeight),
		TimeSpent: integer[int64](a.TimeSpend)}
	r.ImageID, _ = strconv.ParseInt(p.Plan.Slots[0].Image, 10, 64)
	for _, m := range a.MouseTracking {
		r.Mouse = append(r.Mouse, scene.Point{T: integer[int64](m.TimeAt), X: m.X.v, Y: m.Y.v})
	}
	for _, v := range a.ActionHistories {
		from, to := v.PointFrom.of(), v.PointTo.of()
		r.Actions = append(r.Actions, scene.TagAction{Type: v.ActionType.v, Icon: v.IconType.v, T: integer[int64](v.TimeAt),
			FromX: from.X.v, FromY: from.Y.v, ToX: to.X.v, ToY: to.Y.v})
	}
	for _, v := range a.CategoryHistories {
		r.Browsing = append(r.Browsing, scene.TagStep{Index: integer[int32](v.CategoryIndex), Name: v.CategoryName.v,
			Keyboard: v.UsingKeyboard.v, T: integer[int64](v.TimeAt)})
	}
	return r
}

// points returns clicks or samples with times since a page began.
func points(sent []sentPoint, began float64) (all []scene.Point) {
	for _, p := range sent {
		all = append(all, scene.Point{T: since(p.Time, began), X: p.X.v, Y: p.Y.v})
	}
	return all
}

func since(t number, began float64) *int64 {
	if t.v != nil {
		t.v = ptr(*t.v - began)
	}
	return integer[int64](t)
}

// integer returns a number without its fraction, or nil if T does not have it.
func integer[T int32 | int64](n number) *T {
	most := float64(math.MaxInt32)
	if any(T(0)) == any(int64(0)) {
		most = 1 << 53
	}
	if n.v == nil || math.Abs(*n.v) > most {
		return nil
	}
	return ptr(T(*n.v))
}

func ptr[T any](v T) *T { return &v }
