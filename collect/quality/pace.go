package quality

import (
	"math"

	"abtool/collect"
	"abtool/collect/storage"
)

// A Pace is how long HITs took.
type Pace struct {
	Median float64 // minutes
	N      int     // assignments that were submitted
}

// enough is the number of submitted assignments from which their median replaces the minutes of study.toml.
const enough = 5

// ReadPace returns the pace of a study.
func ReadPace(v *storage.View) (Pace, error) {
	ms, n, err := v.MedianTime()
	return Pace{Median: float64(ms) / 60_000, N: int(n)}, err
}

// Known reports whether enough was submitted to say how long a HIT takes.
func (p Pace) Known() bool { return p.N >= enough }

// Minutes returns how long a HIT with this number of pages takes: the median if it is known; before, as long as
// study.toml says of a HIT with all of its pages, in proportion.
func (p Pace) Minutes(s *collect.Study, pages int) float64 {
	if p.Known() {
		return math.Round(10*p.Median) / 10
	}
	return s.Study.Minutes * float64(pages) / float64(s.Task.Pages)
}
