package experiment

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"abtool/internal/replace"
	"abtool/internal/stat"
	"abtool/train/data"
	"abtool/train/run"
)

// Result is the outcome of an experiment.
type Result struct {
	Title       string       `json:"title"`
	Measure     string       `json:"measure"` // top-1 or mAP
	Seeds       []uint64     `json:"seeds"`
	Choose      string       `json:"choose"` // evaluation on which lambda was chosen
	Lambda      float64      `json:"lambda"` // the chosen lambda; 0: luab was not trained
	Cells       []Cell       `json:"cells"`
	Differences []Difference `json:"differences"`
	Arms        []*ArmResult `json:"arms"`
}

// A Cell has the scores of one way to train on one evaluation.
type Cell struct {
	Supervision data.Supervision `json:"supervision"`
	Lambda      float64          `json:"lambda"`
	Clicks      string           `json:"clicks,omitempty"`
	Evaluation  string           `json:"evaluation"`          // or a measure of several: gap, cam
	Score       Sample           `json:"score"`               // top-1 accuracy or mAP
	Localised   *Sample          `json:"localised,omitempty"` // share of the predicted points that lie on their object
}

// A Sample has one number for each seed.
type Sample struct {
	Values   []stat.Number  `json:"values"`
	Mean     stat.Number    `json:"mean"`
	SD       stat.Number    `json:"sd"` // over seeds, with denominator n − 1
	Interval *stat.Interval `json:"interval,omitempty"`
}

// A Difference compares two ways to train, seed by seed.
type Difference struct {
	Evaluation string  `json:"evaluation"`
	Of         string  `json:"of"`    // such as luab, or "luab, precise clicks"
	Minus      string  `json:"minus"` // such as none
	Lambda     float64 `json:"lambda"`
	Score      Sample  `json:"score"`
}

// MethodStudent is the method of intervals over seeds: mean ± Student's t times the standard error.
const MethodStudent = "student"

func newSample(values []float64) Sample {
	s := Sample{}
	n, sum := float64(len(values)), 0.0
	for _, v := range values {
		s.Values = append(s.Values, stat.Number(v))
		sum += v
	}
	mean := sum / n
	square := 0.0
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	sd := math.Sqrt(square / (n - 1)) // NaN for one value
	s.Mean, s.SD = stat.Number(mean), stat.Number(sd)
	if len(values) > 1 {
		half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile((1+stat.Level)/2) * sd / math.Sqrt(n)
		s.Interval = &stat.Interval{Low: mean - half, High: mean + half, Level: stat.Level, Method: MethodStudent}
	}
	return s
}

// byArm maps arms to their results.
type byArm map[Arm]*ArmResult

func index(results []*ArmResult) byArm {
	m := byArm{}
	for _, r := range results {
		m[r.Arm] = r
	}
	return m
}

// values returns the seeds' values of a way to train, or nil if it was not trained.
func (m byArm) values(p *Plan, w way, evaluation string, get func(r *ArmResult, evaluation string) *run.Measure) []float64 {
	var out []float64
	for _, seed := range p.Seed {
		r := m[w.arm(seed)]
		if r == nil {
			return nil
		}
		v := get(r, evaluation)
		if v == nil {
			return nil
		}
		out = append(out, float64(v.Value))
	}
	return out
}

// score returns the score of an arm on an evaluation, or a measure that is not of one evaluation alone.
func score(r *ArmResult, evaluation string) *run.Measure {
	m := r.Evaluations[evaluation]
	switch {
	case m == nil:
		return r.Measures[evaluation]
	case m.MAP != nil:
		return m.MAP
	}
	return m.Top1
}

func localised(r *ArmResult, evaluation string) *run.Measure {
	if m := r.Evaluations[evaluation]; m != nil {
		return m.Localised
	}
	return nil
}

// Choice describes how Lambda was chosen: "was chosen on …" or "was the only one".
func (r *Result) Choice() string {
	for _, c := range r.Cells {
		if c.Supervision == data.LUAB && c.Lambda != r.Lambda {
			return "was chosen on " + r.Choose
		}
	}
	return "was the only one"
}

// choose returns the lambda with the best mean, or 0 without luab.
func choose(p *Plan, results []*ArmResult) float64 {
	m := index(results)
	best, chosen := math.Inf(-1), 0.0
	for _, lambda := range slices.Sorted(slices.Values(p.Lambda)) {
		values := m.values(p, p.ways(data.LUAB, lambda)[0], p.Choose, score)
		if values == nil {
			continue
		}
		if mean := float64(newSample(values).Mean); mean > best {
			best, chosen = mean, lambda
		}
	}
	return chosen
}

func summarise(p *Plan, lambda float64, results []*ArmResult) *Result {
	m := index(results)
	r := &Result{Title: p.Title, Measure: "top-1", Seeds: p.Seed, Choose: p.Choose, Lambda: lambda, Arms: results}
	if p.Recipe.Multi {
		r.Measure = "mAP"
	}
	supervisions := []data.Supervision{data.None, data.Rand, data.LUAB}
	evaluations := slices.Clone(p.Evaluations())
	if p.Garments != nil {
		evaluations = append(evaluations, gapMeasure, camMeasure)
	}
	for _, evaluation := range evaluations {
		for _, w := range p.list(supervisions, p.Lambda) {
			values := m.values(p, w, evaluation, score)
			if values == nil {
				continue
			}
			c := Cell{Supervision: w.supervision, Lambda: w.lambda, Clicks: w.clicks, Evaluation: evaluation, Score: newSample(values)}
			if on := m.values(p, w, evaluation, localised); on != nil {
				sample := newSample(on)
				c.Localised = &sample
			}
			r.Cells = append(r.Cells, c)
		}
	}
	for _, evaluation := range evaluations {
		for _, l := range p.compared(lambda) {
			list := p.list(supervisions, []float64{l})
			slices.Reverse(list)
			for i, of := range list {
				for _, minus := range slices.Backward(list[i+1:]) {
					a, b := m.values(p, of, evaluation, score), m.values(p, minus, evaluation, score)
					if a == nil || b == nil {
						continue
					}
					for i := range a {
						a[i] -= b[i]
					}
					r.Differences = append(r.Differences, Difference{Evaluation: evaluation, Of: of.name(), Minus: minus.name(), Lambda: l, Score: newSample(a)})
				}
			}
		}
	}
	return r
}

