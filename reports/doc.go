// Package reports will turn statistics into figures and one self-contained page. It is empty so
// far.
package reports
