package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/eval/classes"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/internal/stat"
)

// network returns a network with ImageNet's classes that answered some rows. Sets are described by their rows.
func network(t testing.TB, real Real, rows ...outputs.Row) *Network {
	t.Helper()
	about := outputs.About{Classes: 1000, ImageNet: true}
	for _, r := range rows {
		if _, ok := about.Set(r.Set); !ok {
			about.Sets = append(about.Sets, outputs.SetAbout{Name: r.Set, Kind: r.Set})
		}
	}
	slices.SortFunc(about.Sets, func(a, b outputs.SetAbout) int { return len(a.Name) - len(b.Name) })
	n := NewNetwork(about, real)
	for i := range rows {
		if err := n.Add(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	return n
}

// row returns a row whose image is of a class, with the class that the network takes it for.
func row(set, group, path string, label, best int32) outputs.Row {
	return outputs.Row{
		Set: set, Group: group, Path: path, Labels: []int32{label}, Best: best, Top5: []int32{best},
		BestA: best, BestR: best, BestO: best, BestObjectNet: best, Confidence: 0.5, ConfidenceO: 0.5,
	}
}

// several returns right and wrong rows.
func several(set, group string, right, wrong int) (rows []outputs.Row) {
	for i := range right + wrong {
		best := int32(3)
		if i >= right {
			best = 4
		}
		rows = append(rows, row(set, group, fmt.Sprintf("%s/%s/%d.jpg", set, group, i), 3, best))
	}
	return rows
}

func value(t testing.TB, n *Network, id string) Number {
	t.Helper()
	list := n.Numbers()
	i := slices.IndexFunc(list, func(x Number) bool { return x.ID == id })
	if i < 0 {
		var ids []string
		for _, x := range list {
			ids = append(ids, x.ID)
		}
		t.Fatalf("there is no number %s: found %v", id, ids)
	}
	return list[i]
}

func wantValue(t testing.TB, n *Network, id string, want float64, count int64) {
	t.Helper()
	x := value(t, n, id)
	if math.Abs(float64(x.Value)-want) > 1e-12 || x.N != count {
		t.Errorf("%s is %v of %d, want %v of %d", id, x.Value, x.N, want, count)
	}
	if i := x.Interval; i == nil || !i.Covers(float64(x.Value)) || i.High <= i.Low {
		t.Errorf("%s is %v, and its interval %+v", id, x.Value, i)
	}
}

// Among the classes of the set the answer is right, and among 1,000 it is not.
func TestSubset(t *testing.T) {
	r := row(sets.A, "", "a.jpg", 3, 0)
	r.BestA = 3
	n := network(t, nil, r)
	wantValue(t, n, "a.subset", 1, 1)
	wantValue(t, n, "a.top1", 0, 1)
}

// Both denominators of ReaL; an image without labels counts in one of them only, and is wrong there.
func TestReal(t *testing.T) {
	lists := [][]int32{{}, {970, 795}, {230, 231}, {809}}
	var rows []outputs.Row
	for i, best := range []int32{65, 795, 232, 809} {
		rows = append(rows, row(sets.ImageNet, "", fmt.Sprintf("n1/ILSVRC2012_val_%08d.JPEG", i+1), 1, best))
	}
	n := network(t, func(path string) ([]int32, bool) {
		var i int
		if _, err := fmt.Sscanf(path, "n1/ILSVRC2012_val_%d.JPEG", &i); err != nil {
			return nil, false
		}
		return lists[i-1], true
	}, rows...)
	wantValue(t, n, "imagenet.real", 2./3, 3)
	wantValue(t, n, "imagenet.real-of-all", 0.5, 4)
	wantValue(t, n, "imagenet.top1", 0, 4)
	without := network(t, nil, rows...)
	for _, x := range without.Numbers() {
		if x.Measure == RealTop1 {
			t.Error("ReaL has a number without its labels")
		}
	}
}

func TestMicroAndMacro(t *testing.T) {
	rows := append(several(sets.SISize, "0.1", 1, 1), several(sets.SISize, "0.5", 8, 0)...)
	n := network(t, nil, rows...)
	wantValue(t, n, "si-size.top1", 0.9, 10)
	wantValue(t, n, "si-size.macro", 0.75, 10)
	wantValue(t, n, "si-size.top1/0.1", 0.5, 2)
}

// The mean corruption error is relative to AlexNet's, by the name of the corruption, and the mean accuracy is not.
func TestCorruptions(t *testing.T) {
	var rows []outputs.Row
	for i, c := range []string{"fog", "jpeg_compression", "saturate"} {
		for s := 1; s <= 5; s++ {
			for _, r := range several(sets.C, fmt.Sprintf("%s/%d", c, s), 4-i, 6+i) {
				r.Path = fmt.Sprintf("%s/%d/%s", c, s, r.Path)
				rows = append(rows, r)
			}
		}
	}
	n := network(t, nil, rows...)
	wantValue(t, n, "c.mean", (0.4+0.3)/2, 100)
	wantValue(t, n, "c.mce", (0.6/.819324+0.7/.606500)/2, 100)
	wantValue(t, n, "c.mean19", (0.4+0.3+0.2)/3, 150)
	wantValue(t, n, "c.accuracy/fog", 0.4, 50)
	wantValue(t, n, "c.accuracy/fog/3", 0.4, 10)
	wantValue(t, n, "c.severity/2", 0.35, 20)
	if x := value(t, n, "c.mean"); len(x.Notes) != 1 ||
		x.Notes[0] != "65 of the 75 folders of the mean are missing, so that it is not the benchmark's" {
		t.Errorf("notes %v", x.Notes)
	}
	if x := value(t, n, "c.mce"); !x.Lower || x.Expected != 3750000 {
		t.Errorf("%+v", x)
	}
}

// Errors of .6 and .3 where AlexNet has .8 and .6 give a mean accuracy of 55 % and a mean corruption error of 62.5 %.
func TestMeanCorruptionError(t *testing.T) {
	was := slices.Clone(alexNet)
	defer func() { copy(alexNet, was) }()
	alexNet[0].err, alexNet[1].err = .8, .6
	n := network(t, nil, append(several(sets.C, alexNet[0].corruption+"/1", 4, 6),
		several(sets.C, alexNet[1].corruption+"/1", 7, 3)...)...)
	wantValue(t, n, "c.mean", 0.55, 20)
	wantValue(t, n, "c.mce", 0.625, 20)
}

// Answers for one image with several corruptions are not independent: if all are alike, the standard error is that of
// one share.
func TestClusters(t *testing.T) {
	var rows []outputs.Row
	for i := range 200 {
		for s := 1; s <= 5; s++ {
			rows = append(rows, row(sets.C, fmt.Sprint("fog/", s),
				fmt.Sprintf("fog/%d/n1/ILSVRC2012_val_%08d.JPEG", s, i), 1, int32(i%3)))
		}
	}
	n := network(t, nil, rows...)
	p := 67. / 200
	want := math.Sqrt(p * (1 - p) / 200)
	if x := value(t, n, "c.mean"); math.Abs(float64(x.SE)-want) > 1e-12 || x.Interval.Method != MethodClusters {
		t.Errorf("standard error %v (%s), want %v", x.SE, x.Interval.Method, want)
	}
	if x := value(t, n, "c.accuracy/fog/1"); math.Abs(float64(x.SE)-want) > 1e-12 {
		t.Errorf("standard error of a share %v, want %v", x.SE, want)
	}
}

func TestOutliers(t *testing.T) {
	k := classes.O()[7]
	score := func(set, path string, label int32, confidence float32) outputs.Row {
		r := row(set, "", path, label, label)
		r.ConfidenceO = confidence
		return r
	}
	n := network(t, nil, score(sets.O, "a", k, .3), score(sets.O, "b", k, .9), score(sets.ImageNet, "c", k, .5),
		score(sets.ImageNet, "d", k, .8), score(sets.ImageNet, "other class", 0, .1))
	for id, want := range map[string]float64{"o.aupr": 0.75, "o.auroc": 0.5, "o.fpr95": 1} {
		if x := value(t, n, id); float64(x.Value) != want || x.N != 4 {
			t.Errorf("%s is %v of %d, want %v of 4", id, x.Value, x.N, want)
		}
	}
	wantValue(t, n, "o.agreement", 1, 2)
}

// An image that cannot be read is wrong: an image of ImageNet-O is not found, and a validation image is taken for
// one.
func TestUnreadable(t *testing.T) {
	k := classes.O()[7]
	rows := []outputs.Row{row(sets.O, "", "a", k, k), row(sets.ImageNet, "", "b", k, k)}
	for i := range rows {
		rows[i].Unreadable, rows[i].Best, rows[i].ConfidenceO = true, -1, 0
	}
	n := network(t, nil, rows...)
	wantValue(t, n, "imagenet.top1", 0, 1)
	wantValue(t, n, "imagenet.top5", 0, 1)
	wantValue(t, n, "o.agreement", 0, 1)
	if x := value(t, n, "o.auroc"); x.Value != 0 {
		t.Errorf("AUROC %v, want 0", x.Value)
	}
	if a := n.Set(sets.O); a.Unreadable != 1 {
		t.Errorf("%d images are unreadable, want 1", a.Unreadable)
	}
}

// Classes of ImageNet-1k become classes of IN-9; a class of none of them is wrong.
func TestBackgrounds(t *testing.T) {
	b := func(group string, i int, best int32) outputs.Row {
		return row(sets.Backgrounds, group, fmt.Sprint(group, i), 0, best)
	}
	n := network(t, nil, b("mixed_same", 1, 250), b("mixed_same", 2, 151), b("mixed_rand", 1, 250),
		b("mixed_rand", 2, 171),
		b(ChallengeGroup, 1, 250), b(ChallengeGroup, 2, 7))
	wantValue(t, n, "backgrounds.gap", 0.5, 4)
	wantValue(t, n, "backgrounds.top1/mixed_same", 1, 2)
	wantValue(t, n, "backgrounds.top1/mixed_rand", 0.5, 2)
	wantValue(t, n, "backgrounds.challenge", 0.5, 2)
	nine := NewNetwork(outputs.About{Classes: 9, Sets: []outputs.SetAbout{{Name: sets.Backgrounds,
		Kind: sets.Backgrounds}}}, nil)
	r := b("original", 1, 0)
	if err := nine.Add(&r); err != nil {
		t.Fatal(err)
	}
	if err := nine.Finish(); err != nil {
		t.Fatal(err)
	}
	wantValue(t, nine, "backgrounds.top1/original", 1, 1)
}

// The standard error of the gap of two sets of 4,050 images is about 0.85 points.
func TestGapSE(t *testing.T) {
	var rows []outputs.Row
	for i := range 4050 {
		for _, v := range []struct {
			name  string
			right int
		}{{"mixed_same", 3491}, {"mixed_rand", 3195}} {
			best := int32(3) // a fish
			if i >= v.right {
				best = 7 // a bird
			}
			rows = append(rows, row(sets.Backgrounds, v.name, fmt.Sprint(v.name, i), 8, best))
		}
	}
	x := value(t, network(t, nil, rows...), "backgrounds.gap")
	if math.Abs(float64(x.SE)-0.0085) > 0.0002 || math.Abs(float64(x.Value)-296./4050) > 1e-12 {
		t.Errorf("gap %v with the standard error %v, want 0.0731 and about 0.0085", x.Value, x.SE)
	}
}

func TestRenditions(t *testing.T) {
	k := classes.R()[0]
	rows := []outputs.Row{row(sets.R, "art", "a", k, k), row(sets.R, "toy", "b", k, 0),
		row(sets.ImageNet, "", "c", k, k), row(sets.ImageNet, "", "d", 0, 0)}
	n := network(t, nil, rows...)
	wantValue(t, n, "r.subset", 0.5, 2)
	wantValue(t, n, "r.subset/art", 1, 1)
	wantValue(t, n, "imagenet.classes-of-r", 1, 1)
	wantValue(t, n, "r.difference", 0.5, 3)
}

// random returns the answers of two networks for random images of several sets.
func random(rng *rand.Rand) (a, b []outputs.Row) {
	add := func(set, group, path string, label int32) {
		for _, to := range []*[]outputs.Row{&a, &b} {
			best := label
			if set == sets.Backgrounds {
				best = 10 // a bird
			}
			if rng.IntN(3) == 0 {
				best = 5
			}
			r := row(set, group, path, label, best)
			r.ConfidenceO = float32(rng.IntN(20)) / 20
			*to = append(*to, r)
		}
	}
	o := classes.O()
	for i := range 60 {
		add(sets.ImageNet, "", fmt.Sprintf("x/ILSVRC2012_val_%08d.JPEG", i), o[i%20])
		add(sets.O, "", fmt.Sprint("o", i), o[i%20])
		add(sets.SISize, fmt.Sprint(i%4), fmt.Sprint("s", i), 9)
		add(sets.Backgrounds, []string{"mixed_same", "mixed_rand"}[i%2], fmt.Sprint("g", i), 1)
		for s := 1; s <= 3; s++ {
			add(sets.C, fmt.Sprint("fog/", s), fmt.Sprintf("fog/%d/ILSVRC2012_val_%08d.JPEG", s, i), 9)
		}
	}
	return a, b
}

// Neither numbers nor differences depend on the order of the rows.
func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	a, b := random(rng)
	numbers, differences := network(t, nil, a...).Numbers(), Compare(network(t, nil, a...), network(t, nil, b...))
	rng.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
	rng.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".estimator" }, cmp.Ignore())
	byID := func(list []Number) map[string]Number {
		m := map[string]Number{}
		for _, x := range list {
			m[x.ID] = x
		}
		return m
	}
	if d := cmp.Diff(byID(numbers), byID(network(t, nil, a...).Numbers()), ignore); d != "" {
		t.Errorf("numbers depend on the order of rows:\n%s", d)
	}
	if d := cmp.Diff(differences, Compare(network(t, nil, a...), network(t, nil, b...))); d != "" {
		t.Errorf("differences depend on the order of rows:\n%s", d)
	}
	if len(differences) < 15 {
		t.Errorf("%d differences", len(differences))
	}
}

