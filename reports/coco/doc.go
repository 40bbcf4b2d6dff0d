// Package coco draws the statistics of COCO-AB. Each function makes a figure from the numbers of a document,
// with a caption and an alternative text. If numbers are missing, the figure says what the store lacks.
package coco
