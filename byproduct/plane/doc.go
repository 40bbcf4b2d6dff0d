// Package plane has the geometry of an image: boxes and points in fractions of its width and height, with
// y pointing down, unions of boxes, convex hulls, and masks of pixels.
package plane