// Paired standard errors and tests are those of the definition, and a difference is that of the two numbers.
func TestPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 2))
	rowsA, rowsB := random(rng)
	a, b := network(t, nil, rowsA...), network(t, nil, rowsB...)
	for _, d := range Compare(a, b) {
		if got, want := float64(d.Value), float64(value(t, b, d.ID).Value-value(t, a,
			d.ID).Value); math.Abs(got-want) > 1e-12 {
			t.Errorf("the difference of %s is %v, and that of the numbers %v", d.ID, got, want)
		}
		if !d.Interval.Covers(float64(d.Value)) || d.SE <= 0 || d.P < 0 || d.P > 1 {
			t.Errorf("%+v, interval %+v", d, d.Interval)
		}
	}
	var onlyA, onlyB, n int64
	for i := range rowsA {
		if rowsA[i].Set == sets.ImageNet {
			n++
			ra, rb := rowsA[i].Best == rowsA[i].Labels[0], rowsB[i].Best == rowsB[i].Labels[0]
			onlyA += stat.One(ra && !rb)
			onlyB += stat.One(rb && !ra)
		}
	}
	d := difference(t, a, b, "imagenet.top1")
	x := float64(onlyB - onlyA)
	se := math.Sqrt(float64(onlyA+onlyB)-x*x/float64(n)) / float64(n)
	if d.Only != [2]int64{onlyA, onlyB} || math.Abs(float64(d.SE)-se) > 1e-15 ||
		float64(d.P) != stat.BinomialTest(onlyA, onlyB) ||
		d.Test != TestMcNemar || math.Abs(float64(d.Detectable)-2.8016*se) > 1e-4*se {
		t.Errorf("%+v, want %d and %d only, the standard error %v", d, onlyA, onlyB, se)
	}
}

