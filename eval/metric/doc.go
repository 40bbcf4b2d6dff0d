// Package metric computes the numbers of an evaluation from the outputs of networks, without images: shares, means
// over corruptions or backgrounds, and the areas that separate two kinds of images. Every number has an interval, and
// two networks are compared image by image.
//
// Read keeps 16 bytes of each image: whether its answers are right, and its score. All numbers are computed from
// these, so that they do not depend on the order of the rows.
package metric
