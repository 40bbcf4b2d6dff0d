package table

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"abtool/eval/metric"
	"abtool/internal/stat"
	"abtool/internal/ui"
)

// Options choose what is printed.
type Options struct {
	All   bool // also the rows of groups: corruptions, renditions, values of factors
	Width int  // of text; 0 is 100
}

// A Grid is a table of text: a heading, the names of the columns, rows, and sentences below it.
type Grid struct {
	Title string
	Head  []string
	Rows  [][]string
	Right []bool // columns whose text is aligned to the right
	Foot  []string
}

// Grids returns what text and Markdown print.
func (t *Table) Grids(o Options) []Grid {
	out := []Grid{t.networkGrid()}
	if len(t.Rows) > 0 {
		for from := 0; from < len(t.Networks); from += networksAcross {
			out = append(out, t.numberGrid(o, from, min(from+networksAcross, len(t.Networks))))
		}
	}
	for i := 1; i < len(t.Networks); i++ {
		if g := t.differenceGrid(o, i); len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	for _, g := range []Grid{t.publishedGrid(o), t.protocolGrid(o)} {
		if len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	return append(out, t.endGrids()...)
}

// networksAcross is the number of networks whose values are next to each other.
const networksAcross = 3

func (t *Table) networkGrid() Grid {
	g := Grid{Head: []string{"network", "name", "architecture", "classes", "weights"},
		Right: []bool{true, false, false, true, false}}
	for i, n := range t.Networks {
		weights := n.Weights
		if len(weights) > 16 {
			weights = weights[:16] + "…"
		}
		g.Rows = append(g.Rows, []string{strconv.Itoa(i + 1), short(n.Name, 36), n.Arch,
			ui.Thousands(int64(n.Classes)), weights})
	}
	return g
}

// short cuts the beginning of a long name.
func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return s
}

// shown reports whether a row is printed.
func (r *Row) shown(o Options) bool { return o.All || !r.detail || r.Column != "" }

// name returns the label of a row, indented if it belongs to the row above.
func (r *Row) name() string {
	name := short(r.Label, 40)
	if r.part {
		name = "  " + name
	}
	if r.Lower {
		name += " ↓"
	}
	return name
}

func (t *Table) numberGrid(o Options, from, to int) Grid {
	g := Grid{Title: t.Title + " in %, with 95 % intervals", Head: []string{"number"}, Right: []bool{false}}
	for i := from; i < to; i++ {
		g.Head = append(g.Head, "network "+strconv.Itoa(i+1), "interval")
		g.Right = append(g.Right, true, true)
	}
	g.Head = append(g.Head, "n")
	g.Right = append(g.Right, true)
	expected := slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Expected > 0 && r.shown(o) })
	if expected {
		g.Head = append(g.Head, "expected")
		g.Right = append(g.Right, true)
		g.Foot = append(g.Foot, "expected: the number of images of the published set.")
	}
	lower := false
	for i := range t.Rows {
		r := &t.Rows[i]
		if !r.shown(o) {
			continue
		}
		lower = lower || r.Lower
		row := []string{r.name()}
		var counts []string
		for _, c := range r.Cells[from:to] {
			if c == nil {
				row = append(row, "–", "")
				continue
			}
			row = append(row, points(float64(c.Value)), interval(c.Interval, points))
			if n := ui.Thousands(c.N); !slices.Contains(counts, n) {
				counts = append(counts, n)
			}
		}
		row = append(row, strings.Join(counts, "/"))
		if r.Expected > 0 {
			row = append(row, ui.Thousands(r.Expected))
		} else if expected {
			row = append(row, "")
		}
		g.Rows = append(g.Rows, row)
	}
	if lower {
		g.Foot = append(g.Foot, "↓: a lower value is better.")
	}
	if note := t.methodNote(o); from == 0 && note != "" {
		g.Foot = append(g.Foot, note)
	}
	return g
}

// methods says how the intervals of numbers are computed, by the method's name, in the order in which it is printed.
var methods = []struct{ name, words string }{
	{stat.MethodWilson, "Wilson's for a share"},
	{metric.MethodWilsons, "from Wilson's of each share for a sum of shares (Newcombe 1998)"},
	{metric.MethodClusters, "linearised for means over corruptions, with all answers for an image as a cluster"},
	{metric.MethodDeLong, "DeLong's for the AUROC"},
	{stat.MethodBootstrap, "from bootstrap samples of images, with a fixed seed"},
}

// methodNote returns a sentence about the methods of the intervals that are printed.
func (t *Table) methodNote(o Options) string {
	used := map[string]bool{}
	for i := range t.Rows {
		for _, c := range t.Rows[i].Cells {
			if c != nil && c.Interval != nil && t.Rows[i].shown(o) {
				used[c.Interval.Method] = true
			}
		}
	}
	var words []string
	for _, m := range methods {
		if used[m.name] {
			words = append(words, m.words)
		}
	}
	switch {
	case len(words) == 0:
		return ""
	case len(words) > 1 && used[stat.MethodBootstrap]:
		words[len(words)-1] += ", for other numbers"
	}
	return "Intervals: " + strings.Join(words, "; ") + "."
}

