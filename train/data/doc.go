// Package data reads images for training and evaluation: folders, WebDataset shards and idx files; decodes and augments them on
// several processors ahead of their use, and moves the points of byproducts with every crop and flip.
//
// Open finds a Source, NewSet joins it with targets, and the Loader of a Set gives batches.
//
// The order of an epoch depends on the seed and its number, and what is done to an image on the seed, the epoch and
// the image's id: not on the number of workers. An epoch can be continued at any batch. Images that cannot be read are counted and left out.
package data
