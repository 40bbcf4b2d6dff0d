package pass

import (
	"fmt"
	"hash/fnv"
	"time"

	"abtool/analysis/internal/partial"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/store/columnar"
)

// A Base has what the engines of both data sets share: the annotators and HITs of the rows and, after the
// pass, the ratios over annotators.
type Base struct {
	Options  result.Options
	Workers  *byproduct.Names
	HITs     *byproduct.Names // ImageNet: assignments
	Clusters *byproduct.Names
	Weeks    *byproduct.Names
	Arms     *byproduct.Names // of studies
	Sampled                   // after the pass
}

// New returns a Base before its pass.
func New(o result.Options) Base {
	return Base{
		Options: o, Workers: byproduct.NewNames(), HITs: byproduct.NewNames(),
		Clusters: byproduct.NewNames(), Weeks: byproduct.NewNames(), Arms: byproduct.NewNames(),
	}
}

// A State has what the pass over a data set of stores gathered.
type State interface {
	// Result returns the statistics. It uses the state up.
	Result() result.DataSet
	// Merge adds the state of the stores that follow. It has to be of the same data set and options, and cannot be used
	// afterwards.
	Merge(o State) error
	// SetSeed sets the seed of the samples that Result draws.
	SetSeed(seed uint64)
	// Write writes the tables of the state.
	Write(w *partial.Writer) error
}

// SetSeed sets the seed of the samples that are drawn after the pass.
func (e *Base) SetSeed(seed uint64) { e.Options.Seed = seed }

// Named are the names of a kind.
type Named struct {
	partial.Kind
	*byproduct.Names
}

// Named returns the names that numbers in states refer to.
func (e *Base) Named() []Named {
	return []Named{{partial.Workers, e.Workers}, {partial.HITs, e.HITs}, {partial.Clusters, e.Clusters},
		{partial.Weeks, e.Weeks}, {partial.Arms, e.Arms}}
}

// SortNames gives all names the numbers of their order, and returns these.
func SortNames(all []Named) *partial.Numbers {
	n := &partial.Numbers{Of: map[partial.Kind][]int32{}}
	for _, x := range all {
		n.Of[x.Kind] = x.Sort()
	}
	return n
}

// JoinNames adds the names of o, and returns their numbers.
func JoinNames(all, o []Named) *partial.Numbers {
	n := &partial.Numbers{Of: map[partial.Kind][]int32{}}
	for i, x := range all {
		n.Of[x.Kind] = x.Number([]int32{}, o[i].List)
	}
	return n
}

// VisitNames visits names, in a table for each kind.
func VisitNames(v *partial.Visitor, set string, all []Named) {
	v.In(set)
	for _, x := range all {
		list := x.List
		v.Table(string(x.Kind), len(list), true, func(n int) { list = make([]string, n) },
			func(i int, c *partial.Columns) { c.Text("name", &list[i]) })
		if v.Reads() && v.Err == nil {
			for i, id := range x.Number(nil, list) {
				if int(id) != i {
					v.Fail("it has a name twice in %s", x.Kind)
				}
			}
		}
		v.Limit(x.Kind, len(list))
	}
}

// Week returns the number of a time's ISO week, whose name is like 2021-W52, or −1 if the time is unknown.
func (e *Base) Week(ms int64) int32 {
	if ms == columnar.Null {
		return -1
	}
	y, w := time.UnixMilli(ms).UTC().ISOWeek()
	return e.Weeks.ID(fmt.Sprintf("%04d-W%02d", y, w))
}

// anonymousClusters is the number of clusters for rows without worker and HIT.
const anonymousClusters = 1024

// Anonymous returns the cluster of an image's rows that have neither worker nor HIT, by a hash of the image.
// Such rows are then effectively independent.
func (e *Base) Anonymous(image string) int32 {
	h := fnv.New32a()
	h.Write([]byte(image))
	return e.Clusters.ID(fmt.Sprintf("image %04d", h.Sum32()%anonymousClusters))
}
