package features

import (
	"fmt"
	"math"
	"math/rand/v2"

	"abtool/internal/usage"
)

// A Crop is the part of an image that a network sees: a rectangle of whole pixels, mirrored left
// to right with Flip. Scaling to the network's input size changes no relative coordinate.
type Crop struct {
	Width, Height int // of the image, px, ≥ 1
	X, Y          int // of the crop's upper left corner, px: 0 ≤ X ≤ Width − W
	W, H          int // of the crop, px: 1 ≤ W ≤ Width
	Flip          bool
}

// Whole returns the crop that is the image itself: its Point is the identity, bit for bit.
func Whole(width, height int) Crop {
	return Crop{Width: width, Height: height, W: width, H: height}
}

// Mirrored returns the crop flipped once more.
func (c Crop) Mirrored() Crop {
	c.Flip = !c.Flip
	return c
}

// Point moves a point from fractions of the image to fractions of the crop. weight is 1 if it
// lies in the crop, edges included, else 0: such a point is not to be learned from (u and v are
// then outside of [0, 1], so that one can see where it went). A NaN has weight 0.
func (c Crop) Point(x, y float64) (u, v, weight float64) {
	w, h := float64(c.Width), float64(c.Height)
	u = (x - float64(c.X)/w) / (float64(c.W) / w)
	v = (y - float64(c.Y)/h) / (float64(c.H) / h)
	if c.Flip {
		u = 1 - u
	}
	return u, v, onImage(u, v)
}

// onImage returns the weight of a point: 1 in [0, 1]², else 0.
func onImage(x, y float64) float64 {
	if x >= 0 && x <= 1 && y >= 0 && y <= 1 {
		return 1
	}
	return 0
}

// CropOptions say how RandomCrop draws. The zero value stands for the defaults, those of
// torchvision's RandomResizedCrop and RandomHorizontalFlip.
type CropOptions struct {
	MinScale, MaxScale float64 // share of the image's area; 0.08 and 1. The paper's COCO recipe has 0.1 and 1
	MinRatio, MaxRatio float64 // width / height; 3/4 and 4/3
	FlipShare          float64 // probability of a flip; 0.5; below 0: never
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

// cropTries is how often RandomCrop draws before it takes the middle.
const cropTries = 10

// RandomCrop draws a random-resized crop with a flip, as torchvision does: an area, uniform
// between the scales; a ratio, uniform in its logarithm; both sides rounded to whole pixels,
// halves to the even one; drawn again, ten times at most, until it fits; a place, uniform. If none
// fits, the middle of the image at the nearest ratio. Then the flip. It fails for sizes below
// 1 and for options out of their ranges.
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

// Rules of labels in crops (COCO).
const (
	LabelsKept      = "kept"      // a crop leaves labels as they are
	LabelsPublished = "published" // a class whose point falls outside of the crop is not a label of that crop
)

// Label reports whether a crop of an image that has a class has it as a label. The published loader drops the
// label of a class whose icon the crop leaves out, and keeps the label of a class that was never placed: has says
// whether there is a point, and weight is Point's.
func Label(rule string, present, has bool, weight float64) bool {
	return present && (rule != LabelsPublished || !has || weight > 0)
}
