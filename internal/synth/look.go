package synth

import (
	"image/color"
	"math"
)

// shape is the outline of an ImageNet object; it touches all sides of its box.
type shape uint8

const (
	ellipse shape = iota
	rectangle
	triangle
	diamond
	cross
	hexagon
	star
	barrel
	shapes
)

func (s shape) String() string {
	return [shapes]string{"ellipse", "rectangle", "triangle", "diamond", "cross", "hexagon", "star", "barrel"}[s]
}

// has reports whether (u, v) in [-1, 1]² lies within the shape; v points down.
func (s shape) has(u, v float64) bool {
	a, b := math.Abs(u), math.Abs(v)
	switch s {
	case ellipse:
		return u*u+v*v <= 1
	case rectangle:
		return a <= 1 && b <= 1
	case triangle:
		return b <= 1 && 2*a <= v+1
	case diamond:
		return a+b <= 1
	case cross:
		return a <= 1 && b <= 0.36 || b <= 1 && a <= 0.36
	case hexagon:
		return b <= 1 && a+b/2 <= 1
	case star:
		return math.Sqrt(a)*math.Sqrt(math.Sqrt(a))+math.Sqrt(b)*math.Sqrt(math.Sqrt(b)) <= 1
	default:
		return u*u*u*u+v*v*v*v <= 1
	}
}

// pattern is what a shape is filled with.
type pattern uint8

const (
	plain pattern = iota
	stripes
	dots
	checks
	patterns
)

// second reports whether (u, v) has the pattern's second colour.
func (p pattern) second(u, v float64) bool {
	switch p {
	case stripes:
		return math.Sin((u+0.6*v)*11) > 0
	case dots:
		x, y := math.Mod(u+8, 0.5)-0.25, math.Mod(v+8, 0.5)-0.25
		return x*x+y*y < 0.022
	case checks:
		return int(math.Floor(u*3.5)+math.Floor(v*3.5))&1 == 0
	}
	return false
}

// look is how the objects of a class look: what a classifier can learn.
type look struct {
	shape         shape
	pattern       pattern
	first, second color.RGBA
}

// lookOf returns the look of a class: neighbours differ in shape, groups of eight in pattern, and all in hue.
func lookOf(class int) look {
	hue := math.Mod(float64(class)*0.61803398875, 1)
	light := 0.85 - 0.35*float64(class/32%3)/2
	return look{shape(class % int(shapes)), pattern(class / int(shapes) % int(patterns)), hsv(hue, 0.85, light), hsv(hue+0.08, 0.55, light*0.45)}
}

// hsv makes a colour; the hue goes around once from 0 to 1.
func hsv(h, s, v float64) color.RGBA {
	channel := func(n float64) uint8 {
		k := math.Mod(n+h*6, 6)
		return uint8(255 * (v - v*s*max(0, min(k, 4-k, 1))))
	}
	return color.RGBA{channel(5), channel(3), channel(1), 255}
}
