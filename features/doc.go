// Package features derives training data from a store: points by named rules, other signals of an annotation,
// splits without leakage, crops, pairs and statistics of classes.
//
// Each calls a function with every target; Write writes a table to a file or folder. Package targetfile
// defines the columns of targets, and package format writes tables in several formats.
//
// A row is a Target: the point that one of Rules gives for an image (ImageNet) or for a class of an image
// (COCO), with its weight, annotation and annotator. Signals add columns, and Tables lists the other tables.
// RandomCrop, Crop and Label apply crops and flips to points as published; training uses them too.
// docs/reference/targets.md describes every rule, signal, column and format.
//
// All results depend only on the store and the options. They do not depend on the number of goroutines, and
// random numbers (Uniform, Rand) come from hashes of names, never from an order. Points follow the same
// definitions as the statistics: I4, C3, L1, L2.
package features
