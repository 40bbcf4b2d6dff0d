package stat

import "math"

// Level is the confidence level of every interval.
const Level = 0.95

// Z95 is the 97.5 % point of the standard normal distribution.
const Z95 = 1.959963984540054

// Methods of intervals.
const (
	MethodWilson    = "wilson"    // a proportion of independent units: Wilson's score interval
	MethodBootstrap = "bootstrap" // samples of annotators or images, drawn with replacement
	MethodOrder     = "order"     // a median of independent units: the order statistics around it
	MethodMean      = "normal"    // a mean of independent units: mean ± 1.96 standard errors
)

// An Interval contains the true value with probability Level, if its method's assumptions hold.
type Interval struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Level  float64 `json:"level"`
	Method string  `json:"method"`
}

// Covers reports whether v lies in the interval.
func (i *Interval) Covers(v float64) bool { return i != nil && v >= i.Low && v <= i.High }

// Wilson returns the score interval of a proportion of k of n independent trials (Wilson 1927):
// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). It is nil for n = 0.
func Wilson(k, n int64) *Interval {
	if n <= 0 {
		return nil
	}
	nf, p, z := float64(n), float64(k)/float64(n), Z95
	mid := (p + z*z/(2*nf)) / (1 + z*z/nf)
	half := z * math.Sqrt(p*(1-p)/nf+z*z/(4*nf*nf)) / (1 + z*z/nf)
	low, high := max(0, mid-half), min(1, mid+half)
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return &Interval{low, high, Level, MethodWilson}
}

// MeanInterval returns the mean ± 1.96 s/√n of independent values, from their sum and the sum of
// their squares.
func MeanInterval(n int64, total, squares float64) *Interval {
	if n < 2 {
		return nil
	}
	nf := float64(n)
	mean := total / nf
	v := max(0, squares/nf-mean*mean) * nf / (nf - 1)
	half := Z95 * math.Sqrt(v/nf)
	return &Interval{mean - half, mean + half, Level, MethodMean}
}

// MedianInterval returns the distribution-free interval of a median of independent sorted values:
// the order statistics around n/2 ± 1.96 √n/2.
func MedianInterval[T real](sorted []T) *Interval {
	n := float64(len(sorted))
	if n < 6 {
		return nil
	}
	low, high := int(math.Floor(n/2-Z95*math.Sqrt(n)/2)), int(math.Ceil(n/2+Z95*math.Sqrt(n)/2))
	return &Interval{float64(sorted[max(low, 0)]), float64(sorted[min(high, len(sorted)-1)]), Level, MethodOrder}
}
