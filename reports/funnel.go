package reports

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/internal/stat"
)

// A funnel says what a figure of annotators' shares against how many units they are of shows.
type funnel struct {
	name, title  string // of the figure
	units, share string // columns of the table of annotators
	noun, of     string // clicks or icons, and which of them
	flags        string // which flags there are, in brackets
	lack         lack   // without marks
}

// marksCaption says what the marks and lines of a funnel are.
const marksCaption = "Each mark is an annotator: %s of them with %s. Lines: the mean of all, and where 95 %% and 99.8 %% of annotators would lie if they differed by chance alone (normal approximation to the binomial). Triangles: those with a flag%s."

// figure draws the funnel of a data set.
func (q funnel) figure(s source) Figure {
	f := Figure{Name: q.name, Title: q.title, Statistics: []string{"workers"}, width: 760, height: 420}
	f.Alt = "A funnel: annotators with few " + q.noun + " scatter widely; many of those with more lie outside of the limits of chance."
	marks := 0
	shares := s.column("workers", "by_worker", q.share)
	for i, n := range s.column("workers", "by_worker", q.units) {
		marks += b2i(n >= 1 && !math.IsNaN(shares[i]))
	}
	f.describe(part{"", fmt.Sprintf(marksCaption, grouped(float64(marks)), q.of, q.flags), unless(marks > 0, first(annotators(s), q.lack))})
	f.draw = func(t *theme, c draw.Canvas) { place(c, panel{t.funnel(s, q.units, q.share), 0, 0, 1, 1, ""}) }
	return f
}

// annotators is what a table of annotators lacks.
func annotators(s source) lack { return unless(!s.none("workers", "workers"), noWorkers) }

// funnel holds annotators' shares against how many units they are of.
func (t *theme) funnel(s source, units, what string) *plot.Plot {
	p := t.plot("", "clicks that can be judged", what)
	x, y := s.column("workers", "by_worker", units), s.column("workers", "by_worker", what)
	var flags [3][]float64
	for i, f := range []string{"flag_centre", "flag_rush", "flag_bot"} {
		flags[i] = s.column("workers", "by_worker", f)
	}
	var hits, total, most float64
	fewest := 1e9
	var plain, flagged [2][]float64
	for i := range x {
		if x[i] < 1 || math.IsNaN(y[i]) {
			continue
		}
		hits, total, most, fewest = hits+y[i]*x[i], total+x[i], max(most, x[i]), min(fewest, x[i])
		to := &plain
		if flags[0][i]+flags[1][i]+flags[2][i] > 0 {
			to = &flagged
		}
		to[0], to[1] = append(to[0], x[i]), append(to[1], y[i])
	}
	logarithmic(&p.X, "")
	p.Y.Tick.Marker = percents{}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = min(fewest, most/10), max(most*1.05, 10), 0, 1
	t.grid(p, true, true)
	if total > 0 {
		m := hits / total
		for k, z := range []float64{stat.Z95, 3.090232} {
			var xs, low, high []float64
			for i := range 81 {
				n := p.X.Min * math.Pow(p.X.Max/p.X.Min, float64(i)/80)
				half := z * math.Sqrt(m*(1-m)/n)
				xs, low, high = append(xs, n), append(low, max(0, m-half)), append(high, min(1, m+half))
			}
			name := []string{"95 % by chance", "99.8 % by chance"}[k]
			t.line(p, xs, low, t.series[5], 1.4, k == 1, name)
			t.line(p, xs, high, t.series[5], 1.4, k == 1, "")
		}
		t.line(p, []float64{p.X.Min, p.X.Max}, []float64{m, m}, t.series[1], 1.2, true, "mean of all")
	}
	t.dots(p, plain[0], plain[1], fade(t.series[0], 150), 3, draw.CircleGlyph{}, "annotator")
	t.dots(p, flagged[0], flagged[1], t.series[1], 4.5, draw.PyramidGlyph{}, "with a flag")
	return p
}
