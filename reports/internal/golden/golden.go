// Package golden has what tests of figures need: small made-up statistics, and pictures to compare with.
package golden

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/reports/chart"
)

// Update says that pictures are written, not compared.
var Update = flag.Bool("update", false, "write the golden pictures again")

// largest is the number of bytes that a golden picture has at most.
const largest = 30_000

// inColour matches what a light and a dark picture differ in: colours, and pictures within it.
var inColour = regexp.MustCompile(`#[0-9A-Fa-f]{6}|base64,[^"]*`)

// Check draws a figure and compares it with testdata/NAME.svg, byte for byte. With -update it writes the file.
// The dark figure must be the same except for its colours.
func Check(t *testing.T, f chart.Figure) {
	t.Helper()
	if f.Missing != "" {
		t.Fatalf("%s is not drawn: %s", f.Name, f.Missing)
	}
	var b, dark bytes.Buffer
	if err := errors.Join(f.Write(&b, "svg", false), f.Write(&dark, "svg", true)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(inColour.ReplaceAll(b.Bytes(), nil), inColour.ReplaceAll(dark.Bytes(), nil)) {
		t.Errorf("%s is drawn differently in dark, in more than its colours", f.Name)
	}
	if bytes.Equal(b.Bytes(), dark.Bytes()) {
		t.Errorf("%s is drawn in dark as in light", f.Name)
	}
	if b.Len() > largest {
		t.Errorf("%s has %d bytes, more than %d", f.Name, b.Len(), largest)
	}
	path := filepath.Join("testdata", f.Name+".svg")
	if *Update {
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: go test with -update draws it", err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s is drawn differently. Look at it, and renew it with -update", path)
	}
}

// Show draws a figure as a program does that puts it on a page, and prints its title and caption.
func Show(f chart.Figure) {
	var page bytes.Buffer
	if err := f.Write(&page, "svg", false); err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Title)
	fmt.Println(f.Caption)
}

// Value returns a value over n units, without interval.
func Value(name string, v float64, n int64) result.Value {
	return result.Value{Name: name, Value: stat.Number(v), N: n}
}

// Share returns a share of n units with an interval of two hundredths to either side.
func Share(name string, v float64, n int64) result.Value {
	k := int64(v * float64(n))
	return result.Value{Name: name, Value: stat.Number(v), N: n, K: &k,
		Interval: &stat.Interval{Low: v - 0.02, High: v + 0.02}}
}

// Table returns a table of numbers, names and truth values.
func Table(name string, columns []string, rows ...[]any) result.Table {
	t := result.Table{Name: name, Rows: rows}
	for _, c := range columns {
		t.Columns = append(t.Columns, result.Column{Name: c})
	}
	for _, row := range rows {
		for i, v := range row {
			switch v := v.(type) {
			case float64:
				row[i] = stat.Number(v)
			case int:
				row[i] = int64(v)
			}
		}
	}
	return t
}

// Accuracies returns a table of shares with intervals, by a key that counts from first.
func Accuracies(name, key string, first float64, shares ...float64) result.Table {
	var rows [][]any
	for i, v := range shares {
		rows = append(rows, []any{first + float64(i), v, v - 0.03, v + 0.03, 100 * (i + 1)})
	}
	return Table(name, []string{key, "accuracy", "low", "high", "n"}, rows...)
}

// Map returns a histogram of 11 × 11 cells between two edges, of which those near (x, y), row and column,
// are full.
func Map(name string, edges [2]float64, x, y, full int) result.Histogram {
	h := result.Histogram{Name: name, X: edges, Y: edges}
	for r := range 11 {
		var row []int64
		for c := range 11 {
			row = append(row, int64(full/(1+(r-y)*(r-y)+(c-x)*(c-x))))
		}
		h.Counts = append(h.Counts, row)
	}
	return h
}

// Bins returns a histogram over bins that double, from a lower edge.
func Bins(name string, from float64, counts ...int) result.Table {
	var rows [][]any
	for _, n := range counts {
		rows = append(rows, []any{from, 2 * from, n})
		from *= 2
	}
	return Table(name, []string{"from", "to", "n"}, rows...)
}
