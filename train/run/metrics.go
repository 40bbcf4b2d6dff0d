package run

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"abtool/byproduct/coco"
	"abtool/byproduct/imagenet"
	"abtool/features"
	"abtool/internal/stat"
	"abtool/train/arch"
	"abtool/train/data"
	"abtool/train/engine"
	"abtool/train/loss"
)

// Truth reports whether a point lies on an object of a class, by ground truth. known is false if the image
// has no ground truth.
type Truth func(image, class string, x, y float64) (hit, known bool)

// OpenTruth opens the ground truth of a store for the images of a set. It returns nil if store is empty.
func OpenTruth(store string, set *data.Set) (Truth, error) {
	if store == "" || set == nil {
		return nil, nil
	}
	want := map[string]bool{}
	for _, im := range set.Images {
		want[im.ID] = true
	}
	if set.Multi {
		t, err := coco.ReadTruth(store, func(id string) bool { return want[id] })
		if err != nil {
			return nil, err
		}
		return t.On, nil
	}
	images, err := imagenet.ReadImages(context.Background(), store, 0)
	if err != nil {
		return nil, err
	}
	return func(image, _ string, x, y float64) (hit, known bool) { return images.On(image, x, y) }, nil
}

// A Measure is a number with an interval and the number of observations that it was computed from.
type Measure struct {
	Value    stat.Number    `json:"value"`
	N        int64          `json:"n"`
	Interval *stat.Interval `json:"interval,omitempty"`
}

// Metrics has the measurements of a network on some images.
type Metrics struct {
	Images     int64    `json:"images"`
	Unlisted   int      `json:"unlisted,omitempty"`           // images that were left out because no target names them
	Missing    int      `json:"missing,omitempty"`            // targets that were left out because their image is missing
	Unreadable int64    `json:"unreadable,omitempty"`         // images that cannot be read: they are left out, or count as wrong
	Reasons    []string `json:"unreadable_reasons,omitempty"` // why they could not be read, each with one of the images
	Loss       Measure  `json:"loss"`                         // class + lambda · point
	ClassLoss  Measure  `json:"class_loss"`                   // mean over images
	PointLoss  Measure  `json:"point_loss"`                   // smooth-L1, mean over images with a target point
	Top1       *Measure `json:"top1,omitempty"`               // single label
	Top5       *Measure `json:"top5,omitempty"`               // single label, for six classes or more
	MAP        *Measure `json:"map,omitempty"`                // several labels: mean average precision over classes
	Distance   *Measure `json:"distance,omitempty"`           // between predicted points and their targets, in fractions of the image
	Localised  *Measure `json:"localised,omitempty"`          // predicted points on an object of the class, by ground truth
	TargetHit  *Measure `json:"target_hit,omitempty"`         // the same for the targets of these images

	left  []string // sentences about Unlisted and Missing
	wrong bool     // Unreadable images count as wrong
}

// A Prediction has the outputs of a network for one image.
type Prediction struct {
	ID         string
	Image      int  // index in the set
	Unreadable bool // the image could not be read, and counts as wrong: logits are −∞, and there are no other outputs
	Crop       features.Crop
	Logits     []float32
	Points     []float32 // in [0, 1], relative to the crop that the network saw
	Target     []float32 // meaningful where Valid
	Valid      []bool
	Truth      int // label; −1 if there are several labels
}

// OnImage returns the predicted point of a class (0 for a single label) in fractions of the whole image.
func (p *Prediction) OnImage(class int) (x, y float64) {
	return onImage(p.Crop, p.Points[2*class], p.Points[2*class+1])
}

// batchImages is the number of images in a batch of evaluation.
const batchImages = 64

// An Unreadable says what becomes of images that cannot be read.
type Unreadable uint8

// The choices. An image that counts as wrong is the last one of every class for mAP, its point is on no object, and it
// has no loss and no distance.
const (
	LeaveOut Unreadable = iota
	Refuse              // the first one is an error
	CountWrong
)

// An Evaluation has the options of an evaluation.
type Evaluation struct {
	Loader  data.LoaderOptions // only size, point outputs, crop and workers are used
	Loss    loss.Config
	Average bool             // use the moving average of the weights
	Truth   Truth            // ground truth; may be nil
	Each    func(Prediction) // called with every prediction; may be nil

	Unreadable Unreadable
}

