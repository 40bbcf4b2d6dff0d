// Package byproduct has the types that the byproducts of both data sets share: points in time, the trace of
// the mouse to a click, and numbers for names. Its subpackages imagenet and coco have the types of one data
// set. Their methods and functions implement the definitions that statistics and targets follow (I1, C1, …).
package byproduct
