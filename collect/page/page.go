// Package page holds the files that the browser of an annotator loads: the page of a study, its style, and its
// scripts, which are modules that need no building. index.html is for /s/{study}, the others for /page/{file}.
package page

import "embed"

// Files are index.html, style.css, icon.svg and the scripts.
//
//go:embed *.html *.css *.js *.svg
var Files embed.FS
