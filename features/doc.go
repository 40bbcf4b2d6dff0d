// Package features will derive, from the rows of a store, what a model learns from: the regression
// target of each image, and the features of its annotation. It is empty so far.
package features
