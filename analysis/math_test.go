package analysis

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// A sum is that of exact arithmetic, in any order and grouping.
func TestSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var values []float64
	exact := new(big.Rat)
	for range 2000 {
		v := rng.NormFloat64() * math.Pow(10, float64(rng.IntN(20)-8))
		values = append(values, v, -v/3)
	}
	for _, v := range values {
		exact.Add(exact, new(big.Rat).SetFloat64(v))
	}
	want, _ := exact.Float64()
	var forward, backward, left, right sum
	for i, v := range values {
		forward.add(v)
		backward.add(values[len(values)-1-i])
		if i%3 == 0 {
			left.add(v)
		} else {
			right.add(v)
		}
	}
	left.merge(right)
	if forward != backward || forward != left {
		t.Errorf("the order of a sum matters: %v, %v, %v", forward, backward, left)
	}
	if !close9(forward.float(), want) {
		t.Errorf("the sum is %v, want %v", forward.float(), want)
	}
	for _, v := range []float64{-0x1p-70, 0x1p-64, -0x1p-64, 1 - 0x1p-53, -1, -2.5, 0} {
		var s sum
		s.add(v)
		if math.Abs(s.float()-v) > 0x1p-63 {
			t.Errorf("%v is summed as %v", v, s.float())
		}
	}
}

// Wilson's interval by hand: its ends are where the score test of p just rejects.
func TestWilson(t *testing.T) {
	for _, c := range []struct{ k, n int64 }{{0, 10}, {10, 10}, {3, 17}, {829, 1000}, {1, 1}} {
		i := Wilson(c.k, c.n)
		p := float64(c.k) / float64(c.n)
		for _, end := range []float64{i.Low, i.High} {
			if end == 0 || end == 1 {
				continue
			}
			if z := math.Abs(p-end) / math.Sqrt(end*(1-end)/float64(c.n)); !close9(z, z95) {
				t.Errorf("%d of %d: z of the end %v is %v", c.k, c.n, end, z)
			}
		}
		if c.k == 0 && i.Low != 0 || c.k == c.n && i.High != 1 {
			t.Errorf("%d of %d: %v", c.k, c.n, *i)
		}
	}
	if Wilson(0, 0) != nil {
		t.Error("an interval of nothing")
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{1, 2, 4, 8}
	for q, want := range map[float64]float64{0: 1, 1: 8, 0.5: 3, 0.25: 1.75, 0.9: 6.8} {
		if have := quantile(v, q); !close9(have, want) {
			t.Errorf("the %v quantile is %v, want %v", q, have, want)
		}
	}
	if !math.IsNaN(quantile([]int64(nil), 0.5)) {
		t.Error("a median of nothing")
	}
	mean, std, skew := moments([]float64{0, 0, 0, 4})
	if mean != 1 || !close9(std, math.Sqrt(3)) || !close9(skew, 6/math.Pow(3, 1.5)) {
		t.Errorf("mean %v, std %v, skew %v", mean, std, skew)
	}
	// Added up, three tenths are not three times a tenth: equal values still have no spread.
	if mean, std, skew := moments([]float64{0.1, 0.1, 0.1}); mean != 0.1 || std != 0 || !math.IsNaN(skew) {
		t.Errorf("of equal values: mean %v, std %v, skew %v", mean, std, skew)
	}
}

// The probability of random clicks on planted boxes.
func TestUnion(t *testing.T) {
	var u union
	for _, c := range []struct {
		boxes []box
		area  float64
	}{
		{[]box{{0.1, 0.1, 0.6, 0.5}}, 0.2},
		{[]box{{0, 0, 0.5, 0.5}, {0.25, 0.25, 0.75, 0.75}}, 0.25 + 0.25 - 0.0625},
		{[]box{{0, 0, 1, 1}, {0.2, 0.2, 0.3, 0.3}}, 1},
		{[]box{{0, 0, 0.5, 1}, {0.5, 0, 1, 1}}, 1},
		{[]box{{0, 0, 0.2, 0.2}, {0.8, 0.8, 1, 1}}, 0.08},
		{[]box{{0.1, 0, 0.2, 1}, {0, 0.1, 1, 0.2}, {0.1, 0.1, 0.2, 0.2}}, 0.19},
		{nil, 0},
	} {
		u.of(c.boxes)
		if !close9(u.area(), c.area) {
			t.Errorf("the union of %v is %v, want %v", c.boxes, u.area(), c.area)
		}
	}
	// Against inclusion and exclusion over random boxes.
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		boxes := make([]box, 1+rng.IntN(5))
		for i := range boxes {
			x, y := rng.Float64()*1.2-0.1, rng.Float64()*1.2-0.1
			boxes[i] = box{x, y, x + 0.01 + 0.5*rng.Float64(), y + 0.01 + 0.5*rng.Float64()}
		}
		var area, mass float64
		const sigma = 0.3
		for set := 1; set < 1<<len(boxes); set++ {
			in, sign := box{-9, -9, 9, 9}, -1.0
			for i, b := range boxes {
				if set>>i&1 == 1 {
					in, sign = box{max(in.x0, b.x0), max(in.y0, b.y0), min(in.x1, b.x1), min(in.y1, b.y1)}, -sign
				}
			}
			if in.x1 > in.x0 && in.y1 > in.y0 {
				area += sign * in.area()
				mass += sign * normalMass(in.x0, in.x1, sigma) * normalMass(in.y0, in.y1, sigma)
			}
		}
		u.of(boxes)
		if !close9(u.area(), area) || !close9(u.gaussian(sigma), mass) {
			t.Fatalf("%v: area %v, want %v; mass %v, want %v", boxes, u.area(), area, u.gaussian(sigma), mass)
		}
	}
}

