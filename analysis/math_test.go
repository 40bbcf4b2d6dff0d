package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"abtool/byproduct"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// The three treatments of clicks that leave the image, where they have closed forms.
func TestRandomClicks(t *testing.T) {
	sums := func(boxes []plane.Box, sigma float64) *randomSums {
		s := &randomSums{sigma: make([][treatments][imageSets]stat.Mean, 1)}
		s.add(boxes, [imageSets]bool{true, true, true, true}, []float64{sigma}, &randomWork{})
		return s
	}
	at := func(s *randomSums, treatment int) float64 { return float64(s.sigma[0][treatment][setBC].Value()) }
	phi := func(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

	boxes := func(x0, y0, x1, y1 float64) []plane.Box { return []plane.Box{{X0: x0, Y0: y0, X1: x1, Y1: y1}} }

	half := sums(boxes(0, 0, 0.5, 1), 0.5) // the left half
	inside := phi(1) - phi(-1)
	for treatment, want := range []float64{0.5, inside / 2 * inside, 0.5} {
		if have := at(half, treatment); !close9(have, want) {
			t.Errorf("left half, %s: %v, want %v", treatmentNames[treatment], have, want)
		}
	}
	whole := sums(boxes(-0.5, -0.5, 1.5, 1.5), 0.5) // more than the image
	for treatment, want := range []float64{1, inside * inside, 1} {
		if have := at(whole, treatment); !close9(have, want) {
			t.Errorf("whole image, %s: %v, want %v", treatmentNames[treatment], have, want)
		}
	}
	edge := sums(boxes(0.9, 0.4, 1, 0.6), 0.5) // clicks beyond the right edge are moved to it
	if have, want := at(edge, clamped), (1-phi(0.8))*(phi(0.2)-phi(-0.2)); !close9(have, want) {
		t.Errorf("at the edge, clamped: %v, want %v", have, want)
	}
	outside := sums(boxes(1.1, 0, 1.2, 1), 0.5)
	if at(outside, truncated) != 0 || at(outside, clamped) != 0 || at(outside, unclipped) != 0 || float64(outside.uniform[setBC].Value()) != 0 {
		t.Error("a box beyond the image")
	}
	// One box is a union of one.
	rng := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		x, y := rng.Float64()*1.6-0.5, rng.Float64()*1.6-0.5
		b := boxes(x, y, x+0.001+rng.Float64(), y+0.001+rng.Float64())[0]
		if rng.IntN(4) == 0 && b.X1 > 0 {
			b.X0 = 0
		}
		one, two := sums([]plane.Box{b}, 0.3), sums([]plane.Box{b, b}, 0.3)
		for treatment, name := range treatmentNames {
			if !close9(at(one, treatment), at(two, treatment)) {
				t.Fatalf("%v, %s: alone %v, as a union %v", b, name, at(one, treatment), at(two, treatment))
			}
		}
	}
	// σ → 0 is the centre, σ → ∞ uniform.
	near := sums(boxes(0.4, 0.4, 0.7, 0.9), 1e-3)
	wide := sums(boxes(0.1, 0.2, 0.4, 0.9), 1e4)
	if !close9(at(near, truncated), 1) || math.Abs(at(wide, truncated)-0.21) > 1e-8 {
		t.Errorf("limits: %v, %v", at(near, truncated), at(wide, truncated))
	}
}

func TestMeasure(t *testing.T) {
	// Right, up, right, down: a hat over the straight path of 300 px.
	hat := byproduct.Points{T: []int64{0, 100, 200, 300}, X: []float64{0, 0.1, 0.2, 0.3}, Y: []float64{0.5, 0.4, 0.4, 0.5}}
	m := measure(hat, 1000, 500)
	for name, c := range map[string][2]float64{
		"mad": {m.mad, 50}, "ad": {m.ad, 25}, "auc": {m.auc, 10000}, "direct": {m.direct, 300}, "length": {m.length, 100 + 2*math.Hypot(100, 50)},
		"speed": {m.speed, 1000 * (100 + 2*math.Hypot(100, 50)) / 300}, "peak": {m.peakSpeed, 10 * math.Hypot(100, 50)}, "xflips": {float64(m.xFlips), 0}, "yflips": {float64(m.yFlips), 1},
		"initiation": {float64(m.initiation), 0},
	} {
		if !close9(c[0], c[1]) {
			t.Errorf("%s is %v, want %v", name, c[0], c[1])
		}
	}
	if down := measure(byproduct.Points{T: hat.T, X: hat.X, Y: []float64{0.5, 0.6, 0.6, 0.5}}, 1000, 500); !close9(down.mad, -50) || !close9(down.auc, -10000) {
		t.Errorf("below the path, deviations are %v and %v", down.mad, down.auc)
	}
	still := measure(byproduct.Points{T: []int64{5, 25, 40}, X: []float64{0.3, 0.3, 0.4}, Y: []float64{0.5, 0.5, 0.5}}, 100, 100)
	if still.initiation != 20 {
		t.Errorf("it moves after %d ms", still.initiation)
	}
}

