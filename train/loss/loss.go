package loss

import (
	"errors"
	"fmt"
	"math"
)

// Class names the loss of the class head.
type Class string

// The class losses. The empty Class is CrossEntropy.
const (
	CrossEntropy Class = "ce"
	Binary       Class = "bce"
)

// DefaultBeta is the threshold of the smooth-L1 loss, PyTorch's default.
const DefaultBeta = 1

// Config chooses the objective. The zero value is cross-entropy alone.
type Config struct {
	Class          Class
	LabelSmoothing float64 // ε in [0, 1); cross-entropy only
	Lambda         float64 // weight of the point loss, ≥ 0; with 0 its value is still reported
	Attention      float64 // weight of the cross-entropy between the point's surroundings and predicted weights of a pooling (arch.AttendPool), ≥ 0
	Beta           float64 // threshold of smooth-L1, in units of the image; 0 stands for DefaultBeta
}

// Check returns an error if the configuration is invalid.
func (c Config) Check() error {
	switch {
	case c.Class != "" && c.Class != CrossEntropy && c.Class != Binary:
		return fmt.Errorf("unknown class loss %q: want %q or %q", c.Class, CrossEntropy, Binary)
	case !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1):
		return fmt.Errorf("label smoothing %g is not in [0, 1)", c.LabelSmoothing)
	case c.LabelSmoothing > 0 && c.Class == Binary:
		return errors.New("label smoothing works only with cross-entropy")
	case !(c.Lambda >= 0) || math.IsInf(c.Lambda, 0):
		return fmt.Errorf("lambda %g is not in [0, ∞)", c.Lambda)
	case !(c.Attention >= 0) || math.IsInf(c.Attention, 0):
		return fmt.Errorf("the weight of the attention loss is %g, which is not in [0, ∞)", c.Attention)
	case !(c.Beta >= 0) || math.IsInf(c.Beta, 0):
		return fmt.Errorf("smooth-L1 threshold %g is not in [0, ∞)", c.Beta)
	}
	return nil
}

// Target has the targets of a batch of N images. Slices are row-major.
type Target struct {
	N int
	// Labels is the class of each image, in [0, C): cross-entropy without mixing. Nil if Classes is given.
	Labels []int32
	// Classes is N × C: for binary cross-entropy 1 where a class is present and 0 elsewhere, for
	// cross-entropy a distribution.
	Classes []float32
	// Points is N × P in [0,1], x before y; values whose Valid is false are not read. Nil if no image has a
	// point.
	Points []float32
	// Valid is N × P/2: whether the point is used. With a point per class it must be false for absent
	// classes. Nil if no point is used.
	Valid []bool
}

// Check returns an error for the first thing in t that does not fit a class head and a point head with
// these numbers of outputs.
func (t Target) Check(c Config, classes, points int) error {
	switch {
	case t.Labels != nil && c.Class == Binary:
		return errors.New("binary cross-entropy needs Classes, not Labels")
	case t.Labels != nil && len(t.Labels) != t.N:
		return fmt.Errorf("%d labels for %d images", len(t.Labels), t.N)
	case t.Labels == nil && len(t.Classes) != t.N*classes:
		return fmt.Errorf("%d class values for %d images of %d classes", len(t.Classes), t.N, classes)
	case t.Valid != nil && len(t.Valid) != t.N*points/2:
		return fmt.Errorf("%d validity flags for %d images of %d points", len(t.Valid), t.N, points/2)
	case t.Valid != nil && len(t.Points) != t.N*points:
		return fmt.Errorf("%d point values for %d images of %d", len(t.Points), t.N, points)
	}
	for b, l := range t.Labels {
		if l < 0 || int(l) >= classes {
			return fmt.Errorf("image %d of the batch has label %d, the classes are 0 to %d", b, l, classes-1)
		}
	}
	for i, v := range t.Valid {
		if v && !(inUnit(t.Points[2*i]) && inUnit(t.Points[2*i+1])) {
			return fmt.Errorf("image %d of the batch has the point (%g, %g), outside [0,1]²", i/(points/2), t.Points[2*i], t.Points[2*i+1])
		}
	}
	return nil
}

// Point returns the point of image b, for targets with one point in each image; ok is false if it is not used.
func (t Target) Point(b int) (x, y float64, ok bool) {
	if t.Valid == nil || !t.Valid[b] {
		return 0, 0, false
	}
	return float64(t.Points[2*b]), float64(t.Points[2*b+1]), true
}

func inUnit(v float32) bool { return v >= 0 && v <= 1 }

// Parts are the terms of the objective for a batch.
type Parts struct {
	Total float64 // Class + lambda · Point + Config.Attention · Attention
	Class float64
	Point float64 // before lambda; mean over all images
	// Attention is the mean over all images, those without a point as 0; only training computes it.
	Attention float64
	N         int // images
	Valid     int // images with at least one valid point; Point·N/Valid is the mean over these
}