// Evaluation returns the evaluation of networks that are trained by the recipe.
func (r Recipe) Evaluation(a *arch.Arch, workers int) Evaluation {
	return Evaluation{Loader: r.loader(a, false, workers), Loss: r.Loss()}
}

// Evaluate runs a network over a set and measures it.
func Evaluate(ctx context.Context, e engine.Engine, set *data.Set, o Evaluation) (*Metrics, error) {
	o.Loader.Train, o.Loader.Batch = false, batchImages
	l, err := data.NewLoader(set, o.Loader)
	if err != nil {
		return nil, err
	}
	m := &meter{Evaluation: o, classes: len(set.Classes), set: set}
	next, readable := 0, false
	// skipped handles the images before one, which could not be read: batches have the others in order.
	skipped := func(image int) error {
		for ; next < image; next++ {
			switch o.Unreadable {
			case Refuse:
				return fmt.Errorf("image %s cannot be read: %s. An image that is left out changes the number: "+
					"get the file again, or count such images as wrong with --unreadable", set.Images[next].ID, l.Fault(next))
			case CountWrong:
				m.unreadable(next)
			}
		}
		return nil
	}
	for b := range l.Epoch(ctx, 0, 0) {
		for _, image := range b.Images {
			if err := skipped(image); err != nil {
				return nil, err
			}
			next++
		}
		readable = true
		out, err := e.Evaluate(&engine.Batch{Pixels: b.Pixels, Target: b.Target}, o.Average)
		if err != nil {
			return nil, err
		}
		m.add(b, out)
		if o.Each == nil { // which could keep parts of the batch
			l.Reuse(b)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	times, reasons := l.Corrupt()
	if !readable && times > 0 {
		return nil, fmt.Errorf("none of the %d images could be read: %s", len(set.Images), strings.Join(reasons, "; "))
	}
	if err := skipped(len(set.Images)); err != nil {
		return nil, err
	}
	r := m.result()
	r.Unreadable, r.Reasons, r.wrong = times, reasons, o.Unreadable == CountWrong
	return r, nil
}

// Note returns a sentence about the images that could not be read, or "" if none were.
func (m *Metrics) Note() string {
	one, many := "is left out", "are left out"
	if m.wrong {
		one, many = "counts as wrong", "count as wrong"
	}
	switch m.Unreadable {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("an image could not be read and %s: %s", one, strings.Join(m.Reasons, "; "))
	}
	return fmt.Sprintf("%d images could not be read and %s: %s", m.Unreadable, many, strings.Join(m.Reasons, "; "))
}

// LeftOut returns sentences about images that could not be read, and all images and targets that are not in the numbers.
func (m *Metrics) LeftOut() []string {
	list := slices.Clone(m.left)
	if note := m.Note(); note != "" {
		list = append(list, note)
	}
	return list
}

type meter struct {
	Evaluation
	classes                        int
	set                            *data.Set
	images                         int64
	total, class, point            sums
	top1, top5                     int64
	distance                       sums
	hit, known, targetHit, targets int64
	several                        []labelled
}

// labelled is an image with several labels.
type labelled struct {
	id      string
	scores  []float32 // by class
	present []bool
}

// sums has what the mean of non-negative values and its interval need.
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
		return Measure{Value: stat.Number(math.NaN())}
	}
	n := float64(s.n)
	mean := s.sum / n
	m := Measure{Value: stat.Number(mean), N: s.n}
	if s.n > 1 && !math.IsNaN(mean) && !math.IsInf(mean, 0) {
		half := stat.Z95 * math.Sqrt(max(0, s.square/n-mean*mean)/(n-1))
		m.Interval = &stat.Interval{Low: max(0, mean-half), High: mean + half, Level: stat.Level, Method: stat.MethodMean}
	}
	return m
}

func proportion(k, n int64) *Measure {
	if n == 0 {
		return nil
	}
	return &Measure{stat.Number(float64(k) / float64(n)), n, stat.Wilson(k, n)}
}

