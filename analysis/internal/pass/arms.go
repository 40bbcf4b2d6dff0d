package pass

import (
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// maxArms is the largest number of arms that are compared.
const maxArms = 16

// An ArmShare is a share that the arms of a study are compared by.
type ArmShare struct{ Name, Title, Of string }

// Arms compares the arms of a study. Annotators are resampled, each with all of their units.
type Arms struct {
	counts *Counts
	shares []ArmShare
	first  stat.RatioID
}

// NewArms returns a comparison by shares.
func NewArms(c *Counts, shares ...ArmShare) *Arms {
	a := &Arms{c, shares, c.Declare(len(shares) * maxArms)}
	c.tables = append(c.tables, a.renumber)
	return a
}

// renumber moves the ratios of arms that get other numbers.
func (a *Arms) renumber(v *partial.Visitor) {
	to := v.NewNumbers(partial.Arms)
	if to == nil {
		return
	}
	n := len(a.shares)
	for cluster := range a.counts.Clusters() {
		row := a.counts.Of(int32(cluster))
		if row == nil {
			continue
		}
		mine := row[a.first:][:n*maxArms]
		old := slices.Clone(mine)
		clear(mine)
		for arm, new := range to[:min(len(to), maxArms)] {
			if new < maxArms {
				copy(mine[int(new)*n:][:n], old[arm*n:][:n])
			}
		}
	}
}

// Count counts a unit of an annotator in an arm for the i-th share.
func (a *Arms) Count(arm, cluster int32, i int, yes bool) {
	a.AddCount(arm, cluster, i, stat.One(yes), 1)
}

// AddCount counts n units of an annotator in an arm for the i-th share, of which yes are in the numerator.
func (a *Arms) AddCount(arm, cluster int32, i int, yes, n int64) {
	if arm >= 0 && arm < maxArms && n > 0 {
		a.counts.AddCount(cluster, a.id(arm, i), yes, n)
	}
}

func (a *Arms) id(arm int32, i int) stat.RatioID {
	return a.first + stat.RatioID(int(arm)*len(a.shares)+i)
}

// Values returns each share in each arm, and the difference of each arm from the first one by name.
func (a *Arms) Values(e *Base) (values []result.Value) {
	order := e.Arms.Sorted()
	if len(order) > maxArms {
		return nil
	}
	for i, s := range a.shares {
		for _, arm := range order {
			name := e.Arms.List[arm]
			values = append(values, e.Ratio(s.Name+"."+name, s.Title+", arm "+name, result.UnitShare, s.Of, a.id(arm, i)))
		}
		for _, arm := range order[min(1, len(order)):] {
			name, base := e.Arms.List[arm], e.Arms.List[order[0]]
			values = append(values, e.Difference(s.Name+"."+name+"-"+base, s.Title+", "+name+" less "+base, result.UnitShare, s.Of,
				a.id(arm, i), a.id(order[0], i)))
		}
	}
	return values
}
