// Package result has the statistics of a store as data: values with their units, numbers of units, intervals
// and published references, exclusions by reason, maps and tables. docs/reference/stats.md describes all of
// them. Packages that print or draw statistics need only this package.
package result
