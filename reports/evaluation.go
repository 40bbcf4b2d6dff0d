package reports

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/eval/table"
	"abtool/internal/replace"
	"abtool/reports/chart"
)

//go:embed evaluation.html
var evaluationHTML string

// evaluationCSS hides captions of tables: each table has a heading above it.
const evaluationCSS = " caption { display: none; }"

var evaluationTemplate = template.Must(template.Must(template.New("page").Parse(pageHTML)).New("evaluation").Parse(evaluationHTML))

// Evaluation writes the numbers of networks into a folder: index.html, which needs no other file, table.json,
// table.csv, table.md, and the figures as SVG and PNG. It returns the path of the page. Other files in the folder
// stay. more are figures of the page in addition to those of the numbers.
func Evaluation(t *table.Table, dir string, more ...chart.Figure) (page string, err error) {
	if err := os.MkdirAll(filepath.Join(dir, "figures"), 0o777); err != nil {
		return "", err
	}
	files := map[string][]byte{}
	h := struct {
		Title, Tool string
		CSS         template.CSS
		JS          template.JS
		Figures     []*htmlFigure
		Sections    []htmlGrid
		More        []htmlGrid // with the parts of sets; none if Sections has all rows
		Outputs     bool       // the folder has outputs of networks
	}{Outputs: t.Title == table.Accuracy, Title: evaluationTitle(t), CSS: template.CSS(pageCSS + evaluationCSS), JS: template.JS(pageJS)}
	if len(t.Networks) > 0 {
		h.Tool = t.Networks[0].Version
	}
	for _, f := range append(evaluationFigures(t), more...) {
		for _, format := range chart.Formats {
			for _, inDark := range []bool{false, true} {
				var b bytes.Buffer
				if err := f.Write(&b, format, inDark); err != nil {
					return "", err
				}
				files[f.File(format, inDark)] = b.Bytes()
			}
		}
		h.Figures = append(h.Figures, figureHTML(&f, files))
	}
	short, all := t.Grids(table.Options{}), t.Grids(table.Options{All: true})
	for i := range short {
		h.Sections = append(h.Sections, gridHTML(fmt.Sprintf("grid-%d", i), &short[i]))
	}
	for i := range all {
		if g := &all[i]; i >= len(short) || len(g.Rows) != len(short[i].Rows) {
			h.More = append(h.More, gridHTML(fmt.Sprintf("all-%d", i), g))
		}
	}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"index.html": func(b *bytes.Buffer) error { return evaluationTemplate.Execute(b, h) },
		"table.json": func(b *bytes.Buffer) error { return t.WriteJSON(b) },
		"table.csv":  func(b *bytes.Buffer) error { return t.WriteCSV(b) },
		"table.md":   func(b *bytes.Buffer) error { return t.WriteMarkdown(b, table.Options{}) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return "", err
		}
		files[name] = b.Bytes()
	}
	for name, b := range files {
		if err := replace.Bytes(filepath.Join(dir, filepath.FromSlash(name)), b); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "index.html"), nil
}

func evaluationTitle(t *table.Table) string {
	var names []string
	for _, n := range t.Networks {
		names = append(names, n.Name)
	}
	return "Evaluation of " + strings.Join(names, ", ")
}

// An htmlGrid is a table with sentences below it.
type htmlGrid struct {
	htmlTable
	Foot []string
}

