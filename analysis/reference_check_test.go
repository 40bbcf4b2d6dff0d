package analysis_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"abtool/analysis/result"
	"abtool/schema"
)

// The reference is a second implementation of the definitions, as plain as can be: it holds a
// whole store in memory and computes one statistic after the other. Run must return the same
// counts, and real numbers that agree to 1e-9.

// reference is what the definitions give for one data set of a store.
type reference struct {
	values   map[string]refValue // by statistic and value, as "counts.images"
	excluded map[string]int64    // by statistic and reason, as "time: no time_spent"
	maps     map[string]*refMap  // by statistic and histogram
	tables   map[string]*refTable
}

func newReference() *reference {
	return &reference{map[string]refValue{}, map[string]int64{}, map[string]*refMap{}, map[string]*refTable{}}
}

// refValue is a value: a count if it is an int64, else real. k is below 0 if the value counts nothing.
type refValue struct {
	value any
	n, k  int64
}

func (r *reference) count(name string, n int) { r.values[name] = refValue{int64(n), int64(n), -1} }

func (r *reference) share(name string, k, n int) {
	r.values[name] = refValue{ratio(k, n), int64(n), int64(k)}
}

func (r *reference) real(name string, v float64, n int) { r.values[name] = refValue{v, int64(n), -1} }

// refTable has rows by the text of the first column, and in them cells by column: int64 and
// float64, string, bool; nil and NaN are null. Columns that it does not have are not compared.
type refTable struct{ rows map[string]map[string]any }

func (r *reference) row(table string, key any, cells map[string]any) {
	t := r.tables[table]
	if t == nil {
		t = &refTable{map[string]map[string]any{}}
		r.tables[table] = t
	}
	t.rows[fmt.Sprint(key)] = cells
}

// refMap is a histogram of points on a grid of cells × cells over [low, high]².
type refMap struct {
	low, high float64
	counts    [][]int64
	outside   int64
}

func newRefMap(cells int, low, high float64) *refMap {
	m := &refMap{low: low, high: high}
	for range cells {
		m.counts = append(m.counts, make([]int64, cells))
	}
	return m
}

// add counts a point, and gives its cell.
func (m *refMap) add(x, y float64) (row, column int, inside bool) {
	column, insideX := m.cell(x)
	row, insideY := m.cell(y)
	if !insideX || !insideY {
		m.outside++
		return 0, 0, false
	}
	m.counts[row][column]++
	return row, column, true
}

// cell is floor((v - low) cells / (high - low)), and the last for high itself.
func (m *refMap) cell(v float64) (int, bool) {
	if v < m.low || v > m.high {
		return 0, false
	}
	n := len(m.counts)
	return min(n-1, int(math.Floor((v-m.low)*float64(n)/(m.high-m.low)))), true
}

func (m *refMap) total() (n int) {
	for _, row := range m.counts {
		for _, c := range row {
			n += int(c)
		}
	}
	return n
}

// Statistics of numbers, as numpy has them.

func ratio(k, n int) float64 { return float64(k) / float64(n) }

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// moment is the mean of (x - mean)^power.
func moment(v []float64, power float64) float64 {
	m := mean(v)
	sum := 0.0
	for _, x := range v {
		sum += math.Pow(x-m, power)
	}
	return sum / float64(len(v))
}

func std(v []float64) float64 { return math.Sqrt(moment(v, 2)) }
func skew(v []float64) float64 {
	if len(v) == 0 || slices.Min(v) == slices.Max(v) {
		return math.NaN()
	}
	return moment(v, 3) / math.Pow(moment(v, 2), 1.5)
}

func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	v = slices.Sorted(slices.Values(v))
	rank := q * float64(len(v)-1)
	low := int(math.Floor(rank))
	if low == len(v)-1 {
		return v[low]
	}
	return v[low] + (v[low+1]-v[low])*(rank-float64(low))
}

func median(v []float64) float64 { return quantile(v, 0.5) }

// quantileRows are the rows of a table of quantiles, with a column for each list of values.
func (r *reference) quantileRows(table string, lists map[string][]float64) {
	for _, q := range []float64{0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1} {
		row := map[string]any{}
		for name, values := range lists {
			row[name] = quantile(values, q)
		}
		r.row(table, q, row)
	}
}

