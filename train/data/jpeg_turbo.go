//go:build turbojpeg

package data

// #cgo LDFLAGS: -lturbojpeg
// #include <turbojpeg.h>
//
// // planes decodes an image into planes that lie one after another, each with lines of its width.
// static int planes(tjhandle h, const unsigned char *file, unsigned long bytes, unsigned char *y, unsigned char *cb, unsigned char *cr, int width,
//                   int height) {
// 	unsigned char *to[] = {y, cb, cr};
// 	return tjDecompressToYUVPlanes(h, file, bytes, to, width, NULL, height, 0);
// }
import "C"

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"sync"
	"unsafe"

	"abtool/internal/imagefile"
)

// reduces says whether the decoder can decode at a reduced size.
const reduces = true

// Package imagefile has libjpeg-turbo too: it decodes whole files to red, green and blue, with the bytes that PIL has.
// Here only the rows of a crop are decoded, perhaps at a reduced size, and to the planes of the file, because a crop
// is scaled before its colours are converted. What the two share is opening a decompressor and reading the header.
// C's types belong to one package, so that sharing these lines would take more lines than it saves.

// handles are decompressors; one goroutine at a time can use each.
var handles = sync.Pool{New: func() any { return C.tjInitDecompress() }}

// jpegDecoder decodes JPEGs. Only one goroutine may use it.
type jpegDecoder struct {
	file   []byte // with another height
	planes []byte
}

// subsampling has Go's names of libjpeg-turbo's kinds.
var subsampling = map[C.int]image.YCbCrSubsampleRatio{
	C.TJSAMP_444: image.YCbCrSubsampleRatio444, C.TJSAMP_422: image.YCbCrSubsampleRatio422, C.TJSAMP_420: image.YCbCrSubsampleRatio420,
	C.TJSAMP_440: image.YCbCrSubsampleRatio440, C.TJSAMP_411: image.YCbCrSubsampleRatio411,
}

// decode returns, unlike imagefile.JPEG, the planes of a JPEG of some height, at least as far down as row bottom, and the eighths of
// the size that they have: 8, or as many as are asked for, which may be 1, 2 and 4. The image is valid until
// the next call. Go's decoder handles files that libjpeg-turbo cannot give as YCbCr, such as CMYK and 4:1:0.
func (d *jpegDecoder) decode(b []byte, imageHeight, bottom, eighths int) (image.Image, int, error) {
	h := handles.Get().(C.tjhandle)
	if h == nil {
		return d.other(b, imageHeight, bottom)
	}
	defer handles.Put(h)
	var width, height, sub, space C.int
	if C.tjDecompressHeader3(h, pointer(b), C.ulong(len(b)), &width, &height, &sub, &space) != 0 {
		return d.other(b, imageHeight, bottom)
	}
	ratio, known := subsampling[sub]
	if grey := space == C.TJCS_GRAY && sub == C.TJSAMP_GRAY; !grey && (space != C.TJCS_YCbCr || !known) {
		return d.other(b, imageHeight, bottom)
	}
	if width < 1 || height < 1 || int(height) > imagefile.MostPixels/int(width) {
		return nil, 0, fmt.Errorf("an image of %d × %d pixels", int(width), int(height))
	}
	at := jpegHeight(b)
	if !bytes.Contains(b[at:], []byte{0xff, 0xd9}) {
		return nil, 0, io.ErrUnexpectedEOF // libjpeg would make it grey from there on
	}
	if bottom = (bottom + 15) &^ 15; at > 0 && bottom < int(height) {
		d.file = append(d.file[:0], b...)
		d.file[at], d.file[at+1] = byte(bottom>>8), byte(bottom)
		b, height = d.file, C.int(bottom)
	}
	w, rows := (int(width)*eighths+7)/8, (int(height)*eighths+7)/8
	var start, size [4]int // of each plane, in bytes; of the end
	for i := range 3 {
		if i == 0 || sub != C.TJSAMP_GRAY {
			size[i] = int(C.tjPlaneWidth(C.int(i), C.int(w), sub)) * int(C.tjPlaneHeight(C.int(i), C.int(rows), sub))
		}
		start[i+1] = start[i] + size[i]
	}
	d.planes = grow(d.planes, start[3]+1)
	y, cb, cr := d.planes[:size[0]], d.planes[start[1]:][:size[1]], d.planes[start[2]:][:size[2]]
	if C.planes(h, pointer(b), C.ulong(len(b)), pointer(y), pointer(d.planes[start[1]:]), pointer(d.planes[start[2]:]), C.int(w), C.int(rows)) != 0 &&
		C.tjGetErrorCode(h) != C.TJERR_WARNING {
		return nil, 0, fmt.Errorf("libjpeg-turbo: %s", C.GoString(C.tjGetErrorStr2(h)))
	}
	r, stride := image.Rect(0, 0, w, rows), int(C.tjPlaneWidth(0, C.int(w), sub))
	if sub == C.TJSAMP_GRAY {
		return &image.Gray{Pix: y, Stride: stride, Rect: r}, eighths, nil
	}
	return &image.YCbCr{Y: y, Cb: cb, Cr: cr, YStride: stride, CStride: int(C.tjPlaneWidth(1, C.int(w), sub)), SubsampleRatio: ratio, Rect: r}, eighths, nil
}

// other decodes with Go's decoder.
func (*jpegDecoder) other(b []byte, height, bottom int) (image.Image, int, error) {
	m, err := jpegAbove(b, height, bottom)
	return m, 8, err
}

func pointer(b []byte) *C.uchar { return (*C.uchar)(unsafe.Pointer(unsafe.SliceData(b))) }
