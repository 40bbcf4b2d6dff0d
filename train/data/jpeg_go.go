//go:build !turbojpeg

package data

import "image"

// Decoder names the JPEG decoder of this build.
const Decoder = "image/jpeg"

func decodeJPEG(b []byte, height, bottom int) (image.Image, error) {
	return jpegAbove(b, height, bottom)
}
