package server

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"abtool/collect"
	"abtool/collect/derive"
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
		drawn = s.scene(done, &done.Pages[i], reader)
		return nil
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
func (s *Server) scene(done *quality.Work, p *quality.Page, reader *quality.Reader) *scene.Scene {
	switch {
	case len(p.Attempts) > 0:
		return scene.Recorded(s.recording(done, p, reader))
	case p.Browse != nil:
		var rows []*scene.ShowingRow
		for i, a := range p.Browse.Annotations {
			rows = append(rows, showingRow(a, p.Plan.Slots[i].Image, i, p.Browse.Started))
		}
		return scene.BrowsePage(rows, nil, imageAddress)
	}
	return scene.Tag(tagRow(p.Tag), nil, imageAddress(p.Plan.Slots[0].Image))
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

// showingRow returns the row of a record of an original front end. Its times count from the beginning of the page.
func showingRow(a *derive.Showing, id string, slot int, started int64) *scene.ShowingRow {
	r := &scene.ShowingRow{ImageID: id, ImageIdx: narrow(&slot), PositionX: real(a.ImagePosition.X), PositionY: real(a.ImagePosition.Y),
		ImageWidth: real(a.ImageWidth), ImageHeight: real(a.ImageHeight), OrigWidth: narrow(a.OriginalWidth), OrigHeight: narrow(a.OriginalHeight),
		Selected: &a.Selected, T0: &started, Clicks: points(a.SelectedRecord, started), Mouse: points(a.MouseTracking, started)}
	for _, h := range a.HoveredRecord {
		t := h.Time - started
		r.Hovers = append(r.Hovers, scene.Hover{T: &t, Action: &h.Action})
	}
	return r
}

func points(list []derive.Point, started int64) (all []scene.Point) {
	for _, p := range list {
		t := p.Time - started
		all = append(all, scene.Point{T: &t, X: p.X, Y: p.Y})
	}
	return all
}

// tagRow returns the row of a page with icons of an original front end.
func tagRow(p *derive.TagPage) *scene.TagRow {
	a := p.Annotation
	r := &scene.TagRow{PageStarted: &p.Started, ImageWidth: real(a.ImageWidth), ImageHeight: real(a.ImageHeight), OrigWidth: narrow(a.OriginalWidth),
		OrigHeight: narrow(a.OriginalHeight), TimeSpent: &a.TimeSpent}
	r.ImageID, _ = strconv.ParseInt(a.ImageID, 10, 64)
	for i := range a.MouseTracking {
		m := &a.MouseTracking[i]
		r.Mouse = append(r.Mouse, scene.Point{T: &m.T, X: &m.X, Y: &m.Y})
	}
	for i := range a.ActionHistories {
		v := &a.ActionHistories[i]
		act := scene.TagAction{Type: &v.Type, Icon: &v.Icon, T: &v.T}
		if v.From != nil {
			act.FromX, act.FromY = &v.From.X, &v.From.Y
		}
		if v.To != nil {
			act.ToX, act.ToY = &v.To.X, &v.To.Y
		}
		r.Actions = append(r.Actions, act)
	}
	for i := range a.CategoryHistories {
		v := &a.CategoryHistories[i]
		r.Browsing = append(r.Browsing, scene.TagStep{Index: narrow(&v.Index), Name: &v.Name, Keyboard: &v.Keyboard, T: &v.T})
	}
	return r
}

func real(v *int) *float64 {
	if v == nil {
		return nil
	}
	x := float64(*v)
	return &x
}

func narrow(v *int) *int32 {
	if v == nil {
		return nil
	}
	x := int32(*v)
	return &x
}
