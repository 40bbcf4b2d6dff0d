// Package data reads images for training and evaluation from folders, WebDataset shards and idx files. It
// decodes and augments them in several goroutines ahead of their use, and moves the points of byproducts
// with every crop and flip.
//
// Open opens a Source, NewSet joins it with targets, and the Loader of a Set makes batches.
//
// The order of an epoch depends on the seed and the epoch's number; the augmentation of an image depends on
// the seed, the epoch and the image's id. Neither depends on the number of workers. An epoch can be resumed
// at any batch. Images that cannot be read are counted and left out.
package data
