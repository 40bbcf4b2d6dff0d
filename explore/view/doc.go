// Package view turns what a person looks for into SQL. A summary of a data set, with a narrow row for each
// showing, is in DuckDB's memory. Filters, facets and pages of rows read only the summary, so that each answer
// takes milliseconds; what a showing has beyond its row is read from the store by its seq.
//
// Values of a filter reach DuckDB as parameters.
package view