// check compares a data set of a document with the reference. Names that are in neither
// unreferenced nor the reference are an error, so that a new value does not go unnoticed.
func check(t *testing.T, d *result.DataSet, want *reference, statistics, unreferenced []string) {
	t.Helper()
	skipped := func(name string) bool {
		return slices.ContainsFunc(unreferenced, func(p string) bool { ok, _ := filepath.Match(p, name); return ok })
	}
	seen := map[string]bool{}
	for _, s := range d.Statistics {
		if !slices.Contains(statistics, s.Name) {
			continue
		}
		for _, v := range s.Values {
			name := s.Name + "." + v.Name
			seen[name] = true
			w, ok := want.values[name]
			switch {
			case skipped(name):
			case !ok:
				t.Errorf("%s: the reference has no such value", name)
			default:
				checkValue(t, name, v, w)
			}
		}
		for _, x := range s.Excluded {
			name := s.Name + ": " + x.Reason + " (" + x.Of + ")"
			seen[name] = true
			if w, ok := want.excluded[name]; !skipped(name) && (!ok || w != x.Count) {
				t.Errorf("%s: %d, want %d (%v)", name, x.Count, w, ok)
			}
		}
		for _, h := range s.Histograms {
			name := s.Name + "." + h.Name
			seen[name] = true
			if w, ok := want.maps[name]; !ok {
				t.Errorf("%s: the reference has no such map", name)
			} else {
				checkMap(t, name, h, w)
			}
		}
		for _, table := range s.Tables {
			name := s.Name + "." + table.Name
			seen[name] = true
			if w, ok := want.tables[name]; ok {
				checkTable(t, name, table, w, skipped)
			} else if !skipped(name) && len(table.Rows) > 0 {
				t.Errorf("%s: the reference has no such table", name)
			}
		}
	}
	for _, name := range want.names() {
		if !seen[name] {
			t.Errorf("%s: Run has no such value, exclusion, map or table", name)
		}
	}
}