// The three treatments of clicks that leave the image, where they have closed forms.
func TestRandomClicks(t *testing.T) {
	sums := func(boxes []box, sigma float64) *randomSums {
		s := &randomSums{sigma: make([][treatments][imageSets]mean, 1)}
		s.add(boxes, [imageSets]bool{true, true, true, true}, []float64{sigma}, &randomWork{})
		return s
	}
	at := func(s *randomSums, treatment int) float64 { return float64(s.sigma[0][treatment][setBC].value()) }
	phi := func(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

	half := sums([]box{{0, 0, 0.5, 1}}, 0.5) // the left half
	inside := phi(1) - phi(-1)
	for treatment, want := range []float64{0.5, inside / 2 * inside, 0.5} {
		if have := at(half, treatment); !close9(have, want) {
			t.Errorf("left half, %s: %v, want %v", treatmentNames[treatment], have, want)
		}
	}
	whole := sums([]box{{-0.5, -0.5, 1.5, 1.5}}, 0.5) // more than the image
	for treatment, want := range []float64{1, inside * inside, 1} {
		if have := at(whole, treatment); !close9(have, want) {
			t.Errorf("whole image, %s: %v, want %v", treatmentNames[treatment], have, want)
		}
	}
	edge := sums([]box{{0.9, 0.4, 1, 0.6}}, 0.5) // clicks beyond the right edge are moved to it
	if have, want := at(edge, clamped), (1-phi(0.8))*(phi(0.2)-phi(-0.2)); !close9(have, want) {
		t.Errorf("at the edge, clamped: %v, want %v", have, want)
	}
	outside := sums([]box{{1.1, 0, 1.2, 1}}, 0.5)
	if at(outside, truncated) != 0 || at(outside, clamped) != 0 || at(outside, unclipped) != 0 || float64(outside.uniform[setBC].value()) != 0 {
		t.Error("a box beyond the image")
	}
	// One box is a union of one.
	rng := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		x, y := rng.Float64()*1.6-0.5, rng.Float64()*1.6-0.5
		b := box{x, y, x + 0.001 + rng.Float64(), y + 0.001 + rng.Float64()}
		if rng.IntN(4) == 0 && b.x1 > 0 {
			b.x0 = 0
		}
		one, two := sums([]box{b}, 0.3), sums([]box{b, b}, 0.3)
		for treatment, name := range treatmentNames {
			if !close9(at(one, treatment), at(two, treatment)) {
				t.Fatalf("%v, %s: alone %v, as a union %v", b, name, at(one, treatment), at(two, treatment))
			}
		}
	}
	// σ → 0 is the centre, σ → ∞ uniform.
	near := sums([]box{{0.4, 0.4, 0.7, 0.9}}, 1e-3)
	wide := sums([]box{{0.1, 0.2, 0.4, 0.9}}, 1e4)
	if !close9(at(near, truncated), 1) || math.Abs(at(wide, truncated)-0.21) > 1e-8 {
		t.Errorf("limits: %v, %v", at(near, truncated), at(wide, truncated))
	}
}

