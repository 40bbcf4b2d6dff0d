package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Geometry says how an image becomes a square of View.Size pixels.
type Geometry string

// The geometries.
const (
	// ResizeCrop scales the image until its shorter side has View.Resize pixels, with the longer side rounded
	// down, and takes the centre.
	ResizeCrop Geometry = "resize-crop"
	// Crop takes the centre of the image as it is.
	Crop Geometry = "crop"
	// AsIs takes images that have the right size. Others are an error.
	AsIs Geometry = "asis"
	// Squash scales both sides to View.Size, whatever the image's shape.
	Squash Geometry = "squash"
)

// A Filter weighs the pixels of the source, over a width that grows with the scale (PIL's antialiasing).
type Filter string

// The filters.
const (
	Bilinear Filter = "bilinear" // a triangle
	Bicubic  Filter = "bicubic"  // a cubic spline with a = −0.5
)

// A View says how a network sees an image file.
type View struct {
	Geometry Geometry
	Size     int    // height and width of the result in pixels
	Resize   int    // of ResizeCrop: the shorter side after scaling
	Filter   Filter // of ResizeCrop and Squash
	Border   int    // pixels that are cut off every side of the image first

	Hole  int  // side of a square in the middle of the result that is filled at the end, in pixels; 0: no hole
	Black bool // fill the hole with black instead of zeros after normalisation, which are the mean colour

	Mean, Std [3]float32 // of red, green and blue, for values 0…1: the network reads (v − Mean) / Std
}

// ImageNet is the mean and standard deviation of ImageNet, which the weights of torchvision, DeiT and most of
// timm expect. Half is what timm's vit_*.augreg_* weights expect.
var (
	ImageNet = [2][3]float32{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}}
	Half     = [2][3]float32{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}}
)

// Default returns the view of torchvision's first weights for a network with inputs of size × size pixels:
// resize-crop to size / 0.875 pixels (256 for 224), bilinear.
func Default(size int) View {
	return View{
		Geometry: ResizeCrop, Size: size, Resize: size * 8 / 7, Filter: Bilinear, Mean: ImageNet[0], Std: ImageNet[1],
	}
}

// Syntax describes the texts that Parse reads, for help texts.
const Syntax = "resize-crop[:SIDE][:bilinear|bicubic], crop,\n" +
	"asis or squash[:bilinear|bicubic], each with :half for a mean and\n" +
	"deviation of 0.5 in place of ImageNet's"

// Parse reads a view as users write it, such as resize-crop:248:bicubic, crop, asis, squash:bilinear. The
// parts after the geometry may be in any order: a number is the shorter side after scaling, half is a mean and
// standard deviation of 0.5 in place of ImageNet's. Missing parts are as in Default.
func Parse(text string, size int) (View, error) {
	v := Default(size)
	parts := strings.Split(text, ":")
	v.Geometry = Geometry(parts[0])
	if !slices.Contains([]Geometry{ResizeCrop, Crop, AsIs, Squash}, v.Geometry) {
		return View{}, fmt.Errorf("unknown view %q: write resize-crop, crop, asis or squash, such as resize-crop:248:bicubic", text)
	}
	scales := v.Geometry == ResizeCrop || v.Geometry == Squash
	for _, part := range parts[1:] {
		side, err := strconv.Atoi(part)
		switch {
		case part == "half":
			v.Mean, v.Std = Half[0], Half[1]
		case part == string(Bilinear) || part == string(Bicubic):
			if !scales {
				return View{}, fmt.Errorf("view %q: %s does not scale, so it has no filter", text, v.Geometry)
			}
			v.Filter = Filter(part)
		case err != nil:
			return View{}, fmt.Errorf("view %q: %q is neither a number of pixels nor bilinear, bicubic or half", text, part)
		case v.Geometry != ResizeCrop:
			return View{}, fmt.Errorf("view %q: only resize-crop has a side, the size of %s is the network's", text, v.Geometry)
		case side < size || side > 1<<14:
			return View{}, fmt.Errorf("view %q: the side %d must be at least the network's %d pixels, and at most %d", text, side, size, 1<<14)
		default:
			v.Resize = side
		}
	}
	return v, nil
}

// Of returns the view of a set: with the geometry of its benchmark, unless v has another one than ResizeCrop, which
// users asked for, and with the border that is cut off its images. The filter, the side, the hole and the
// normalisation stay.
func (v View) Of(g Geometry, border int) View {
	if g != "" && v.Geometry == ResizeCrop {
		v.Geometry = g
	}
	v.Border = border
	return v
}

// String returns the view as it is printed next to a number, such as "resize-crop:256:bilinear" or
// "border 2, resize-crop:256:bilinear, hole 112 zero".
func (v View) String() string {
	text := string(v.Geometry)
	switch v.Geometry {
	case ResizeCrop:
		text += fmt.Sprintf(":%d:%s", v.Resize, v.Filter)
	case Squash:
		text += ":" + string(v.Filter)
	}
	switch [2][3]float32{v.Mean, v.Std} {
	case ImageNet:
	case Half:
		text += ":half"
	default:
		text += fmt.Sprintf(", mean %v, std %v", v.Mean, v.Std)
	}
	if v.Border > 0 {
		text = fmt.Sprintf("border %d, %s", v.Border, text)
	}
	if v.Hole > 0 {
		fill := "zero"
		if v.Black {
			fill = "black"
		}
		text += fmt.Sprintf(", hole %d %s", v.Hole, fill)
	}
	return text
}
