package chart

import (
	"bytes"
	"regexp"
)

var (
	svgSize = regexp.MustCompile(`<svg width="[^"]*" height="[^"]*"\s+viewBox`)
	// Coordinates have more digits than any screen shows. Texts between tags keep theirs.
	svgTag     = regexp.MustCompile(`<[^>]*>`)
	longNumber = regexp.MustCompile(`(\d\.\d\d)\d+`)
)

// tidySVG drops the comment with the writer's name, the fixed size, so that a page can scale it,
// and needless digits, and says the right type of embedded pictures.
func tidySVG(b []byte) []byte {
	if i := bytes.Index(b, []byte("<svg")); i > 0 {
		b = b[i:]
	}
	b = bytes.ReplaceAll(b, []byte("data:image/jpg;base64,"), []byte("data:image/png;base64,"))
	b = bytes.ReplaceAll(b, []byte("<image "), []byte(`<image preserveAspectRatio="none" `))
	b = bytes.ReplaceAll(b, []byte("font-family:Liberation Sans"),
		[]byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif"))
	b = svgSize.ReplaceAll(b, []byte("<svg viewBox"))
	return svgTag.ReplaceAllFunc(b, func(tag []byte) []byte { return longNumber.ReplaceAll(tag, []byte("$1")) })
}
