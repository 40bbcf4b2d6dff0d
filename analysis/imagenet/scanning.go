package imagenet

import (
	"cmp"
	"math"
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// scanning compares the order of the clicks on a page with its layout. The paper expects annotators to go
// through the rows in a serpentine (section C).
type scanning struct {
	clicks  []placedClick
	nowhere int64 // clicks whose page, slot, HIT or time is unknown
}

// A placedClick is the last click of a selected showing, with its place on the page.
type placedClick struct {
	assignment, cluster int32
	page, slot          int32
	time                int64 // ms since 1970
	x                   float64
}

func (k *placedClick) columns(c *partial.Columns) {
	c.Ref("hit", partial.HITs, &k.assignment)
	partial.Small(c, "page", &k.page)
	c.Int("time", &k.time)
	partial.Small(c, "slot", &k.slot)
	c.Ref("cluster", partial.Clusters, &k.cluster)
	c.Float("x", &k.x)
}

func newScanning(_ *engine, r *pass.Counts) *scanning {
	a := &scanning{}
	pass.Rows(r, "clicks", &a.clicks, (*placedClick).columns)
	r.Excludes(&a.nowhere, "page, slot, HIT or time is unknown", "clicks")
	return a
}

func (a *scanning) showing(s *showing) {
	if !s.clicked() {
		return
	}
	_, _, t := s.click()
	if s.assignment < 0 || s.Page == columnar.Null || s.slot == columnar.Null || t == columnar.Null ||
		s.T0 == columnar.Null {
		a.nowhere++
		return
	}
	a.clicks = append(a.clicks, placedClick{s.assignment, s.cluster, int32(s.Page), int32(s.slot),
		s.T0 + t, s.positionX})
}

// Orders of slots that the layout suggests.
const (
	rowOrder = iota
	snakeOrder
	columnOrder
	scanOrders
)

var scanOrderNames = [scanOrders]struct{ name, title string }{
	{"rows", "the order of reading (row by row, each from the left)"},
	{"serpentine", "a serpentine (row by row, every other from the right)"},
	{"columns", "the columns (column by column, each from the top)"},
}

// Kinds of steps from one click on a page to the next.
const (
	stepAlong = iota // in the row, in the direction of the serpentine
	stepAgainst
	stepTurn   // to the next row, on the same side
	stepReturn // to the next row, on the other side
	stepOther
	stepKinds
)

var stepNames = [stepKinds]struct{ name, title string }{
	{"row_onward", "within a row: to the right in rows 0, 2, 4, …, to the left in the others"},
	{"row_back", "within a row, in the other direction"},
	{"next_row_near", "to the next row, at most one column aside, as in a serpentine"},
	{"next_row_far", "to the next row, more than one column aside, as in reading"},
	{"elsewhere", "anywhere else"},
}

// fewestClicks is the least number of clicks on a page whose order is compared.
const fewestClicks = 5

func (a *scanning) Result(e *engine, r *result.Statistic) {
	slices.SortFunc(a.clicks, func(x, y placedClick) int {
		return cmp.Or(cmp.Compare(e.HITs.List[x.assignment], e.HITs.List[y.assignment]),
			cmp.Compare(x.page, y.page), cmp.Compare(x.time, y.time), cmp.Compare(x.slot, y.slot))
	})
	rs := &stat.Ratios{}
	order, tau, steps := rs.Declare(scanOrders), rs.Declare(scanOrders), rs.Declare(stepKinds)
	var pages, short, unclear int64
	var layout columnGuess
	for from := 0; from < len(a.clicks); {
		to := from
		for to < len(a.clicks) && a.clicks[to].assignment == a.clicks[from].assignment {
			to++
		}
		hit := a.clicks[from:to]
		columns := layout.of(hit)
		for i := 0; i < len(hit); {
			k := i
			for k < len(hit) && hit[k].page == hit[i].page {
				k++
			}
			page := hit[i:k]
			i = k
			switch {
			case len(page) < fewestClicks:
				short++
				continue
			case columns == 0:
				unclear++
				continue
			}
			pages++
			scorePage(rs, page, columns, order, tau, steps)
		}
		from = to
	}
	own := e.Sample(rs)
	for o, name := range scanOrderNames {
		r.Add(own.Mean("pairs_in_order."+name.name,
			"share of pairs of clicks on a page that follow "+name.title+", ties as half; 0.5 means no relation",
			"pairs of clicks on a page", order+stat.RatioID(o)))
	}
	for o, name := range scanOrderNames {
		r.Add(own.Ratio("tau."+name.name,
			"mean over pages of Kendall's τ-b between the clicks' times and "+name.title,
			result.UnitNone, "pages", tau+stat.RatioID(o)))
	}
	t := result.Table{Name: "by_step", Title: "Place of the next click on the page", Columns: result.Header{
		{"step", "", "kind of step from a click to the next"}, {"meaning", "", "meaning of the kind"},
		{"n", "count", "steps"}, {"share", result.UnitShare, "n / all steps"},
		{"low", result.UnitShare, "95 % interval (bootstrap)"},
		{"high", result.UnitShare, "95 % interval (bootstrap)"},
	}.Columns()}
	for k, name := range stepNames {
		share := own.Cells(steps + stat.RatioID(k))[1:]
		t.Rows = append(t.Rows, append([]any{name.name, name.title}, share...))
	}
	r.Tables = append(r.Tables, t)
	v := result.Count("pages", "pages whose order is compared", "pages", pages)
	r.Add(v)
	r.WarnFew(v)
	r.Exclude("fewer than 5 clicks", "pages", short)
	r.Exclude("the number of columns cannot be determined from the positions", "pages", unclear)
}

// scorePage compares the clicks of a page, which are in order of time, with each of the orders.
func scorePage(rs *stat.Ratios, page []placedClick, columns int, order, tau, steps stat.RatioID) {
	cluster := page[0].cluster
	for o := range scanOrders {
		var agree float64
		var concordant, discordant, pairs, tiesTime, tiesPlace int64
		for i, a := range page {
			for _, b := range page[i+1:] {
				pairs++
				p, q := placeInOrder(int(a.slot), columns, o), placeInOrder(int(b.slot), columns, o)
				switch {
				case a.time == b.time && p == q:
					tiesTime++
					tiesPlace++
				case a.time == b.time:
					tiesTime++
				case p == q:
					tiesPlace++
				case p < q:
					concordant++
					agree++
					continue
				default:
					discordant++
					continue
				}
				agree += 0.5
			}
		}
		at := rs.At(cluster, order+stat.RatioID(o))
		at.Num.Add(agree)
		at.Den += pairs
		if d := float64(pairs-tiesTime) * float64(pairs-tiesPlace); d > 0 {
			rs.Add(cluster, tau+stat.RatioID(o), float64(concordant-discordant)/math.Sqrt(d))
		}
	}
	for i := 1; i < len(page); i++ {
		kind := stepKind(int(page[i-1].slot), int(page[i].slot), columns)
		for k := range stepKinds {
			rs.Count(cluster, steps+stat.RatioID(k), k == kind)
		}
	}
}

// placeInOrder returns the place of a slot in an order of slots.
func placeInOrder(slot, columns, order int) int {
	row, column := slot/columns, slot%columns
	switch order {
	case snakeOrder:
		if row%2 == 1 {
			column = columns - 1 - column
		}
		return row*columns + column
	case columnOrder:
		return column<<16 + row
	}
	return slot
}

func stepKind(from, to, columns int) int {
	rowA, rowB, colA, colB := from/columns, to/columns, from%columns, to%columns
	switch {
	case rowA == rowB && (colB > colA) == (rowA%2 == 0) && colA != colB:
		return stepAlong
	case rowA == rowB && colA != colB:
		return stepAgainst
	case rowB == rowA+1 && abs(colA-colB) <= 1:
		return stepTurn
	case rowB == rowA+1:
		return stepReturn
	}
	return stepOther
}

// A columnGuess estimates how many columns the pages of a HIT have. The number depends on the annotator's
// window, whose size is not in the data.
type columnGuess struct{ sums, squares, n [maxColumns]float64 }

// maxColumns is the largest number of columns that is tried, and clearColumns the share of the variance of
// the images' left edges that the columns must explain.
const (
	maxColumns   = 16
	clearColumns = 0.95
)

// of returns the least number of columns for which the slot's number modulo it explains the images' left
// edges, or 0 if no number does.
func (g *columnGuess) of(clicks []placedClick) int {
	var n, total, squares float64
	for _, c := range clicks {
		if !math.IsNaN(c.x) {
			n, total, squares = n+1, total+c.x, squares+c.x*c.x
		}
	}
	all := squares - total*total/max(n, 1)
	if n < 2*fewestClicks || all <= 0 {
		return 0
	}
	for columns := 2; columns <= maxColumns; columns++ {
		clear(g.sums[:])
		clear(g.squares[:])
		clear(g.n[:])
		for _, c := range clicks {
			if !math.IsNaN(c.x) {
				k := int(c.slot) % columns
				g.n[k]++
				g.sums[k] += c.x
				g.squares[k] += c.x * c.x
			}
		}
		within := 0.0
		for k := range columns {
			if g.n[k] > 0 {
				within += g.squares[k] - g.sums[k]*g.sums[k]/g.n[k]
			}
		}
		if within <= (1-clearColumns)*all {
			return columns
		}
	}
	return 0
}