// Eval returns the objective for logits (N × C) and points (N × P, before the sigmoid; empty without a
// point head) and, where dlogits and dpoints are not nil, writes the gradients of Total to them; they have
// the lengths of logits and points. The target must have been checked.
func (c Config) Eval(t Target, logits, points, dlogits, dpoints []float32) Parts {
	p := Parts{N: t.N}
	classes := len(logits) / max(1, t.N)
	for b := range t.N {
		row := logits[b*classes : (b+1)*classes]
		var grad []float32
		if dlogits != nil {
			grad = dlogits[b*classes : (b+1)*classes]
		}
		if c.Class == Binary {
			p.Class += binary(row, t.Classes[b*classes:], grad, float64(t.N))
		} else {
			p.Class += c.cross(t, b, row, grad)
		}
	}
	c.evalPoints(t, points, dpoints, &p)
	n := float64(max(1, t.N))
	p.Class /= n
	p.Point /= n
	p.Total = p.Class + c.Lambda*p.Point
	return p
}

// cross returns one image's cross-entropy; grad may be nil.
func (c Config) cross(t Target, b int, row, grad []float32) float64 {
	top := math.Inf(-1)
	for _, v := range row {
		top = math.Max(top, float64(v))
	}
	sum := 0.0
	for _, v := range row {
		sum += math.Exp(float64(v) - top)
	}
	logSum := top + math.Log(sum)
	value, mass := 0.0, 0.0
	for k, v := range row {
		q := c.LabelSmoothing / float64(len(row))
		switch {
		case t.Labels == nil:
			q += (1 - c.LabelSmoothing) * float64(t.Classes[b*len(row)+k])
		case k == int(t.Labels[b]):
			q += 1 - c.LabelSmoothing
		}
		if q != 0 {
			value += q * (logSum - float64(v))
		}
		mass += q
		if grad != nil {
			grad[k] = float32(q) // completed below, because the gradient needs the mass
		}
	}
	for k := range grad {
		grad[k] = float32((mass*math.Exp(float64(row[k])-logSum) - float64(grad[k])) / float64(t.N))
	}
	return value
}

// binary returns one image's mean binary cross-entropy over the classes; grad may be nil.
func binary(row, target, grad []float32, n float64) float64 {
	value := 0.0
	for k, v := range row {
		x, y := float64(v), float64(target[k])
		value += math.Max(x, 0) - x*y + math.Log1p(math.Exp(-math.Abs(x)))
		if grad != nil {
			grad[k] = float32((Sigmoid(x) - y) / (n * float64(len(row))))
		}
	}
	return value / float64(len(row))
}

// Images returns the losses of each image. logits and points in [0,1] are the outputs of an evaluation. The
// point loss is NaN for an image without a valid point. The target must have been checked.
func (c Config) Images(t Target, logits, points []float32) (class, point []float64) {
	classes, outputs := len(logits)/max(1, t.N), len(points)/max(1, t.N)
	for b := range t.N {
		row := logits[b*classes : (b+1)*classes]
		if c.Class == Binary {
			class = append(class, binary(row, t.Classes[b*classes:], nil, 1))
		} else {
			class = append(class, c.cross(t, b, row, nil))
		}
		sum, n := 0.0, 0
		for i := b * outputs; i < (b+1)*outputs; i++ {
			if t.Valid != nil && t.Valid[i/2] {
				value, _ := smoothL1(float64(points[i])-float64(t.Points[i]), c.beta())
				sum += value
				n++
			}
		}
		point = append(point, sum/float64(n))
	}
	return class, point
}

func (c Config) beta() float64 {
	if c.Beta == 0 {
		return DefaultBeta
	}
	return c.Beta
}

func (c Config) evalPoints(t Target, points, grad []float32, p *Parts) {
	clear(grad)
	if t.N == 0 || len(points) == 0 || t.Valid == nil {
		return
	}
	beta := c.beta()
	per := len(points) / t.N / 2
	for b := range t.N {
		valid := t.Valid[b*per : (b+1)*per]
		count := 0
		for _, v := range valid {
			if v {
				count++
			}
		}
		if count == 0 {
			continue
		}
		p.Valid++
		for k, v := range valid {
			if !v {
				continue
			}
			for i := 2 * (b*per + k); i < 2*(b*per+k)+2; i++ {
				s := Sigmoid(float64(points[i]))
				value, slope := smoothL1(s-float64(t.Points[i]), beta)
				p.Point += value / float64(2*count)
				if grad != nil {
					grad[i] = float32(c.Lambda * slope * s * (1 - s) / (float64(t.N) * float64(2*count)))
				}
			}
		}
	}
}

// smoothL1 returns the value and the slope of the loss at d.
func smoothL1(d, beta float64) (float64, float64) {
	if math.Abs(d) < beta {
		return d * d / (2 * beta), d / beta
	}
	return math.Abs(d) - beta/2, math.Copysign(1, d)
}

// Sigmoid returns 1/(1+e⁻ˣ). It maps outputs of the point head to points.
func Sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
