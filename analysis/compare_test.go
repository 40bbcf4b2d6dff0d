package analysis

import (
	"math"
	"testing"

	"abtool/analysis/result"
	"abtool/internal/stat"
)

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// Differences of shares and of means, by hand.
func TestDiffer(t *testing.T) {
	a, b := result.Proportion("p", "", "units", 80, 100), result.Proportion("p", "", "units", 60, 120)
	d := differ(&a, &b)
	i, j := a.Interval, b.Interval
	if !close9(float64(d.Difference), 0.3) ||
		!close9(d.Interval.Low, 0.3-math.Hypot(0.8-i.Low, j.High-0.5)) ||
		!close9(d.Interval.High, 0.3+math.Hypot(i.High-0.8, 0.5-j.Low)) {
		t.Errorf("the difference is %+v in %+v", d.Difference, d.Interval)
	}
	pooled := 140.0 / 220
	if z := 0.3 / math.Sqrt(pooled*(1-pooled)*(1.0/100+1.0/120)); !close9(float64(d.Test.Z), z) || d.Test.P > 1e-4 {
		t.Errorf("z is %v, want %v; p %v", d.Test.Z, z, d.Test.P)
	}
	var x, y stat.Mean
	for _, v := range []float64{1, 2, 3, 4} {
		x.Add(v)
		y.Add(v + 10)
	}
	p, q := result.MeanOf("m", "", "", "units", &x)[0], result.MeanOf("m", "", "", "units", &y)[0]
	se := math.Sqrt(2 * (5.0 / 3) / 4)
	if d := differ(&p, &q); !close9(float64(d.Difference), -10) || !close9(float64(d.Test.Z), -10/se) {
		t.Errorf("means differ by %v, z %v, want %v", d.Difference, d.Test.Z, -10/se)
	}
	c := &Comparison{DataSets: []ComparedSet{{Statistics: []ComparedStatistic{{}}}}}
	for _, p := range []stat.Number{0.04, 0.001, 0.03} {
		c.DataSets[0].Statistics[0].Differences = append(c.DataSets[0].Statistics[0].Differences,
			Difference{Test: &Test{P: p}})
	}
	c.adjust()
	for k, want := range []float64{0.06, 0.003, 0.06} {
		if have := float64(c.DataSets[0].Statistics[0].Differences[k].Test.Holm); !close9(have, want) {
			t.Errorf("Holm's p of test %d is %v, want %v", k, have, want)
		}
	}
}