func difference(t *testing.T, a, b *Network, id string) Difference {
	t.Helper()
	list := Compare(a, b)
	i := slices.IndexFunc(list, func(d Difference) bool { return d.ID == id })
	if i < 0 {
		t.Fatalf("there is no difference of %s", id)
	}
	return list[i]
}

// The clustered variance of one share is the one of the formula, for a network and for pairs.
func TestVariance(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 3))
	rowsA, rowsB := random(rng)
	a, b := network(t, nil, rowsA...), network(t, nil, rowsB...)
	plain, clustered := share(sets.ImageNet, 0, top1), share(sets.ImageNet, 0, top1)
	clustered.clustered = true
	if x, y := plain.measure(a, true), clustered.measure(a, true); math.Abs(x.se-y.se) > 1e-15 {
		t.Errorf("standard errors %v and %v", x.se, y.se)
	}
	c := &comparison{a, b, map[pairsOf][]pairCount{}}
	if x, y := plain.difference(c), clustered.difference(c); math.Abs(x.se-y.se) > 1e-15 {
		t.Errorf("paired standard errors %v and %v", x.se, y.se)
	}
}

// Intervals of differences cover 0 at the rate of their level when networks do not differ.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 4))
	missed := map[string]int{}
	ids := []string{"imagenet.top1", "c.mean", "si-size.macro", "backgrounds.gap", "o.auroc"}
	const runs = 300
	for range runs {
		rowsA, rowsB := random(rng)
		c := &comparison{network(t, nil, rowsA...), network(t, nil, rowsB...), map[pairsOf][]pairCount{}}
		for _, x := range catalogue(c.first) {
			if slices.Contains(ids, x.ID) {
				d := x.estimator.difference(c)
				missed[x.ID] += int(stat.One(!d.interval.Covers(0)))
			}
		}
	}
	for _, id := range ids {
		if share := float64(missed[id]) / runs; share < 0.01 || share > 0.11 {
			t.Errorf("%.1f %% of the intervals of %s miss 0, want about 5 %%", 100*share, id)
		}
	}
}

