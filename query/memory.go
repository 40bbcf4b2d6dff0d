package query

import (
	"regexp"
	"strconv"
	"strings"

	"abtool/internal/usage"
)

var memorySize = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?) ?([kmgt])i?b$`)

const leastMemory = 10 // MB; with less DuckDB does not get as far as the views

// Check reports options that DuckDB would not take; Open does not call it.
func (o Options) Check() error {
	if o.Threads < 0 {
		return usage.Errorf("--threads %d: it is a number of threads, 0 for one a processor", o.Threads)
	}
	if o.Memory == "" {
		return nil
	}
	return checkMemory(o.Memory)
}

func checkMemory(size string) error {
	m := memorySize.FindStringSubmatch(size)
	if m == nil {
		return usage.Errorf("--memory %s: it is a size, as 500MB or 2GiB", size)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	mb := n * map[string]float64{"k": 1e-3, "m": 1, "g": 1e3, "t": 1e6}[strings.ToLower(m[2])]
	if err != nil || mb < leastMemory {
		return usage.Errorf("--memory %s: DuckDB wants %dMB or more, and more than that for all but small "+
			"queries", size, leastMemory)
	}
	return nil
}
