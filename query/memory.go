package query

import (
	"regexp"
	"strconv"
	"strings"

	"abtool/internal/usage"
)

var memorySize = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?) ?([kmgt])i?b$`)

const leastMemory = 10 // MB; with less, DuckDB cannot create the views

// Check returns an error for options that DuckDB would not accept. Open does not call it.
func (o Options) Check() error {
	if o.Threads < 0 {
		return usage.Errorf("--threads %d: give a number of threads, or 0 for one per processor", o.Threads)
	}
	if o.Memory == "" {
		return nil
	}
	return checkMemory(o.Memory)
}

// HalfMemory returns half of a size as in Options.Memory.
func HalfMemory(size string) string {
	if size == "" {
		size = DefaultMemory
	}
	m := memorySize.FindStringSubmatch(size)
	if m == nil {
		return size
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	return strconv.FormatFloat(n/2, 'f', -1, 64) + size[len(m[1]):]
}

func checkMemory(size string) error {
	m := memorySize.FindStringSubmatch(size)
	if m == nil {
		return usage.Errorf("--memory %s: give a size, for example 500MB or 2GiB", size)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	mb := n * map[string]float64{"k": 1e-3, "m": 1, "g": 1e3, "t": 1e6}[strings.ToLower(m[2])]
	if err != nil || mb < leastMemory {
		return usage.Errorf("--memory %s: DuckDB needs at least %dMB, and more for all except small "+
			"queries", size, leastMemory)
	}
	return nil
}
