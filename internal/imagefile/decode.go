package imagefile

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the formats that Formats lists
	"image/jpeg"
	"image/png"
	"io"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"abtool/internal/filetype"
)

// Formats lists the formats that can be read, for messages.
const Formats = "JPEG, PNG, WebP, BMP, TIFF, GIF"

// MostPixels is the largest number of pixels of an image that is read, because a small file can claim to be
// enormous.
const MostPixels = 1 << 27

// Size returns the width and height of an image file in pixels and its format: "jpeg", "png", "webp",
// "bmp", "tiff" or "gif". If the file is something else, the error says what it is and what to do with it.
func Size(file []byte) (width, height int, format string, err error) {
	defer recovered(file, &err)
	c, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return 0, 0, "", Explain(file, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > MostPixels/c.Height {
		return 0, 0, "", fmt.Errorf("an image of %d × %d pixels: the largest has %d in all",
			c.Width, c.Height, MostPixels)
	}
	return c.Width, c.Height, format, nil
}

// Whole returns an error if the end of a JPEG or PNG file is missing: browsers show a part of it. It does not
// decode the file. What follows the image is not looked at, such as the film of a moving photograph.
func Whole(file []byte) error {
	whole := true
	if rest, ok := bytes.CutPrefix(file, []byte{0xff, 0xd8}); ok {
		for len(rest) >= 4 && rest[1] != 0xda { // segments before the pixels, which may have a thumbnail
			if rest[1] == 0xff { // fill
				rest = rest[1:]
				continue
			}
			rest = rest[min(2+int(rest[2])<<8+int(rest[3]), len(rest)):]
		}
		whole = bytes.Contains(rest, []byte{0xff, 0xd9})
	} else if bytes.HasPrefix(file, []byte("\x89PNG")) {
		whole = bytes.Contains(file, []byte("IEND"))
	}
	if !whole {
		return errors.New("its end is missing: get it again")
	}
	return nil
}

// Check returns an error if a file does not begin like an image that Decode reads. The error says what the
// file is.
func Check(file []byte) error {
	if filetype.Of(file[:min(len(file), filetype.HeadBytes)]).Image() {
		return nil
	}
	return Explain(file, image.ErrFormat)
}

// Decode returns the pixels of an image file without transparency: an *image.YCbCr, an *image.Gray, or
// another opaque image. If the file is something else, the error says what it is and what to do with it.
func Decode(file []byte) (m image.Image, err error) {
	defer recovered(file, &err)
	_, _, format, err := Size(file)
	if err != nil {
		return nil, err
	}
	if format == "gif" {
		file = withoutTransparency(file)
	}
	if m, _, err = image.Decode(bytes.NewReader(file)); err != nil {
		return nil, Explain(file, err)
	}
	if format == "webp" {
		m = studioRange(m)
	}
	return opaque(m), nil
}

// recovered turns a panic of a decoder into an error, so that a damaged file does not end a run of days.
func recovered(file []byte, err *error) {
	if p := recover(); p != nil {
		*err = Explain(file, fmt.Errorf("the decoder failed: %v", p))
	}
}

// Explain returns the error for an image file that a decoder rejected: what the file is, if that is known,
// and what to do.
func Explain(file []byte, err error) error {
	kind := filetype.Of(file[:min(len(file), filetype.HeadBytes)])
	switch {
	case kind.Image() && cut(err):
		return fmt.Errorf("%s that ends too early (%w): get it again", kind.Name, err)
	case kind.Image():
		return fmt.Errorf("%s that cannot be decoded (%w): get it again, or convert it to PNG", kind.Name,
			err)
	case kind.Name != "":
		return errors.New(kind.String())
	}
	return fmt.Errorf("not an image that abtool reads (%s): it begins with %.20q", Formats, file)
}

// cut reports whether a decoder's error means that the file ended too early.
func cut(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, jpeg.FormatError("short Huffman data")) || errors.Is(err,
		png.FormatError("not enough pixel data"))
}

// opaque returns an image without its transparency. Colours stay as they are in the file, unless they are
// multiplied by the transparency.
func opaque(m image.Image) image.Image {
	switch m := m.(type) {
	case *image.NYCbCrA:
		return &m.YCbCr
	case *image.NRGBA:
		for i := 3; i < len(m.Pix); i += 4 {
			m.Pix[i] = 0xff
		}
	case *image.NRGBA64:
		for i := 6; i+1 < len(m.Pix); i += 8 {
			m.Pix[i], m.Pix[i+1] = 0xff, 0xff
		}
	case *image.Paletted:
		for i, c := range m.Palette {
			m.Palette[i] = withoutAlpha(c)
		}
	case *image.RGBA, *image.RGBA64:
		if o, ok := m.(interface{ Opaque() bool }); ok && !o.Opaque() {
			return unmultiplied(m)
		}
	}
	return m
}

// withoutAlpha returns an opaque colour with the same red, green and blue.
func withoutAlpha(c color.Color) color.NRGBA {
	n, ok := c.(color.NRGBA)
	if !ok {
		n = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	n.A = 0xff
	return n
}

// unmultiplied returns the colours of an image before they were multiplied by its transparency.
func unmultiplied(m image.Image) image.Image {
	b := m.Bounds()
	out := image.NewNRGBA(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			out.SetNRGBA(x, y, withoutAlpha(m.At(x, y)))
		}
	}
	return out
}

// studioRange returns the colours of a lossy WebP. Its luma ranges from 16 to 235 and its chroma from 16 to
// 240, but the decoder returns them as if they ranged from 0 to 255, as in JPEG.
func studioRange(m image.Image) image.Image {
	var planes *image.YCbCr
	switch m := m.(type) {
	case *image.YCbCr:
		planes = m
	case *image.NYCbCrA:
		planes = &m.YCbCr
	default:
		return m // lossless
	}
	b := planes.Bounds()
	out := image.NewNRGBA(b)
	to := out.Pix
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := planes.COffset(x, y)
			to[0], to[1], to[2] = videoRGB(planes.Y[planes.YOffset(x, y)], planes.Cb[c], planes.Cr[c])
			to[3] = 0xff
			to = to[4:]
		}
	}
	return out
}

// videoRGB converts a colour of ITU-R BT.601 in its video range, with 16 bits after the binary point.
func videoRGB(y, cb, cr byte) (r, g, b byte) {
	light, blue, red := 76309*(int32(y)-16)+1<<15, int32(cb)-128, int32(cr)-128
	return level(light + 104597*red), level(light - 25675*blue - 53279*red), level(light + 132201*blue)
}

// level returns a value with 16 bits after the binary point as a byte.
func level(v int32) byte { return byte(max(0, min(255, v>>16))) }

// withoutTransparency returns a GIF whose first picture has no transparent colour. Otherwise the decoder
// would return black for pixels that have a colour in the file.
func withoutTransparency(file []byte) []byte {
	const header, control, extension = 13, 0xf9, 0x21
	if len(file) < header {
		return file
	}
	at := header
	if file[10]&0x80 != 0 {
		at += 3 << (file[10]&7 + 1) // the palette
	}
	for at+3 < len(file) && file[at] == extension {
		if file[at+1] == control && file[at+3]&1 != 0 {
			file = bytes.Clone(file)
			file[at+3] &^= 1
		}
		for at += 2; at < len(file) && file[at] != 0; {
			at += 1 + int(file[at])
		}
		at++
	}
	return file
}
