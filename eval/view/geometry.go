// Package view has the views of images that networks are evaluated on.
package view

// A Geometry says how an image becomes the square that a network sees.
type Geometry string

const (
	ResizeCrop Geometry = "resize-crop" // the shorter side is resized, and the middle square is cut out
	Crop       Geometry = "crop"        // the middle square is cut out
	AsIs       Geometry = "as-is"       // the image is the square
	Squash     Geometry = "squash"      // both sides are resized
)
