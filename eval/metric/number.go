package metric

import (
	"math"

	"abtool/internal/stat"
)

// measured is the value of a number for a network.
type measured struct {
	value, se float64
	n         int64
	interval  *stat.Interval
}

// compared is the difference of a number between two networks.
type compared struct {
	measured
	onlyA, onlyB int64 // answers that only one of them has right, in shares
	p            float64
	test         string
}

// undefined is a difference without images that both networks answered.
var undefined = compared{measured: measured{value: math.NaN(), se: math.NaN()}, p: math.NaN()}

// Tests of differences.
const (
	TestMcNemar = "mcnemar" // exact, on the images that only one network has right
	TestNormal  = "normal"  // the difference over its standard error
)

// An estimator computes a number.
type estimator interface {
	measure(n *Network, bounded bool) measured
	difference(c *comparison) compared
}

// A Number is a number of a network with its uncertainty. Shares and areas are from 0 to 1.
type Number struct {
	ID       string         `json:"id"`     // set's name, measure and group, as "c.accuracy/fog/3"
	Column   string         `json:"column"` // of the paper's table, such as "IN-V2", or empty
	Set      string         `json:"set"`
	Kind     string         `json:"kind"`
	Measure  string         `json:"measure"`
	Group    string         `json:"group,omitempty"`
	What     string         `json:"what"`  // in words: what is counted among what
	Lower    bool           `json:"lower"` // a lower value is better
	Value    stat.Number    `json:"value"`
	N        int64          `json:"n"`
	Expected int64          `json:"expected,omitempty"` // n with the published sets; 0 if it is not known
	SE       stat.Number    `json:"standard_error"`
	Interval *stat.Interval `json:"interval,omitempty"`
	Notes    []string       `json:"notes,omitempty"`

	estimator estimator
}

// A Difference is the second network's number minus the first's, over the images that both answered.
type Difference struct {
	ID       string         `json:"id"`
	Value    stat.Number    `json:"value"`
	N        int64          `json:"n"`
	SE       stat.Number    `json:"standard_error"`
	Interval *stat.Interval `json:"interval,omitempty"`
	Only     [2]int64       `json:"only"` // answers that only the first, and only the second network has right
	P        stat.Number    `json:"p"`    // probability of so large a difference by chance
	Test     string         `json:"test"`

	// Detectable is the difference that such sets of images would show with a probability of 80 %: 2.80 standard
	// errors. It is NaN if the standard error is zero, as it is when the networks are right on the same images: how
	// much their answers could differ is then unknown.
	Detectable stat.Number `json:"detectable"`
}

// power is the distance in standard errors at which a test at the 5 % level finds a difference with a probability of
// 80 %: 1.96 + 0.84.
const power = stat.Z95 + 0.8416212335729143

// Chance reports whether the interval of the difference contains 0, or p is 0.05 or more: the set does not show which network is better.
func (d *Difference) Chance() bool {
	return d.Interval == nil || d.Interval.Covers(0) || float64(d.P) >= 1-stat.Level
}

// Paired returns the difference of a share of n images between two networks, which have some of them right alone.
func Paired(id string, n int64, only [2]int64) Difference {
	l, c := &linear{terms: []term{{weight: 1}}}, pairCount{n, only[0], only[1]}
	return l.compare([]pairCount{c}, c.variance()).difference(id)
}

// Resampled returns a difference whose uncertainty is that of bootstrap samples of n observations.
func Resampled(id string, n int64, s stat.Sampled) Difference {
	d := compared{measured: measured{value: s.Value, se: s.SE(), n: n, interval: s.Interval(-1, 1)}, test: TestNormal}
	switch {
	case math.IsNaN(d.se):
		d.p = math.NaN()
	case d.se > 0:
		d.p = stat.NormalTest(d.value / d.se)
	case d.value == 0:
		d.p = 1
	}
	return d.difference(id)
}

func (d compared) difference(id string) Difference {
	return Difference{
		ID: id, Value: stat.Number(d.value), N: d.n, SE: stat.Number(d.se), Interval: d.interval,
		Only: [2]int64{d.onlyA, d.onlyB}, P: stat.Number(d.p), Test: d.test, Detectable: detectable(d.se),
	}
}

// Alike reports whether no answer tells the networks apart.
func (d *Difference) Alike() bool { return d.Value == 0 && d.SE == 0 }

// detectable returns the difference that images would show, from its standard error.
func detectable(se float64) stat.Number {
	if se == 0 {
		return stat.Number(math.NaN())
	}
	return stat.Number(power * se)
}

// Numbers returns all numbers that the answers allow, in the order of the paper's columns, each followed by its
// parts.
func (n *Network) Numbers() []Number {
	list := catalogue(n)
	for i := range list {
		x := &list[i]
		bounded := x.Measure != "gap" && x.Measure != "difference" && x.Measure != "mce"
		m := x.estimator.measure(n, bounded)
		x.Value, x.N, x.SE, x.Interval = stat.Number(m.value), m.n, stat.Number(m.se), m.interval
	}
	return list
}

// Compare returns the differences of all numbers that both networks have, second minus first.
func Compare(first, second *Network) []Difference {
	others := map[string]bool{}
	for _, x := range catalogue(second) {
		others[x.ID] = true
	}
	c := &comparison{first, second, map[pairsOf][]pairCount{}}
	var out []Difference
	for _, x := range catalogue(first) {
		if !others[x.ID] {
			continue
		}
		d := x.estimator.difference(c)
		if math.IsNaN(d.value) {
			continue
		}
		out = append(out, d.difference(x.ID))
	}
	return out
}
