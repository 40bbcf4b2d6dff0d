package replay

import (
	"context"
	"math"
	"strconv"

	"abtool/collect/recording"
	"abtool/explore/replay/scene"
	"abtool/query"
)

// attemptRow is a row of the attempts of a study. Lists have the columns of the table.
type attemptRow struct {
	State     string   `json:"state"`
	PageUUID  string   `json:"page_uuid"`
	WorkerID  string   `json:"worker_id"`
	Level     *string  `json:"level"`
	Class     *string  `json:"class"`
	Images    []string `json:"images"`
	Started   *int64   `json:"started"`
	Ended     *int64   `json:"ended"`
	Announced int      `json:"chunks_announced"`
	Stored    int      `json:"chunks_stored"`
	Arm       *string  `json:"arm"`
	VisibleMS int64    `json:"visible_ms"`
	ActiveMS  int64    `json:"active_ms"`

	Pointer []struct {
		US      int64   `json:"us"`
		X       float64 `json:"x"`
		Y       float64 `json:"y"`
		Buttons int32   `json:"buttons"`
		Type    string  `json:"type"`
	} `json:"pointer"`
	Presses []struct {
		US     int64   `json:"us"`
		What   string  `json:"what"`
		X      float64 `json:"x"`
		Y      float64 `json:"y"`
		Type   string  `json:"type"`
		Target string  `json:"target"`
	} `json:"presses"`
	Crossings []struct {
		US     int64  `json:"us"`
		What   string `json:"what"`
		Target string `json:"target"`
	} `json:"crossings"`
	Choices []struct {
		US   int64   `json:"us"`
		What string  `json:"what"`
		Slot int32   `json:"slot"`
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
		Via  string  `json:"via"`
	} `json:"choices"`
	Icons []struct {
		US    int64   `json:"us"`
		What  string  `json:"what"`
		Icon  string  `json:"icon"`
		Via   string  `json:"via"`
		FromX float64 `json:"from_x"`
		FromY float64 `json:"from_y"`
		ToX   float64 `json:"to_x"`
		ToY   float64 `json:"to_y"`
	} `json:"icons"`
	Drags []struct {
		US      int64   `json:"us"`
		End     int64   `json:"end"`
		Icon    string  `json:"icon"`
		Origin  string  `json:"origin"`
		Outcome string  `json:"outcome"`
		FromX   float64 `json:"from_x"`
		FromY   float64 `json:"from_y"`
		ToX     float64 `json:"to_x"`
		ToY     float64 `json:"to_y"`
	} `json:"drags"`
	Steps []struct {
		US         int64  `json:"us"`
		Superclass int32  `json:"superclass"`
		Via        string `json:"via"`
	} `json:"steps"`
	Keys []struct {
		US   int64  `json:"us"`
		Name string `json:"name"`
	} `json:"keys"`
	Scroll []struct {
		US int64   `json:"us"`
		X  float64 `json:"x"`
		Y  float64 `json:"y"`
	} `json:"scroll"`
	View []struct {
		US     int64 `json:"us"`
		Width  int32 `json:"width"`
		Height int32 `json:"height"`
	} `json:"view"`
	Layout []struct {
		US   int64   `json:"us"`
		Slot int32   `json:"slot"`
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
		W    float64 `json:"w"`
		H    float64 `json:"h"`
	} `json:"layout"`
	Loads []struct {
		US     int64  `json:"us"`
		Slot   int32  `json:"slot"`
		What   string `json:"what"`
		Width  int32  `json:"width"`
		Height int32  `json:"height"`
	} `json:"loads"`
	Focus []struct {
		US   int64  `json:"us"`
		What string `json:"what"`
	} `json:"focus"`
	Notes []struct {
		US   int64  `json:"us"`
		What string `json:"what"`
		Text string `json:"text"`
	} `json:"notes"`
	Gaps []struct {
		US    int64  `json:"us"`
		What  string `json:"what"`
		Count int64  `json:"count"`
	} `json:"gaps"`
}

// tenths returns CSS px as recordings have them.
func tenths(px float64) int32 { return int32(math.Round(px * 10)) }

func millionths(v float64) int32 { return int32(math.Round(v * 1e6)) }

