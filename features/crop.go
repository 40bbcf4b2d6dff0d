package features

import (
	"fmt"
	"math"
	"math/rand/v2"

	"abtool/internal/usage"
)

// A Crop is the part of an image that a network sees: a rectangle of whole pixels, mirrored left to right if
// Flip is set. Scaling it to the network's input size does not change relative coordinates.
type Crop struct {
	Width, Height int // size of the image, px, ≥ 1
	X, Y          int // upper left corner of the crop, px; 0 ≤ X ≤ Width − W
	W, H          int // size of the crop, px; 1 ≤ W ≤ Width
	Flip          bool
}

// Whole returns the crop that covers the whole image. Its method Point returns the coordinates unchanged, to
// the bit.
func Whole(width, height int) Crop {
	return Crop{Width: width, Height: height, W: width, H: height}
}

// Mirrored returns the crop flipped once more.
func (c Crop) Mirrored() Crop {
	c.Flip = !c.Flip
	return c
}

// Point converts a point from fractions of the image to fractions of the crop. weight is 1 if the point lies
// in the crop, edges included. Otherwise weight is 0, the point must not be learned from, and u or v is
// outside of [0, 1]. A point with a NaN has weight 0.
func (c Crop) Point(x, y float64) (u, v, weight float64) {
	w, h := float64(c.Width), float64(c.Height)
	u = (x - float64(c.X)/w) / (float64(c.W) / w)
	v = (y - float64(c.Y)/h) / (float64(c.H) / h)
	if c.Flip {
		u = 1 - u
	}
	return u, v, onImage(u, v)
}

// onImage returns the weight of a point: 1 in [0, 1]², otherwise 0.
func onImage(x, y float64) float64 {
	if x >= 0 && x <= 1 && y >= 0 && y <= 1 {
		return 1
	}
	return 0
}

// CropOptions are the options of RandomCrop. The zero value stands for the defaults of torchvision's
// RandomResizedCrop and RandomHorizontalFlip.
type CropOptions struct {
	MinScale, MaxScale float64 // share of the image's area; 0: 0.08 and 1. The paper's COCO recipe has 0.1 and 1
	MinRatio, MaxRatio float64 // width / height; 0: 3/4 and 4/3
	FlipShare          float64 // probability of a flip; 0: 0.5; below 0: never
}

func (o CropOptions) defaults() (CropOptions, error) {
	for _, d := range []struct {
		at *float64
		is float64
	}{{&o.MinScale, 0.08}, {&o.MaxScale, 1}, {&o.MinRatio, 3. / 4}, {&o.MaxRatio, 4. / 3}, {&o.FlipShare, 0.5}} {
		if *d.at == 0 {
			*d.at = d.is
		}
	}
	switch {
	case !(o.MinScale > 0 && o.MinScale <= o.MaxScale && o.MaxScale <= 1):
		return o, usage.Errorf("crops of %v to %v of the image's area: give shares above 0 and at most 1, the smaller first", o.MinScale, o.MaxScale)
	case !(o.MinRatio > 0 && o.MinRatio <= o.MaxRatio) || math.IsInf(o.MaxRatio, 0):
		return o, usage.Errorf("crops with a width / height of %v to %v: give ratios above 0, the smaller first", o.MinRatio, o.MaxRatio)
	}
	return o, nil
}

// cropTries is the number of rectangles that RandomCrop draws before it takes the middle of the image.
const cropTries = 10

// RandomCrop draws a random-resized crop with a flip, as torchvision does. It draws an area, uniform between
// the scales, and a ratio, uniform in its logarithm; it rounds both sides to whole pixels, halves to even. It
// repeats this up to ten times until the rectangle fits into the image, and draws a uniform place for it. If
// no rectangle fits, it takes the middle of the image, at the nearest ratio that is allowed. Then it draws
// the flip. It returns an error for sizes below 1 and for options out of their ranges.
func RandomCrop(r *rand.Rand, width, height int, o CropOptions) (Crop, error) {
	o, err := o.defaults()
	if err != nil {
		return Crop{}, err
	}
	if width < 1 || height < 1 {
		return Crop{}, fmt.Errorf("an image of %d × %d pixels cannot be cropped", width, height)
	}
	c := o.rectangle(r, width, height)
	c.Flip = r.Float64() < o.FlipShare
	return c, nil
}

func (o CropOptions) rectangle(r *rand.Rand, width, height int) Crop {
	c := Whole(width, height)
	area := float64(width) * float64(height)
	low, high := math.Log(o.MinRatio), math.Log(o.MaxRatio)
	for range cropTries {
		target := area * (o.MinScale + r.Float64()*(o.MaxScale-o.MinScale))
		ratio := math.Exp(low + r.Float64()*(high-low))
		c.W, c.H = even(math.Sqrt(target*ratio)), even(math.Sqrt(target/ratio))
		if c.W > 0 && c.W <= width && c.H > 0 && c.H <= height {
			c.X, c.Y = r.IntN(width-c.W+1), r.IntN(height-c.H+1)
			return c
		}
	}
	c.W, c.H = width, height
	switch ratio := float64(width) / float64(height); {
	case ratio < o.MinRatio:
		c.H = min(max(even(float64(width)/o.MinRatio), 1), height)
	case ratio > o.MaxRatio:
		c.W = min(max(even(float64(height)*o.MaxRatio), 1), width)
	}
	c.X, c.Y = (width-c.W)/2, (height-c.H)/2
	return c
}

func even(v float64) int { return int(math.RoundToEven(v)) }

// Rules for the labels of crops (COCO).
const (
	LabelsKept      = "kept"      // a crop has all labels of its image
	LabelsPublished = "published" // a class whose point falls outside of the crop is not a label of that crop
)

// Label reports whether a crop has a class as a label. present says whether the image has the class, has
// whether the class has a point, and weight is the weight that Point returned. The published loader drops the
// label of a class whose icon is outside of the crop, and keeps the label of a class that was never placed.
func Label(rule string, present, has bool, weight float64) bool {
	return present && (rule != LabelsPublished || !has || weight > 0)
}
