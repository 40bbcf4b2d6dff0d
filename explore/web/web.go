// Package web holds the files of the explorer that browsers load, and the templates of its pages.
package web

import "embed"

// Files has base.css, the modules, and the templates in pages.
//
//go:embed *.css *.js pages/*.html
var Files embed.FS