func TestNearest(t *testing.T) {
	big, small, far := box{0, 0, 0.5, 0.5}, box{0.1, 0.1, 0.3, 0.3}, box{0.8, 0.8, 0.9, 0.9}
	for _, c := range []struct {
		boxes []box
		x, y  float64
		want  int
	}{
		{[]box{big, small}, 0.2, 0.2, 1}, // in both: the smaller
		{[]box{big, small}, 0.4, 0.4, 0}, // in one
		{[]box{small, small}, 0.2, 0.2, 0},
		{[]box{big, far}, 0.7, 0.7, 1},
		{[]box{{0, 0, 0.4, 1}, {0.6, 0, 1, 1}}, 0.5, 0.5, 0}, // as far: as large: the first
	} {
		if have := nearest(c.boxes, c.x, c.y); have != c.want {
			t.Errorf("nearest of %v to %v, %v is %d, want %d", c.boxes, c.x, c.y, have, c.want)
		}
	}
	if d := big.distance(0.8, 0.9); !close9(d, 0.5) {
		t.Errorf("distance %v", d)
	}
}

func TestCells(t *testing.T) {
	for v, want := range map[float64]int{0: 0, 1: 10, 0.5: 5, 1.0 / 11: 1, math.Nextafter(1.0/11, 0): 0, 0.999: 10} {
		if _, col, ok := cellOf(v, 0.5); !ok || col != want {
			t.Errorf("%v is in cell %d, want %d", v, col, want)
		}
	}
	for _, v := range []float64{-1e-9, 1 + 1e-9, math.NaN()} {
		if _, _, ok := cellOf(0.5, v); ok {
			t.Errorf("%v is in a cell", v)
		}
	}
	var f frame
	for _, p := range [][2]float64{{-1, -1}, {2, 2}, {0.5, 0.5}, {2.0001, 0}, {0.5, 0.5}} {
		f.add(p[0], p[1])
	}
	if f.cells[0][0] != 1 || f.cells[40][40] != 1 || f.cells[20][20] != 2 || f.outside != 1 {
		t.Error("points of a frame are in other cells")
	}
	if u, v, n := f.mode(); !close9(u, 0.5) || !close9(v, 0.5) || n != 2 {
		t.Errorf("mode %v, %v, %d", u, v, n)
	}
}

func TestHull(t *testing.T) {
	convexHull := func(p, to []vertex) []vertex {
		slices.SortFunc(p, vertex.compare)
		return convexHull(p, to)
	}
	points := []vertex{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0.5, 0.5}, {0.5, 0}, {1, 1}}
	hull := convexHull(points, nil)
	if len(hull) != 4 || !close9(polygonArea(hull), 1) {
		t.Errorf("the hull of a square is %v", hull)
	}
	var work [2][]vertex
	if a := polygonArea(clipToBox(hull, box{0.5, 0.5, 2, 2}, &work)); !close9(a, 0.25) {
		t.Errorf("a quarter of it is %v", a)
	}
	triangle := convexHull([]vertex{{0, 0}, {2, 0}, {0, 2}}, nil)
	if a := polygonArea(clipToBox(triangle, box{0, 0, 1, 1}, &work)); !close9(a, 1) {
		t.Errorf("the corner of a triangle is %v", a)
	}
	if a := polygonArea(clipToBox(triangle, box{1.5, 1.5, 3, 3}, &work)); a != 0 {
		t.Errorf("beside it is %v", a)
	}
	for _, flat := range [][]vertex{{{0, 0}}, {{0, 0}, {1, 1}}, {{0, 0}, {1, 1}, {2, 2}}, {{0, 0}, {0, 0}, {0, 0}}} {
		if a := polygonArea(convexHull(slices.Clone(flat), nil)); a != 0 {
			t.Errorf("the hull of %v has area %v", flat, a)
		}
	}
	if v := overlap(box{0, 0, 1, 1}, box{0.5, 0, 1.5, 1}); !close9(v, 1.0/3) {
		t.Errorf("overlap %v", v)
	}
}

func TestMannWhitney(t *testing.T) {
	greater, pairs := mannWhitney([]int64{1, 3, 3, 9}, []int64{0, 3, 5})
	if want := 1 + 1.5 + 1.5 + 3; greater != want || pairs != 12 {
		t.Errorf("%v of %d, want %v of 12", greater, pairs, want)
	}
}

