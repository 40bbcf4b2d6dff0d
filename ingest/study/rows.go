package study

import (
	"slices"
	"strings"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/recording"
	"abtool/collect/records"
	"abtool/collect/storage"
	"abtool/schema"
)

// States of a row of pages that the database does not have.
const (
	open     = "open"
	left     = "left"
	replaced = "replaced"
)

// stateOf returns the state of an attempt.
func stateOf(j *job, x *storage.Attempt) string {
	switch {
	case x.State != open:
		return x.State
	case j.page.Submitted() != nil:
		return replaced
	case j.assignment.State == storage.Offered || j.assignment.State == storage.Working:
		return open
	case j.assignment.State == storage.Withdrawn:
		return storage.Withdrawn
	}
	return left
}

// row returns the row of an attempt, apart from its counts.
func (s *Study) row(j *job, x *storage.Attempt, r *recording.Page, images map[string]*collect.Image) schema.PageAttempt {
	w := schema.PageAttempt{
		Source: s.name, PageUUID: j.page.UUID, Attempt: int32(x.Attempt), State: stateOf(j, x),
		AssignmentID: j.assignment.ID, HITID: j.assignment.HIT, WorkerID: j.assignment.Worker, PageIdx: int32(j.page.Number),
		Session: j.assignment.Visit, Arm: filled(j.arm), Level: filled(j.worker.Level), Class: filled(j.plan.Class),
		Ended: x.Ended, Received: x.First, Submitted: x.Submitted, SubmitVia: submitVia(x, r), Flags: strings.Fields(x.Flags),
	}
	if r.Disorder {
		w.Flags = append(w.Flags, "times_disorder")
	}
	for _, slot := range j.plan.Slots {
		w.Images = append(w.Images, records.ImageID(j.plan.Class, images[slot.Image]))
	}
	if r.Chunks > 0 {
		w.Started = ptr(derive.Began([]*recording.Page{r}))
	}
	if x.AnnouncedEvents != nil && x.Submitted != nil {
		w.EventsAnnounced = ptr(int64(*x.AnnouncedEvents))
	}
	ended := int64(0)
	if x.Ended != nil {
		ended = *x.Ended*1000 - r.T0
	}
	here := derive.PresenceOf(r, ended)
	w.VisibleMS, w.HiddenMS, w.ActiveMS = here.Visible, here.Hidden, here.Active(derive.IdleAfter)
	w.IdleMS = w.VisibleMS - w.ActiveMS
	for _, p := range here.Pauses {
		w.Pauses = append(w.Pauses, schema.Pause(p))
	}
	for _, u := range r.Unknown {
		w.EventsUnknown += int64(u.Count)
	}
	for _, g := range r.Gaps {
		switch n := max(g.Count, 0); g.What {
		case "thinned":
			w.Thinned += n
		case "dropped":
			w.Dropped += n
		case "lost":
			w.Lost += n
		}
	}
	events(&w, r)
	return w
}

// submitVia returns how a page was submitted, or nil if that was not recorded.
func submitVia(x *storage.Attempt, r *recording.Page) *string {
	if x.Submitted == nil {
		return nil
	}
	clicked := int64(-1)
	var via *string
	for _, p := range slices.Backward(r.Presses) {
		if p.What == "click" && p.Target == "button:submit" {
			clicked, via = p.T, &p.Pointer
			break
		}
	}
	for _, k := range slices.Backward(r.Keys) {
		if k.T > clicked && (k.Name == "Enter" || k.Name == "Space") {
			return ptr("key") // a button that a key presses is clicked without a pointer
		}
	}
	return via
}

// events copies the events of a recording into the lists of a row.
func events(w *schema.PageAttempt, r *recording.Page) {
	w.Pointer = each(r.Samples, func(e recording.Sample) schema.PageSample {
		return schema.PageSample{US: e.T, X: px(e.X), Y: px(e.Y), Buttons: e.Buttons, Type: e.Pointer, Frame: e.Frame == 1, Pressure: float64(e.Pressure) / 1000}
	})
	w.Presses = each(r.Presses, func(e recording.Press) schema.PagePress {
		return schema.PagePress{US: e.T, What: e.What, X: px(e.X), Y: px(e.Y), Button: e.Button, Type: e.Pointer, Target: e.Target}
	})
	w.Crossings = each(r.Crosses, func(e recording.Crossing) schema.PageCrossing {
		return schema.PageCrossing{US: e.T, What: e.What, Target: e.Target}
	})
	w.Choices = each(r.Choices, func(e recording.Choice) schema.PageChoice {
		return schema.PageChoice{US: e.T, What: e.What, Slot: e.Slot, X: px(e.X), Y: px(e.Y), Via: e.Via}
	})
	w.Icons = each(r.Icons, func(e recording.IconChange) schema.PageIcon {
		return schema.PageIcon{US: e.T, What: e.What, Icon: e.Icon, Via: e.Via, FromX: millionths(e.FromX), FromY: millionths(e.FromY),
			ToX: millionths(e.ToX), ToY: millionths(e.ToY)}
	})
	w.Drags = each(r.Drags, func(e recording.Drag) schema.PageDrag {
		return schema.PageDrag{US: e.T, End: e.End, Icon: e.Icon, Origin: e.From, Outcome: e.Outcome, FromX: px(e.FromX), FromY: px(e.FromY),
			ToX: px(e.ToX), ToY: px(e.ToY)}
	})
	w.Steps = each(r.Steps, func(e recording.Step) schema.PageStep {
		return schema.PageStep{US: e.T, Superclass: e.Superclass, Via: e.Via}
	})
	w.Keys = each(r.Keys, func(e recording.Key) schema.PageKey { return schema.PageKey{US: e.T, Name: e.Name} })
	w.Scroll = each(r.Scrolls, func(e recording.Scroll) schema.PageScroll {
		return schema.PageScroll{US: e.T, X: px(e.X), Y: px(e.Y)}
	})
	w.View = each(r.Views, func(e recording.View) schema.PageView {
		return schema.PageView{US: e.T, Width: e.Width, Height: e.Height, Ratio: float64(e.Ratio) / 1000, Scale: float64(e.Scale) / 1000,
			OffsetX: px(e.OffsetX), OffsetY: px(e.OffsetY)}
	})
	w.Layout = each(r.Layouts, func(e recording.Layout) schema.PageLayout {
		return schema.PageLayout{US: e.T, Slot: e.Slot, X: px(e.X), Y: px(e.Y), W: px(e.Width), H: px(e.Height)}
	})
	w.Loads = each(r.Images, func(e recording.ImageState) schema.PageLoad {
		return schema.PageLoad{US: e.T, Slot: e.Slot, What: e.What, Width: e.Width, Height: e.Height}
	})
	w.Focus = each(r.States, func(e recording.PageState) schema.PageEvent { return schema.PageEvent{US: e.T, What: e.What} })
	w.Notes = each(r.Notes, func(e recording.Note) schema.PageNote { return schema.PageNote{US: e.T, What: e.What, Text: e.Text} })
	w.Gaps = each(r.Gaps, func(e recording.Gap) schema.PageGap { return schema.PageGap{US: e.T, What: e.What, Count: e.Count} })
}

func each[A, B any](list []A, f func(A) B) []B {
	all := make([]B, len(list))
	for i, a := range list {
		all[i] = f(a)
	}
	return all
}

func px(tenths int32) float64 { return float64(tenths) / 10 }

func millionths(v int32) float64 { return float64(v) / 1e6 }

// filled returns a pointer to a text, or nil if it is empty.
func filled(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func ptr[T any](v T) *T { return &v }
