package explore

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/analysis/rows"
	"abtool/internal/stat"
	"abtool/internal/ui"
	"abtool/reports"
	"abtool/reports/chart"
)

// numbers are the statistics of the store, which are computed after the summaries.
type numbers struct {
	ready   chan struct{} // closed when the rest is set
	doc     *result.Document
	finders map[string]*rows.Finder // by data set
	figures []chart.Figure
	broken  broken
	err     error
}

func (n *numbers) compute(ctx context.Context, o Options, replaced func() bool) {
	defer close(n.ready)
	n.doc, n.err = analysis.Run(ctx, o.Store, result.Options{Tool: o.Tool, Jobs: o.Threads, Hide: o.Hide, Seed: result.DefaultSeed + o.seed})
	if n.err == nil && replaced() {
		n.err = errors.New("the store was replaced before its statistics were computed: open the new one")
	}
	if n.err != nil {
		return
	}
	debug.FreeOSMemory() // the statistics need some hundred MB once
	n.finders = map[string]*rows.Finder{}
	for i := range n.doc.DataSets {
		n.finders[n.doc.DataSets[i].Name] = rows.For(n.doc.DataSets[i].Name, &n.doc.Options)
		n.figures = append(n.figures, reports.Figures(&n.doc.DataSets[i])...)
	}
}

