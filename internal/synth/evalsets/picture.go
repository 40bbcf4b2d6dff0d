package evalsets

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
)

// A picture is an image of one colour, with an optional border.
type picture struct {
	class         int32
	width, height int
	border        int // pixels of red at every side
}

// shapes are widths and heights for a network of DefaultSize pixels. As in ImageNet most are 4:3 or 3:2, and some are upright, narrow, or smaller than
// the input of a network. Most are half as large as there.
var shapes = [][2]int{{250, 188}, {250, 167}, {188, 250}, {200, 150}, {150, 200}, {224, 224}, {500, 375},
	{320, 120}, {49, 240}}

// Colours have ten levels in each channel, one for each decimal digit of the class, far enough apart to survive
// JPEG and scaling.
const (
	lowest = 14
	step   = 25
)

// Colour returns the colour of a class of ImageNet-1k.
func Colour(class int) color.RGBA {
	level := func(digit int) uint8 { return uint8(lowest + step*digit) }
	return color.RGBA{level(class / 100), level(class / 10 % 10), level(class % 10), 255}
}

// Class returns the class whose colour is nearest to one with channels from 0 to 255.
func Class(r, g, b float64) int {
	digit := func(v float64) int { return min(max(int((v-lowest)/step+0.5), 0), 9) }
	return 100*digit(r) + 10*digit(g) + digit(b)
}

// encode returns the picture as JPEG or PNG. JPEG has no border.
func (p picture) encode(asPNG bool) []byte {
	var b bytes.Buffer
	var err error
	if asPNG {
		err = png.Encode(&b, p.rgb())
	} else {
		err = jpeg.Encode(&b, p.yCbCr(), &jpeg.Options{Quality: 90})
	}
	if err != nil {
		panic(err) // neither encoder fails for images of this size in memory
	}
	return b.Bytes()
}

// rgb returns the picture with its border.
func (p picture) rgb() image.Image {
	im := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	draw.Draw(im, im.Rect, image.NewUniform(color.RGBA{255, 0, 0, 255}), image.Point{}, draw.Src)
	draw.Draw(im, im.Rect.Inset(p.border), image.NewUniform(Colour(int(p.class))), image.Point{}, draw.Src)
	return im
}

// yCbCr returns the picture without a border, as JPEG stores it.
func (p picture) yCbCr() image.Image {
	im := image.NewYCbCr(image.Rect(0, 0, p.width, p.height), image.YCbCrSubsampleRatio420)
	c := Colour(int(p.class))
	y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
	for _, plane := range []struct {
		samples []uint8
		v       uint8
	}{{im.Y, y}, {im.Cb, cb}, {im.Cr, cr}} {
		for i := range plane.samples {
			plane.samples[i] = plane.v
		}
	}
	return im
}
