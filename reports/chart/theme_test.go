package chart

import (
	"math"
	"testing"
)

// The map of colours is even: equal steps of the share are equal steps of lightness.
func TestShade(t *testing.T) {
	for _, th := range []*Theme{&light, &dark} {
		last := math.NaN()
		for k := range 21 {
			c := th.shade(float64(k) / 20)
			y := lightness(c.R, c.G, c.B)
			if step := math.Abs(y - last); k > 0 && (step < 2 || step > 5.5) {
				t.Errorf("%s: the step to %d is %.1f of lightness", th.name, k, step)
			}
			last = y
		}
	}
}

// lightness is CIE L*, 0…100.
func lightness(r, g, b uint8) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	y := 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	if y <= 216.0/24389 {
		return y * 24389 / 27
	}
	return 116*math.Cbrt(y) - 16
}

// Text and series stand out from the paper (WCAG: 4.5 for text, 3 for graphics).
func TestContrast(t *testing.T) {
	luminance := func(l float64) float64 {
		if l <= 8 {
			return l * 27 / 24389
		}
		return math.Pow((l+16)/116, 3)
	}
	for _, th := range []*Theme{&light, &dark} {
		paper := luminance(lightness(th.Paper.R, th.Paper.G, th.Paper.B))
		ratio := func(r, g, b uint8) float64 {
			y := luminance(lightness(r, g, b))
			return (max(y, paper) + 0.05) / (min(y, paper) + 0.05)
		}
		if r := ratio(th.Ink.R, th.Ink.G, th.Ink.B); r < 7 {
			t.Errorf("%s: the contrast of text is %.1f", th.name, r)
		}
		for i, c := range th.Series {
			if r := ratio(c.R, c.G, c.B); r < 3 {
				t.Errorf("%s: the contrast of series %d is %.1f", th.name, i, r)
			}
		}
	}
}
