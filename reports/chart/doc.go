// Package chart has what the figures of both data sets are drawn with: the colours of the light and the dark
// version, axes, curves, bars and maps, the numbers of a document that they show, what a figure lacks where
// there are none, and the figures that both data sets have.
package chart