// A network compared with itself does not differ, and the interval says how small a difference would not be seen.
func TestSame(t *testing.T) {
	rows, _ := random(rand.New(rand.NewPCG(8, 5)))
	a := network(t, nil, rows...)
	for _, d := range Compare(a, a) {
		if d.Value != 0 || d.P != 1 || !d.Chance() {
			t.Errorf("%+v", d)
		}
	}
	if d := difference(t, a, a, "imagenet.top1"); math.Abs(d.Interval.High-3.688879/60) > 1e-6 {
		t.Errorf("interval %+v", d.Interval)
	}
}

// A difference of a few images is unclear if McNemar's test says so, although its interval leaves out 0.
func TestFewDiffer(t *testing.T) {
	for _, c := range []struct {
		gained int
		chance bool
	}{{4, true}, {5, true}, {6, false}} {
		var a, b []outputs.Row
		for i := range 4000 {
			path := fmt.Sprintf("ILSVRC2012_val_%08d.JPEG", i+1)
			best := int32(1)
			if i < c.gained {
				best = 2
			}
			a, b = append(a, row(sets.ImageNet, "", path, 1, best)), append(b, row(sets.ImageNet, "", path, 1, 1))
		}
		d := difference(t, network(t, nil, a...), network(t, nil, b...), "imagenet.top1")
		if d.Only[1] != int64(c.gained) || d.Interval.Covers(0) || d.Chance() != c.chance {
			t.Errorf("%d images gained, p %.4f: Chance returns %v, want %v (%+v)", c.gained, float64(d.P), d.Chance(), c.chance, d)
		}
	}
}

