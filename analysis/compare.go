package analysis

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"abtool/analysis/result"
	"abtool/internal/stat"
)

// CompareSchema names the layout of a Comparison.
const CompareSchema = "abtool.compare/1"

// A Comparison has the values of two stores side by side.
type Comparison struct {
	Schema  string         `json:"schema"` // abtool.compare/1
	Tool    string         `json:"tool"`
	A       string         `json:"a"` // store
	B       string         `json:"b"` // store
	Options result.Options `json:"options"`
	// Assumptions of the intervals and tests.
	Assumptions []string        `json:"assumptions"`
	DataSets    []ComparedSet   `json:"data_sets"` // the data sets that both stores have
	OnlyIn      []OnlyInOneSide `json:"only_in,omitempty"`
}

// OnlyInOneSide names a data set that only one of the stores has.
type OnlyInOneSide struct {
	Store string `json:"store"`
	Set   string `json:"data_set"`
}

// ComparedSet is a data set that both stores have.
type ComparedSet struct {
	Name       string              `json:"name"`
	Statistics []ComparedStatistic `json:"statistics"`
	Warnings   []string            `json:"warnings,omitempty"` // of the data set in either store, "a: …" or "b: …"
}

// ComparedStatistic has the values of a statistic in both stores.
type ComparedStatistic struct {
	Name        string       `json:"name"`
	Title       string       `json:"title"`
	Rules       string       `json:"rules"`
	Definition  string       `json:"definition"`
	Differences []Difference `json:"differences"`
}

// A Difference has a value in a, the same value in b, and their difference.
type Difference struct {
	Name       string         `json:"name"`
	Title      string         `json:"title"`
	Unit       string         `json:"unit"`
	A          stat.Number    `json:"a"`
	NA         int64          `json:"n_a"`
	B          stat.Number    `json:"b"`
	NB         int64          `json:"n_b"`
	Difference stat.Number    `json:"difference"` // a − b
	Interval   *stat.Interval `json:"interval,omitempty"`
	Test       *Test          `json:"test,omitempty"` // of the hypothesis that the difference is 0
}

// A Test is a two-sided test of the hypothesis that the two values are equal.
type Test struct {
	Method string      `json:"method"`
	Z      stat.Number `json:"z"`
	P      stat.Number `json:"p"`
	Holm   stat.Number `json:"p_holm"` // P, adjusted for all tests of the document (Holm 1979)
}

// Methods of tests and of the intervals of differences.
const (
	MethodNewcombe = "newcombe"  // interval of a difference of two proportions, from Wilson's (Newcombe 1998, method 10)
	ByScore        = "score"     // z-test of two proportions with the pooled variance
	BySamples      = "bootstrap" // difference / its standard deviation over the samples, against the normal
	ByWelch        = "welch"     // difference of means / root of the sum of their squared standard errors, against the normal
)

var assumptions = []string{
	"The two stores have no annotators in common, and annotators work independently of each other.",
	"bootstrap: the annotators of each store are a sample of all possible annotators; they are resampled " +
		"with replacement, separately in each store. The test assumes that the difference is normally distributed.",
	"newcombe and score: units are independent. Where units of one annotator resemble each other, the " +
		"interval is too narrow and p is too small.",
	"normal and welch: there are many independent units, so that their mean is normally distributed.",
	"p_holm is p adjusted for all tests of this comparison. Where nothing differs, an unadjusted p is " +
		"still below 0.05 in one of twenty tests.",
}

// Compare computes the statistics of two stores and their differences.
func Compare(ctx context.Context, a, b string, o result.Options) (*Comparison, error) {
	first, err := Run(ctx, a, o)
	if err != nil {
		return nil, err
	}
	other := o
	other.Seed++ // the samples of the two stores must be independent
	second, err := Run(ctx, b, other)
	if err != nil {
		return nil, err
	}
	return Differences(first, second), nil
}

