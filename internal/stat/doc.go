// Package stat has the statistics of the analysis that know nothing of a data set: sums that do not
// depend on the order of their addends, ratios over clusters with bootstrap intervals, intervals of
// proportions, means and medians, quantiles, histograms, and the partial pooling of annotators.
package stat