// document returns the statistics. It waits until they are computed.
func (s *Server) document(ctx context.Context) (*result.Document, error) {
	select {
	case <-s.numbers.ready:
		return s.numbers.doc, s.numbers.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// figure answers with a figure of the report as SVG: name.svg, or name-dark.svg.
func (s *Server) figure(w http.ResponseWriter, r *http.Request) {
	if _, err := s.document(r.Context()); err != nil {
		http.Error(w, err.Error(), statusOf(err))
		return
	}
	name, ok := strings.CutSuffix(r.PathValue("name"), ".svg")
	name, dark := strings.CutSuffix(name, "-dark")
	i := slices.IndexFunc(s.numbers.figures, func(f chart.Figure) bool { return f.Name == name && f.Missing == "" })
	if i < 0 || !ok {
		http.NotFound(w, r)
		return
	}
	var b bytes.Buffer
	if err := s.numbers.figures[i].Write(&b, "svg", dark); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, "image/svg+xml", tagOf(b.Bytes()), b.Bytes())
}

// A valueShown is a value of a statistic as a page shows it.
type valueShown struct {
	Set, Statistic, Name, Title string
	Value, Interval, Method     string
	N, Of                       string
	Rows, In                    string // addresses of the rows that n counts, and of those in the numerator
	None                        string // why there are no rows
	Published, Covered          string
	interval
}

// An interval is drawn as a line with a mark for the value, from 0 to 100.
type interval struct {
	Low, High, At float64
	Drawn         bool
}

func shownValue(f *rows.Finder, set string, st *result.Statistic, v *result.Value) valueShown {
	out := plainValue(set, st, v)
	q := f.Of(st, v)
	out.Rows, out.In, out.None = rowsAddress(set, q.Over, v.Title), rowsAddress(set, q.Counted, v.Title), q.None
	return out
}

// plainValue returns a value without its rows.
func plainValue(set string, st *result.Statistic, v *result.Value) valueShown {
	out := valueShown{Set: set, Statistic: st.Name, Name: v.Name, Title: v.Title, Value: unitText(float64(v.Value), v.Unit),
		N: ui.Thousands(v.N), Of: v.Of}
	if i := v.Interval; i != nil {
		out.Interval, out.Method = unitText(i.Low, v.Unit)+" to "+unitText(i.High, v.Unit), i.Method
		if v.Unit == result.UnitShare && v.Value.Defined() && i.Low >= 0 && i.High <= 1 {
			out.interval = interval{100 * i.Low, 100 * i.High, 100 * float64(v.Value), true}
		}
	}
	if p := v.Published; p != nil {
		out.Published = strings.TrimSpace(p.Relation + " " + unitText(p.Value, v.Unit))
		if p.Covered != nil {
			out.Covered = map[bool]string{true: "covered", false: "not covered"}[*p.Covered]
		}
	}
	return out
}

func unitText(v float64, unit string) string { return ui.Minus(ui.Number(v, unit)) }

// rowsAddress returns the address of the rows of a query: of the grid, if the rows are showings or images. Without a
// query it returns "".
func rowsAddress(set, sql, title string) string {
	if sql == "" {
		return ""
	}
	q := url.Values{"q": {sql}}
	if !rows.OfImages(sql) {
		return "/sql?" + q.Encode()
	}
	q.Set("of", title)
	return "/i/" + set + "?" + q.Encode()
}

// statistics lists the statistics of the store.
func (s *Server) statistics(ctx context.Context, _ *http.Request) (string, any, error) {
	type entry struct {
		Set, Name, Title, Paper string
		First                   *valueShown
	}
	type set struct {
		Name    string
		Keys    []link
		Entries []entry
	}
	d, err := s.document(ctx)
	if err != nil {
		return "", nil, err
	}
	var sets []set
	for _, x := range d.DataSets {
		out := set{Name: x.Name, Keys: s.byLinks(x.Name, "", "")}
		for i := range x.Statistics {
			st := &x.Statistics[i]
			e := entry{Set: x.Name, Name: st.Name, Title: st.Title, Paper: st.Paper}
			if len(st.Values) > 0 && st.Name != "quality" {
				v := shownValue(s.numbers.finders[x.Name], x.Name, st, &st.Values[0])
				e.First = &v
			}
			out.Entries = append(out.Entries, e)
		}
		sets = append(sets, out)
	}
	return "Statistics", sets, nil
}

// A statisticShown is a statistic as its page shows it.
type statisticShown struct {
	Set string
	*result.Statistic
	Shown     []valueShown
	Out       []excludedShown
	Maps      []mapShown
	Shares    []table
	Figures   []figureShown
	Keys      []link // of the groups by each key
	Previous  *link
	Next      *link
	Published bool
	Command   string
}

type excludedShown struct{ Reason, Of, N, Rows string }

type figureShown struct {
	Name, Title, Caption, Alt, Missing string
	Width, Height                      int
}

// A mapShown is a histogram on a grid.
type mapShown struct {
	Title, Of, Outside string
	Cells              []cellShown
	Columns, Rows      int
}

type cellShown struct {
	X, Y  int
	Shade string // opacity, from 0 to 1
	Title string
	To    string
}

// statistic shows one statistic.
func (s *Server) statistic(ctx context.Context, r *http.Request) (string, any, error) {
	d, err := s.document(ctx)
	if err != nil {
		return "", nil, err
	}
	set, name := r.PathValue("set"), r.PathValue("name")
	st := d.Statistic(set, name)
	if st == nil {
		return "", nil, notFound("the store has no statistic %q of %q", name, set)
	}
	find := s.numbers.finders[set]
	out := statisticShown{Set: set, Statistic: st, Command: "abtool stats " + quoted(s.options.Store) + " " + set + "." + name}
	if m := measureOf[set+"."+name]; m != "" {
		out.Keys = s.byLinks(set, m, "")
	}
	for i := range st.Values {
		if name != "quality" {
			v := shownValue(find, set, st, &st.Values[i])
			out.Published = out.Published || v.Published != ""
			out.Shown = append(out.Shown, v)
		}
	}
	for _, x := range st.Excluded {
		e := excludedShown{x.Reason, x.Of, ui.Thousands(x.Count), ""}
		if x.Count > 0 {
			e.Rows = rowsAddress(set, find.Excluded(st, &x).Over, "Left out: "+x.Reason)
		}
		out.Out = append(out.Out, e)
	}
	for i := range st.Histograms {
		out.Maps = append(out.Maps, shownMap(set, find, st, &st.Histograms[i]))
	}
	for i := range st.Tables {
		if len(st.Tables[i].Rows) > 0 {
			out.Shares = append(out.Shares, tableOf(set, find, st, &st.Tables[i]))
		}
	}
	for _, f := range s.numbers.figures {
		if f.Set == set && slices.Contains(f.Statistics, name) {
			out.Figures = append(out.Figures, figureShown{f.Name, f.Title, f.Caption, f.Alt, f.Missing, int(f.Width), int(f.Height)})
		}
	}
	all := d.DataSet(set).Statistics
	at := slices.IndexFunc(all, func(x result.Statistic) bool { return x.Name == name })
	if at > 0 {
		out.Previous = &link{Text: all[at-1].Title, To: "/stats/" + set + "/" + all[at-1].Name}
	}
	if at+1 < len(all) {
		out.Next = &link{Text: all[at+1].Title, To: "/stats/" + set + "/" + all[at+1].Name}
	}
	return st.Title, out, nil
}

// shownMap returns a histogram as a map. Without a finder its cells lead nowhere.
func shownMap(set string, find *rows.Finder, st *result.Statistic, h *result.Histogram) mapShown {
	m := mapShown{Title: h.Title, Of: h.Of, Rows: len(h.Counts)}
	if h.Outside > 0 {
		m.Outside = ui.Thousands(h.Outside)
	}
	most := int64(1)
	for _, row := range h.Counts {
		m.Columns = len(row)
		most = max(most, slices.Max(row))
	}
	for y, row := range h.Counts {
		for x, n := range row {
			c := cellShown{X: x, Y: y, Shade: decimal(float64(n) / float64(most)), Title: ui.Thousands(n)}
			if find != nil && n > 0 {
				c.To = rowsAddress(set, find.Cell(st, h, y, x), h.Title)
			}
			m.Cells = append(m.Cells, c)
		}
	}
	return m
}

func decimal(v float64) string { return strings.TrimRight(strings.TrimRight(stat3(v), "0"), ".") }

func stat3(v float64) string { return ui.Minus(formatted(v)) }

// tableOf returns a table of a statistic. Cells whose rows are known lead to them.
func tableOf(set string, find *rows.Finder, st *result.Statistic, t *result.Table) table {
	out := table{Caption: t.Title}
	for _, c := range t.Columns {
		title := c.Title
		if c.Unit != "" && c.Unit != "count" {
			title += ", " + c.Unit
		}
		out.Columns = append(out.Columns, column{Text: strings.ReplaceAll(c.Name, "_", " "), Title: title})
	}
	for i, row := range t.Rows {
		if i == mostTableRows {
			out.Note = ui.Thousands(int64(len(t.Rows)-i)) + " more rows: abtool stats --json has all of them."
			break
		}
		var cells []cell
		for c, v := range row {
			x := cellOf(v, t.Columns[c].Unit)
			out.Columns[c].Number = out.Columns[c].Number || x.Number
			if query, n := find.Row(st, t, row); n > 0 && t.Columns[c].Name == find.N(st, t) {
				x.To = rowsAddress(set, query, t.Title)
			}
			if text, ok := v.(string); ok && st.Name == "quality" && t.Columns[c].Name == "where" {
				x = cell{Text: "show", To: rowsAddress(set, text, t.Title)}
			}
			cells = append(cells, x)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

const mostTableRows = 400

// cellOf returns a value of a table of statistics as a cell.
func cellOf(v any, unit string) cell {
	switch v := v.(type) {
	case nil:
		return cell{Text: "–", Number: true}
	case bool:
		return cell{Text: map[bool]string{true: "yes", false: "no"}[v]}
	case int64:
		if unit != "ms" {
			unit = "count"
		}
		return cell{Text: unitText(float64(v), unit), Number: true}
	case stat.Number:
		if v.Defined() && unit != "fraction" && unit != "ms" && unit != "count" {
			return cell{Text: ui.Minus(short(float64(v))), Number: true}
		}
		return cell{Text: unitText(float64(v), unit), Number: true}
	case string:
		return cell{Text: v}
	}
	return cell{Text: text(v)}
}
