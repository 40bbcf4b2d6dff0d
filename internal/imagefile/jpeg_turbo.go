//go:build turbojpeg

package imagefile

// #cgo LDFLAGS: -lturbojpeg
// #include <turbojpeg.h>
import "C"

import (
	"fmt"
	"image"
	"io"
	"strings"
	"sync"
	"unsafe"
)

// Decoder names the JPEG decoder of this build.
const Decoder = "libjpeg-turbo"

// handles are decompressors; one goroutine at a time can use each.
var handles = sync.Pool{New: func() any { return C.tjInitDecompress() }}

// JPEG decodes a JPEG file to an *RGB. Go's decoder handles formats that libjpeg-turbo does not convert, such as
// CMYK.
func JPEG(b []byte) (m image.Image, err error) {
	defer recovered(b, &err)
	if len(b) == 0 {
		return goJPEG(b)
	}
	h := handles.Get().(C.tjhandle)
	if h == nil {
		return goJPEG(b)
	}
	defer handles.Put(h)
	in := (*C.uchar)(unsafe.Pointer(&b[0]))
	var width, height, subsampling, space C.int
	if C.tjDecompressHeader3(h, in, C.ulong(len(b)), &width, &height, &subsampling, &space) != 0 {
		return nil, fmt.Errorf("libjpeg-turbo: %s", C.GoString(C.tjGetErrorStr2(h)))
	}
	if space == C.TJCS_CMYK || space == C.TJCS_YCCK {
		return goJPEG(b)
	}
	if width < 1 || height < 1 || int(height) > MostPixels/int(width) {
		return nil, fmt.Errorf("an image of %d × %d pixels", int(width), int(height))
	}
	p := &RGB{W: int(width), H: int(height), Pix: make([]byte, 3*int(width)*int(height))}
	code := C.tjDecompress2(h, in, C.ulong(len(b)), (*C.uchar)(unsafe.Pointer(&p.Pix[0])), width, 3*width, height, C.TJPF_RGB, 0)
	if code == 0 {
		return p, nil
	}
	switch text := C.GoString(C.tjGetErrorStr2(h)); {
	case strings.Contains(text, "Premature end"): // libjpeg makes the rest of the image grey
		return nil, io.ErrUnexpectedEOF
	case C.tjGetErrorCode(h) != C.TJERR_WARNING:
		return nil, fmt.Errorf("libjpeg-turbo: %s", text)
	}
	return p, nil
}
