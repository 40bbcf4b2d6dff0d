// Package pass has what the statistics of both data sets share. One pass reads the tables of a store; each
// goroutine gathers every statistic over its rows, and the gathered statistics are then merged.
//
// A data set has an engine, which embeds a Base and reads its tables. A Maker makes a statistic for each
// goroutine of the engine. The statistic registers in its Counts the fields to be merged, has methods for
// the rows that it needs, and returns its values at the end. Results are the same for any number of
// goroutines: sums are exact (whole numbers of 2⁻⁶⁴), and lists whose order would matter are sorted.
package pass
