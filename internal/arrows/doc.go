// Package arrows holds the test of what a package may import: docs/design/architecture.md draws it.
package arrows
