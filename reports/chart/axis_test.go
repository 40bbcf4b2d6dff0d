package chart

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"abtool/analysis/result"
	"abtool/internal/stat"
)

const tiny = math.SmallestNonzeroFloat64

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }

func TestLinearRange(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct{ a, b, low, high float64 }{
		{2, 5, 2, 5},
		{5, 2, 2, 5}, // reversed
		{-3, 0, -3, 0},
		{nan, nan, 0, 1}, // without data
		{inf, -inf, 0, 1},
		{0, 0, 0, 1},
		{tiny, tiny, 0, 1},
		{0, tiny, 0, 1},
		{10, 10, 9, 11}, // one value
		{-10, -10, -11, -9},
		{nan, 10, 9, 11},
		{10, inf, 9, 11},
		{-inf, 10, 9, 11},
		{-math.MaxFloat64, math.MaxFloat64, -largest, largest},
		{1e300, 1e301, 0.9 * largest, 1.1 * largest},
	} {
		if low, high := linearRange(c.a, c.b); !near(low, c.low) || !near(high, c.high) {
			t.Errorf("data from %v to %v has the axis %v to %v, want %v to %v", c.a, c.b, low, high, c.low, c.high)
		}
	}
}

func TestLogRange(t *testing.T) {
	nan, inf, side := math.NaN(), math.Inf(1), math.Sqrt(10)
	for _, c := range []struct{ a, b, low, high float64 }{
		{2, 5000, 2, 5000},
		{5000, 2, 2, 5000}, // reversed
		{nan, nan, 1, 10},  // without data
		{inf, -inf, 1, 10},
		{0, 0, 1, 10},
		{-5, -2, 1, 10},
		{0, 500, 50, 500}, // an end that has no logarithm
		{-3, 500, 50, 500},
		{100, 100, 100 / side, 100 * side}, // one value
		{nan, 100, 100 / side, 100 * side},
		{100, inf, 100 / side, 100 * side},
		{tiny, 1, 1 / largest, 1},
		{1, math.MaxFloat64, 1, largest},
	} {
		if low, high := logRange(c.a, c.b); !near(low, c.low) || !near(high, c.high) {
			t.Errorf("data from %v to %v has the axis %v to %v, want %v to %v", c.a, c.b, low, high, c.low, c.high)
		}
	}
}

func TestTickLabels(t *testing.T) {
	for _, c := range []struct {
		ticker    plot.Ticker
		low, high float64
		want      string
	}{
		{NiceTicks{}, 0, 1, "0 0.2 0.4 0.6 0.8 1"},
		{NiceTicks{}, -1500, 2500, "−1,000 0 1,000 2,000"},
		{NiceTicks{}, 0.00012, 0.00013, "0.00012 0.000122 0.000124 0.000126 0.000128 0.00013"},
		{NiceTicks{Whole: true}, 0, 2, "0 1 2"},
		{Percents{}, 0, 1, "0 % 20 % 40 % 60 % 80 % 100 %"},
		{Percents{}, 0, 1.3, "0 % 25 % 50 % 75 % 100 % 125 %"},
		{shareTicks{}, 0, 1.3, "0 % 25 % 50 % 75 % 100 %"},
		{Percents{}, 0.1, 0.1, "9 % 9.5 % 10 % 10.5 % 11 %"},
		{logTicks{}, 1, 100, "1 2 5 10 20 50 100"},
		{logTicks{}, 0.5, 1e6, "1 10 100 1,000 10,000 100,000 1,000,000"},
		{logTicks{}, 0, 0, "1 2 5 10"},
		{logTicks{}, 3, 4, "3 3.2 3.4 3.6 3.8 4"},
		{logTicks{"ms"}, 200, 70000, "1 s 10 s"},
		{logTicks{"ms"}, 500, 5000, "500 ms 1 s 2 s 5 s"},
		{logTicks{"ms"}, 20000, 200000, "20 s 50 s 100 s 200 s"},
	} {
		if got := strings.Join(labels(c.ticker.Ticks(c.low, c.high)), " "); got != c.want {
			t.Errorf("%T of %v to %v: %s, want %s", c.ticker, c.low, c.high, got, c.want)
		}
	}
}

func labels(ticks []plot.Tick) (list []string) {
	for _, t := range ticks {
		if t.Label != "" {
			list = append(list, t.Label)
		}
	}
	return list
}

