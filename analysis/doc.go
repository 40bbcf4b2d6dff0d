// Package analysis computes the statistics of a store: those of the paper, data quality,
// annotators and HITs, and what the paper suggests.
//
// A result is data: values with their units, numbers of units, intervals and published
// references, exclusions by reason, maps, tables, warnings. docs/reference/stats.md describes all of them,
// and docs/design/definitions.md what their Rules refer to.
//
// All statistics are gathered in one pass over the annotations, several row groups at a time.
// Sums are exact (a whole number of 2⁻⁶⁴), and whatever else depends on order is sorted, so that
// a result is the same for any number of goroutines.
package analysis
