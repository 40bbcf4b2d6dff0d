package pass

import (
	"slices"
	"testing"

	"abtool/analysis/internal/partial"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// A made-up statistic counts numbers in each of the ways that there are.
type made struct {
	r           *Counts
	share       stat.RatioID
	n, left     int64
	list        []int64
	mean        stat.Mean
	byItself    int
	seen, ratio float64
}

func newMade(_ *int, r *Counts) *made {
	a := &made{r: r, share: r.Declare(1)}
	r.Numbers("n", &a.n)
	r.Excludes(&a.left, "below 0", "numbers")
	Lists(r, "list", &a.list)
	Merges(r, "mean", &a.mean)
	return a
}

func (a *made) number(v int) {
	if v < 0 {
		a.left++
		return
	}
	a.n++
	a.list = append(a.list, int64(v))
	a.mean.Add(float64(v))
	a.r.Count(0, a.share, v%2 == 0)
	a.byItself += v
}

func (a *made) Merge(o *made) { a.byItself += o.byItself }

func (a *made) Result(_ *int, r *result.Statistic) {
	a.seen, a.ratio = float64(a.mean.Value()), float64(a.r.Total(a.share).Value())
	slices.Sort(a.list)
}

// The counts of two goroutines are merged, whether they are registered or the statistic merges them. Units that
// are left out are reported before the result.
func TestCounts(t *testing.T) {
	e := New(result.Options{Jobs: 1})
	entries := []Entry{{Entry: result.Entry{Name: "made"}, Make: Gathers(newMade)}}
	engine := new(int)
	a, b := Gather(engine, entries), Gather(engine, entries)
	for _, g := range []struct {
		Gathering
		numbers []int
	}{{a, []int{5, -1, 2}}, {b, []int{4, -3, -2}}} {
		for _, s := range With[interface{ number(int) }](g.Gathering) {
			for _, v := range g.numbers {
				s.number(v)
			}
		}
	}
	a.Merge(b)
	r := e.Results(a, entries, nil)[0]
	x := a.all[0].statistic.(*made)
	if x.n != 3 || x.byItself != 11 || !slices.Equal(x.list, []int64{2, 4, 5}) || x.seen != 11.0/3 || x.ratio != 2.0/3 {
		t.Errorf("%+v", x)
	}
	if want := []result.Excluded{{Reason: "below 0", Of: "numbers", Count: 3}}; !slices.Equal(r.Excluded, want) {
		t.Errorf("%v, want %v", r.Excluded, want)
	}
}

// Ratios of arms move with the numbers of the arms.
func TestArmNumbers(t *testing.T) {
	c := &Counts{Ratios: &stat.Ratios{}}
	c.Declare(3)
	a := NewArms(c, ArmShare{Name: "x"}, ArmShare{Name: "y"})
	a.Count(0, 0, 1, true)
	a.Count(1, 0, 1, false)
	a.Count(2, 0, 0, true)
	c.visit(partial.Renumber(&partial.Numbers{Of: map[partial.Kind][]int32{partial.Arms: {2, 0, 1}}}))
	for _, x := range []struct {
		arm     int32
		share   int
		yes, of int64
	}{{2, 1, 1, 1}, {0, 1, 0, 1}, {1, 0, 1, 1}, {0, 0, 0, 0}, {2, 0, 0, 0}} {
		if r := c.Total(a.id(x.arm, x.share)); r.Count() != x.yes || r.Den != x.of {
			t.Errorf("arm %d, share %d: %d of %d, want %d of %d", x.arm, x.share, r.Count(), r.Den, x.yes, x.of)
		}
	}
}
