// Package features derives from the rows of a store what a model learns from: points by named rules, what else an
// annotation carries, splits without leakage, crops, pairs and classes.
//
// Each gives the targets to a function, Write writes a table to a file or folder: package targetfile has the
// columns of targets, package format the ways to write them.
//
// A row is a Target: a point by one of Rules for an image (ImageNet) or a class of an image (COCO), with its weight,
// its source and its annotator. Signals add columns; Tables are what else can be written. RandomCrop, Crop and Label
// are the published geometry of crops and flips on points, which training uses. docs/reference/targets.md describes
// every rule, signal, column and format.
//
// All of it depends on the store and the options alone: not on the number of goroutines, and chance (Uniform, Rand)
// comes from hashes of names, never from an order. Points follow the definitions that the statistics follow: I4, C3,
// L1, L2.
package features
