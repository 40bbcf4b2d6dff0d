// Package coco draws the statistics of COCO-AB. Each figure is a function of a document's numbers, which
// says in words what it shows and, where they are missing, what the store lacks.
package coco
