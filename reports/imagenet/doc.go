// Package imagenet draws the statistics of ImageNet-AB. Each figure is a function of a document's numbers,
// which says in words what it shows and, where they are missing, what the store lacks.
package imagenet
