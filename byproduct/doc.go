// Package byproduct has what the byproducts of both data sets have in common: points in time, the trace of
// the mouse to a click, and numbers for names. What is particular to a data set is in the packages imagenet
// and coco below it. The definitions that a store's statistics and targets follow (I1, C1, …) are methods
// and functions there.
package byproduct
