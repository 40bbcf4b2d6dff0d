package imagenet

import (
	"math/rand/v2"
	"slices"
	"testing"

	"abtool/internal/stat"
)

func TestColumnGuess(t *testing.T) {
	var g columnGuess
	rng := rand.New(rand.NewPCG(9, 10))
	for _, columns := range []int{2, 3, 4, 5, 6, 8} {
		var clicks []placedClick
		for slot := range 48 {
			if rng.IntN(4) > 0 {
				clicks = append(clicks, placedClick{slot: int32(slot),
					x: float64(slot%columns)*250 + 10*rng.Float64()})
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
