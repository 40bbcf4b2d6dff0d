package reports

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/look"
	"abtool/internal/stat"
	"abtool/internal/ui"
	"abtool/reports/chart"
	"abtool/store"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var ownCSS string

var pageCSS = look.CSS + ownCSS

//go:embed page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// The types of the page's contents, for the template.
type (
	htmlPage struct {
		Title, Store, Tool string
		CSS                template.CSS
		JS                 template.JS
		Sources            []htmlSource
		Sets               []htmlSet
		Comparison         *htmlComparison
		Commands           []string
		Assumptions        []string
		Examples           template.JS // JSON of the traces to play
		Hidden             bool
		Bootstrap          int
		Seed               uint64
	}
	htmlSource struct{ Set, Name, Records, Stored, Rejected, Rows string }
	htmlSet    struct {
		Name, Title string
		Sentences   []string
		Sections    []htmlSection
		Examples    []htmlExample
	}
	htmlSection struct {
		ID, Title string
		Blocks    []htmlBlock
		Plays     bool // whether the traces of the data set follow
	}
	// An htmlBlock is a figure with the statistics that it shows, or a statistic without a figure.
	htmlBlock struct {
		Figure *htmlFigure
		Stats  []htmlStat
	}
	htmlFigure struct {
		Name, Set, Title, Caption, Alt string
		Missing                        string // what the store lacks, in place of the picture
		Light                          template.URL
		Dark                           template.Srcset
		Width, Height                  int
	}
	htmlStat struct {
		ID, Name, Title, Definition, Rules, Paper string
		Values                                    []htmlValue
		Excluded                                  []string
		Warnings                                  []string
		Tables                                    []htmlTable
		Open                                      bool // whether definition and tables are unfolded
		Published                                 bool // whether a value has a published value
	}
	htmlValue struct {
		Name, Title, Value, Interval, Method, N, Of, Published, Covered string
	}
	htmlTable struct {
		ID, Title, Note string
		Columns         []htmlColumn
		Rows            [][]htmlCell
	}
	htmlColumn struct {
		Name, Title string
		Number      bool
	}
	htmlCell struct {
		Text, Sort string
	}
	htmlExample struct {
		ID, Title     string
		Width, Height string
		Boxes         []htmlRect
		Path          string
		Points        []htmlPoint
		Seconds       string
	}
	htmlRect       struct{ X, Y, W, H, Name string }
	htmlPoint      struct{ X, Y, Icon, Class string }
	htmlComparison struct {
		A, B string
		Sets []htmlComparedSet
	}
	htmlComparedSet struct {
		Title   string
		Figures []*htmlFigure
		Table   htmlTable
	}
)

// sections lists the sections of a page in order. Each data set says which of its statistics each section
// shows.
var sections = []struct{ id, title string }{
	{"amount", "How much data there is"},
	{"localisation", "Localisation"},
	{"recognition", "Recall"},
	{"traces", "Traces and actions"},
	{"beyond", "Analyses that the paper suggests"},
	{"annotators", "Annotators and HITs"},
	{"quality", "Data quality"},
}

// html returns the page, with the figures embedded from files.
func (p *page) html(files map[string][]byte) ([]byte, error) {
	h := htmlPage{
		Title: p.title(), Store: filepath.Base(filepath.Clean(p.store)), Tool: p.document.Tool,
		CSS: template.CSS(pageCSS), JS: template.JS(pageJS),
		Commands: p.commands(), Hidden: p.options.Stats.Hide,
		Bootstrap: p.document.Options.Bootstrap, Seed: p.document.Options.Seed,
	}
	for _, d := range p.summary.DataSets {
		for _, src := range d.Sources {
			h.Sources = append(h.Sources, htmlSource{store.Title(d.Name), src.Name, chart.Grouped(src.Records),
				chart.Grouped(src.Stored), chart.Grouped(src.Rejected), chart.Grouped(src.Rows)})
		}
	}
	for i := range p.document.DataSets {
		h.Sets = append(h.Sets, p.set(&p.document.DataSets[i], files))
	}
	if p.comparison != nil {
		h.Comparison = p.compared(files)
		h.Assumptions = p.comparison.Assumptions
	}
	play := []result.Example{}
	for _, set := range h.Sets {
		for range set.Examples {
			play = append(play, p.examples[len(play)])
		}
	}
	data, err := json.Marshal(trimmed(play))
	if err != nil {
		return nil, err
	}
	h.Examples = template.JS(data) // html/template leaves application/json unchanged, and Marshal escapes <, > and &
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, h); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// trimmed returns copies of examples with coordinates rounded to 4 decimals, which is finer than a screen.
func trimmed(list []result.Example) []result.Example {
	round := func(v float64) float64 { return math.Round(v*1e4) / 1e4 }
	out := slices.Clone(list)
	for i := range out {
		out[i].Samples = slices.Clone(out[i].Samples)
		for k := range out[i].Samples {
			s := &out[i].Samples[k]
			s.X, s.Y = round(s.X), round(s.Y)
		}
	}
	return out
}

