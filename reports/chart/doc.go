// Package chart has the parts of the figures of both data sets: the colours of the light and the dark
// version, axes, curves, bars and maps, access to the numbers of a document, sentences about missing data,
// and the figures that both data sets have.
package chart
