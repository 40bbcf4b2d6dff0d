package chart

import (
	"strings"
	"testing"
)

// Coordinates lose digits that no screen shows, texts lose none.
func TestTidySVG(t *testing.T) {
	const in = `<!-- by a program --><svg width="9pt" height="9pt" viewBox="0 0 9 9">` +
		`<text x="1.23456" y="2">0.0051 s</text><image xlink:href="data:image/jpg;base64,AA0000"/></svg>`
	const want = `<svg viewBox="0 0 9 9"><text x="1.23" y="2">0.0051 s</text>` +
		`<image preserveAspectRatio="none" xlink:href="data:image/png;base64,AA0000"/></svg>`
	if have := string(tidySVG([]byte(in))); have != want {
		t.Errorf("%s\nwant %s", strings.TrimSpace(have), want)
	}
}
