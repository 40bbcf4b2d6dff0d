// Package pass is what the statistics of both data sets share: one pass over the tables of a store, in which each
// goroutine gathers every statistic, and what it gathered is merged.
//
// A data set has an engine, which embeds a Base and reads its tables. A statistic is made for each goroutine of the
// engine (Maker), registers in its Counts what is to be merged, has methods for the rows that it wants to see, and says
// at the end what came out. Sums are exact (a whole number of 2⁻⁶⁴), and whatever else depends on order is sorted, so
// that a result is the same for any number of goroutines.
package pass
