// Package look holds the style that the report and the explorer share: colours, type, tables, buttons.
package look

import _ "embed"

// CSS is the style sheet. A page adds its own rules after it.
//
//go:embed base.css
var CSS string
