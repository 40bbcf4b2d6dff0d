package reports

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/internal/usage"
	"abtool/reports/chart"
)

// Draw returns a figure of a document by its name, for example imagenet-traces. Make gives its files the same
// names. The document must have the statistics that the figure shows. For an unknown name Draw returns an
// error of wrong use; if the figure has no data, it returns an error that says what the store lacks.
func Draw(d *result.Document, name string) (*chart.Figure, error) {
	var names []string
	for i := range d.DataSets {
		for _, f := range figuresOf(chart.NewSource(&d.DataSets[i])) {
			switch {
			case f.Name == name && f.Missing != "":
				return nil, fmt.Errorf("drawing %s: %s", name, f.Missing)
			case f.Name == name:
				return &f, nil
			}
			names = append(names, f.Name)
		}
	}
	return nil, usage.Errorf("these statistics have no figure %q; their figures are %s",
		name, strings.Join(names, ", "))
}

// A Chart has the titles of a simple figure.
type Chart struct {
	Title  string
	X, Y   string // titles of the axes; bars use only X
	Shares bool   // whether the values are shares, to be shown in per cent
}

func (c Chart) ticks() plot.Ticker {
	if c.Shares {
		return chart.Percents{}
	}
	return chart.NiceTicks{}
}

func (c Chart) figure(height float64, alt string) *chart.Figure {
	return &chart.Figure{Name: "chart", Title: c.Title, Caption: c.Title, Alt: alt, Width: 660, Height: height}
}

// Bars returns a figure with a horizontal bar from 0 for each value and its name on the left. There must be
// as many names as values.
func (c Chart) Bars(names []string, values []float64) (*chart.Figure, error) {
	if len(names) != len(values) {
		return nil, usage.Errorf("there are %d names for %d bars", len(names), len(values))
	}
	note := chart.Grouped[float64]
	if c.Shares {
		note = chart.Percent[float64]
	}
	var bars []chart.Row
	for i, v := range values {
		bars = append(bars, chart.RowOf(names[i], note(v), result.Value{Value: stat.Number(v)}))
	}
	f := c.figure(76+24*float64(len(names)), fmt.Sprintf("%d bars.", len(names)))
	f.Draw = chart.Whole(func(t *chart.Theme) *plot.Plot {
		p := t.Rows(c.Title, c.X, chart.Rows{Bars: bars, Reserve: 0.12})
		p.X.Tick.Marker = c.ticks()
		return p
	})
	return f, nil
}

// Line returns a figure of y over x as a line with marks. Values that are NaN are left out. There must be as
// many x as y.
func (c Chart) Line(x, y []float64) (*chart.Figure, error) {
	if len(x) != len(y) {
		return nil, usage.Errorf("there are %d values of x but %d of y", len(x), len(y))
	}
	f := c.figure(330, fmt.Sprintf("A line through %d points.", len(x)))
	f.Draw = chart.Whole(func(t *chart.Theme) *plot.Plot {
		p := t.Plot(c.Title, c.X, c.Y)
		p.X.Tick.Marker, p.Y.Tick.Marker = chart.NiceTicks{}, c.ticks()
		t.Grid(p, false, true)
		t.Curve(p, chart.Points{X: x, Y: y}, 0, "")
		p.Y.Min = min(p.Y.Min, 0)
		return p
	})
	return f, nil
}

// An Excerpt is a part of a document, formatted for people.
type Excerpt struct{ html string }

// HTML returns the excerpt as a table for a page or a notebook.
func (e *Excerpt) HTML() string { return e.html }

