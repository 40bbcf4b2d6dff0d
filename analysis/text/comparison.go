package text

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"abtool/analysis"
	"abtool/internal/stat"
	"abtool/internal/ui"
)

// Comparison prints the differences of two stores.
func Comparison(w io.Writer, c *analysis.Comparison) {
	fmt.Fprintf(w, "a: %s\nb: %s\n", ui.Clean(c.A), ui.Clean(c.B))
	for _, o := range c.OnlyIn {
		fmt.Fprintf(w, "%s is only in %s\n", o.Set, ui.Clean(o.Store))
	}
	for _, set := range c.DataSets {
		fmt.Fprintf(w, "\n%s\n", set.Name)
		for _, text := range set.Warnings {
			ui.Wrap(w, "note: "+text, "  ", 110)
		}
		for _, s := range set.Statistics {
			if len(s.Differences) == 0 {
				continue
			}
			fmt.Fprintf(w, "\n  %s: %s\n", s.Name, s.Title)
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintf(t, "    \ta\tb\ta − b\t95 %% interval\tp\tp (Holm)\t\n")
			for _, d := range s.Differences {
				interval, p, holm, mark := "", "", "", ""
				if d.Interval != nil {
					interval = ui.Number(d.Interval.Low, d.Unit) + " to " + ui.Number(d.Interval.High, d.Unit)
				}
				if d.Test != nil {
					p, holm = pText(d.Test.P), pText(d.Test.Holm)
					if d.Test.Holm < 0.05 {
						mark = "*"
					}
				}
				fmt.Fprintf(t, "    %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Name,
					ui.Number(float64(d.A), d.Unit), ui.Number(float64(d.B), d.Unit),
					ui.Number(float64(d.Difference), d.Unit), interval, p, holm, mark)
			}
			t.Flush()
		}
	}
	fmt.Fprintln(w, "\n* p (Holm) is below 0.05. Assumptions of the intervals and tests:")
	for _, a := range c.Assumptions {
		ui.Wrap(w, a, "  ", 110)
	}
}

func pText(p stat.Number) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return strconv.FormatFloat(float64(p), 'f', 4, 64)
}
