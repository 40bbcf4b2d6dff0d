package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/store/columnar"
)

// traceLengths counts mouse samples (I12, I13): all recorded samples of every showing; and, on the way to
// the final click, the samples at or before it and those since the last entry, with the time from that entry
// to the click.
type traceLengths struct {
	recorded                   []int32 // by showing, including samples without a place or time
	before                     []int32 // by image whose final click has a time; can be 0
	segment                    []int32 // by image with a segment of at least one sample
	duration                   []int64 // by the same images: ms from entering to the click
	noTime, noEnter, noSamples int64
}

func newTraceLengths(_ *engine, r *pass.Counts) *traceLengths {
	a := &traceLengths{}
	const of = "images with a final click"
	pass.Lists(r, "recorded before segment", &a.recorded, &a.before, &a.segment)
	pass.Lists(r, "duration", &a.duration)
	r.Excludes(&a.noTime, "the click has no time", of)
	r.Excludes(&a.noEnter, "no enter is recorded at or before the click", of)
	r.Excludes(&a.noSamples, "no sample between enter and click", of)
	return a
}

func (a *traceLengths) showing(s *showing) { a.recorded = append(a.recorded, int32(s.Mouse.Len())) }

func (a *traceLengths) picture(p *picture) {
	if p.final == nil {
		return
	}
	if p.t == columnar.Null {
		a.noTime++
		return
	}
	tr := &p.trace
	a.before = append(a.before, int32(tr.Before.Len()))
	switch {
	case tr.From == columnar.Null:
		a.noEnter++
	case tr.Segment.Len() == 0:
		a.noSamples++
	default:
		a.segment, a.duration = append(a.segment, int32(tr.Segment.Len())), append(a.duration, p.t-tr.From)
	}
}

func (a *traceLengths) Result(_ *engine, r *result.Statistic) {
	const clicked = "images whose final click has a time"
	const segments = "images with a sample between enter and final click"
	r.Tables = append(r.Tables, result.QuantileTable("Lengths of traces", result.Header{
		{"recorded", "count", "mouse samples of a showing, over all showings"},
		{"before", "count", "samples at or before the final click, over " + clicked},
		{"segment", "count", "samples from enter to final click, over " + segments},
		{"duration", result.UnitMS, "time from enter to final click, over the same images"},
	}.Columns(), result.Quantiles(a.recorded), result.Quantiles(a.before), result.Quantiles(a.segment),
		result.Quantiles(a.duration)))
	r.Add(result.Median("recorded_median", "median number of mouse samples of a showing", "count",
		"showings", a.recorded),
		result.Median("before_median", "median number of samples at or before the final click", "count",
			clicked, a.before),
		result.Median("segment_median", "median number of samples from enter to final click", "count",
			segments, a.segment),
		result.Median("duration_median", "median time from enter to final click, over the same images",
			result.UnitMS, segments, a.duration))
	r.WarnFew(r.Values[1])
}
