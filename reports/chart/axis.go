package chart

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/internal/ui"
)

// Fixed labels an axis at given values.
type Fixed []float64

// Ticks returns the ticks within a range.
func (f Fixed) Ticks(low, high float64) (ticks []plot.Tick) {
	for _, v := range f {
		if v >= low-1e-9 && v <= high+1e-9 {
			ticks = append(ticks, plot.Tick{Value: v, Label: short(v)})
		}
	}
	return ticks
}

// A grid draws faint lines at the labelled ticks of one axis or both.
type grid struct {
	color color.Color
	x, y  bool
}

func (g grid) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	line := draw.LineStyle{Color: g.color, Width: vg.Points(0.6)}
	if g.x {
		for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			if x := trX(t.Value); t.Label != "" && x >= c.Min.X && x <= c.Max.X {
				c.StrokeLine2(line, x, c.Min.Y, x, c.Max.Y)
			}
		}
	}
	if g.y {
		for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
			if y := trY(t.Value); t.Label != "" && y >= c.Min.Y && y <= c.Max.Y {
				c.StrokeLine2(line, c.Min.X, y, c.Max.X, y)
			}
		}
	}
}

// Grid adds faint lines at the labelled ticks of the x axis, the y axis or both.
func (t *Theme) Grid(p *plot.Plot, x, y bool) { p.Add(grid{t.faint, x, y}) }

// The following functions choose the range and the ticks of every axis. For any two numbers from the data,
// the range is finite and not empty, and the ticks are few, finite and in ascending order.

// Limits of axes.
const (
	mostLabels   = 6     // most intervals between labelled ticks
	largest      = 1e100 // largest absolute value on an axis
	narrowest    = 1e-9  // least width of a range, as a share of its larger end
	leastWidth   = 1e-12 // least width of a linear range
	mostDecades  = 8     // most decades that are all labelled
	minorDecades = 12    // most decades that have ticks between the labels
)

// linearRange returns the range of a linear axis for data from low to high, with finite ends and low < high.
// An end that is infinite or not a number is replaced by the other end. Without a finite end the range is 0
// to 1. If the ends are equal, the value lies in the middle of a range that is a fifth of it wide.
func linearRange(low, high float64) (float64, float64) {
	low, high, ok := ends(low, high)
	if !ok {
		return 0, 1
	}
	low, high = max(low, -largest), min(high, largest)
	low, high = min(low, largest), max(high, -largest)
	size := max(math.Abs(low), math.Abs(high))
	switch {
	case size < leastWidth:
		return 0, 1
	case high-low < max(narrowest*size, leastWidth):
		room := max(size/10, leastWidth)
		return low - room, high + room
	}
	return low, high
}

// logRange returns the range of a logarithmic axis for data from low to high, with finite ends and 0 < low <
// high. An end that is not above 0 is put a decade from the other end. Without an end above 0 the range is 1
// to 10. If the ends are equal, the value lies in the middle of a decade.
func logRange(low, high float64) (float64, float64) {
	low, high, ok := ends(low, high)
	switch {
	case !ok || high <= 0:
		return 1, 10
	case low <= 0:
		low = high / 10
	}
	low, high = min(max(low, 1/largest), largest), min(max(high, 1/largest), largest)
	if high/low < 1+narrowest {
		low, high = low/math.Sqrt(10), high*math.Sqrt(10)
	}
	return low, high
}