// list returns the ways to train with each of the supervisions and lambdas, each once.
func (p *Plan) list(supervisions []data.Supervision, lambdas []float64) (out []way) {
	for _, s := range supervisions {
		for _, l := range lambdas {
			for _, w := range p.ways(s, l) {
				if !slices.Contains(out, w) {
					out = append(out, w)
				}
			}
		}
	}
	return out
}

// name returns the way without its lambda.
func (w way) name() string {
	if w.clicks != "" {
		return string(w.supervision) + ", " + w.clicks + " clicks"
	}
	return string(w.supervision)
}

// compared returns the lambdas whose differences are listed. The chosen one comes first, so that readers
// see the choice before they can pick another one by its result.
func (p *Plan) compared(lambda float64) []float64 {
	var out []float64
	if lambda != 0 {
		out = append(out, lambda)
	}
	for _, l := range p.Lambda {
		if l != lambda {
			out = append(out, l)
		}
	}
	return out
}

func (r *Result) write(out string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := replace.Bytes(filepath.Join(out, "results.json"), append(text, '\n')); err != nil {
		return err
	}
	return replace.Bytes(filepath.Join(out, "results.md"), []byte(r.Markdown()))
}

func percent(v stat.Number) string { return fmt.Sprintf("%.1f", 100*float64(v)) }

// number formats a lambda.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (c *Cell) way() way { return way{c.Supervision, c.Lambda, c.Clicks} }

// Name returns the way to train without its lambda, such as "luab" or "luab, precise clicks".
func (c *Cell) Name() string { return c.way().name() }

// Markdown returns the result as tables.
func (r *Result) Markdown() string {
	var b strings.Builder
	var evaluations []string
	for _, c := range r.Cells {
		if !slices.Contains(evaluations, c.Evaluation) {
			evaluations = append(evaluations, c.Evaluation)
		}
	}
	seeds := fmt.Sprintf("%d seeds", len(r.Seeds))
	if len(r.Seeds) == 1 {
		seeds = "1 seed"
	}
	fmt.Fprintf(&b, "%s, %%, mean ± standard deviation over %s.", r.Measure, seeds)
	if r.Lambda != 0 {
		fmt.Fprintf(&b, " λ = %s %s.", number(r.Lambda), r.Choice())
	}
	b.WriteString("\n\n| |")
	on := slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Localised != nil })
	for _, e := range evaluations {
		fmt.Fprintf(&b, " %s |", e)
	}
	if on {
		for _, e := range evaluations {
			fmt.Fprintf(&b, " points on objects: %s |", e)
		}
	}
	columns := len(evaluations)
	if on {
		columns *= 2
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", columns) + "\n")
	var ways []way
	for _, c := range r.Cells {
		if !slices.Contains(ways, c.way()) {
			ways = append(ways, c.way())
		}
	}
	text := func(s *Sample) string {
		switch {
		case s == nil:
			return "–"
		case math.IsNaN(float64(s.SD)):
			return percent(s.Mean)
		}
		return percent(s.Mean) + " ± " + percent(s.SD)
	}
	for _, w := range ways {
		name := w.String()
		if w.supervision == data.LUAB && w.lambda == r.Lambda {
			name = "**" + name + "** (chosen)"
		}
		fmt.Fprintf(&b, "| %s |", name)
		for pass := range columns / len(evaluations) {
			for _, e := range evaluations {
				var s *Sample
				for i := range r.Cells {
					if c := &r.Cells[i]; c.Evaluation == e && c.way() == w {
						s = []*Sample{&c.Score, c.Localised}[pass]
					}
				}
				fmt.Fprintf(&b, " %s |", text(s))
			}
		}
		b.WriteString("\n")
	}
	if len(r.Differences) > 0 {
		b.WriteString("\nDifferences in points of a per cent, by seed: mean, 95 % interval by Student's t, the seeds' values.\n\n| | evaluation | mean | interval | seeds |\n|---|---|---|---|---|\n")
		for _, d := range r.Differences {
			interval := "–"
			if i := d.Score.Interval; i != nil {
				interval = Signed(i.Low, 1) + " to " + Signed(i.High, 1)
			}
			var each []string
			for _, v := range d.Score.Values {
				each = append(each, Signed(float64(v), 1))
			}
			fmt.Fprintf(&b, "| %s − %s, λ = %s | %s | %s | %s | %s |\n", d.Of, d.Minus, number(d.Lambda), d.Evaluation, Signed(float64(d.Score.Mean), 1), interval, strings.Join(each, ", "))
		}
	}
	return b.String()
}

// Signed formats a difference of fractions in percentage points, with its sign. A difference that rounds to
// zero has no sign.
func Signed(v float64, decimals int) string {
	nothing := strconv.FormatFloat(0, 'f', decimals, 64)
	s := strconv.FormatFloat(100*v, 'f', decimals, 64)
	switch {
	case s == nothing, s == "-"+nothing:
		return nothing
	case v > 0:
		return "+" + s
	}
	return s
}
