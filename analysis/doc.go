// Package analysis computes the statistics of a store: those of the paper, data quality, annotators and HITs, and what
// the paper suggests. It joins the two data sets, whose statistics are in packages imagenet and coco; what comes out is
// in package result.
//
// docs/reference/stats.md describes all statistics, and docs/design/definitions.md what their Rules refer to.
package analysis