// ends returns two finite numbers in order; ok is false if both are not finite.
func ends(a, b float64) (low, high float64, ok bool) {
	switch finiteA, finiteB := finite(a), finite(b); {
	case !finiteA && !finiteB:
		return 0, 0, false
	case !finiteA:
		return b, b, true
	case !finiteB:
		return a, a, true
	}
	return min(a, b), max(a, b), true
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// The distance of labelled ticks is one of these factors times a power of ten.
var (
	steps      = []float64{1, 2, 5}
	shareSteps = []float64{1, 2, 2.5, 5} // with quarters
)

// linearStep returns the distance of labelled ticks: the smallest product of a factor and a power of ten
// that is not below least and gives at most mostLabels intervals.
func linearStep(low, high, least float64, factors []float64) float64 {
	wanted := max((high-low)/mostLabels, least)
	power := math.Pow(10, math.Floor(math.Log10(wanted)))
	for _, m := range factors {
		if step := m * power; step >= wanted*(1-1e-9) {
			return step
		}
	}
	return 10 * power
}

// linearTicks returns ticks at the multiples of a step in the range of an axis, labelled by label.
func linearTicks(low, high, least float64, factors []float64,
	label func(v, step float64) string) (ticks []plot.Tick) {
	step := linearStep(low, high, least, factors)
	rounding := 1e-9 * (high - low)
	first, last := math.Ceil((low-rounding)/step), math.Floor((high+rounding)/step)
	for i := range int(last-first) + 1 {
		v := (first + float64(i)) * step
		ticks = append(ticks, plot.Tick{Value: v, Label: label(v, step)})
	}
	return ticks
}

// stepText formats a multiple of a step with enough digits to distinguish it from the next multiple.
func stepText(v, step float64) string {
	digits := -int(math.Floor(math.Log10(step) + 1e-9))
	if leading := step * math.Pow(10, float64(digits)); math.Abs(leading-math.Round(leading)) > 1e-9 {
		digits++ // for example 2.5
	}
	switch {
	case v == 0:
		return "0"
	case math.Abs(v) >= 1e15 || digits > 9:
		return ui.Minus(strconv.FormatFloat(v, 'e', max(0, min(int(math.Log10(math.Abs(v)))+digits, 16)), 64))
	case digits <= 0:
		return Grouped(math.Round(v))
	}
	text := ui.Minus(strconv.FormatFloat(v, 'f', digits, 64))
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Percents labels shares as percentages.
type Percents struct{}

// Ticks returns the ticks within a range.
func (Percents) Ticks(low, high float64) []plot.Tick {
	low, high = linearRange(low, high)
	return linearTicks(low, high, 0, shareSteps, shareText)
}

func shareText(v, step float64) string { return stepText(100*v, 100*step) + " %" }

// NiceTicks labels numbers at 1, 2 or 5 times a power of ten.
type NiceTicks struct{ Whole bool } // Whole leaves out ticks between whole numbers

// Ticks returns the ticks within a range.
func (n NiceTicks) Ticks(low, high float64) []plot.Tick {
	low, high = linearRange(low, high)
	return linearTicks(low, high, float64(b2i(n.Whole)), steps, stepText)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// logTicks labels 1, 10, 100, … and, if these are few, the 2s and 5s between them. Of many decades it labels
// only every second, third, …; it labels less than half a decade like a linear axis.
type logTicks struct{ unit string }

func (l logTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	low, high = logRange(low, high)
	if high/low < 3 {
		return linearTicks(low, high, 0, steps, l.stepText)
	}
	from, to := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	stride := (to-from-1)/mostDecades + 1
	between := high/low < 300
	for e := from; e <= to; e++ {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow(10, float64(e))
			named := between || m == 1 && e%stride == 0
			if v < low*(1-1e-9) || v > high*(1+1e-9) || !named && to-from > minorDecades {
				continue
			}
			label := ""
			if named {
				label = l.label(v)
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

func (l logTicks) stepText(v, step float64) string {
	if l.unit == "ms" {
		return l.time(v)
	}
	return stepText(v, step)
}

// time formats a time in ms or s. It does not use minutes, because round numbers of ms are odd numbers of
// minutes.
func (l logTicks) time(ms float64) string {
	if ms >= 60000 && ms < 1e15 {
		return Grouped(ms/1000) + " s"
	}
	return Milliseconds(ms)
}

func (l logTicks) label(v float64) string {
	if l.unit == "ms" {
		return l.time(v)
	}
	if v < 1e-3 || v >= 1e15 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return Grouped(v)
}

// Milliseconds formats a time in milliseconds with a suitable unit: ms, s or min.
func Milliseconds[N ~float64](ms N) string {
	v := float64(ms)
	switch {
	case !finite(v):
		return "undefined"
	case v < 1e-3 && v > 0, v >= 1e15:
		return strconv.FormatFloat(v, 'g', 3, 64) + " ms"
	case v >= 60000:
		return short(math.Round(v/600)/100) + " min"
	case v >= 1000:
		return short(v/1000) + " s"
	}
	return short(v) + " ms"
}

// A logScale places positive numbers by their logarithm and other numbers at the lower end of the axis.
type logScale struct{}

func (logScale) Normalize(low, high, v float64) float64 {
	low, high = logRange(low, high)
	if !(v > 0) {
		return 0
	}
	return math.Log(v/low) / math.Log(high/low)
}

// Logarithmic makes an axis logarithmic, with labels in a unit: "ms" or "".
func Logarithmic(a *plot.Axis, unit string) {
	a.Scale, a.Tick.Marker = logScale{}, logTicks{unit}
}

// settle sets the ranges of a plot's axes to ranges that can be drawn.
func settle(p *plot.Plot) {
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		if _, ok := a.Scale.(logScale); ok {
			a.Min, a.Max = logRange(a.Min, a.Max)
		} else {
			a.Min, a.Max = linearRange(a.Min, a.Max)
		}
	}
}
