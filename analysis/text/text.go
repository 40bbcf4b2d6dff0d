// Package text prints statistics: for people, and as CSV for programs.
package text

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/ui"
)

// Catalogue prints the statistics with their definitions.
func Catalogue(w io.Writer) {
	set := ""
	for _, e := range analysis.Catalogue() {
		if e.Set != set {
			set = e.Set
			fmt.Fprintf(w, "%s\n\n", e.Set)
		}
		id := ""
		if len(e.IDs) > 0 {
			id = " (" + strings.Join(e.IDs, ", ") + ")"
		}
		fmt.Fprintf(w, "  %s%s: %s\n", e.Name, id, e.Title)
		ui.Wrap(w, e.Definition, "    ", 100)
		fmt.Fprintf(w, "    Definitions: %s.%s\n\n", e.Rules, inPaper(e.Paper))
	}
}

func inPaper(where string) string {
	if where == "" {
		return ""
	}
	return " Paper: " + where + "."
}

// Document prints the statistics of a store in lines of width columns. With more, it also prints
// definitions, tables and maps.
func Document(w io.Writer, d *result.Document, more bool, width int) {
	for _, set := range d.DataSets {
		fmt.Fprintf(w, "%s\n", set.Name)
		for _, text := range set.Warnings {
			ui.Wrap(w, "note: "+text, "  ", min(width, 110))
		}
		for i := range set.Statistics {
			printStatistic(w, &set.Statistics[i], more, width)
		}
		fmt.Fprintln(w)
	}
	if !more {
		fmt.Fprintln(w, "Intervals are 95 % intervals: by resampling annotators (bootstrap) where the "+
			"clicks of one annotator are not")
		fmt.Fprintln(w, "independent, otherwise for independent units. Name a statistic to see its "+
			"definition, tables and maps; --list\n"+
			"lists all statistics.")
	}
}

func printStatistic(w io.Writer, s *result.Statistic, more bool, width int) {
	fmt.Fprintf(w, "\n  %s: %s\n", s.Name, s.Title)
	if more {
		ui.Wrap(w, s.Definition, "    ", min(width, 110))
		fmt.Fprintf(w, "    Definitions: %s.%s\n", s.Rules, inPaper(s.Paper))
	}
	values := s.Values
	if s.Name == "quality" && !more {
		values = nil
		for _, v := range s.Values {
			if v.Value != 0 {
				values = append(values, v)
			}
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(values) > 0 {
		fmt.Fprintf(t, "    \tvalue\t95 %% interval\tof\tpublished\n")
	}
	for i := range values {
		v := &values[i]
		fmt.Fprintf(t, "    %s\t%s\t%s\t%s\t%s\n", v.Name, valueText(v), intervalText(v), ofText(v), publishedText(v))
	}
	t.Flush()
	if len(values) == 0 && s.Name == "quality" {
		fmt.Fprintln(w, "    no check found a problem")
	}
	for _, x := range s.Excluded {
		if x.Count > 0 {
			fmt.Fprintf(w, "    left out: %s: %s (%s)\n", x.Reason, ui.Thousands(x.Count), x.Of)
		}
	}
	for _, text := range s.Warnings {
		ui.Wrap(w, "note: "+text, "    ", min(width, 110))
	}
	if !more {
		return
	}
	for i := range s.Tables {
		printTable(w, &s.Tables[i], width)
	}
	for i := range s.Histograms {
		printMap(w, &s.Histograms[i])
	}
}

func valueText(v *result.Value) string { return ui.Number(float64(v.Value), v.Unit) }

func intervalText(v *result.Value) string {
	if v.Interval == nil {
		return ""
	}
	return ui.Number(v.Interval.Low, v.Unit) + " to " + ui.Number(v.Interval.High, v.Unit)
}

func ofText(v *result.Value) string {
	if v.Unit == "count" && float64(v.Value) == float64(v.N) {
		return v.Of
	}
	return ui.Thousands(v.N) + " " + v.Of
}

func publishedText(v *result.Value) string {
	p := v.Published
	if p == nil {
		return ""
	}
	text := ui.Number(p.Value, v.Unit)
	if p.Relation != "" {
		text = p.Relation + " " + text
	}
	text += ", " + p.Where
	switch {
	case p.Covered == nil:
	case *p.Covered:
		text += ": covered"
	default:
		text += ": not covered"
	}
	return text
}
