package stat

import (
	"math"
	"slices"
)

// A Mean is the mean of independent values, with its interval.
type Mean struct {
	N            int64
	Sum, Squares Sum
}

// Add adds a value.
func (m *Mean) Add(v float64) {
	m.N++
	m.Sum.Add(v)
	m.Squares.Add(v * v)
}

// Merge adds the values of another Mean.
func (m *Mean) Merge(o *Mean) {
	m.N += o.N
	m.Sum.Merge(o.Sum)
	m.Squares.Merge(o.Squares)
}

// Value returns the mean, undefined without values.
func (m *Mean) Value() Number { return Quotient(m.Sum.Float(), float64(m.N)) }

// Deviation returns the population standard deviation, or NaN without values.
func (m *Mean) Deviation() float64 {
	if m.N == 0 {
		return math.NaN()
	}
	average := m.Sum.Float() / float64(m.N)
	return math.Sqrt(max(0, m.Squares.Float()/float64(m.N)-average*average))
}

// Interval returns the interval of the mean, or nil for fewer than two values.
func (m *Mean) Interval() *Interval { return MeanInterval(m.N, m.Sum.Float(), m.Squares.Float()) }

// Moments returns the mean, the population standard deviation and the skew m3/m2^1.5 of values; they are
// NaN where undefined. It sorts the values, so that the results do not depend on their order.
func Moments(values []float64) (mean, std, skew float64) {
	slices.Sort(values)
	n := float64(len(values))
	if n == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	if values[0] == values[len(values)-1] {
		return values[0], 0, math.NaN() // all are equal; the rounding of their mean must not look like a spread
	}
	for _, v := range values {
		mean += v
	}
	mean /= n
	var m2, m3 float64
	for _, v := range values {
		d := v - mean
		m2 += d * d
		m3 += d * d * d
	}
	m2, m3 = m2/n, m3/n
	return mean, math.Sqrt(m2), m3 / math.Pow(m2, 1.5)
}

// A Running has the count, mean and spread of values that arrive one at a time, by Welford's method.
type Running struct {
	N         int64
	mean, sum float64
}

// Add adds a value. It ignores NaN.
func (m *Running) Add(v float64) {
	if v != v {
		return
	}
	m.N++
	d := v - m.mean
	m.mean += d / float64(m.N)
	m.sum += float64(d * (v - m.mean))
}

// Mean returns the mean, or NaN without values.
func (m *Running) Mean() float64 {
	if m.N == 0 {
		return math.NaN()
	}
	return m.mean
}

// Deviation returns the population standard deviation, or NaN without values.
func (m *Running) Deviation() float64 {
	if m.N == 0 {
		return math.NaN()
	}
	return math.Sqrt(m.sum / float64(m.N))
}