// gridHTML returns a table for the page.
func gridHTML(id string, g *table.Grid) htmlGrid {
	out := htmlGrid{htmlTable{ID: id, Title: g.Title}, g.Foot}
	for i, name := range g.Head {
		out.Columns = append(out.Columns, htmlColumn{name, "", g.Right[i]})
	}
	for _, row := range g.Rows {
		cells := make([]htmlCell, len(row))
		for i, text := range row {
			cells[i] = htmlCell{text, text}
			if part, ok := strings.CutPrefix(text, "  "); ok {
				cells[i].Text = "\u2003" + part
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// evaluationFigures returns the values of the paper's columns, or of all rows if there are none, and the
// differences between networks if there are several.
func evaluationFigures(t *table.Table) (out []chart.Figure) {
	columns := slices.ContainsFunc(t.Rows, func(r table.Row) bool { return r.Column != "" })
	var rows []*table.Row
	for i := range t.Rows {
		if r := &t.Rows[i]; r.Column != "" || !columns {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	n := len(t.Networks)
	values := forestOf(t, rows, func(r *table.Row) (marks []mark) {
		for i, c := range r.Cells {
			if c != nil && c.Value.Defined() {
				marks = append(marks, mark{below: below(i, n), value: float64(c.Value), interval: c.Interval, series: i})
			}
		}
		return marks
	})
	values.Name, values.Title, values.Caption = "networks", t.Title, "Shares with 95 % intervals. "+values.Caption
	out = append(out, values)
	differences := forestOf(t, rows, func(r *table.Row) (marks []mark) {
		for i, d := range r.Differences {
			if d != nil && d.Value.Defined() {
				marks = append(marks, mark{below: below(i, n-1), value: float64(d.Value), interval: d.Interval, series: i + 1, hollow: d.Chance()})
			}
		}
		return marks
	})
	if differences.Missing != "" {
		return out
	}
	differences.Name, differences.Title = "differences", "Differences"
	differences.Caption = fmt.Sprintf("Each network minus %s, with 95 %% intervals of the paired differences. Hollow marks: these images do not show which network is better. %s",
		t.Networks[0].Name, differences.Caption)
	return append(out, differences)
}

// below returns how far the mark of the i-th of some networks is below the middle of its row.
func below(i, of int) float64 { return 0.6 * (float64(i) - float64(of-1)/2) / float64(of) }

// forestOf returns a figure of the marks of the rows that have some. Its caption explains the arrow of rows whose
// lower values are better.
func forestOf(t *table.Table, rows []*table.Row, marksOf func(*table.Row) []mark) chart.Figure {
	var marks []mark
	var names []string
	var shown []int // numbers of networks
	f := chart.Figure{Width: 820}
	for _, r := range rows {
		list := marksOf(r)
		if len(list) == 0 {
			continue
		}
		name := r.Label
		if r.Lower {
			name += " ↓"
			f.Caption = "↓: a lower value is better."
		}
		for _, m := range list {
			m.row = len(names)
			marks = append(marks, m)
			if !slices.Contains(shown, m.series) {
				shown = append(shown, m.series)
			}
		}
		names = append(names, name)
	}
	if len(marks) == 0 {
		f.Missing = "No number has a value."
		return f
	}
	slices.Sort(shown)
	difference := shown[0] > 0
	f.Height = 80 + float64(len(names)*(10+14*len(shown)))
	f.Alt = fmt.Sprintf("%d values with their intervals.", len(marks))
	f.Draw = chart.Whole(func(c *chart.Theme) *plot.Plot {
		x := "share"
		switch {
		case difference:
			x = "difference"
		case t.Title == table.Accuracy:
			x = "share of images"
		}
		p := c.Plot("", x, "")
		p.X.Tick.Marker = chart.Percents{}
		c.Grid(p, true, false)
		forest := forest{c, marks, len(names), difference}
		p.Add(forest)
		chart.NameRows(p, names)
		least, most, low, high := forest.DataRange()
		margin := 0.02 * (most - least) // so that intervals end before the labels and the edge
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = least-margin, most+margin, low, high
		if len(t.Networks) > 1 {
			for _, i := range shown {
				p.Legend.Add(t.Networks[i].Name, thumbnail{c, i})
			}
			p.Legend.Top = true
			p.Y.Max += 20 * float64(len(shown)) / float64(10+14*len(shown))
		}
		return p
	})
	return f
}

// A thumbnail is the mark of a network in a legend.
type thumbnail struct {
	theme  *chart.Theme
	series int
}

func (m thumbnail) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(draw.GlyphStyle{Color: m.theme.Series[m.series%len(m.theme.Series)], Radius: 4, Shape: draw.CircleGlyph{}}, c.Center())
}
