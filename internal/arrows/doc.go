// Package arrows tests which packages may import which others, as docs/design/architecture.md draws it.
package arrows