// Any two numbers make an axis: its range is finite and not empty, and its ticks are few, finite, in
// ascending order and of different labels.
func FuzzTicks(f *testing.F) {
	odd := []float64{0, math.Copysign(0, -1), 1, -1, 0.3, 100, tiny, -tiny, 1e-300, 1e-12, 1e15, 1e100, -1e100,
		math.MaxFloat64, -math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}
	for _, a := range odd {
		for _, b := range odd {
			f.Add(a, b)
		}
		f.Add(a, math.Nextafter(a, 2))
	}
	f.Add(1e-12, 5e-13) // a logarithmic axis that is narrower than any linear one
	f.Add(1e-12, 3e-12) // labelled by whole numbers, none of which it reaches
	f.Fuzz(func(t *testing.T, a, b float64) {
		checkTicks(t, linearRange, a, b, NiceTicks{}, 2)
		checkTicks(t, linearRange, a, b, NiceTicks{Whole: true}, 0)
		checkTicks(t, linearRange, a, b, Percents{}, 2)
		checkTicks(t, logRange, a, b, logTicks{}, 1)
		checkTicks(t, logRange, a, b, logTicks{"ms"}, 1)
	})
}

type rangeFunc func(a, b float64) (low, high float64)

// mostTicks is the number of ticks of any axis, with those between the labels.
const mostTicks = 40

// checkTicks checks the axis of two numbers, whose ticks have at least least labels.
func checkTicks(t *testing.T, rangeOf rangeFunc, a, b float64, ticker plot.Ticker, least int) {
	t.Helper()
	low, high := rangeOf(a, b)
	if !finite(low) || !finite(high) || low >= high {
		t.Fatalf("%v and %v have the axis %v to %v: ends are finite and in order", a, b, low, high)
	}
	ticks := ticker.Ticks(a, b)
	if n, named := len(ticks), len(labels(ticks)); n > mostTicks || named < least {
		t.Errorf("%#v of %v to %v: %d ticks, %d of them with a label; at most %d and at least %d are wanted",
			ticker, a, b, n, named, mostTicks, least)
	}
	room := 1e-6 * (high - low)
	for i, k := range ticks {
		if !finite(k.Value) || k.Value < low-room || k.Value > high+room || i > 0 && k.Value <= ticks[i-1].Value {
			t.Errorf("%#v of %v to %v has ticks %v: they are finite, in order, and in %v to %v",
				ticker, a, b, ticks, low, high)
		}
	}
	names := labels(ticks)
	if ticker != (logTicks{"ms"}) && len(slices.Compact(slices.Clone(names))) < len(names) {
		t.Errorf("%#v of %v to %v: labels %q do not differ", ticker, a, b, names)
	}
}

// A plot of one point, of equal values, of one category or of nothing is drawn as any other, on both scales.
func TestFewPoints(t *testing.T) {
	for name, at := range map[string]plotter.XYs{
		"one point":       {{X: 3, Y: 0.5}},
		"equal values":    {{X: 3, Y: 0.5}, {X: 3, Y: 0.5}, {X: 3, Y: 0.5}},
		"zeros":           {{X: 0, Y: 0}},
		"below zero":      {{X: -4, Y: -2}},
		"huge":            {{X: 1e300, Y: -1e300}, {X: 1, Y: 1}},
		"small":           {{X: tiny, Y: tiny}},
		"nothing":         {},
		"no two the same": {{X: 1, Y: 0.1}, {X: 1000, Y: 0.9}},
	} {
		for _, logarithms := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, logarithmic %v", name, logarithms), func(t *testing.T) {
				checkDrawn(t, chartOf(func(th *Theme) *plot.Plot {
					p := th.Plot("A few points", "x", "y")
					if logarithms {
						Logarithmic(&p.X, "")
					}
					th.Grid(p, true, true)
					if len(at) > 0 {
						s, err := plotter.NewScatter(at)
						if err != nil {
							t.Fatal(err)
						}
						p.Add(s)
					}
					return p
				}))
			})
		}
	}
	for _, bars := range [][]float64{{}, {0}, {0.4}, {0.4, 0.4}, {math.NaN()}, {-1, 1e300}} {
		var rows []Row
		for _, v := range bars {
			rows = append(rows, RowOf("", Percent(v), result.Value{Value: stat.Number(v)}))
		}
		checkDrawn(t, chartOf(func(th *Theme) *plot.Plot { return th.Rows("Bars", "", Rows{Bars: rows, Reserve: 0.12}) }))
	}
}

// chartOf is a figure of one plot.
func chartOf(make func(*Theme) *plot.Plot) *Figure {
	return &Figure{Name: "chart", Width: 660, Height: 300, Draw: Whole(make)}
}

// checkDrawn draws a figure in every version, and looks for numbers that no picture can have.
func checkDrawn(t *testing.T, f *Figure) {
	t.Helper()
	for _, format := range Formats {
		for _, inDark := range []bool{false, true} {
			var b bytes.Buffer
			if err := f.Write(&b, format, inDark); err != nil {
				t.Fatal(err)
			}
			if text := b.String(); format == "svg" &&
				(strings.Contains(text, "NaN") || strings.Contains(text, "Inf")) {
				t.Errorf("%s has an undefined number", f.Name)
			}
		}
	}
}
