// Package analysis computes the statistics of a store: the paper's statistics, data quality, annotators and
// HITs, and analyses that the paper suggests. It joins the two data sets, whose statistics are in packages
// imagenet and coco; package result has the results.
//
// docs/reference/stats.md describes all statistics, and docs/design/definitions.md the definitions that
// Rules refers to.
package analysis