func TestColumnGuess(t *testing.T) {
	var g columnGuess
	rng := rand.New(rand.NewPCG(9, 10))
	for _, columns := range []int{2, 3, 4, 5, 6, 8} {
		var clicks []placedClick
		for slot := range 48 {
			if rng.IntN(4) > 0 {
				clicks = append(clicks, placedClick{slot: int32(slot), x: float64(slot%columns)*250 + 10*rng.Float64()})
			}
		}
		if have := g.of(clicks); have != columns {
			t.Errorf("%d columns are taken for %d", columns, have)
		}
	}
	var random []placedClick
	for slot := range 48 {
		random = append(random, placedClick{slot: int32(slot), x: 1000 * rng.Float64()})
	}
	if have := g.of(random); have != 0 {
		t.Errorf("no layout is taken for %d columns", have)
	}
}

// Clicks in the order of a serpentine follow it entirely; the orders are permutations.
func TestScanOrders(t *testing.T) {
	const columns = 5
	for o := range scanOrders {
		seen := map[int]bool{}
		for slot := range 48 {
			seen[placeInOrder(slot, columns, o)] = true
		}
		if len(seen) != 48 {
			t.Errorf("order %d puts slots in one place", o)
		}
	}
	var page []placedClick
	for slot := range 45 {
		page = append(page, placedClick{slot: int32(slot)})
	}
	slices.SortFunc(page, func(a, b placedClick) int {
		return placeInOrder(int(a.slot), columns, snakeOrder) - placeInOrder(int(b.slot), columns, snakeOrder)
	})
	for i := range page {
		page[i].time = int64(i)
	}
	rs := &stat.Ratios{}
	order, tau, steps := rs.Declare(scanOrders), rs.Declare(scanOrders), rs.Declare(stepKinds)
	scorePage(rs, page, columns, order, tau, steps)
	if v := rs.Total(order + snakeOrder).Value(); v != 1 {
		t.Errorf("%v of the pairs of a serpentine follow it", v)
	}
	if v := rs.Total(tau + snakeOrder).Value(); v != 1 {
		t.Errorf("τ is %v", v)
	}
	if n := rs.Total(steps+stepAlong).Count() + rs.Total(steps+stepTurn).Count(); n != 44 {
		t.Errorf("%d of 44 steps are a serpentine's", n)
	}
}

// Differences of shares and of means, by hand.
func TestDiffer(t *testing.T) {
	a, b := proportion("p", "", "units", 80, 100), proportion("p", "", "units", 60, 120)
	d := differ(&a, &b)
	i, j := a.Interval, b.Interval
	if !close9(float64(d.Difference), 0.3) || !close9(d.Interval.Low, 0.3-math.Hypot(0.8-i.Low, j.High-0.5)) || !close9(d.Interval.High, 0.3+math.Hypot(i.High-0.8, 0.5-j.Low)) {
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
	p, q := meanOf("m", "", "", "units", &x)[0], meanOf("m", "", "", "units", &y)[0]
	se := math.Sqrt(2 * (5.0 / 3) / 4)
	if d := differ(&p, &q); !close9(float64(d.Difference), -10) || !close9(float64(d.Test.Z), -10/se) {
		t.Errorf("means differ by %v, z %v, want %v", d.Difference, d.Test.Z, -10/se)
	}
	c := &Comparison{DataSets: []ComparedSet{{Statistics: []ComparedStatistic{{}}}}}
	for _, p := range []stat.Number{0.04, 0.001, 0.03} {
		c.DataSets[0].Statistics[0].Differences = append(c.DataSets[0].Statistics[0].Differences, Difference{Test: &Test{P: p}})
	}
	c.adjust()
	for k, want := range []float64{0.06, 0.003, 0.06} {
		if have := float64(c.DataSets[0].Statistics[0].Differences[k].Test.Holm); !close9(have, want) {
			t.Errorf("Holm's p of test %d is %v, want %v", k, have, want)
		}
	}
}

// Classes are binned by size.
func TestSizeBin(t *testing.T) {
	// Edges are the doubles of .2², a little above .04, and so on.
	for edge, want := range map[float64]int{0: 0, 0.04: 0, 0.16: 1, 0.36: 3, 0.64: 3, 1: 4, 1.5: 4} {
		if have := sizeBin(edge); have != want {
			t.Errorf("size %v is in bin %d, want %d", edge, have, want)
		}
	}
	for k, e := range sizeEdges[:5] {
		if sizeBin(e) != k || k > 0 && sizeBin(math.Nextafter(e, 0)) != k-1 {
			t.Errorf("the edge %v of bin %d", e, k)
		}
	}
}
