package features

import (
	"math"
	"slices"

	"abtool/internal/parallel"
	"abtool/internal/stat"
)

// A pace says how long each annotator takes to click: the median of log(1 + ms), and the spread around it,
// which is 1.4826 times the median absolute deviation.
type pace struct {
	times [][]int32
	own   []spread // by annotator; used if it has at least paceLeast clicks
	all   spread   // of all clicks; its width is that of deviations from each annotator's own median
}

type spread struct {
	n            int
	centre, wide float64
}

// paceLeast is the least number of clicks from which an annotator's own pace is taken.
const paceLeast = 8

// normalMAD times the median absolute deviation estimates the standard deviation of a normal distribution.
const normalMAD = 1.4826

func newPace(workers int) *pace {
	return &pace{times: make([][]int32, workers), own: make([]spread, workers)}
}

// add adds the time of a click, in ms; a time below 0 is unknown and ignored.
func (p *pace) add(worker int32, time int64) {
	if worker >= 0 && time >= 0 {
		p.times[worker] = append(p.times[worker], int32(time))
	}
}

func (p *pace) fit(jobs int) {
	away := make([][]float64, len(p.times))
	parallel.For(jobs, len(p.times), func(w int) {
		var far []float64
		p.own[w], far = spreadOf(p.times[w])
		away[w] = far
	})
	all, far := slices.Concat(p.times...), slices.Concat(away...)
	slices.Sort(far)
	p.all, _ = spreadOf(all)
	p.all.wide = normalMAD * stat.Middle(far) // deviations from each annotator's own median
	p.times = nil
}

// spreadOf returns the spread of some times, and their sorted deviations from the median.
func spreadOf(times []int32) (s spread, far []float64) {
	logs := make([]float64, len(times))
	for i, t := range times {
		logs[i] = math.Log1p(float64(t))
	}
	slices.Sort(logs)
	s.n, s.centre = len(logs), stat.Middle(logs)
	for i, v := range logs {
		logs[i] = math.Abs(v - s.centre)
	}
	slices.Sort(logs)
	s.wide = normalMAD * stat.Middle(logs)
	return s, logs
}

// of returns how slow a click is for its annotator, in spreads above the median; NaN if that is unknown.
func (p *pace) of(worker int32, time int64) float64 {
	if time < 0 {
		return nan
	}
	s := p.all
	if worker >= 0 && p.own[worker].n >= paceLeast {
		if s.centre = p.own[worker].centre; p.own[worker].wide > 0 {
			s.wide = p.own[worker].wide
		}
	}
	if !(s.wide > 0) {
		return nan
	}
	return (math.Log1p(float64(time)) - s.centre) / s.wide
}
