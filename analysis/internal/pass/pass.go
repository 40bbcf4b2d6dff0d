package pass

import (
	"fmt"
	"hash/fnv"
	"time"

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
