package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/internal/stat"
)

// A Funnel describes a figure of annotators' shares against the number of their units.
type Funnel struct {
	Name, Title  string // name and title of the figure
	Units, Share string // columns of the table of annotators
	Noun, Of     string // "clicks" or "icons", and a description of those that are counted
	Flags        string // list of the flags, in brackets
	Lack         Lack   // what the store lacks if there are no marks
}

// marksCaption explains the marks and lines of a funnel.
const marksCaption = "Each mark is one of %s annotators with %s. Lines: the mean of all, and the limits between " +
	"which 95 %% and 99.8 %% of annotators would lie if they differed only by chance (normal approximation to the " +
	"binomial)."

// Figure draws the funnel of a data set.
func (q Funnel) Figure(s Source) Figure {
	f := Figure{Name: q.Name, Title: q.Title, Statistics: []string{"workers"}, Width: 760, Height: 420,
		Alt: "A scatter plot of annotators by their number of " + q.Noun + " and their " + q.Share +
			", with the limits of chance, " +
			"which narrow like a funnel."}
	marks, triangles := 0, 0
	shares := s.Column("workers", "by_worker", q.Share)
	flagged := flaggedWorkers(s, len(shares))
	for i, n := range s.Column("workers", "by_worker", q.Units) {
		if n >= 1 && !math.IsNaN(shares[i]) {
			marks++
			triangles += b2i(flagged[i])
		}
	}
	caption := fmt.Sprintf(marksCaption, Grouped(marks), q.Of)
	if triangles > 0 {
		caption += " Triangles: annotators with a flag" + q.Flags + "."
	}
	f.Describe(Part{Caption: caption, Lack: Unless(marks > 0, FirstLack(annotators(s), q.Lack))})
	f.Draw = Whole(func(t *Theme) *plot.Plot { return t.funnel(s, q) })
	return f
}

// annotators returns what the store lacks for a table of annotators.
func annotators(s Source) Lack { return Unless(!s.None("workers", "workers"), noWorkers) }

// flagsOf has the columns of flags that a table of annotators can have.
var flagsOf = []string{"flag_centre", "flag_rush", "flag_bot"}

// flaggedWorkers reports for each of the n rows of the table of annotators whether the annotator has a flag.
func flaggedWorkers(s Source, n int) []bool {
	flagged := make([]bool, n)
	for _, f := range flagsOf {
		for i, v := range s.Column("workers", "by_worker", f) {
			flagged[i] = flagged[i] || v > 0
		}
	}
	return flagged
}

// funnel returns a plot of annotators' shares against the number of their units.
func (t *Theme) funnel(s Source, q Funnel) *plot.Plot {
	p := t.Plot("", q.Noun+" with ground truth", q.Share)
	x, y := s.Column("workers", "by_worker", q.Units), s.Column("workers", "by_worker", q.Share)
	flagged := flaggedWorkers(s, len(x))
	var hits, total, most float64
	fewest := 1e9
	var marks [2][2][]float64 // without and with a flag
	for i := range x {
		if x[i] < 1 || math.IsNaN(y[i]) {
			continue
		}
		hits, total, most, fewest = hits+y[i]*x[i], total+x[i], max(most, x[i]), min(fewest, x[i])
		to := &marks[b2i(flagged[i])]
		to[0], to[1] = append(to[0], x[i]), append(to[1], y[i])
	}
	Logarithmic(&p.X, "")
	p.Y.Tick.Marker = Percents{}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = min(fewest, most/10), max(most*1.05, 10), 0, 1
	t.Grid(p, true, true)
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
			t.Line(p, xs, low, t.Series[5], 1.4, k == 1, name)
			t.Line(p, xs, high, t.Series[5], 1.4, k == 1, "")
		}
		t.Line(p, []float64{p.X.Min, p.X.Max}, []float64{m, m}, t.Series[1], 1.2, true, "mean of all annotators")
	}
	t.Dots(p, marks[0][0], marks[0][1], Fade(t.Series[0], 150), 3, draw.CircleGlyph{}, "annotator")
	t.Dots(p, marks[1][0], marks[1][1], t.Series[1], 4.5, draw.PyramidGlyph{}, "with a flag")
	return p
}