// Images with one name in two folders are two images, except of sets that have every name once for each group.
func TestNames(t *testing.T) {
	n := network(t, nil, row(sets.Folder, "", "a/ILSVRC2012_val_00000001.JPEG", 1, 1),
		row(sets.Folder, "", "b/ILSVRC2012_val_00000001.JPEG", 1, 2))
	wantValue(t, n, "folder.top1", 0.5, 2)
	flat := network(t, nil, row(sets.ImageNet, "", "ILSVRC2012_val_00000001.JPEG", 1, 1))
	folders := network(t, nil, row(sets.ImageNet, "", "n01443537/ILSVRC2012_val_00000001.JPEG", 1, 2))
	if d := difference(t, flat, folders, "imagenet.top1"); d.N != 1 || d.Value != -1 {
		t.Errorf("the layouts of one image give %+v", d)
	}
}

func TestErrors(t *testing.T) {
	n := NewNetwork(outputs.About{Sets: []outputs.SetAbout{{Name: "v2", Kind: sets.V2}}}, nil)
	other := row("a", "", "x", 1, 1)
	if err := n.Add(&other); err == nil {
		t.Error("a row of another set is accepted")
	}
	r := row("v2", "", "x", 1, 1)
	for range 2 {
		if err := n.Add(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Finish(); err == nil {
		t.Error("an image that is there twice is accepted")
	}
}

func BenchmarkCorruptions(b *testing.B) {
	var rows []outputs.Row
	for i := range 2000 {
		for _, c := range alexNet {
			for s := 1; s <= 5; s++ {
				rows = append(rows, row(sets.C, fmt.Sprintf("%s/%d", c.corruption, s),
					fmt.Sprintf("x/ILSVRC2012_val_%08d.JPEG", i), 9, int32(i%10)))
			}
		}
	}
	b.ResetTimer()
	for range b.N {
		n := network(b, nil, rows...)
		n.Numbers()
		Compare(n, n)
	}
	b.ReportMetric(float64(len(rows)), "images")
}

// Differences of pairs and of samples, by hand.
func TestPairedAndResampled(t *testing.T) {
	d := Paired("x", 50, [2]int64{5, 10})
	if se := math.Sqrt(15-25./50) / 50; math.Abs(float64(d.SE)-se) > 1e-15 || math.Abs(float64(d.Value)-0.1) > 1e-15 || d.Only != [2]int64{5, 10} ||
		d.Test != TestMcNemar || float64(d.P) != stat.BinomialTest(5, 10) || !d.Chance() {
		t.Errorf("%+v", d)
	}
	if d := Paired("x", 50, [2]int64{}); !d.Alike() || d.Interval.High < 0.07 || d.Interval.High > 0.08 || d.P != 1 {
		t.Errorf("%+v, interval %+v", d, d.Interval)
	}
	for _, c := range []struct {
		value   float64
		samples []float64
		p       float64
		chance  bool
	}{{0, []float64{0, 0, 0}, 1, true}, {1, []float64{1, 1, 1}, 0, false}, {0.1, []float64{0.1, -0.1, 0.3}, 0.6171, true}} {
		d := Resampled("x", 3, stat.Sampled{Value: c.value, Samples: c.samples})
		if math.Abs(float64(d.P)-c.p) > 1e-4 || d.Chance() != c.chance || d.N != 3 || d.Test != TestNormal {
			t.Errorf("%+v, interval %+v, want p %v", d, d.Interval, c.p)
		}
	}
}

// Networks that are right on the same images say nothing about the difference that these could show.
func TestAlike(t *testing.T) {
	alike, other := Difference{}, Difference{Value: 0, SE: 0.1}
	if !alike.Alike() || other.Alike() || detectable(0).Defined() || math.Abs(float64(detectable(0.1))-0.28016) > 1e-5 {
		t.Errorf("%v, %v, %v, %v", alike.Alike(), other.Alike(), detectable(0), detectable(0.1))
	}
}
