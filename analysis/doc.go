// Package analysis will turn the rows of a store into the statistics of the paper: click accuracy,
// centre bias, mouse-trace quantiles, action sequences. It is empty so far; the definitions that
// it will follow are those of the paper (sections 3 and 4, appendices C to E).
package analysis