// The beta-binomial fit finds the distribution that annotators were drawn from.
func TestPool(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const alpha, beta = 24.0, 6.0
	gamma := func(shape int) (g float64) {
		for range shape {
			g -= math.Log(rng.Float64())
		}
		return g
	}
	var all []trial
	for range 3000 {
		x, y := gamma(alpha), gamma(beta)
		p := x / (x + y)
		tr := trial{n: int64(5 + rng.IntN(60))}
		for range tr.n {
			if rng.Float64() < p {
				tr.hits++
			}
		}
		all = append(all, tr)
	}
	fit := fitPool(all)
	if math.Abs(fit.alpha/(fit.alpha+fit.beta)-0.8) > 0.01 || math.Abs(fit.alpha+fit.beta-30) > 6 {
		t.Errorf("the fit is α %v, β %v", fit.alpha, fit.beta)
	}
	lucky, good := trial{5, 5}, trial{190, 200}
	ranks := fit.ranks([]trial{lucky, good, {}, good})
	if !slices.Equal(ranks, []int64{3, 1, 0, 1}) {
		t.Errorf("ranks %v: five of five is not the best", ranks)
	}
	post := fit.posterior(lucky)
	if !(post.mean > 0.8 && post.mean < 0.9 && post.low < post.mean && post.mean < post.high) {
		t.Errorf("five of five is pooled to %v", post)
	}
	if f := fitPool([]trial{{3, 3}, {4, 4}}); !math.IsNaN(f.alpha) || f.ranks([]trial{{3, 3}})[0] != 0 {
		t.Error("a fit of nothing but hits")
	}
}

// The bootstrap's interval of a mean of cluster means is near that of theory, and clusters that
// are alike have a narrower one.
func TestBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	by := newNames()
	var r ratios
	id := r.declare(2)
	var squares float64
	const clusters, each = 200, 50
	means := make([]float64, clusters)
	for c := range clusters {
		cluster := by.id(string(rune('a'+c%26)) + string(rune('a'+c/26)))
		means[c] = rng.NormFloat64()
		for range each {
			r.add(cluster, id, means[c])
			r.add(cluster, id+1, rng.NormFloat64())
		}
	}
	total := float64(r.total(id).value())
	for _, m := range means {
		squares += (m - total) * (m - total)
	}
	se := math.Sqrt(squares) / clusters
	b := r.resample(by.sorted(), 2000, 1, 2)
	i := b.interval(id)
	if have, want := i.High-i.Low, 2*z95*se; math.Abs(have/want-1) > 0.1 || !i.Covers(total) {
		t.Errorf("the interval is %v wide, theory says %v", have, want)
	}
	if j := b.interval(id + 1); (j.High-j.Low)*3 > i.High-i.Low {
		t.Errorf("independent units have an interval of %v, clustered ones of %v", j.High-j.Low, i.High-i.Low)
	}
	if again := r.resample(by.sorted(), 2000, 1, 7).interval(id); *again != *i {
		t.Error("the interval depends on the number of goroutines")
	}
	if other := r.resample(by.sorted(), 2000, 2, 1).interval(id); *other == *i {
		t.Error("the seed does not matter")
	}
}

func TestMeasure(t *testing.T) {
	// Right, up, right, down: a hat over the straight path of 300 px.
	hat := points{[]int64{0, 100, 200, 300}, []float64{0, 0.1, 0.2, 0.3}, []float64{0.5, 0.4, 0.4, 0.5}}
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
	if down := measure(points{hat.t, hat.x, []float64{0.5, 0.6, 0.6, 0.5}}, 1000, 500); !close9(down.mad, -50) || !close9(down.auc, -10000) {
		t.Errorf("below the path, deviations are %v and %v", down.mad, down.auc)
	}
	still := measure(points{[]int64{5, 25, 40}, []float64{0.3, 0.3, 0.4}, []float64{0.5, 0.5, 0.5}}, 100, 100)
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
	rs := &ratios{}
	order, tau, steps := rs.declare(scanOrders), rs.declare(scanOrders), rs.declare(stepKinds)
	scorePage(rs, page, columns, order, tau, steps)
	if v := rs.total(order + snakeOrder).value(); v != 1 {
		t.Errorf("%v of the pairs of a serpentine follow it", v)
	}
	if v := rs.total(tau + snakeOrder).value(); v != 1 {
		t.Errorf("τ is %v", v)
	}
	if n := rs.total(steps+stepAlong).count() + rs.total(steps+stepTurn).count(); n != 44 {
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
	var x, y mean
	for _, v := range []float64{1, 2, 3, 4} {
		x.add(v)
		y.add(v + 10)
	}
	p, q := meanOf("m", "", "", "units", &x)[0], meanOf("m", "", "", "units", &y)[0]
	se := math.Sqrt(2 * (5.0 / 3) / 4)
	if d := differ(&p, &q); !close9(float64(d.Difference), -10) || !close9(float64(d.Test.Z), -10/se) {
		t.Errorf("means differ by %v, z %v, want %v", d.Difference, d.Test.Z, -10/se)
	}
	c := &Comparison{DataSets: []ComparedSet{{Statistics: []ComparedStatistic{{}}}}}
	for _, p := range []Number{0.04, 0.001, 0.03} {
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
