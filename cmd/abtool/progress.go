package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"abtool/ingest"
)

// progress shows how far a run is: a bar on a terminal, JSON Lines with --json, else nothing.
type progress struct {
	w    io.Writer
	json *json.Encoder
	bar  *progressbar.ProgressBar
	tty  bool
	last time.Duration
	rate rate
}

func newProgress(w io.Writer, asJSON, quiet bool) *progress {
	p := &progress{w: w}
	if quiet {
		return p
	}
	if asJSON {
		p.json = json.NewEncoder(w)
		return p
	}
	_, p.tty = terminal(w)
	return p
}

const eventEvery = time.Second

func (p *progress) show(now ingest.Progress) {
	switch {
	case p.json != nil:
		if now.Elapsed-p.last >= eventEvery {
			p.last = now.Elapsed
			p.json.Encode(struct {
				Event string `json:"event"`
				ingest.Progress
			}{"progress", now})
		}
	case p.tty:
		if p.bar == nil {
			total := now.Total
			if total == 0 {
				total = -1
			}
			p.bar = progressbar.NewOptions64(total,
				progressbar.OptionSetWriter(p.w), progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true),
				progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish(),
				progressbar.OptionSpinnerType(14))
		}
		p.bar.Describe(describe(now, p.rate.of(now.Records, now.Elapsed)))
		p.bar.Set64(now.Bytes)
	}
}

func (p *progress) done() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar.Clear()
	}
}

func describe(now ingest.Progress, perSecond float64) string {
	what := now.Source
	if now.Stage != "reading" {
		what = map[string]string{"images": "writing the images", "converting": "converting to Arrow", "finishing": "finishing"}[now.Stage]
	}
	text := fmt.Sprintf("%s: %s records, %s/s", what, thousands(now.Records), thousands(int64(perSecond)))
	if now.Rejected > 0 {
		text += fmt.Sprintf(", %s rejected", thousands(now.Rejected))
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
