//go:build !turbojpeg

package data

import "image"

// reduces says whether the decoder can decode at a reduced size.
const reduces = false

// jpegDecoder decodes JPEGs. Only one goroutine may use it.
type jpegDecoder struct{}

// decode returns a JPEG of some height, at least as far down as row bottom. It ignores the eighths of the size
// that are asked for, and returns all eight.
func (*jpegDecoder) decode(b []byte, height, bottom, _ int) (image.Image, int, error) {
	m, err := jpegAbove(b, height, bottom)
	return m, 8, err
}
