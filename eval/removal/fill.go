package removal

import (
	"fmt"
	"math"
	"slices"

	"abtool/train/arch"
	"abtool/train/data"
)

// A Fill says what removed pixels become.
type Fill string

// The fills.
const (
	// Harmonic solves Laplace's equation in the mask for each channel, with the pixels around it as
	// boundary: a smooth surface through them. At the border of the image its slope is zero. It is
	// deterministic and needs no weights.
	Harmonic Fill = "harmonic"
	// Mean is ImageNet's mean colour.
	Mean Fill = "mean"
	// Blur is a Gaussian blur of the image.
	Blur Fill = "blur"
	// Given takes images that were edited with another program.
	Given Fill = "given"
)

// Fills lists all fills.
var Fills = []Fill{Harmonic, Mean, Blur, Given}

// ParseFill returns the fill of a name.
func ParseFill(name string) (Fill, error) {
	if f := Fill(name); slices.Contains(Fills, f) {
		return f, nil
	}
	return "", fmt.Errorf("unknown fill %q; the fills are %v", name, Fills)
}

// BlurSigma is the standard deviation of Blur, px.
const BlurSigma = 10

// Apply returns an image without the pixels of a mask of the same size. Given has no other image to take, so
// that Apply panics.
func (f Fill) Apply(m *data.Pixels, mask *Mask) *data.Pixels {
	out := &data.Pixels{W: m.W, H: m.H, Pix: slices.Clone(m.Pix)}
	switch f {
	case Harmonic:
		harmonic(out, mask)
	case Mean:
		for i, on := range mask.On {
			if on {
				for c, v := range arch.Mean {
					out.Pix[3*i+c] = uint8(255*v + 0.5)
				}
			}
		}
	case Blur:
		blur(out, mask)
	default:
		panic("no such fill: " + f)
	}
	return out
}

// blur replaces the pixels of the mask by their Gaussian blur. The edges of the image are repeated.
func blur(m *data.Pixels, mask *Mask) {
	const radius = 3 * BlurSigma
	var weights [2*radius + 1]float32
	sum := 0.0
	for i := range weights {
		sum += math.Exp(-float64((i-radius)*(i-radius)) / (2 * BlurSigma * BlurSigma))
	}
	for i := range weights {
		weights[i] = float32(math.Exp(-float64((i-radius)*(i-radius))/(2*BlurSigma*BlurSigma)) / sum)
	}
	// Columns first, only where a row needs them.
	columns := make([][3]float32, m.W)
	var blurred []uint8
	for y := range m.H {
		row := mask.On[y*m.W : (y+1)*m.W]
		from, to := slices.Index(row, true), 0
		if from < 0 {
			continue
		}
		for x, on := range row {
			if on {
				to = x
			}
		}
		for x := max(0, from-radius); x <= min(to+radius, m.W-1); x++ {
			var v [3]float32
			for k, w := range weights {
				at := 3 * (min(max(y+k-radius, 0), m.H-1)*m.W + x)
				for c := range v {
					v[c] += w * float32(m.Pix[at+c])
				}
			}
			columns[x] = v
		}
		for x := from; x <= to; x++ {
			if !row[x] {
				continue
			}
			var v [3]float32
			for k, w := range weights {
				for c, f := range columns[min(max(x+k-radius, 0), m.W-1)] {
					v[c] += w * f
				}
			}
			blurred = append(blurred, uint8(v[0]+0.5), uint8(v[1]+0.5), uint8(v[2]+0.5))
		}
	}
	for i, on := range mask.On {
		if on {
			copy(m.Pix[3*i:3*i+3], blurred)
			blurred = blurred[3:]
		}
	}
}