func (t *Table) differenceGrid(o Options, i int) Grid {
	g := Grid{
		Title: fmt.Sprintf("Network %d minus network 1, in points, on the images that both answered", i+1),
		Head: []string{"number", "difference", "interval", "p", "only 1", "only " + strconv.Itoa(i+1),
			"detectable", ""},
		Right: []bool{false, true, true, true, true, true, true, false},
	}
	tested := slices.ContainsFunc(t.Rows, func(r Row) bool {
		return r.shown(o) && len(r.Differences) > 0 && r.Differences[i-1] != nil && r.Differences[i-1].Test == metric.TestMcNemar
	})
	chance, alike, all := false, false, 0
	for k := range t.Rows {
		r := &t.Rows[k]
		if !r.shown(o) || len(r.Differences) == 0 || r.Differences[i-1] == nil {
			continue
		}
		d := r.Differences[i-1]
		only := []string{ui.Thousands(d.Only[0]), ui.Thousands(d.Only[1])}
		if d.Test != metric.TestMcNemar {
			only = []string{"", ""}
		}
		note := "better"
		switch all++; {
		case d.Alike():
			note, alike = fmt.Sprintf("alike on all %s", ui.Thousands(d.N)), true
		case d.Chance():
			note, chance = "unclear", true
		case float64(d.Value) > 0 == r.Lower:
			note = "worse"
		}
		g.Rows = append(g.Rows, []string{r.name(), signed(float64(d.Value)), interval(d.Interval, signed),
			probability(float64(d.P)),
			only[0], only[1], points(float64(d.Detectable)), note})
	}
	p := "p: McNemar's exact test on the images that only one network has right (only 1, only " + strconv.Itoa(i+1) +
		"); without these counts, the difference over its standard error."
	if !tested {
		p = "p: of the difference over its standard error, as if it were normal."
		g.Head, g.Right = slices.Delete(g.Head, 4, 6), slices.Delete(g.Right, 4, 6)
		for k := range g.Rows {
			g.Rows[k] = slices.Delete(g.Rows[k], 4, 6)
		}
	}
	g.Foot = []string{p, "detectable: such a difference would be found on these images with a probability of 80 %."}
	if chance {
		g.Foot = append(g.Foot,
			"unclear: the interval contains 0 or p is 0.05 or more, so that these images do not show which network is better.")
	}
	if alike {
		g.Foot = append(g.Foot, "alike: each network is right where the other is. How large a difference these images "+
			"could show is then unknown.")
	}
	if all >= 10 {
		g.Foot = append(g.Foot, fmt.Sprintf("Of %d differences between equal networks, about %.0f would look clear "+
			"by chance.", all, max(1, 0.05*float64(all))))
	}
	return g
}

func (t *Table) publishedGrid(o Options) Grid {
	g := Grid{Title: "Published values of the same architecture, in %, for reference", Head: []string{"number"},
		Right: []bool{false}}
	for i := range t.Networks {
		g.Head = append(g.Head, "network "+strconv.Itoa(i+1))
		g.Right = append(g.Right, true)
	}
	g.Head = append(g.Head, "published")
	g.Right = append(g.Right, false)
	paper := false
	for i := range t.Rows {
		r := &t.Rows[i]
		if !r.shown(o) || len(r.Published) == 0 {
			continue
		}
		row := []string{r.name()}
		for _, c := range r.Cells {
			if c == nil {
				row = append(row, "–")
			} else {
				row = append(row, points(float64(c.Value)))
			}
		}
		var values []string
		for _, p := range r.Published {
			paper = paper || strings.HasPrefix(p.Source, "paper")
			values = append(values, fmt.Sprintf("%s %s", points(float64(p.Value)), sourceKey(p)))
		}
		g.Rows = append(g.Rows, append(row, strings.Join(values, ", ")))
	}
	if len(g.Rows) == 0 {
		return g
	}
	seen := []string{}
	for i := range t.Rows {
		for _, p := range t.Rows[i].Published {
			if text := sourceKey(p) + ": " + p.Network + ", " + p.Source; t.Rows[i].shown(o) &&
				!slices.Contains(seen, text) {
				seen = append(seen, text)
			}
		}
	}
	g.Foot = append([]string{"Published values depend on weights and views. " + strings.Join(seen, "; ") + "."},
		g.Foot...)
	if paper {
		g.Foot = append(g.Foot, "The paper's networks are not published, and were trained by another recipe: its "+
			"values are for plausibility. It does not say which number its column IN-O is.")
	}
	return g
}

