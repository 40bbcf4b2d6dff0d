//go:build !turbojpeg

package imagefile

import "image"

// Decoder names the JPEG decoder of this build.
const Decoder = "image/jpeg"

// JPEG decodes a JPEG file.
func JPEG(file []byte) (m image.Image, err error) {
	defer recovered(file, &err)
	return goJPEG(file)
}
