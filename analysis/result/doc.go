// Package result is the statistics of a store as data: values with their units, numbers of units, intervals and
// published references, exclusions by reason, maps and tables. docs/reference/stats.md describes all of them.
// Packages that print or draw need no more of the statistics than this package.
package result