// Differences compares two documents that Run made in this process with different seeds.
func Differences(first, second *result.Document) *Comparison {
	a, b := first.Store, second.Store
	c := &Comparison{Schema: CompareSchema, Tool: first.Tool, A: a, B: b, Options: first.Options,
		Assumptions: assumptions}
	for _, x := range first.DataSets {
		y := second.DataSet(x.Name)
		if y == nil {
			c.OnlyIn = append(c.OnlyIn, OnlyInOneSide{a, x.Name})
			continue
		}
		set := ComparedSet{Name: x.Name}
		for i := range x.Statistics {
			if t := y.Statistic(x.Statistics[i].Name); t != nil {
				set.Statistics = append(set.Statistics, compareStatistic(&x.Statistics[i], t))
			}
		}
		for _, text := range x.Warnings {
			set.Warnings = append(set.Warnings, "a: "+text)
		}
		for _, text := range y.Warnings {
			set.Warnings = append(set.Warnings, "b: "+text)
		}
		c.DataSets = append(c.DataSets, set)
	}
	for _, y := range second.DataSets {
		if first.DataSet(y.Name) == nil {
			c.OnlyIn = append(c.OnlyIn, OnlyInOneSide{b, y.Name})
		}
	}
	c.adjust()
	return c
}

func compareStatistic(a, b *result.Statistic) ComparedStatistic {
	c := ComparedStatistic{Name: a.Name, Title: a.Title, Rules: a.Rules, Definition: a.Definition}
	for i := range a.Values {
		if v := b.Value(a.Values[i].Name); v != nil {
			c.Differences = append(c.Differences, differ(&a.Values[i], v))
		}
	}
	return c
}

// differ returns a − b with the interval and the test that match the intervals of a and b.
func differ(a, b *result.Value) Difference {
	d := Difference{Name: a.Name, Title: a.Title, Unit: a.Unit, A: a.Value, NA: a.N, B: b.Value, NB: b.N,
		Difference: a.Value - b.Value}
	if !d.Difference.Defined() || a.Interval == nil || b.Interval == nil || a.Interval.Method != b.Interval.Method {
		return d
	}
	x, y := float64(a.Value), float64(b.Value)
	switch a.Interval.Method {
	case stat.MethodBootstrap:
		var diff []float64
		for k := range min(len(a.Replicates), len(b.Replicates)) {
			if v := a.Replicates[k] - b.Replicates[k]; !math.IsNaN(v) {
				diff = append(diff, v)
			}
		}
		if len(diff) < 2 {
			return d
		}
		_, sd, _ := stat.Moments(diff)
		d.Interval, d.Test = stat.Percentiles(diff), normalTest(BySamples, (x-y)/sd)
	case stat.MethodWilson:
		i, j := a.Interval, b.Interval
		d.Interval = &stat.Interval{
			Low: x - y - math.Hypot(x-i.Low, j.High-y), High: x - y + math.Hypot(i.High-x, y-j.Low),
			Level: stat.Level, Method: MethodNewcombe,
		}
		if a.K != nil && b.K != nil {
			pooled := float64(*a.K+*b.K) / float64(a.N+b.N)
			d.Test = normalTest(ByScore, (x-y)/math.Sqrt(pooled*(1-pooled)*(1/float64(a.N)+1/float64(b.N))))
		}
	case stat.MethodMean:
		se := math.Hypot(a.Interval.High-x, b.Interval.High-y) / stat.Z95
		d.Interval, d.Test = &stat.Interval{Low: x - y - stat.Z95*se, High: x - y + stat.Z95*se,
			Level: stat.Level, Method: stat.MethodMean}, normalTest(ByWelch, (x-y)/se)
	}
	return d
}

// normalTest returns the two-sided test of a standard normal z. It returns nil if z is undefined, for
// example if the variance is 0.
func normalTest(method string, z float64) *Test {
	if math.IsNaN(z) || math.IsInf(z, 0) {
		return nil
	}
	return &Test{Method: method, Z: stat.Number(z), P: stat.Number(2 * distuv.UnitNormal.Survival(math.Abs(z)))}
}

// adjust fills in the p-values adjusted by Holm's step-down method.
func (c *Comparison) adjust() {
	var tests []*Test
	for i := range c.DataSets {
		for k := range c.DataSets[i].Statistics {
			for _, d := range c.DataSets[i].Statistics[k].Differences {
				if d.Test != nil {
					tests = append(tests, d.Test)
				}
			}
		}
	}
	slices.SortStableFunc(tests, func(a, b *Test) int { return cmp.Compare(a.P, b.P) })
	last := stat.Number(0)
	for i, t := range tests {
		last = max(last, min(1, stat.Number(len(tests)-i)*t.P))
		t.Holm = last
	}
}