func (m *meter) add(b *data.Batch, out *engine.Output) {
	m.images += int64(b.N)
	points := m.Loader.PointOutput
	class, point := m.Loss.Images(b.Target, out.Logits, out.Points)
	for i := range b.N {
		m.losses(class[i], point[i])
		p := Prediction{ID: b.IDs[i], Image: b.Images[i], Crop: b.Crops[i], Logits: out.Logits[i*m.classes : (i+1)*m.classes], Truth: -1}
		if points > 0 {
			p.Points, p.Target, p.Valid = out.Points[i*points:(i+1)*points], b.Target.Points[i*points:(i+1)*points], b.Target.Valid[i*points/2:(i+1)*points/2]
		}
		if m.set.Multi {
			row := make([]bool, m.classes)
			for c := range row {
				row[c] = b.Target.Classes[i*m.classes+c] > 0.5
			}
			m.several = append(m.several, labelled{p.ID, slices.Clone(p.Logits), row})
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
		if m.Each != nil {
			m.Each(p)
		}
	}
}

// losses adds the losses of an image; point is NaN if the image has no target point.
func (m *meter) losses(class, point float64) {
	total := class
	if !math.IsNaN(point) {
		m.point.add(point)
		total += m.Loss.Lambda * point
	}
	m.class.add(class)
	m.total.add(total)
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// unreadable counts an image as wrong.
func (m *meter) unreadable(image int) {
	im := &m.set.Images[image]
	p := Prediction{ID: im.ID, Image: image, Unreadable: true, Logits: make([]float32, m.classes), Truth: im.Label}
	for c := range p.Logits {
		p.Logits[c] = float32(math.Inf(-1))
	}
	m.images++
	if m.set.Multi {
		p.Truth = -1
		row := make([]bool, m.classes)
		for _, k := range im.Labels {
			row[k] = true
		}
		m.several = append(m.several, labelled{p.ID, p.Logits, row})
	}
	m.points(p)
	if m.Each != nil {
		m.Each(p)
	}
}

// points compares predicted points with targets, in the crop, and with ground truth, on the whole image.
func (m *meter) points(p Prediction) {
	for k := range p.Valid {
		if !p.Valid[k] {
			continue
		}
		m.distance.add(math.Hypot(float64(p.Points[2*k]-p.Target[2*k]), float64(p.Points[2*k+1]-p.Target[2*k+1])))
	}
	if m.Truth == nil || m.Loader.PointOutput == 0 {
		return
	}
	im := &m.set.Images[p.Image]
	classes := im.Labels
	if !m.set.Multi {
		classes = []int{0}
	}
	for _, k := range classes {
		class := ""
		if m.set.Multi {
			class = m.set.Classes[k]
		}
		x, y := -1.0, -1.0 // on no object
		if !p.Unreadable {
			x, y = p.OnImage(k)
		}
		hit, known := m.Truth(p.ID, class, x, y)
		if !known {
			continue
		}
		m.known++
		m.hit += b2i(hit)
		for _, t := range im.Points {
			if t.Class == k {
				target, _ := m.Truth(p.ID, class, t.X, t.Y)
				m.targets++
				m.targetHit += b2i(target)
			}
		}
	}
}

// onImage maps a point from the crop of evaluation, which is not mirrored, to the whole image.
func onImage(c features.Crop, u, v float32) (x, y float64) {
	return (float64(c.X) + float64(u)*float64(c.W)) / float64(c.Width), (float64(c.Y) + float64(v)*float64(c.H)) / float64(c.Height)
}

func (m *meter) result() *Metrics {
	r := &Metrics{Images: m.images, Loss: m.total.measure(), ClassLoss: m.class.measure(), PointLoss: m.point.measure()}
	if m.set.Multi {
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

// mapSamples is the number of bootstrap samples for the interval of mAP.
const mapSamples = 200

func (m *meter) meanAveragePrecision() *Measure {
	// Samples must not depend on the order of the images.
	slices.SortFunc(m.several, func(a, b labelled) int { return cmp.Compare(a.id, b.id) })
	n := len(m.several)
	// Each class is ranked only once; a sample then counts every image some number of times.
	rankings := make([]*stat.Ranking, m.classes)
	for c := range rankings {
		scores, present := make([]float32, n), make([]bool, n)
		for i := range n {
			scores[i], present[i] = m.several[i].scores[c], m.several[i].present[c]
		}
		rankings[c] = stat.Rank(scores, present)
	}
	measure := func(times []int32) float64 { return stat.MeanAveragePrecision(rankings, times) }
	out := &Measure{Value: stat.Number(measure(nil)), N: int64(n)}
	if n > 1 {
		out.Interval = stat.Spread(float64(out.Value), stat.Resample(mapSamples, []int{n}, measure), 0, 1)
	}
	return out
}
