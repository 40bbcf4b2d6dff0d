// Package photo makes pictures that cost a JPEG decoder as much as photographs do, for tests and benchmarks.
package photo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// JPEG returns a file of Picture. With quality 90 it has about a third of a byte a pixel, as photographs have.
func JPEG(seed uint64, width, height, quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, Picture(seed, width, height), &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// Picture returns a picture with what most photographs have: detail of all sizes, which is weaker the smaller it is,
// objects with sharp edges, and the noise of a sensor.
func Picture(seed uint64, width, height int) *image.NRGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	light, warm := noise(r, width, height, 2), noise(r, width, height, 16)
	type disc struct{ x, y, radius, light, warm float64 }
	discs := make([]disc, 12)
	for i := range discs {
		side := float64(min(width, height))
		discs[i] = disc{r.Float64() * float64(width), r.Float64() * float64(height), side * (0.02 + 0.2*r.Float64()), 120*r.Float64() - 60, 80*r.Float64() - 40}
	}
	for y := range height {
		for x := range width {
			l, w := 128+light[y*width+x], warm[y*width+x]/2
			for _, d := range discs {
				if math.Hypot(float64(x)-d.x, float64(y)-d.y) < d.radius {
					l, w = l+d.light, w+d.warm
					break
				}
			}
			l += 5 * r.NormFloat64()
			m.SetNRGBA(x, y, color.NRGBA{level(l + w), level(l), level(l - w), 255})
		}
	}
	return m
}

func level(v float64) uint8 { return uint8(max(0, min(255, v+0.5))) }

// noise returns a sum of smooth random fields. Each has half the size of the one before, and 0.8 of its
// amplitude; the last has details of about finest pixels.
func noise(r *rand.Rand, width, height, finest int) []float64 {
	sum := make([]float64, width*height)
	for cell, amplitude := max(width, height)/2, 60.; cell >= finest; cell, amplitude = cell/2, amplitude*0.8 {
		wide := width/cell + 2
		grid := make([]float64, wide*(height/cell+2))
		for i := range grid {
			grid[i] = amplitude * (2*r.Float64() - 1)
		}
		for y := range height {
			row, fy := y/cell*wide, float64(y%cell)/float64(cell)
			for x := range width {
				at, fx := row+x/cell, float64(x%cell)/float64(cell)
				sum[y*width+x] += (1-fy)*((1-fx)*grid[at]+fx*grid[at+1]) + fy*((1-fx)*grid[at+wide]+fx*grid[at+wide+1])
			}
		}
	}
	return sum
}
