package run

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"abtool/analysis"
	"abtool/features"
	"abtool/train/data"
	"abtool/train/engine"
)

// Truth tells whether a point lies on an object of a class, by ground truth; known is false for images without any.
type Truth func(image, class string, x, y float64) (hit, known bool)

// A Measure is a number with what it is over and how sure it is.
type Measure struct {
	Value    analysis.Number    `json:"value"`
	N        int64              `json:"n"`
	Interval *analysis.Interval `json:"interval,omitempty"`
}

// Metrics are what a network does on some images.
type Metrics struct {
	Images    int64    `json:"images"`
	Loss      Measure  `json:"loss"`                 // class + lambda · point
	ClassLoss Measure  `json:"class_loss"`           // mean over images
	PointLoss Measure  `json:"point_loss"`           // smooth-L1, mean over images with a target point
	Top1      *Measure `json:"top1,omitempty"`       // single label
	Top5      *Measure `json:"top5,omitempty"`       // single label, from six classes on
	MAP       *Measure `json:"map,omitempty"`        // several labels: mean average precision over classes
	Distance  *Measure `json:"distance,omitempty"`   // of predicted points from their targets, fractions of the image
	Localised *Measure `json:"localised,omitempty"`  // predicted points on an object of the class, by ground truth
	TargetHit *Measure `json:"target_hit,omitempty"` // the targets themselves, of the same images
}

// A Prediction is what a network says of one image.
type Prediction struct {
	ID     string
	Image  int // place in the set
	Crop   features.Crop
	Logits []float32
	Points []float32 // in [0, 1], of the crop that it saw
	Target []float32 // where Valid
	Valid  []bool
	Truth  int // label; −1: several
}

// OnImage is the predicted point of a class (0 for a single label), in fractions of the whole image.
func (p *Prediction) OnImage(class int) (x, y float64) {
	return onImage(p.Crop, p.Points[2*class], p.Points[2*class+1])
}

// batchImages is the number of images of a batch of evaluation.
const batchImages = 64

