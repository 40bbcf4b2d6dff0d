package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"abtool/analysis"
	"abtool/internal/stat"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

// cellText is a cell of a table, for people.
func cellText(v any, unit string) string {
	switch v := v.(type) {
	case nil:
		return "–"
	case stat.Number:
		switch {
		case !v.Defined():
			return "–"
		case unit == "fraction":
			return strconv.FormatFloat(float64(v), 'f', 4, 64)
		case unit == "ms":
			return ui.Duration(float64(v))
		}
		return strconv.FormatFloat(float64(v), 'g', 5, 64)
	case int64:
		if unit == "ms" {
			return ui.Duration(float64(v))
		}
		if unit == "count" {
			return ui.Thousands(v)
		}
		return strconv.FormatInt(v, 10)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	}
	return ui.Clean(fmt.Sprint(v))
}

// rowsShown and cellShown bound what is printed of a table.
const (
	rowsShown = 16
	cellShown = 48
)

// printTable prints the first rows of a table and as many columns as fit.
func printTable(w io.Writer, t *analysis.Table, width int) {
	fmt.Fprintf(w, "\n    %s: %s\n", t.Name, t.Title)
	if len(t.Rows) == 0 {
		fmt.Fprintln(w, "      no rows")
		return
	}
	rows := t.Rows[:min(len(t.Rows), rowsShown)]
	used, columns := 6, 0
	for c, col := range t.Columns {
		wide := len([]rune(col.Name))
		for _, row := range rows {
			wide = max(wide, min(cellShown, len([]rune(cellText(row[c], col.Unit)))))
		}
		if used+wide+2 > width && columns > 0 {
			break
		}
		used += wide + 2
		columns++
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for c, col := range t.Columns[:columns] {
		fmt.Fprintf(tw, "%s%s", strings.Repeat(" ", 6*b2i(c == 0)), col.Name+strings.Repeat("\t", b2i(c < columns-1)))
	}
	fmt.Fprintln(tw)
	for _, row := range rows {
		for c, col := range t.Columns[:columns] {
			text := []rune(cellText(row[c], col.Unit))
			if len(text) > cellShown {
				text = append(text[:cellShown-1], '…')
			}
			fmt.Fprintf(tw, "%s%s", strings.Repeat(" ", 6*b2i(c == 0)), string(text)+strings.Repeat("\t", b2i(c < columns-1)))
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	var left []string
	if n := len(t.Rows) - len(rows); n > 0 {
		left = append(left, ui.Thousands(int64(n))+" more rows")
	}
	if n := len(t.Columns) - columns; n > 0 {
		var names []string
		for _, c := range t.Columns[columns:] {
			names = append(names, c.Name)
		}
		left = append(left, fmt.Sprintf("%d more columns: %s", n, strings.Join(names, ", ")))
	}
	if len(left) > 0 {
		ui.Wrap(w, strings.Join(left, "; ")+". --json and --csv have all.", "      ", width)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// shades stand for the counts of a map, from none to the fullest cell.
var shades = []rune(" ·░▒▓█")

// printMap draws a histogram with shades.
func printMap(w io.Writer, h *analysis.Histogram) {
	most := int64(0)
	for _, row := range h.Counts {
		for _, n := range row {
			most = max(most, n)
		}
	}
	fmt.Fprintf(w, "\n    %s: %s\n      %s %s in cells, %s outside; █ is %s, the fullest\n", h.Name, h.Title, ui.Thousands(h.Total()), h.Of, ui.Thousands(h.Outside), ui.Thousands(most))
	if most == 0 {
		return
	}
	for _, row := range h.Counts {
		var line strings.Builder
		for _, n := range row {
			k := 0
			if n > 0 {
				k = 1 + int(float64(len(shades)-2)*math.Sqrt(float64(n)/float64(most)))
			}
			line.WriteString(strings.Repeat(string(shades[min(k, len(shades)-1)]), 2))
		}
		fmt.Fprintf(w, "      │%s│\n", line.String())
	}
}

func printComparison(w io.Writer, c *analysis.Comparison) {
	fmt.Fprintf(w, "a: %s\nb: %s\n", ui.Clean(c.A), ui.Clean(c.B))
	for _, o := range c.OnlyIn {
		fmt.Fprintf(w, "%s is in %s alone\n", o.Set, ui.Clean(o.Store))
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
				fmt.Fprintf(t, "    %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Name, ui.Number(float64(d.A), d.Unit), ui.Number(float64(d.B), d.Unit),
					ui.Number(float64(d.Difference), d.Unit), interval, p, holm, mark)
			}
			t.Flush()
		}
	}
	fmt.Fprintln(w, "\n* differs, with p (Holm) below 0.05. What intervals and tests assume:")
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

// exact is a cell for machines: numbers that read back as they are, empty for none.
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

var csvColumns = []string{"data_set", "statistic", "part", "row", "column", "value", "unit", "n", "low", "high", "method", "published", "relation", "covered"}

// writeStatsCSV writes a line for every value, exclusion, cell of a table and of a map; with
// wide, the tables alone, as they are.
func writeStatsCSV(out io.Writer, d *analysis.Document, wide bool) error {
	w := csv.NewWriter(out)
	if wide {
		return writeWideCSV(w, d)
	}
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

// writeWideCSV writes the last statistic's table, that of --by, for each data set.
func writeWideCSV(w *csv.Writer, d *analysis.Document) error {
	if len(d.DataSets) > 1 {
		return usage.Errorf("--by with --csv writes one table, and the store has two data sets: name one, imagenet or coco")
	}
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

func writeComparisonCSV(out io.Writer, c *analysis.Comparison) error {
	w := csv.NewWriter(out)
	w.Write([]string{"data_set", "statistic", "value", "unit", "a", "n_a", "b", "n_b", "difference", "low", "high", "method", "test", "z", "p", "p_holm"})
	for _, set := range c.DataSets {
		for _, s := range set.Statistics {
			for _, d := range s.Differences {
				cells := []string{set.Name, s.Name, d.Name, d.Unit, exact(d.A), exact(d.NA), exact(d.B), exact(d.NB), exact(d.Difference), "", "", "", "", "", "", ""}
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
