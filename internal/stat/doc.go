// Package stat has the statistics of the analysis that do not depend on a data set: sums whose result does
// not depend on the order of addends, ratios over clusters with bootstrap intervals, intervals of
// proportions, means and medians, quantiles, histograms, and the partial pooling of annotators.
package stat