// Evaluate runs a network over a set and measures it. each is called with every prediction, if it is not nil.
func Evaluate(ctx context.Context, e engine.Engine, set *data.Set, o data.LoaderOptions, average bool, truth Truth, each func(Prediction)) (*Metrics, error) {
	o.Train, o.Batch = false, batchImages
	l, err := data.NewLoader(set, o)
	if err != nil {
		return nil, err
	}
	m := &meter{classes: len(set.Classes), multi: set.Multi, set: set, truth: truth}
	for b := range l.Epoch(ctx, 0, 0) {
		out, err := e.Evaluate(&engine.Batch{Pixels: b.Pixels, Target: b.Target}, average)
		if err != nil {
			return nil, err
		}
		m.add(b, out, o.PointOutput, each)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.result(), nil
}

type meter struct {
	classes                        int
	multi                          bool
	set                            *data.Set
	truth                          Truth
	images, valid                  int64
	total, class, point            sums
	top1, top5                     int64
	distance                       sums
	hit, known, targetHit, targets int64
	scores                         [][]float32 // by class, of several labels
	present                        [][]bool
}

// sums are of a mean and its interval.
type sums struct {
	n           int64
	sum, square float64
}

func (s *sums) add(v float64) {
	s.n++
	s.sum += v
	s.square += v * v
}

func (s *sums) measure() Measure {
	if s.n == 0 {
		return Measure{Value: analysis.Number(math.NaN())}
	}
	n := float64(s.n)
	mean := s.sum / n
	m := Measure{Value: analysis.Number(mean), N: s.n}
	if s.n > 1 {
		half := 1.959963984540054 * math.Sqrt(max(0, s.square/n-mean*mean)/(n-1))
		m.Interval = &analysis.Interval{Low: mean - half, High: mean + half, Level: analysis.Level, Method: analysis.MethodMean}
	}
	return m
}

func proportion(k, n int64) *Measure {
	if n == 0 {
		return nil
	}
	return &Measure{analysis.Number(float64(k) / float64(n)), n, analysis.Wilson(k, n)}
}

func (m *meter) add(b *data.Batch, out *engine.Output, points int, each func(Prediction)) {
	m.images += int64(b.N)
	// Losses come as means over the batch: of equal batches but the last, so that weighting them by images is exact.
	m.total.sum += out.Total * float64(b.N)
	m.class.sum += out.Class * float64(b.N)
	m.point.sum += out.Point * float64(b.N)
	m.valid += int64(out.Valid)
	for i := range b.N {
		p := Prediction{ID: b.IDs[i], Image: b.Images[i], Crop: b.Crops[i], Logits: out.Logits[i*m.classes : (i+1)*m.classes], Truth: -1}
		if points > 0 {
			p.Points, p.Target, p.Valid = out.Points[i*points:(i+1)*points], b.Target.Points[i*points:(i+1)*points], b.Target.Valid[i*points/2:(i+1)*points/2]
		}
		if m.multi {
			m.several(b, i)
			m.score(p.Logits)
		} else {
			p.Truth = int(b.Target.Labels[i])
			rank := 0
			for c, v := range p.Logits {
				if v > p.Logits[p.Truth] || v == p.Logits[p.Truth] && c < p.Truth {
					rank++
				}
			}
			m.top1 += b2i(rank == 0)
			m.top5 += b2i(rank < 5)
		}
		m.points(p)
		if each != nil {
			each(p)
		}
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (m *meter) several(b *data.Batch, i int) {
	row := make([]bool, m.classes)
	for c := range row {
		row[c] = b.Target.Classes[i*m.classes+c] > 0.5
	}
	m.present = append(m.present, row)
}

func (m *meter) score(logits []float32) { m.scores = append(m.scores, slices.Clone(logits)) }

// points measures predicted points against targets, in the crop, and against ground truth, on the whole image.
func (m *meter) points(p Prediction) {
	for k := range p.Valid {
		if !p.Valid[k] {
			continue
		}
		m.distance.add(math.Hypot(float64(p.Points[2*k]-p.Target[2*k]), float64(p.Points[2*k+1]-p.Target[2*k+1])))
	}
	if m.truth == nil {
		return
	}
	im := &m.set.Images[p.Image]
	classes := im.Labels
	if !m.multi && len(p.Points) > 0 {
		classes = []int{0}
	}
	for _, k := range classes {
		class := ""
		if m.multi {
			class = m.set.Classes[k]
		}
		x, y := p.OnImage(k)
		hit, known := m.truth(p.ID, class, x, y)
		if !known {
			continue
		}
		m.known++
		m.hit += b2i(hit)
		for _, t := range im.Points {
			if t.Class == k {
				target, _ := m.truth(p.ID, class, t.X, t.Y)
				m.targets++
				m.targetHit += b2i(target)
			}
		}
	}
}

// onImage moves a point from the crop of evaluation, which is not mirrored, to the whole image.
func onImage(c features.Crop, u, v float32) (x, y float64) {
	return (float64(c.X) + float64(u)*float64(c.W)) / float64(c.Width), (float64(c.Y) + float64(v)*float64(c.H)) / float64(c.Height)
}

func (m *meter) result() *Metrics {
	n := float64(max(m.images, 1))
	mean := func(s sums, n float64, count int64) Measure {
		return Measure{Value: analysis.Number(s.sum / n), N: count}
	}
	r := &Metrics{Images: m.images, Loss: mean(m.total, n, m.images), ClassLoss: mean(m.class, n, m.images)}
	r.PointLoss = Measure{Value: analysis.Number(m.point.sum / float64(m.valid)), N: m.valid}
	if m.multi {
		r.MAP = m.meanAveragePrecision()
	} else {
		r.Top1 = proportion(m.top1, m.images)
		if m.classes > 5 {
			r.Top5 = proportion(m.top5, m.images)
		}
	}
	if m.distance.n > 0 {
		d := m.distance.measure()
		r.Distance = &d
	}
	r.Localised, r.TargetHit = proportion(m.hit, m.known), proportion(m.targetHit, m.targets)
	return r
}

// mapSamples is the number of samples of images that the interval of mAP is made of.
const mapSamples = 200

func (m *meter) meanAveragePrecision() *Measure {
	all := make([]int, len(m.scores))
	for i := range all {
		all[i] = i
	}
	// The order by score of each class is found once; a sample has every image some number of times.
	orders := make([][]int, m.classes)
	for c := range orders {
		orders[c] = slices.Clone(all)
		slices.SortFunc(orders[c], func(a, b int) int {
			return cmp.Or(cmp.Compare(m.scores[b][c], m.scores[a][c]), cmp.Compare(a, b))
		})
	}
	measure := func(times []int) float64 {
		total, classes := 0.0, 0
		for c, order := range orders {
			positives, seen, precision := 0, 0, 0.0
			for _, i := range order {
				for range times[i] {
					seen++
					if m.present[i][c] {
						positives++
						precision += float64(positives) / float64(seen)
					}
				}
			}
			if positives > 0 {
				total += precision / float64(positives)
				classes++
			}
		}
		return total / float64(classes)
	}
	times := make([]int, len(all))
	for i := range times {
		times[i] = 1
	}
	out := &Measure{Value: analysis.Number(measure(times)), N: int64(len(all))}
	if len(all) < 2 {
		return out
	}
	var samples []float64
	for k := range mapSamples {
		rng := rand.New(rand.NewPCG(1, uint64(k)))
		clear(times)
		for range all {
			times[rng.IntN(len(all))]++
		}
		if v := measure(times); !math.IsNaN(v) {
			samples = append(samples, v)
		}
	}
	if len(samples) < 2 {
		return out
	}
	slices.Sort(samples)
	at := func(q float64) float64 { return samples[int(q*float64(len(samples)-1)+0.5)] }
	out.Interval = &analysis.Interval{Low: at(0.025), High: at(0.975), Level: analysis.Level, Method: analysis.MethodBootstrap}
	return out
}
