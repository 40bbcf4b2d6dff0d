package reports

import (
	"fmt"
	"slices"

	"abtool/internal/ui"
	"abtool/reports/chart"
)

// sentences returns sentences about a data set, made from its values.
func sentences(s chart.Source) []string {
	return slices.Concat(setOf(s.Set).sentences(s), compared(s), doubts(s))
}

// compared returns a sentence with the number of published values that the intervals cover.
func compared(s chart.Source) []string {
	covered, all := 0, 0
	for _, st := range s.Stats {
		for _, v := range st.Values {
			if v.Published != nil && v.Published.Covered != nil {
				all++
				if *v.Published.Covered {
					covered++
				}
			}
		}
	}
	if all == 0 {
		return nil
	}
	return []string{fmt.Sprintf("The paper published %d of these values for its own data; the intervals here cover %d of them. "+
		"On other data, the values can differ.", all, covered)}
}

// doubts returns a sentence about the checks of data quality, with the most frequent problem.
func doubts(s chart.Source) []string {
	faults, n := s.Column("quality", "checks", "count"), s.Column("quality", "checks", "n")
	found, worst := 0, -1
	for i := range faults {
		if faults[i] > 0 && n[i] > 0 {
			if found++; worst < 0 || faults[i]/n[i] > faults[worst]/n[worst] {
				worst = i
			}
		}
	}
	switch {
	case len(faults) == 0:
		return nil
	case found == 0:
		return []string{"No check of data quality found a problem."}
	}
	titles, of := s.Texts("quality", "checks", "meaning"), s.Texts("quality", "checks", "of")
	return []string{fmt.Sprintf("%d of %d checks of data quality found problems. The most frequent one, in "+
		"%s of %s: %s.",
		found, len(faults), chart.Percent(faults[worst]/n[worst]), of[worst], titles[worst])}
}

// unitText returns a value with its unit, as text for the page.
func unitText(v float64, unit string) string { return ui.Minus(ui.Number(v, unit)) }