// sourceKey returns a short sign for the source of a published value.
func sourceKey(p Published) string {
	switch {
	case strings.HasPrefix(p.Source, "paper") && strings.Contains(p.Network, "LUAB"):
		return "(P+)"
	case strings.HasPrefix(p.Source, "paper"):
		return "(P)"
	case strings.HasPrefix(p.Source, "imagenet-testbed (C"):
		return "(Tr)"
	case strings.HasPrefix(p.Source, "imagenet-testbed"):
		return "(T)"
	case p.Source == "timm":
		return "(t)"
	case p.Source == "MadryLab":
		return "(M)"
	}
	return "(H)"
}

func (t *Table) protocolGrid(o Options) Grid {
	g := Grid{Title: "Protocol", Head: []string{"number", "view", "what is counted"}, Right: make([]bool, 3)}
	for i := range t.Rows {
		r := &t.Rows[i]
		if !r.shown(o) || r.detail && !o.All {
			continue
		}
		var views, thresholds, more []string
		for _, c := range r.Cells {
			if c == nil {
				continue
			}
			if !slices.Contains(views, c.View) {
				views = append(views, c.View)
			}
			if c.Threshold != nil {
				thresholds = append(thresholds, fmt.Sprintf("%.3f", *c.Threshold))
			}
			for _, p := range slices.Concat(c.Protocol, c.Notes) {
				if !slices.Contains(more, p) {
					more = append(more, p)
				}
			}
		}
		what := r.What
		if r.set != "" {
			what = r.set + ": " + what
		}
		if (r.Column != "" || !r.part) && len(more) > 0 {
			what += "; " + strings.Join(more, "; ")
		}
		if len(thresholds) > 0 {
			what += "; threshold " + strings.Join(thresholds, " / ")
		}
		g.Rows = append(g.Rows, []string{r.name(), strings.Join(views, " / "), what})
	}
	return g
}

// endGrids returns the missing columns and the notes.
func (t *Table) endGrids() (out []Grid) {
	if len(t.Missing) > 0 && len(t.Missing) < len(columns) {
		g := Grid{Title: "Columns of the paper that are missing", Head: []string{"column", "needs"},
			Right: make([]bool, 2)}
		for _, m := range t.Missing {
			g.Rows = append(g.Rows, []string{m.Column, "--set " + strings.ReplaceAll(m.Needs, " and ", " --set ")})
		}
		out = append(out, g)
	}
	if len(t.Notes) > 0 {
		out = append(out, Grid{Title: "Notes", Foot: t.Notes})
	}
	return out
}

func points(v float64) string { return number(v, "%.2f") }
func signed(v float64) string { return number(v, "%+.2f") }

func number(v float64, format string) string {
	if !stat.Number(v).Defined() {
		return "–"
	}
	return ui.Minus(fmt.Sprintf(format, 100*v))
}

func interval(i *stat.Interval, format func(float64) string) string {
	if i == nil {
		return ""
	}
	return format(i.Low) + " to " + format(i.High)
}

func probability(p float64) string {
	switch {
	case !stat.Number(p).Defined():
		return "–"
	case p < 0.0001:
		return "<0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}

// WriteText writes the table as text.
func (t *Table) WriteText(w io.Writer, o Options) error {
	if o.Width == 0 {
		o.Width = 100
	}
	var b strings.Builder
	for i, g := range t.Grids(o) {
		if i > 0 {
			b.WriteByte('\n')
		}
		g.text(&b, o.Width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// text writes a grid. The last column continues on further lines where it is too wide.
func (g *Grid) text(b *strings.Builder, width int) {
	if g.Title != "" {
		fmt.Fprintf(b, "%s\n", g.Title)
	}
	if len(g.Head) > 0 {
		g.lines(b, width)
	}
	for _, f := range g.Foot {
		wrapped := wrap(f, width-2)
		for _, line := range wrapped {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
}

func (g *Grid) lines(b *strings.Builder, width int) {
	widths := make([]int, len(g.Head))
	for _, row := range append([][]string{g.Head}, g.Rows...) {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	last := len(widths) - 1
	before := 0
	for _, n := range widths[:last] {
		before += n + 2
	}
	for _, row := range append([][]string{g.Head}, g.Rows...) {
		lines := []string{row[last]}
		if !g.Right[last] {
			lines = wrap(row[last], max(width-before, 20))
		}
		for k, text := range lines {
			var line strings.Builder
			for i := range last {
				c := ""
				if k == 0 {
					c = row[i]
				}
				line.WriteString(pad(c, widths[i], g.Right[i]) + "  ")
			}
			line.WriteString(pad(text, widths[last], g.Right[last]))
			b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		}
	}
}

func pad(s string, width int, right bool) string {
	fill := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if right {
		return fill + s
	}
	return s + fill
}

// wrap breaks a text into lines at spaces.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}
