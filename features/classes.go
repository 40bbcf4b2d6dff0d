package features

import (
	"slices"

	"abtool/features/targetfile"
	"abtool/internal/stat"
	"abtool/internal/usage"
	"abtool/store"
)

// classFacts are the statistics of a class.
type classFacts struct {
	store.Category
	images int64      // ImageNet: images in the byproducts; COCO: annotated images that have the class
	found  int64      // of images: ImageNet: selected; COCO: the class was placed
	points int64      // number of final clicks, or last adds
	judged stat.Tally // points that can be compared with ground truth, and hits among them
	who    map[int32]bool

	x, y   stat.Running
	times  []int64      // ms
	paces  stat.Running // difficulty
	trusts stat.Running // confidence
	other  int64        // COCO: number of points on images that do not have the class
	sorted []float64    // times, sorted; made by median
}

// point adds a point.
func (c *classFacts) point(worker int32, x, y, difficulty, confidence float64, time int64) {
	c.points++
	c.x.Add(x)
	c.y.Add(y)
	c.paces.Add(difficulty)
	c.trusts.Add(confidence)
	if worker >= 0 {
		c.who[worker] = true
	}
	if time >= 0 {
		c.times = append(c.times, time)
	}
}

func (c *classFacts) median() float64 {
	if c.sorted == nil {
		c.sorted = make([]float64, len(c.times))
		for i, t := range c.times {
			c.sorted[i] = float64(t)
		}
		slices.Sort(c.sorted)
	}
	return stat.Middle(c.sorted)
}

// A classSource produces the classes, in one chunk.
type classSource struct {
	dataSet
	facts []classFacts
}

// classTable returns the table of classes: statistics over the images that Options.Fraction keeps.
func classTable(s dataSet, o *WriteOptions) (rows, error) {
	if o.SplitBy != "" {
		return nil, usage.Errorf("the table of classes covers all splits: leave --split out, or give --fraction")
	}
	fields := classFields(o.Set == COCO)
	return &table[classFacts]{
		source: &classSource{s, s.classFacts()},
		cols:   fields.Columns(),
		put:    func(to []targetfile.Values, c *classFacts) { fields.Add(to, c) },
		origin: func(*classFacts) origin { return origin{part: -1} },
	}, nil
}

func (c *classSource) chunks() int { return 1 }

func (c *classSource) chunk() (func(chunk int, emit func(*classFacts) error) error, error) {
	return func(_ int, emit func(*classFacts) error) error {
		for i := range c.facts {
			if err := emit(&c.facts[i]); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (s *imagenetSet) classFacts() []classFacts {
	out := newClassFacts(s.categories())
	var f imageFacts
	for i := range s.first {
		class := s.images.Class[i]
		if class < 0 || s.images.Shown[i] < 0 {
			continue
		}
		f.of(s, int32(i))
		if _, keep := f.split(); !keep {
			continue
		}
		c := &out[class]
		c.images++
		if slices.ContainsFunc(f.showings, func(row int32) bool { return s.showings[row].is(showingSelected) }) {
			c.found++
		}
		if f.final < 0 {
			continue
		}
		n := &s.showings[f.final]
		confidence, _ := f.confidence(f.final)
		c.point(n.worker, n.lastX, n.lastY, s.pace.of(n.worker, int64(n.time)), confidence, int64(n.time))
		if len(s.images.Boxes(int32(i))) > 0 {
			c.judged.Add(n.is(showingHit))
		}
	}
	return out
}

func (s *cocoSet) classFacts() []classFacts {
	out := newClassFacts(s.classes)
	for i := range s.pages {
		n := &s.pages[i]
		if _, keep := s.split(n); !keep || i >= int(s.rows) {
			continue
		}
		f := iconFacts{set: s, page: n, row: int32(i), id: n.id(), own: n.own()}
		for k := range n.icons {
			f.icon = &n.icons[k]
			c := &out[f.Class]
			if f.present {
				c.images++
				c.found += targetfile.One(f.Placed)
			}
			if !f.Added() {
				continue
			}
			confidence, _ := f.confidence()
			c.point(n.worker, f.X, f.Y, s.pace.of(n.worker, int64(f.time)), confidence, int64(f.time))
			if n.known {
				c.judged.Add(f.hit)
				c.other += targetfile.One(!f.present)
			}
		}
	}
	return out
}

func newClassFacts(classes []store.Category) []classFacts {
	out := make([]classFacts, len(classes))
	for i, c := range classes {
		out[i].Category, out[i].who = c, map[int32]bool{}
	}
	return out
}

func classFields(coco bool) targetfile.Fields[classFacts] {
	count := func(name string, get func(*classFacts) int64) targetfile.Field[classFacts] {
		return targetfile.IntField(targetfile.KindInt64, name, get)
	}
	cols := targetfile.Fields[classFacts]{
		targetfile.TextField("class", func(c *classFacts) string { return c.Name }),
		targetfile.IntField(targetfile.KindInt32, "class_index", func(c *classFacts) int64 { return c.ID }),
		count("images", func(c *classFacts) int64 { return c.images }),
		count("found", func(c *classFacts) int64 { return c.found }),
		targetfile.FloatField("found_share", func(c *classFacts) float64 { return division(c.found, c.images) }),
		count("points", func(c *classFacts) int64 { return c.points }),
		count("annotators", func(c *classFacts) int64 { return int64(len(c.who)) }),
		count("judged", func(c *classFacts) int64 { return int64(c.judged.N) }),
		targetfile.FloatField("accuracy", func(c *classFacts) float64 { return division(int64(c.judged.Hits), int64(c.judged.N)) }),
		targetfile.FloatField("x_mean", func(c *classFacts) float64 { return c.x.Mean() }),
		targetfile.FloatField("y_mean", func(c *classFacts) float64 { return c.y.Mean() }),
		targetfile.FloatField("x_sd", func(c *classFacts) float64 { return c.x.Deviation() }),
		targetfile.FloatField("y_sd", func(c *classFacts) float64 { return c.y.Deviation() }),
		targetfile.FloatField("time_median", (*classFacts).median),
		targetfile.FloatField("difficulty_mean", func(c *classFacts) float64 { return c.paces.Mean() }),
		targetfile.FloatField("confidence_mean", func(c *classFacts) float64 { return c.trusts.Mean() }),
	}
	if coco {
		cols = append(cols, count("absent", func(c *classFacts) int64 { return c.other }))
	}
	return cols.Described(docs().Classes, coco)
}

func division(a, b int64) float64 {
	if b == 0 {
		return nan
	}
	return float64(a) / float64(b)
}
