package data

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"abtool/features"
)

var ratios = []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
	image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410}

// cropsOf returns crops at odd and even positions, of sizes that are scaled down and up.
func cropsOf(rng *rand.Rand, width, height int) []features.Crop {
	list := []features.Crop{features.Whole(width, height), {Width: width, Height: height, X: width - 1, Y: height - 1, W: 1, H: 1}}
	for range 10 {
		c := features.Crop{Width: width, Height: height, X: rng.IntN(width), Y: rng.IntN(height), Flip: rng.IntN(2) == 1}
		c.W, c.H = 1+rng.IntN(width-c.X), 1+rng.IntN(height-c.Y)
		list = append(list, c)
	}
	return list
}

// asPixels returns an image converted by Go's image/color, each pixel with its part of the colour samples.
func asPixels(m image.Image) *Pixels {
	b := m.Bounds()
	p := &Pixels{W: b.Dx(), H: b.Dy(), Pix: make([]byte, 3*b.Dx()*b.Dy())}
	for y := range p.H {
		for x := range p.W {
			c := color.NRGBAModel.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
			copy(p.Pix[3*(y*p.W+x):], []byte{c.R, c.G, c.B})
		}
	}
	return p
}

// difference returns the mean and the largest difference of two lists.
func difference(a, b []byte) (mean, most float64) {
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		mean, most = mean+d/float64(len(a)), max(most, d)
	}
	return mean, most
}

// Scaling a smooth image in its planes gives the same as scaling it in red, green and blue, within one step
// on average. If the colours have the resolution of the light, the results agree within rounding for any
// image.
func TestPlanes(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	var z resizer
	for _, ratio := range ratios {
		for _, noise := range []bool{false, true} {
			m := image.NewYCbCr(image.Rect(0, 0, 161, 121), ratio)
			if noise && ratio != image.YCbCrSubsampleRatio444 {
				continue
			}
			value := func(i int, fx, fy, x, y float64) byte {
				if noise {
					return byte(128 + rng.IntN(40) - 20)
				}
				return byte(128 + 40*math.Sin(fx*x/30+fy*y/40+float64(i)))
			}
			for y := range 121 {
				for x := range 161 {
					m.Y[m.YOffset(x, y)] = value(0, 1, 1, float64(x)+0.5, float64(y)+0.5)
				}
			}
			// A colour is that of the middle of its pixels.
			wide, high := 1, 1
			for ; m.COffset(wide, 0) == 0; wide++ {
			}
			for ; m.COffset(0, high) == 0; high++ {
			}
			for y := range (121 + high - 1) / high {
				for x := range m.CStride {
					cx, cy := (float64(x)+0.5)*float64(wide), (float64(y)+0.5)*float64(high)
					m.Cb[y*m.CStride+x], m.Cr[y*m.CStride+x] = value(1, -0.5, 0.6, cx, cy), value(2, 0.5, 0.4, cx, cy)
				}
			}
			p := asPixels(m)
			for _, size := range []int{1, 31, 64, 161, 224} {
				have, want, mirror := make([]byte, 3*size*size), make([]byte, 3*size*size), make([]byte, 3*size*size)
				for _, c := range cropsOf(rng, 161, 121) {
					z.crop(m, 8, c, size, have)
					z.crop(p, 8, c, size, want)
					mean, most := difference(have, want)
					largest := 4. // the reference takes one colour for all of its pixels
					if ratio == image.YCbCrSubsampleRatio444 {
						largest = 2
					}
					if mean > 1 || most > largest {
						t.Errorf("%v, noise %v, %+v to %d: the mean difference is %.2f, the largest %v", ratio, noise, c, size, mean, most)
					}
					z.crop(m, 8, c.Mirrored(), size, mirror)
					for y := range size {
						for x := range size {
							if [3]byte(mirror[3*(size*y+x):]) != [3]byte(have[3*(size*y+size-1-x):]) {
								t.Fatalf("%v, %+v to %d: the mirrored crop is not the mirror image", ratio, c, size)
							}
						}
					}
				}
			}
		}
	}
}

// Without scaling, colours are those of Go's conversion, within one step.
func TestYCC(t *testing.T) {
	m := image.NewYCbCr(image.Rect(0, 0, 90, 70), image.YCbCrSubsampleRatio444)
	rng := rand.New(rand.NewPCG(5, 6))
	for _, plane := range [][]byte{m.Y, m.Cb, m.Cr} {
		for i := range plane {
			plane[i] = byte(rng.IntN(256))
		}
	}
	var z resizer
	have := make([]byte, 3*60*60)
	z.crop(m, 8, features.Crop{Width: 90, Height: 70, X: 7, Y: 3, W: 60, H: 60}, 60, have)
	want := asPixels(m.SubImage(image.Rect(7, 3, 67, 63)))
	if _, most := difference(have, want.Pix); most > 1 {
		t.Errorf("a colour differs by %v", most)
	}
}

// An image of one colour keeps it, and pixels outside a crop have no influence on it.
func TestPlanesFlat(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	var z resizer
	for _, ratio := range ratios {
		for _, c := range cropsOf(rng, 75, 58) {
			m := image.NewYCbCr(image.Rect(0, 0, 90, 70), ratio)
			for _, plane := range [][]byte{m.Y, m.Cb, m.Cr} {
				for i := range plane {
					plane[i] = byte(rng.IntN(256))
				}
			}
			m = m.SubImage(image.Rect(5, 3, 80, 61)).(*image.YCbCr) // colours begin within one
			light, cb, cr := byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))
			for y := 3 + c.Y; y < 3+c.Y+c.H; y++ {
				for x := 5 + c.X; x < 5+c.X+c.W; x++ {
					m.Y[m.YOffset(x, y)] = light
					m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)] = cb, cr
				}
			}
			want := make([]byte, 3)
			want[0], want[1], want[2] = color.YCbCrToRGB(light, cb, cr)
			for _, size := range []int{1, 20, 57} {
				out := make([]byte, 3*size*size)
				z.crop(m, 8, c, size, out)
				if _, most := difference(out[:3], want); most > 1 {
					t.Fatalf("%v, %+v: the colour %d %d %d is %v, want %v", ratio, c, light, cb, cr, out[:3], want)
				}
				for i := 3; i < len(out); i++ {
					if out[i] != out[i%3] {
						t.Fatalf("%v, %+v to %d: a flat image is %d and %d", ratio, c, size, out[i], out[i%3])
					}
				}
			}
		}
	}
}

// Scaling allocates only the first time.
func TestPlanesMemory(t *testing.T) {
	m := image.NewYCbCr(image.Rect(0, 0, 120, 90), image.YCbCrSubsampleRatio420)
	out := make([]byte, 3*64*64)
	var z resizer
	if n := testing.AllocsPerRun(10, func() { z.crop(m, 8, features.Whole(120, 90), 64, out) }); n != 0 {
		t.Errorf("%v allocations an image", n)
	}
}
