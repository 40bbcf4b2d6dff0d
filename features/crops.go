package features

import (
	"slices"
	"sync/atomic"

	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/usage"
)

// A croppedTarget is a target with a crop of its image, and the place of the point in the crop.
type croppedTarget struct {
	*Target
	n              int
	crop           Crop
	u, v, inWeight float64
}

// A cropSource produces each target once for each crop of its image.
type cropSource struct {
	source[Target]
	o       *WriteOptions
	unsized atomic.Int64 // number of rows left out because the size of the image is unknown
}

// cropTable returns the table of crops. The k-th crop of an image is drawn by Rand with the seed, the image
// and epoch k. So all rows of an image have the same crops, which are also the crops that training uses.
func cropTable(s dataSet, o *WriteOptions) (rows, error) {
	if _, err := o.Crop.defaults(); err != nil {
		return nil, err
	}
	if o.Crops < 1 || o.Crops > maxPoints {
		return nil, usage.Errorf("crops %d: give 1 to %d for each image", o.Crops, maxPoints)
	}
	targets, signals, crops := o.layout().Fields(), signalFields(&o.Options), cropFields(o.Set == COCO)
	return &table[croppedTarget]{
		source: &cropSource{source: s, o: o},
		cols:   slices.Concat(targets.Columns(), signals.Columns(), crops.Columns()),
		put: func(to []targetfile.Values, c *croppedTarget) {
			crops.Add(signals.Add(targets.Add(to, &c.Row), &c.Signals), c)
		},
		origin: func(c *croppedTarget) origin { return c.origin() },
	}, nil
}

func (c *cropSource) left() []format.Count {
	left := c.source.left()
	if n := c.unsized.Load(); n > 0 {
		left = append([]format.Count{{Name: "rows of images whose size is unknown", Rows: n}}, left...)
	}
	return left
}

func (c *cropSource) chunk() (func(chunk int, emit func(*croppedTarget) error) error, error) {
	give, err := c.source.chunk()
	if err != nil {
		return nil, err
	}
	crops, of := make([]Crop, c.o.Crops), ""
	var p croppedTarget
	return func(chunk int, emit func(*croppedTarget) error) error {
		return give(chunk, func(t *Target) error {
			if t.Width < 1 || t.Height < 1 {
				c.unsized.Add(1)
				return nil
			}
			if t.Image != of {
				of = t.Image
				for k := range crops {
					var err error
					if crops[k], err = RandomCrop(Rand(c.o.Seed, of, k), int(t.Width), int(t.Height), c.o.Crop); err != nil {
						return err
					}
				}
			}
			p.Target = t
			for k, crop := range crops {
				p.n, p.crop = k, crop
				p.u, p.v, p.inWeight = crop.Point(t.X, t.Y)
				if err := emit(&p); err != nil {
					return err
				}
			}
			return nil
		})
	}, nil
}

func cropFields(coco bool) targetfile.Fields[croppedTarget] {
	pixels := func(name string, get func(*Crop) int) targetfile.Field[croppedTarget] {
		return targetfile.IntField(targetfile.KindInt32, name, func(c *croppedTarget) int64 { return int64(get(&c.crop)) })
	}
	cols := targetfile.Fields[croppedTarget]{
		targetfile.IntField(targetfile.KindInt32, "crop", func(c *croppedTarget) int64 { return int64(c.n) }),
		pixels("crop_x", func(c *Crop) int { return c.X }),
		pixels("crop_y", func(c *Crop) int { return c.Y }),
		pixels("crop_width", func(c *Crop) int { return c.W }),
		pixels("crop_height", func(c *Crop) int { return c.H }),
		targetfile.IntField(targetfile.KindInt32, "flip", func(c *croppedTarget) int64 { return targetfile.One(c.crop.Flip) }),
		targetfile.FloatField("u", func(c *croppedTarget) float64 { return c.u }),
		targetfile.FloatField("v", func(c *croppedTarget) float64 { return c.v }),
		targetfile.FloatField("crop_weight", func(c *croppedTarget) float64 { return c.inWeight }),
	}
	if coco {
		cols = append(cols, targetfile.IntField(targetfile.KindInt32, "label_published", func(c *croppedTarget) int64 {
			return targetfile.One(Label(LabelsPublished, c.Label, c.X == c.X, c.inWeight))
		}))
	}
	return cols.Described(docs().Crops, coco)
}