func (p *page) title() string {
	if p.options.Title != "" {
		return p.options.Title
	}
	return "Annotation byproducts of " + filepath.Base(filepath.Clean(p.store))
}

// commands returns the commands that reproduce the page.
func (p *page) commands() (out []string) {
	report := "abtool report " + quoted(p.store) + " --out report"
	for _, x := range []struct{ flag, value string }{
		{"--compare", p.options.Compare}, {"--images", p.options.Images}, {"--title", p.options.Title},
	} {
		if x.value != "" {
			report += " " + x.flag + " " + quoted(x.value)
		}
	}
	for _, name := range p.options.Only {
		report += " --only " + quoted(name)
	}
	stats := "abtool stats " + quoted(p.store) + " --json"
	if p.options.Stats.Hide {
		report += " --hide-workers"
		stats += " --hide-workers"
	}
	if seed := p.options.Stats.Seed; seed != 1 {
		report += fmt.Sprintf(" --seed %d", seed)
		stats += fmt.Sprintf(" --seed %d", seed)
	}
	return []string{report, stats, "abtool info " + quoted(p.store), "abtool sql " + quoted(p.store)}
}

// quoted returns an argument with the quotes that a shell needs.
func quoted(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_./:=+,@%", r))
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (p *page) set(d *result.DataSet, files map[string][]byte) htmlSet {
	s := chart.NewSource(d)
	out := htmlSet{Name: d.Name, Title: store.Title(d.Name), Sentences: slices.Concat(d.Warnings, sentences(s))}
	for _, section := range sections {
		sec := htmlSection{ID: d.Name + "-" + section.id, Title: section.title}
		shown := map[string]bool{}
		names := setOf(d.Name).sections[section.id]
		for i := range p.figures {
			f := &p.figures[i]
			if f.Set != d.Name || len(f.Statistics) == 0 || !slices.Contains(names, f.Statistics[0]) {
				continue
			}
			block := htmlBlock{Figure: figureHTML(f, files)}
			for _, name := range f.Statistics {
				if st := s.Stats[name]; st != nil && !shown[name] && slices.Contains(names, name) {
					shown[name] = true
					block.Stats = append(block.Stats, statHTML(d.Name, st))
				}
			}
			sec.Blocks = append(sec.Blocks, block)
		}
		for _, name := range names {
			if st := s.Stats[name]; st != nil && !shown[name] && len(p.options.Only) == 0 {
				sec.Blocks = append(sec.Blocks, htmlBlock{Stats: []htmlStat{statHTML(d.Name, st)}})
			}
		}
		if len(sec.Blocks) > 0 {
			out.Sections = append(out.Sections, sec)
		}
	}
	for i := range p.figures {
		if f := &p.figures[i]; f.Set == d.Name && f.Name == d.Name+"-examples" {
			out.Sections = append(out.Sections, htmlSection{ID: d.Name + "-examples", Title: "Examples",
				Blocks: []htmlBlock{{Figure: figureHTML(f, files)}}, Plays: f.Missing == ""})
			for k := range p.examples {
				if p.examples[k].Set == d.Name {
					out.Examples = append(out.Examples, p.example(k))
				}
			}
		}
	}
	return out
}

func figureHTML(f *chart.Figure, files map[string][]byte) *htmlFigure {
	if f.Missing != "" {
		return &htmlFigure{Name: f.Name, Set: store.Title(f.Set), Title: f.Title, Missing: f.Missing}
	}
	uri := func(inDark bool) string {
		return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(files[f.File("svg", inDark)])
	}
	return &htmlFigure{f.Name, store.Title(f.Set), f.Title, f.Caption, f.Alt, "",
		template.URL(uri(false)), template.Srcset(uri(true)), int(f.Width), int(f.Height)}
}

func statHTML(set string, st *result.Statistic) htmlStat {
	out := htmlStat{ID: set + "." + st.Name, Name: st.Name, Title: st.Title, Definition: st.Definition,
		Rules: st.Rules, Paper: st.Paper, Warnings: st.Warnings}
	values := st.Values
	if st.Name == "quality" {
		values, out.Open = nil, true // the table has the values
	}
	for _, v := range values {
		row := htmlValue{Name: v.Name, Title: v.Title, Value: unitText(float64(v.Value), v.Unit),
			N: chart.Grouped(v.N), Of: v.Of}
		if v.Interval != nil {
			row.Interval = unitText(v.Interval.Low, v.Unit) + " to " + unitText(v.Interval.High, v.Unit)
			row.Method = v.Interval.Method
		}
		if r := v.Published; r != nil {
			out.Published = true
			row.Published = strings.TrimSpace(r.Relation+" "+unitText(r.Value, v.Unit)) + " (" + r.Where + ")"
			if r.Covered != nil {
				row.Covered = map[bool]string{true: "covered", false: "not covered"}[*r.Covered]
			}
		}
		out.Values = append(out.Values, row)
	}
	for _, x := range st.Excluded {
		if x.Count > 0 {
			out.Excluded = append(out.Excluded, fmt.Sprintf("%s: %s (%s)", x.Reason, chart.Grouped(x.Count), x.Of))
		}
	}
	for i := range st.Tables {
		if len(st.Tables[i].Rows) > 0 {
			out.Tables = append(out.Tables, tableHTML(out.ID, &st.Tables[i]))
		}
	}
	return out
}

// Limits of the page's tables. Of longer tables it shows the first rows, of wider ones the columns of
// columnsKept; stats.json has all of them.
const (
	rowsOnPage    = 400
	columnsOnPage = 14
)

// columnsKept has the columns of wide tables that the page shows.
var columnsKept = map[string][]string{
	"by_worker": {"worker", "showings", "selected", "recall", "boxed", "accuracy", "pooled_accuracy", "rank",
		"centre_distance", "time_to_click", "speed", "flag_centre", "flag_rush", "flag_bot",
		"pages", "hits", "icons", "precision", "pooled_precision", "time_spent", "keyboard_share"},
	"by_hit": {"hit", "worker", "showings", "selected", "recall", "pages", "duration", "accuracy", "low_recall",
		"few_selected", "few_pages", "icons", "precision", "distinct_pages", "low_precision"},
}

// Long reports whether a cell has a text that needs several lines.
func (c htmlCell) Long() bool { return len(c.Text) > 40 }

func tableHTML(id string, t *result.Table) htmlTable {
	out := htmlTable{ID: id + "." + t.Name, Title: t.Title}
	var kept []int
	for c, col := range t.Columns {
		names, ok := columnsKept[t.Name]
		if !ok || len(t.Columns) <= columnsOnPage || slices.Contains(names, col.Name) {
			kept = append(kept, c)
		}
	}
	rows := t.Rows[:min(len(t.Rows), rowsOnPage)]
	for _, c := range kept {
		col := t.Columns[c]
		title := col.Title
		if col.Unit != "" && col.Unit != "count" {
			title += ", " + col.Unit
		}
		number := false
		for _, row := range rows {
			switch row[c].(type) {
			case int64, stat.Number:
				number = true
			}
		}
		out.Columns = append(out.Columns, htmlColumn{col.Name, title, number})
	}
	for _, row := range rows {
		var cells []htmlCell
		for _, c := range kept {
			cells = append(cells, cellHTML(row[c], t.Columns[c].Unit))
		}
		out.Rows = append(out.Rows, cells)
	}
	var left []string
	if n := len(t.Rows) - len(rows); n > 0 {
		left = append(left, chart.Grouped(n)+" more rows")
	}
	if n := len(t.Columns) - len(kept); n > 0 {
		left = append(left, chart.Grouped(n)+" more columns")
	}
	if len(left) > 0 {
		out.Note = "stats.json has " + strings.Join(left, " and ") + "."
	}
	return out
}

func cellHTML(v any, unit string) htmlCell {
	switch v := v.(type) {
	case nil:
		return htmlCell{"–", ""}
	case bool:
		if v {
			return htmlCell{"yes", "1"}
		}
		return htmlCell{"no", "0"}
	case int64:
		return htmlCell{unitText(float64(v), orCount(unit)), fmt.Sprint(v)}
	case stat.Number:
		c := numberCell(v, unit)
		if v.Defined() && unit != "fraction" && unit != "ms" && unit != "count" {
			c.Text = ui.Minus(fmt.Sprintf("%.4g", float64(v)))
		}
		return c
	}
	return htmlCell{fmt.Sprint(v), fmt.Sprint(v)}
}

func numberCell(v stat.Number, unit string) htmlCell {
	if !v.Defined() {
		return htmlCell{"–", ""}
	}
	return htmlCell{unitText(float64(v), unit), fmt.Sprint(float64(v))}
}

func orCount(unit string) string {
	if unit == "ms" {
		return unit
	}
	return "count"
}

// example returns the i-th example as a trace that can be played.
func (p *page) example(i int) htmlExample {
	x := &p.examples[i]
	const width = 320.0
	height := width * x.Height / x.Width
	at := func(v, size float64) string { return fmt.Sprintf("%.1f", v*size) }
	out := htmlExample{ID: fmt.Sprintf("play-%d", i), Width: fmt.Sprintf("%.0f", width),
		Height: fmt.Sprintf("%.0f", height)}
	k := setOf(x.Set).traces
	out.Title = "Image " + x.Image
	if x.Hits+x.Misses > 0 { // with ground truth
		out.Title = fmt.Sprintf(k.Heading, x.Image, k.Outcome(x))
	}
	for _, b := range x.Boxes {
		out.Boxes = append(out.Boxes, htmlRect{at(b.X0, width), at(b.Y0, height),
			at(b.X1-b.X0, width), at(b.Y1-b.Y0, height), b.Name})
	}
	var path strings.Builder
	last, end := int64(0), int64(0)
	for i, s := range x.Samples {
		c := "L"
		if i == 0 || k.Pause > 0 && s.T-last > k.Pause {
			c = "M"
		}
		fmt.Fprintf(&path, "%s%s %s", c, at(s.X, width), at(s.Y, height))
		last, end = s.T, max(end, s.T)
	}
	out.Path = path.String()
	for _, e := range x.Events {
		end = max(end, e.T)
		if e.Last {
			class := "miss"
			if e.Hit {
				class = "hit"
			}
			out.Points = append(out.Points, htmlPoint{at(e.X, width), at(e.Y, height), e.Icon, class})
		}
	}
	out.Seconds = fmt.Sprintf("%.1f s", float64(end)/1000)
	return out
}

func (p *page) compared(files map[string][]byte) *htmlComparison {
	c := &htmlComparison{A: p.comparison.A, B: p.comparison.B}
	for i := range p.comparison.DataSets {
		set := &p.comparison.DataSets[i]
		one := htmlComparedSet{Title: store.Title(set.Name), Table: differences(set)}
		for i := range p.figures {
			if p.figures[i].Name == set.Name+"-comparison" {
				one.Figures = append(one.Figures, figureHTML(&p.figures[i], files))
			}
		}
		c.Sets = append(c.Sets, one)
	}
	return c
}

// differences returns the table of differences of a compared data set.
func differences(set *analysis.ComparedSet) htmlTable {
	t := htmlTable{ID: "comparison." + set.Name, Title: "Differences of " + store.Title(set.Name)}
	t.Columns = []htmlColumn{{"value", "name of the value", false}, {"a", "value in the first store", true},
		{"b", "value in the second store", true}, {"a − b", "difference", true},
		{"95 % interval", "interval of the difference", false},
		{"p", "p of the hypothesis that there is no difference", true},
		{"p (Holm)", "p adjusted for all tests", true}}
	for _, st := range set.Statistics {
		if st.Name == "quality" {
			continue
		}
		for _, d := range st.Differences {
			name := st.Name + "." + d.Name
			row := []htmlCell{{name, name}, numberCell(d.A, d.Unit), numberCell(d.B, d.Unit),
				numberCell(d.Difference, d.Unit),
				{}, {}, {}}
			if d.Interval != nil {
				row[4].Text = unitText(d.Interval.Low, d.Unit) + " to " + unitText(d.Interval.High, d.Unit)
			}
			if d.Test != nil {
				row[5], row[6] = pCell(d.Test.P), pCell(d.Test.Holm)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func pCell(p stat.Number) htmlCell {
	text := fmt.Sprintf("%.4f", float64(p))
	if p < 0.0001 {
		text = "< 0.0001"
	}
	return htmlCell{text, fmt.Sprint(float64(p))}
}
