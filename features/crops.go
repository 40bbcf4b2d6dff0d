package features

import (
	"abtool/internal/usage"
	"abtool/schema"
)

// croppedPoint is a crop with where the point is in it.
type croppedPoint struct {
	n            int
	crop         Crop
	u, v, weight float64
}

// cropSource gives each target once for each crop of its image.
type cropSource struct {
	source
	j *job
}

// cropTable makes the check table of crops: what a network is shown, and told. The k-th crop of an image is
// that of Rand with the seed, the image and the epoch k, so that all rows of an image are of the same crops, and
// they are those that training takes.
func cropTable(s source, j *job) ([]column, source, error) {
	if _, err := j.Crop.defaults(); err != nil {
		return nil, nil, err
	}
	if j.Crops < 1 || j.Crops > maxPoints {
		return nil, nil, usage.Errorf("crops %d: it is 1 to %d for each image", j.Crops, maxPoints)
	}
	return append(columnsOf(&j.Options), cropColumns(j.Set == COCO)...), &cropSource{s, j}, nil
}

func (c *cropSource) chunk() (func(chunk int, emit func(*Target) error) error, error) {
	give, err := c.source.chunk()
	if err != nil {
		return nil, err
	}
	crops, of := make([]Crop, c.j.Crops), ""
	var p croppedPoint
	return func(chunk int, emit func(*Target) error) error {
		return give(chunk, func(t *Target) error {
			if t.Width < 1 || t.Height < 1 {
				c.j.unsized.Add(1)
				return nil
			}
			if t.Image != of {
				of = t.Image
				for k := range crops {
					var err error
					if crops[k], err = RandomCrop(Rand(c.j.Seed, of, k), int(t.Width), int(t.Height), c.j.Crop); err != nil {
						return err
					}
				}
			}
			t.crop = &p
			for k, crop := range crops {
				p.n, p.crop = k, crop
				p.u, p.v, p.weight = crop.Point(t.X, t.Y)
				if err := emit(t); err != nil {
					return err
				}
			}
			return nil
		})
	}, nil
}

func cropColumns(coco bool) []column {
	const from, outside = "RandomCrop", "the crop: outside it lies below 0 or above 1"
	pixels := func(name, doc string, get func(*Crop) int) column {
		return intColumn(kindInt32, name, "px", "", never, from, doc, func(t *Target) int64 { return int64(get(&t.crop.crop)) })
	}
	cols := []column{
		intColumn(kindInt32, "crop", "", "0, 1, …", never, "computed", "Number of the crop: the epoch that training would draw it in.", func(t *Target) int64 { return int64(t.crop.n) }),
		pixels("crop_x", "Left edge of the crop.", func(c *Crop) int { return c.X }),
		pixels("crop_y", "Its top edge.", func(c *Crop) int { return c.Y }),
		pixels("crop_width", "Its width.", func(c *Crop) int { return c.W }),
		pixels("crop_height", "Its height.", func(c *Crop) int { return c.H }),
		intColumn(kindInt32, "flip", "", "0, 1", never, from, "1: mirrored left to right after cropping.", func(t *Target) int64 { return one(t.crop.crop.Flip) }),
		floatColumn("u", "fraction of the crop's width", "", "no point (--all)", outside, "The point across, after the flip.", func(t *Target) float64 { return t.crop.u }),
		floatColumn("v", "fraction of the crop's height", "", "no point (--all)", outside, "The point down.", func(t *Target) float64 { return t.crop.v }),
		floatColumn("crop_weight", "", "0, 1", never, "computed", "1: the point is in the crop, edges included. 0: it is not, or there is none.", func(t *Target) float64 { return t.crop.weight }),
	}
	if coco {
		cols = append(cols, intColumn(kindInt32, "label_published", "", "0, 1", never, "public COCO loader", "The label of the crop by the published rule: a class whose point the crop leaves out is none of it; label is the untouched one.",
			func(t *Target) int64 { return one(Label(LabelsPublished, t.Label, t.X == t.X, t.crop.weight)) }))
	}
	return cols
}

// described are the columns' descriptions.
func described(cols []column) []schema.Column {
	out := make([]schema.Column, len(cols))
	for i := range cols {
		out[i] = cols[i].Column
	}
	return out
}
