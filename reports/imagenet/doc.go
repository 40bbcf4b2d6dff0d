// Package imagenet draws the statistics of ImageNet-AB. Each function makes a figure from the numbers of a
// document, with a caption and an alternative text. If numbers are missing, the figure says what the store
// lacks.
package imagenet
