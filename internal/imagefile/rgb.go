package imagefile

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

// RGB is an image of W × H pixels of three bytes (red, green, blue), row by row from the top.
type RGB struct {
	W, H int
	Pix  []byte // 3·W·H
}

// ColorModel implements image.Image.
func (p *RGB) ColorModel() color.Model { return color.NRGBAModel }

// Bounds returns the rectangle from (0, 0) to (W, H).
func (p *RGB) Bounds() image.Rectangle { return image.Rect(0, 0, p.W, p.H) }

// At returns the colour of a pixel.
func (p *RGB) At(x, y int) color.Color {
	i := 3 * (y*p.W + x)
	return color.NRGBA{p.Pix[i], p.Pix[i+1], p.Pix[i+2], 255}
}

// goJPEG decodes a JPEG file with Go's decoder.
func goJPEG(file []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(file)) }
