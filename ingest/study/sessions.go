package study

import (
	"encoding/json"

	"abtool/collect/recording"
	"abtool/collect/storage"
	"abtool/schema"
)

// visits gathers the sessions of a study.
type visits struct {
	list []schema.Session
	at   map[int64]int // by number of the visit
	gaps []histogram
	seen map[string]bool // assignments
}

// device is what the page says about the device of a visit.
type device struct {
	Pointers []string `json:"pointers"`
	Width    *int32   `json:"width"`
	Height   *int32   `json:"height"`
	Ratio    *float64 `json:"ratio"`
	Browser  *string  `json:"browser"`
	System   *string  `json:"system"`
	Language *string  `json:"language"`
	Step     *float64 `json:"clock_step_us"`
}

func newVisits(v *storage.View, source string) (*visits, error) {
	workers, err := v.Workers()
	if err != nil {
		return nil, err
	}
	people := map[string]storage.Worker{}
	for _, w := range workers {
		people[w.ID] = w
	}
	list, err := v.Visits()
	if err != nil {
		return nil, err
	}
	s := &visits{at: map[int64]int{}, gaps: make([]histogram, len(list)), seen: map[string]bool{}}
	for _, x := range list {
		w := people[x.Worker]
		row := schema.Session{
			Source: source, Session: x.ID, WorkerID: x.Worker, Platform: w.Platform, WorkerState: w.State, Arm: filled(w.Arm),
			ArmProbability: w.ArmProbability, Level: filled(w.Level), Started: x.Started, Seen: x.Seen, Ended: x.Ended,
			Outcome: filled(x.Outcome), ClockOffset: x.ClockOffset, ClockDelay: x.ClockDelay,
		}
		if w.Consent > 0 {
			row.ConsentVersion, row.ConsentAt = &w.Consent, &w.ConsentAt
		}
		describe(&row, x.Device)
		s.at[x.ID] = len(s.list)
		s.list = append(s.list, row)
	}
	return s, nil
}

// describe adds what the page says about the device. What it does not say, or not as expected, stays null.
func describe(row *schema.Session, text string) {
	var d device
	if json.Unmarshal([]byte(text), &d) != nil {
		return
	}
	row.Pointers, row.Width, row.Height, row.Ratio = d.Pointers, d.Width, d.Height, d.Ratio
	row.Browser, row.System, row.Language = d.Browser, d.System, d.Language
	if d.Step != nil {
		row.ClockStep = ptr(int64(*d.Step))
	}
}

// count adds a page to the visit in which its assignment was last leased.
func (s *visits) count(j *job, p *Page) {
	if p.visit == nil {
		return
	}
	i, ok := s.at[*p.visit]
	if !ok {
		return
	}
	s.gaps[i].add(&p.gaps)
	if !s.seen[j.assignment.ID] {
		s.seen[j.assignment.ID] = true
		s.list[i].Assignments++
	}
	if p.Record != nil {
		s.list[i].Pages++
	}
}

func (s *visits) rows() []schema.Session {
	for i := range s.list {
		r, g := &s.list[i], &s.gaps[i]
		r.SampleMedian, r.SampleP5, r.SampleP95 = g.quantile(0.5), g.quantile(0.05), g.quantile(0.95)
	}
	return s.list
}

// histogram counts the times between two samples of the pointer in steps of 0.1 ms.
type histogram struct {
	counts []int64
	n      int64
}

// histogramBins is the number of steps up to 100 ms. Longer times are pauses of the hand.
const histogramBins = 1001

func (h *histogram) addPage(p *recording.Page) {
	for i := 1; i < len(p.Samples); i++ {
		if bin := (p.Samples[i].T - p.Samples[i-1].T + 50) / 100; bin < histogramBins {
			h.grow()
			h.counts[bin]++
			h.n++
		}
	}
}

func (h *histogram) add(o *histogram) {
	if o.n > 0 {
		h.grow()
	}
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.n += o.n
}

func (h *histogram) grow() {
	if h.counts == nil {
		h.counts = make([]int64, histogramBins)
	}
}

// quantile returns the smallest time, in ms, that a share q of the times do not exceed, or nil without times.
func (h *histogram) quantile(q float64) *float64 {
	sum := int64(0)
	for i, n := range h.counts {
		if sum += n; n > 0 && float64(sum) >= q*float64(h.n) {
			return ptr(float64(i) / 10)
		}
	}
	return nil
}
