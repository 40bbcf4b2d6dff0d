package chart

import (
	"bytes"
	"regexp"
)

var (
	svgSize = regexp.MustCompile(`<svg width="[^"]*" height="[^"]*"\s+viewBox`)
	// Coordinates have more digits than screens can show.
	longNumber = regexp.MustCompile(`(\d\.\d\d)\d+`)
)

// tidySVG removes the comment with the writer's name, the fixed size, so that a page can scale the figure,
// and needless digits. It also corrects the type of embedded pictures.
func tidySVG(b []byte) []byte {
	if i := bytes.Index(b, []byte("<svg")); i > 0 {
		b = b[i:]
	}
	b = bytes.ReplaceAll(b, []byte("data:image/jpg;base64,"), []byte("data:image/png;base64,"))
	b = bytes.ReplaceAll(b, []byte("<image "), []byte(`<image preserveAspectRatio="none" `))
	b = bytes.ReplaceAll(b, []byte("font-family:Liberation Sans"),
		[]byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif"))
	b = svgSize.ReplaceAll(b, []byte("<svg viewBox"))
	return shorten(b)
}

// shorten removes needless digits within tags. It leaves the text between tags and embedded pictures unchanged.
func shorten(b []byte) (out []byte) {
	for len(b) > 0 {
		n := bytes.IndexByte(b, '>') + 1
		if n == 0 {
			n = len(b)
		}
		text := max(bytes.IndexByte(b[:n], '<'), 0)
		out = append(out, b[:text]...)
		tag := b[text:n]
		if i := bytes.Index(tag, []byte("base64,")); i >= 0 {
			end := i + bytes.IndexByte(tag[i:], '"')
			out = append(append(out, longNumber.ReplaceAll(tag[:i], []byte("$1"))...), tag[i:end]...)
			tag = tag[end:]
		}
		out = append(out, longNumber.ReplaceAll(tag, []byte("$1"))...)
		b = b[n:]
	}
	return out
}