// Values returns the values of statistics, with their intervals and the published values. A name is the name
// of a statistic with its data set, for example imagenet.click_accuracy, or of one value of it, for example
// imagenet.click_accuracy.accuracy. For any other name Values returns an error of wrong use.
func Values(d *result.Document, names ...string) (*Excerpt, error) {
	var list []htmlStat
	for _, name := range names {
		st, value, err := find(d, name)
		if err != nil {
			return nil, err
		}
		h := statHTML("", st)
		if value != "" {
			h.Values = slices.DeleteFunc(h.Values, func(v htmlValue) bool { return v.Name != value })
		}
		if len(h.Values) == 0 {
			return nil, usage.Errorf("%s has no value %q", st.Name, value)
		}
		if n := len(list) - 1; n >= 0 && list[n].Title == h.Title {
			list[n].Values = append(list[n].Values, h.Values...)
			continue
		}
		list = append(list, h)
	}
	published := slices.ContainsFunc(list, func(s htmlStat) bool {
		return slices.ContainsFunc(s.Values, func(v htmlValue) bool { return v.Published != "" })
	})
	return excerpt("values", struct {
		Published bool
		Stats     []htmlStat
	}{published, list})
}

// A Pick selects rows and columns of a table and sorts it. The zero value shows the same as a report.
type Pick struct {
	Columns []string // names; empty selects the columns that a report shows
	By      string   // column to sort by, ascending; empty keeps the order of the table
	Down    bool     // whether to sort in descending order
	First   int      // number of rows; 0 selects all
}

// Rows returns the picked part of a statistic's table, for example imagenet.workers.by_worker. For an
// unknown name or column it returns an error of wrong use.
func Rows(d *result.Document, name string, p Pick) (*Excerpt, error) {
	st, table, err := find(d, name)
	if err != nil {
		return nil, err
	}
	for i := range st.Tables {
		if t := &st.Tables[i]; t.Name == table {
			picked, err := p.of(t)
			if err != nil {
				return nil, err
			}
			return excerpt("rows", tableHTML("", picked))
		}
	}
	return nil, usage.Errorf("%s has no table %q", st.Name, table)
}

// find returns the statistic that a name begins with, and the rest of the name.
func find(d *result.Document, name string) (st *result.Statistic, rest string, err error) {
	set, name, _ := strings.Cut(name, ".")
	name, rest, _ = strings.Cut(name, ".")
	if st = d.Statistic(set, name); st == nil {
		err = usage.Errorf("the document has no statistic %s.%s", set, name)
	}
	return st, rest, err
}

// of returns the part of a table that is picked.
func (p Pick) of(t *result.Table) (*result.Table, error) {
	rows := slices.Clone(t.Rows)
	if p.By != "" {
		c, err := column(t, p.By)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(rows, func(a, b []any) int {
			if p.Down {
				a, b = b, a
			}
			return compareCells(a[c], b[c])
		})
	}
	if p.First > 0 {
		rows = rows[:min(p.First, len(rows))]
	}
	if len(p.Columns) == 0 {
		return &result.Table{Name: t.Name, Title: t.Title, Columns: t.Columns, Rows: rows}, nil
	}
	out := &result.Table{Title: t.Title, Rows: make([][]any, len(rows))}
	for _, name := range p.Columns {
		c, err := column(t, name)
		if err != nil {
			return nil, err
		}
		out.Columns = append(out.Columns, t.Columns[c])
		for i := range rows {
			out.Rows[i] = append(out.Rows[i], rows[i][c])
		}
	}
	return out, nil
}

func column(t *result.Table, name string) (int, error) {
	c := slices.IndexFunc(t.Columns, func(c result.Column) bool { return c.Name == name })
	if c < 0 {
		return 0, usage.Errorf("the table %s has no column %q", t.Name, name)
	}
	return c, nil
}

// compareCells compares two cells of one column. Numbers are in order of value; cells without a value come
// first.
func compareCells(a, b any) int {
	if x, ok := a.(string); ok {
		y, _ := b.(string)
		return cmp.Compare(x, y)
	}
	return cmp.Compare(chart.CellNumber(a), chart.CellNumber(b))
}

//go:embed excerpt.html
var excerptHTML string

// excerpts are plain tables. Notebooks style them, but would align all cells to the right.
var excerpts = template.Must(template.New("").Parse(excerptHTML))

func excerpt(name string, data any) (*Excerpt, error) {
	var b bytes.Buffer
	err := excerpts.ExecuteTemplate(&b, name, data)
	return &Excerpt{b.String()}, err
}
