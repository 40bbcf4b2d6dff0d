package text

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/internal/ui"
)

// cellText returns the text of a table's cell, for people.
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

// rowsShown and cellShown limit the rows of a printed table and the letters of a cell.
const (
	rowsShown = 16
	cellShown = 48
)

// printTable prints the first rows of a table and as many columns as fit.
func printTable(w io.Writer, t *result.Table, width int) {
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
			fmt.Fprintf(tw, "%s%s", strings.Repeat(" ", 6*b2i(c == 0)),
				string(text)+strings.Repeat("\t", b2i(c < columns-1)))
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
		ui.Wrap(w, strings.Join(left, "; ")+". --json and --csv have all of them.", "      ", width)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// shades are the marks of a map's cells, from an empty cell to the fullest.
var shades = []rune(" ·░▒▓█")

// printMap prints a histogram with shades.
func printMap(w io.Writer, h *result.Histogram) {
	most := int64(0)
	for _, row := range h.Counts {
		for _, n := range row {
			most = max(most, n)
		}
	}
	fmt.Fprintf(w, "\n    %s: %s\n      %s %s in cells, %s outside; █ is the fullest cell, with %s\n", h.Name,
		h.Title, ui.Thousands(h.Total()), h.Of, ui.Thousands(h.Outside), ui.Thousands(most))
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