func (r *reference) names() (names []string) {
	for name := range r.values {
		names = append(names, name)
	}
	for name := range r.excluded {
		names = append(names, name)
	}
	for name := range r.maps {
		names = append(names, name)
	}
	for name := range r.tables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func checkValue(t *testing.T, name string, v result.Value, want refValue) {
	t.Helper()
	if !same(float64(v.Value), want.value) || v.N != want.n {
		t.Errorf("%s: %v of %d, want %v of %d", name, v.Value, v.N, want.value, want.n)
	}
	if k := int64(-1); v.K != nil && *v.K != want.k || v.K == nil && want.k != k {
		if v.K != nil {
			k = *v.K
		}
		t.Errorf("%s: k = %d, want %d", name, k, want.k)
	}
	if v.Interval != nil && v.Interval.Method == "wilson" {
		low, high := wilson(want.k, want.n)
		if !same(float64(v.Interval.Low), low) || !same(float64(v.Interval.High), high) {
			t.Errorf("%s: interval %v to %v, want %v to %v", name, v.Interval.Low, v.Interval.High, low, high)
		}
	}
}

// wilson solves (p - k/n)² = z² p (1 - p) / n for p.
func wilson(k, n int64) (low, high float64) {
	z, p, m := math.Sqrt2*math.Erfinv(0.95), float64(k)/float64(n), float64(n)
	a, b, c := 1+z*z/m, -2*p-z*z/m, p*p
	root := math.Sqrt(max(0, b*b-4*a*c))
	return (-b - root) / (2 * a), (-b + root) / (2 * a)
}

func checkMap(t *testing.T, name string, h result.Histogram, want *refMap) {
	t.Helper()
	if h.Outside != want.outside || h.X != h.Y || h.X != [2]float64{want.low, want.high} ||
		len(h.Counts) != len(want.counts) {
		t.Errorf("%s: %d cells on %v and %v, %d outside; want %d on %v, %d outside",
			name, len(h.Counts), h.X, h.Y, h.Outside, len(want.counts), []float64{want.low, want.high}, want.outside)
		return
	}
	for i, row := range h.Counts {
		if !slices.Equal(row, want.counts[i]) {
			t.Errorf("%s: row %d is\n%v, want\n%v", name, i, row, want.counts[i])
		}
	}
}

func checkTable(t *testing.T, name string, table result.Table, want *refTable, skipped func(name string) bool) {
	t.Helper()
	keys := map[string]bool{}
	for _, row := range table.Rows {
		key := fmt.Sprint(row[0])
		keys[key] = true
		w, ok := want.rows[key]
		if !ok {
			t.Errorf("%s: a row %s that the reference does not have: %v", name, key, row)
			continue
		}
		found := 0
		for i, c := range table.Columns {
			cell, ok := w[c.Name]
			if ok {
				found++
			}
			if ok && !same(row[i], cell) && !skipped(name+" "+c.Name) {
				t.Errorf("%s: row %s, %s is %v, want %v", name, key, c.Name, row[i], cell)
			}
		}
		if found != len(w) {
			t.Errorf("%s: row %s has %d of the reference's %d columns", name, key, found, len(w))
		}
	}
	for key, cells := range want.rows {
		if !keys[key] {
			t.Errorf("%s: no row %s, want %v", name, key, cells)
		}
	}
}

// same compares a cell as JSON has it with the reference's.
func same(have, want any) bool {
	if f, ok := have.(float64); ok && math.IsNaN(f) {
		have = nil
	}
	switch w := want.(type) {
	case float64:
		if math.IsNaN(w) || math.IsInf(w, 0) {
			return have == nil
		}
		h, ok := have.(float64)
		return ok && math.Abs(h-w) <= 1e-9*max(1, math.Abs(w))
	case int64:
		return have == float64(w)
	case int:
		return have == float64(w)
	default:
		return have == want
	}
}

// computed is what Run gives for a data set of a store, through JSON.
func computed(t *testing.T, store, set string) *result.DataSet {
	t.Helper()
	return decoded(t, document(t, store, result.Options{Names: []string{set}, Bootstrap: -1}))
}

func decoded(t *testing.T, text []byte) *result.DataSet {
	t.Helper()
	var d result.Document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return &d.DataSets[0]
}

// document is the JSON of a run, less the store's name and some columns of tables.
func document(t *testing.T, store string, o result.Options, erased ...string) []byte {
	t.Helper()
	d := run(t, store, o)
	d.Store = ""
	for _, set := range d.DataSets {
		for _, s := range set.Statistics {
			for _, table := range s.Tables {
				erase(&table, erased...)
			}
		}
	}
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// erase takes columns out of a table.
func erase(table *result.Table, columns ...string) {
	for i, c := range table.Columns {
		for _, row := range table.Rows {
			if slices.Contains(columns, c.Name) {
				row[i] = nil
			}
		}
	}
}

// readRows reads a table of a store.
func readRows[T any](t *testing.T, path ...string) []T {
	t.Helper()
	rows, err := parquet.ReadFile[T](filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// regroup writes a table again, in row groups of a few rows.
func regroup[T any](t *testing.T, rows int64, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	old, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	options := []parquet.WriterOption{parquet.MaxRowsPerRowGroup(rows)}
	for _, kv := range old.Metadata().KeyValueMetadata {
		options = append(options, parquet.KeyValueMetadata(kv.Key, kv.Value))
	}
	if err := parquet.WriteFile(name, readRows[T](t, name), options...); err != nil {
		t.Fatal(err)
	}
}

// sameDocument compares two documents byte by byte, and reports the cells of tables in which they differ.
func sameDocument(t *testing.T, what string, have, want []byte) {
	t.Helper()
	if bytes.Equal(have, want) {
		return
	}
	t.Errorf("%s: another document", what)
	a, b := decoded(t, have), decoded(t, want)
	for i, s := range b.Statistics {
		for j, table := range s.Tables {
			for k, row := range table.Rows {
				for l, cell := range row {
					if got := a.Statistics[i].Tables[j].Rows; k < len(got) && got[k][l] != cell {
						t.Errorf("%s: %s.%s.%s of %v is %v, want %v", what, s.Name, table.Name,
							table.Columns[l].Name, row[0], got[k][l], cell)
					}
				}
			}
		}
		for j, v := range s.Values {
			if got := a.Statistics[i].Values[j]; !same(float64(got.Value), float64(v.Value)) {
				t.Errorf("%s: %s.%s is %v, want %v", what, s.Name, v.Name, got.Value, v.Value)
			}
		}
	}
}

// The number of goroutines changes no byte of a document. Nor does the order in which images and pages are
// read, except where a definition takes the first of several in that order.
func TestReferenceOrder(t *testing.T) {
	shuffle := rand.New(rand.NewPCG(3, 4)).Shuffle
	for set, make := range map[string]func(t *testing.T, n int, seed uint64,
		shuffle func(int, func(int, int))) string{
		"imagenet": awkwardImageNet, "coco": awkwardCOCO,
	} {
		t.Run(set, func(t *testing.T) {
			store, shuffled := make(t, 300, 77, nil), make(t, 300, 77, shuffle)
			if set == "imagenet" {
				regroup[schema.ImageNetAnnotation](t, 11, store, set, "annotations.parquet")
			} else {
				regroup[schema.COCOAnnotation](t, 11, store, set, "annotations.parquet")
			}
			// Of the longest sequence, the first; drift, where showings tie in time, page and slot.
			ordered := []string{"seq", "image_id", "icon", "accuracy_drift", "time_drift"}
			o := result.Options{Bootstrap: 20, Jobs: 1}
			want, wantShuffled := document(t, store, o), document(t, store, o, ordered...)
			for _, jobs := range []int{2, 7} {
				o.Jobs = jobs
				sameDocument(t, fmt.Sprint(jobs, " goroutines"), document(t, store, o), want)
				sameDocument(t, fmt.Sprint("shuffled, ", jobs, " goroutines"),
					document(t, shuffled, o, ordered...), wantShuffled)
			}
		})
	}
}
