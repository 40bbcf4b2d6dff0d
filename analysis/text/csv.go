package text

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/internal/usage"
)

// exact returns a cell for programs: numbers with all their digits, "" for no value.
func exact(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case stat.Number:
		if !v.Defined() {
			return ""
		}
		return strconv.FormatFloat(float64(v), 'g', -1, 64)
	case float64:
		return exact(stat.Number(v))
	}
	return fmt.Sprint(v)
}

var csvColumns = []string{"data_set", "statistic", "part", "row", "column", "value", "unit", "n", "low",
	"high", "method", "published", "relation", "covered"}

// CSV writes a line for every value, every exclusion, and every cell of a table or map.
func CSV(out io.Writer, d *result.Document) error {
	w := csv.NewWriter(out)
	w.Write(csvColumns)
	for _, set := range d.DataSets {
		for _, s := range set.Statistics {
			line := func(cells ...string) {
				row := append([]string{set.Name, s.Name}, cells...)
				for len(row) < len(csvColumns) {
					row = append(row, "")
				}
				w.Write(row)
			}
			for _, v := range s.Values {
				cells := []string{"value", v.Name, "", exact(v.Value), v.Unit, exact(v.N), "", "", "", "", "", ""}
				if v.Interval != nil {
					cells[6], cells[7], cells[8] = exact(v.Interval.Low), exact(v.Interval.High), v.Interval.Method
				}
				if p := v.Published; p != nil {
					cells[9], cells[10] = exact(p.Value), p.Relation
					if p.Covered != nil {
						cells[11] = exact(*p.Covered)
					}
				}
				line(cells...)
			}
			for _, x := range s.Excluded {
				line("excluded", x.Reason, "", exact(x.Count), x.Of)
			}
			for _, t := range s.Tables {
				for _, row := range t.Rows {
					for c := 1; c < len(t.Columns); c++ {
						line("table "+t.Name, exact(row[0]), t.Columns[c].Name, exact(row[c]), t.Columns[c].Unit)
					}
				}
			}
			for _, h := range s.Histograms {
				for r, row := range h.Counts {
					for c, n := range row {
						line("map "+h.Name, strconv.Itoa(r), strconv.Itoa(c), exact(n), "count")
					}
				}
				line("map "+h.Name, "outside", "", exact(h.Outside), "count")
			}
		}
	}
	w.Flush()
	return w.Error()
}

// TableCSV writes the table that result.Options.By asked for. For a document with two data sets it returns
// an error of wrong use.
func TableCSV(out io.Writer, d *result.Document) error {
	if len(d.DataSets) > 1 {
		return usage.Errorf("--by with --csv writes one table, and the store has two data sets: name one, " +
			"imagenet or coco")
	}
	w := csv.NewWriter(out)
	for _, set := range d.DataSets {
		s := set.Statistics[len(set.Statistics)-1]
		t := s.Tables[0]
		var head []string
		for _, c := range t.Columns {
			head = append(head, c.Name)
		}
		w.Write(head)
		for _, row := range t.Rows {
			var cells []string
			for _, v := range row {
				cells = append(cells, exact(v))
			}
			w.Write(cells)
		}
	}
	w.Flush()
	return w.Error()
}

// ComparisonCSV writes a line for every difference.
func ComparisonCSV(out io.Writer, c *analysis.Comparison) error {
	w := csv.NewWriter(out)
	w.Write([]string{"data_set", "statistic", "value", "unit", "a", "n_a", "b", "n_b", "difference", "low",
		"high", "method", "test", "z", "p", "p_holm"})
	for _, set := range c.DataSets {
		for _, s := range set.Statistics {
			for _, d := range s.Differences {
				cells := []string{set.Name, s.Name, d.Name, d.Unit, exact(d.A), exact(d.NA), exact(d.B),
					exact(d.NB), exact(d.Difference), "", "", "", "", "", "", ""}
				if d.Interval != nil {
					cells[9], cells[10], cells[11] = exact(d.Interval.Low), exact(d.Interval.High), d.Interval.Method
				}
				if d.Test != nil {
					cells[12], cells[13], cells[14], cells[15] = d.Test.Method, exact(d.Test.Z), exact(d.Test.P), exact(d.Test.Holm)
				}
				w.Write(cells)
			}
		}
	}
	w.Flush()
	return w.Error()
}