// attempt returns the recording of a row.
func (r *attemptRow) attempt() scene.Attempt {
	a := scene.Attempt{Missing: r.Announced - r.Stored}
	if r.Started != nil {
		a.T0 = *r.Started * 1000
	}
	if r.Ended != nil {
		a.Ended = *r.Ended
	}
	for _, v := range r.Pointer {
		a.Samples = append(a.Samples, recording.Sample{T: v.US, X: tenths(v.X), Y: tenths(v.Y), Buttons: v.Buttons, Pointer: v.Type})
	}
	for _, v := range r.Presses {
		a.Presses = append(a.Presses, recording.Press{T: v.US, What: v.What, X: tenths(v.X), Y: tenths(v.Y), Pointer: v.Type, Target: v.Target})
	}
	for _, v := range r.Crossings {
		a.Crosses = append(a.Crosses, recording.Crossing{T: v.US, What: v.What, Target: v.Target})
	}
	for _, v := range r.Choices {
		a.Choices = append(a.Choices, recording.Choice{T: v.US, What: v.What, Slot: v.Slot, X: tenths(v.X), Y: tenths(v.Y), Via: v.Via})
	}
	for _, v := range r.Icons {
		a.Icons = append(a.Icons, recording.IconChange{T: v.US, What: v.What, Icon: v.Icon, Via: v.Via, FromX: millionths(v.FromX),
			FromY: millionths(v.FromY), ToX: millionths(v.ToX), ToY: millionths(v.ToY)})
	}
	for _, v := range r.Drags {
		a.Drags = append(a.Drags, recording.Drag{T: v.US, End: v.End, Icon: v.Icon, From: v.Origin, Outcome: v.Outcome, FromX: tenths(v.FromX),
			FromY: tenths(v.FromY), ToX: tenths(v.ToX), ToY: tenths(v.ToY)})
	}
	for _, v := range r.Steps {
		a.Steps = append(a.Steps, recording.Step{T: v.US, Superclass: v.Superclass, Via: v.Via})
	}
	for _, v := range r.Keys {
		a.Keys = append(a.Keys, recording.Key{T: v.US, Name: v.Name})
	}
	for _, v := range r.Scroll {
		a.Scrolls = append(a.Scrolls, recording.Scroll{T: v.US, X: tenths(v.X), Y: tenths(v.Y)})
	}
	for _, v := range r.View {
		a.Views = append(a.Views, recording.View{T: v.US, Width: v.Width, Height: v.Height})
	}
	for _, v := range r.Layout {
		a.Layouts = append(a.Layouts, recording.Layout{T: v.US, Slot: v.Slot, X: tenths(v.X), Y: tenths(v.Y), Width: tenths(v.W), Height: tenths(v.H)})
	}
	for _, v := range r.Loads {
		a.Images = append(a.Images, recording.ImageState{T: v.US, Slot: v.Slot, What: v.What, Width: v.Width, Height: v.Height})
	}
	for _, v := range r.Focus {
		a.States = append(a.States, recording.PageState{T: v.US, What: v.What})
	}
	for _, v := range r.Notes {
		a.Notes = append(a.Notes, recording.Note{T: v.US, What: v.What, Text: v.Text})
	}
	for _, v := range r.Gaps {
		a.Gaps = append(a.Gaps, recording.Gap{T: v.US, What: v.What, Count: v.Count})
	}
	return a
}

// recorded returns the scene of a page of a study, nil if the store has no such page.
func recorded(ctx context.Context, db *query.DB, set, assignment string, page int64) (*scene.Scene, error) {
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM duckdb_views() WHERE view_name = $1", set+"_attempts").Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	rows, err := read[attemptRow](ctx, db, "FROM "+set+"_attempts WHERE assignment_id = $1 AND page_idx = $2 AND state <> 'surplus' AND started IS NOT NULL ORDER BY attempt",
		assignment, page)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	last := rows[len(rows)-1]
	r := &scene.Recording{Set: set, Kind: scene.KindBrowse, Worker: last.WorkerID}
	if last.Level != nil {
		r.Level = *last.Level
	}
	for _, a := range rows {
		r.Attempts = append(r.Attempts, a.attempt())
	}
	if set == "coco" {
		r.Kind = scene.KindTag
		err = tagged(ctx, db, r, last)
	} else {
		err = browsed(ctx, db, r, last)
	}
	if err != nil {
		return nil, err
	}
	s := scene.Recorded(r)
	s.Facts = append(pageFacts(set, assignment, page, &last.WorkerID, last.Class, len(last.Images)), s.Facts...)
	s.Facts = append(s.Facts, scene.Fact{Name: "state", Value: last.State}, scene.Fact{Name: "attempts", Value: len(rows)},
		scene.Fact{Name: "visible_ms", Value: last.VisibleMS, Unit: "ms"}, scene.Fact{Name: "active_ms", Value: last.ActiveMS, Unit: "ms"})
	if last.Arm != nil {
		s.Facts = append(s.Facts, scene.Fact{Name: "arm", Value: *last.Arm})
	}
	return s, nil
}

// browsed adds the images of a browse page, with what is known of them.
func browsed(ctx context.Context, db *query.DB, r *scene.Recording, a *attemptRow) error {
	rows, err := read[scene.ShowingRow](ctx, db, "FROM imagenet_annotations WHERE page_uuid = $1 ORDER BY seq", a.PageUUID)
	if err != nil {
		return err
	}
	truth, err := boxes(ctx, db, a.Images...)
	if err != nil {
		return err
	}
	for slot, id := range a.Images {
		m := scene.Image{Slot: slot, ID: id, Source: source("imagenet", id)}
		for _, row := range rows {
			if row.ImageIdx != nil && int(*row.ImageIdx) == slot {
				m = row.Image(truth[id], slot, m.Source)
			}
		}
		r.Images = append(r.Images, m)
	}
	return nil
}

// tagged adds the image of a tag page.
func tagged(ctx context.Context, db *query.DB, r *scene.Recording, a *attemptRow) error {
	rows, err := read[scene.TagRow](ctx, db, "FROM coco_annotations WHERE page_uuid = $1", a.PageUUID)
	if err != nil {
		return err
	}
	for slot, id := range a.Images {
		m := scene.Image{Slot: slot, ID: id, Source: source("coco", id)}
		if n, err := strconv.ParseInt(id, 10, 64); err == nil && len(rows) > 0 {
			truth, err := tagTruth(ctx, db, n)
			if err != nil {
				return err
			}
			m = rows[0].Image(truth, m.Source)
			r.Steps = scene.Superclasses(rows[0])
		}
		r.Images = append(r.Images, m)
	}
	return nil
}
