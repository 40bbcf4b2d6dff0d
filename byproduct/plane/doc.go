// Package plane implements the geometry of an image: boxes and points in fractions of its width and height,
// with y pointing down, unions of boxes, convex hulls, masks of pixels, and maps of points.
package plane
