package reports

import (
	"slices"
	"testing"

	"abtool/analysis"
)

// The page shows every statistic.
func TestSectionsHoldEveryStatistic(t *testing.T) {
	for _, e := range analysis.Catalogue() {
		in := 0
		for _, section := range sections {
			if slices.Contains(setOf(e.Set).sections[section.id], e.Name) {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%s.%s is in %d sections of the page, want one", e.Set, e.Name, in)
		}
	}
}
