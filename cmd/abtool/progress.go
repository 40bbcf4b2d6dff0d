package main

import (
	"fmt"
	"io"
	"time"

	"abtool/ingest"
	"abtool/internal/ui"
)

// A progress shows how far a run is: with a bar on a terminal, with JSON Lines for --json, otherwise not at
// all.
type progress struct {
	events *ui.Events
	bar    *ui.Bar
	rate   rate
}

func newProgress(w io.Writer, asJSON, quiet bool) *progress {
	if asJSON && !quiet {
		return &progress{events: ui.NewEvents(w)}
	}
	return &progress{bar: ui.NewBar(w, quiet, ui.Bytes)}
}

func (p *progress) show(now ingest.Progress) {
	if p.events != nil {
		p.events.Show(now.Elapsed, struct {
			Event string `json:"event"`
			ingest.Progress
		}{"progress", now})
		return
	}
	total := now.Total
	if total == 0 {
		total = -1 // unknown
	}
	p.bar.Set(describe(now, p.rate.of(now.Records, now.Elapsed)), now.Bytes, total)
}

func describe(now ingest.Progress, perSecond float64) string {
	what := now.Source
	if now.Stage != "reading" {
		what = map[string]string{"images": "writing the images", "converting": "converting to Arrow",
			"finishing": "finishing"}[now.Stage]
	}
	text := fmt.Sprintf("%s: %s records, %s/s", what, ui.Thousands(now.Records), ui.Thousands(int64(perSecond)))
	if now.Rejected > 0 {
		text += fmt.Sprintf(", %s rejected", ui.Thousands(now.Rejected))
	}
	return text
}

// rate is a smoothed speed.
type rate struct {
	n  int64
	t  time.Duration
	ps float64
}

func (r *rate) of(n int64, t time.Duration) float64 {
	if dt := (t - r.t).Seconds(); dt > 0 && n > r.n {
		now := float64(n-r.n) / dt
		if r.ps == 0 {
			r.ps = now
		}
		r.ps += 0.2 * (now - r.ps)
		r.n, r.t = n, t
	}
	return r.ps
}
