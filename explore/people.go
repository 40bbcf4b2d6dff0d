package explore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"abtool/analysis/result"
	"abtool/explore/view"
	"abtool/internal/stat"
	"abtool/internal/ui"
	"abtool/store"
)

// columnsOfWorkers are the columns of the table of annotators, by data set.
var columnsOfWorkers = map[string][]string{
	"imagenet": {"worker", "showings", "hits", "recall", "pooled_accuracy", "centre_share", "centre_median", "time_to_click", "speed", "deselections", "agreement",
		"flags"},
	"coco": {"worker", "pages", "hits", "recall", "pooled_precision", "centre_share", "icons_per_page", "time_spent", "keyboard_share", "moves", "removes",
		"flags"},
}

// intervals are the columns of the intervals of pooled values.
var intervals = map[string][2]string{"pooled_accuracy": {"pooled_low", "pooled_high"}, "pooled_precision": {"pooled_low", "pooled_high"}}

var words = map[string]string{"worker": "annotator", "pooled_accuracy": "pooled accuracy", "pooled_precision": "pooled precision", "centre_share": "at the centre", "centre_median": "from the centre",
	"time_to_click": "time to click", "flag_centre": "centre", "flag_rush": "rush", "flag_bot": "bot", "hits": "HITs", "icons_per_page": "icons a page",
	"time_spent": "time on a page", "keyboard_share": "by keyboard"}

func word(name string) string {
	if w := words[name]; w != "" {
		return w
	}
	return strings.ReplaceAll(name, "_", " ")
}

// profiles returns the table of annotators of a data set.
func (s *Server) profiles(ctx context.Context, r *http.Request) (string, *result.Table, error) {
	set, err := s.setOf(r)
	if err != nil {
		return "", nil, err
	}
	d, err := s.document(ctx)
	if err != nil {
		return "", nil, err
	}
	if st := d.Statistic(set, "workers"); st != nil {
		for i := range st.Tables {
			if st.Tables[i].Name == "by_worker" {
				return set, &st.Tables[i], nil
			}
		}
	}
	return set, nil, notFound("%s has no annotators: its records have no worker ids", store.Title(set))
}

func columnAt(t *result.Table, name string) int {
	return slices.IndexFunc(t.Columns, func(c result.Column) bool { return c.Name == name })
}

// workers lists the annotators of a data set.
func (s *Server) workers(ctx context.Context, r *http.Request) (string, any, error) {
	set, p, err := s.profiles(ctx, r)
	if err != nil {
		return "", nil, err
	}
	if set == "imagenet" {
		if p, err = s.withMedian(ctx, p); err != nil {
			return "", nil, err
		}
	}
	var t table
	var names []string
	var at []int
	for _, name := range columnsOfWorkers[set] {
		c := columnAt(p, name)
		if c < 0 && name != "flags" {
			continue
		}
		names, at = append(names, name), append(at, c)
		if name == "flags" {
			t.Columns = append(t.Columns, column{Text: "suspect of", Title: "clicking the centre, rushing, or being a bot"})
			continue
		}
		t.Columns = append(t.Columns, column{Text: word(name), Title: p.Columns[c].Title, Number: name != "worker"})
	}
	by, down := t.sorted(r, names, "-"+names[1])
	rows := slices.Clone(p.Rows)
	if by >= 0 && at[by] >= 0 {
		slices.SortStableFunc(rows, func(a, b []any) int { return compare(a[at[by]], b[at[by]], down) })
	}
	from, to := t.paged(r, len(rows))
	for _, row := range rows[from:to] {
		var cells []cell
		for i, name := range names {
			if name == "flags" {
				cells = append(cells, cell{Text: strings.Join(flagsOf(p, row), ", "), Class: "flag"})
				continue
			}
			c := cellOf(row[at[i]], p.Columns[at[i]].Unit)
			switch ends, ok := intervals[name]; {
			case name == "worker":
				c.To = "/w/" + set + "/" + url.PathEscape(text(row[at[i]]))
			case ok:
				low, high := columnAt(p, ends[0]), columnAt(p, ends[1])
				if low >= 0 && high >= 0 && c.Text != "–" {
					c.Note = cellOf(row[low], "fraction").Text + "–" + cellOf(row[high], "fraction").Text
				}
			}
			cells = append(cells, c)
		}
		t.Rows = append(t.Rows, cells)
	}
	return "Annotators", map[string]any{"Set": set, "Table": t, "Sets": s.others("/w/", set),
		"Doc": "Pooled accuracy and pooled precision are drawn to the mean of all annotators, the more so the fewer clicks somebody has. Their 95 % intervals follow them. The page of an annotator has the plain shares too. " +
			"Who has more than half of the clicks within 0.05 of the centre, of 20 or more, is suspected of clicking the centre: sort by “at the centre” to see who comes near."}, nil
}

// withMedian returns a table of annotators with the median distance of their clicks from the centre. The mean of it is
// moved by a single click that is far outside of the image.
func (s *Server) withMedian(ctx context.Context, p *result.Table) (*result.Table, error) {
	if _, err := s.view(ctx, "imagenet"); err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT worker_id::VARCHAR, median("+fromCentre+")::DOUBLE FROM summary_imagenet WHERE selected AND x IS NOT NULL AND y IS NOT NULL AND worker_id IS NOT NULL GROUP BY 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	medians := map[string]float64{}
	for rows.Next() {
		var id string
		var v float64
		if err := rows.Scan(&id, &v); err != nil {
			return nil, err
		}
		medians[id] = v
	}
	out := *p
	out.Columns = append(slices.Clone(p.Columns), result.Column{Name: "centre_median", Unit: result.UnitShare, Title: "median distance of the click from (0.5, 0.5)"})
	out.Rows = nil
	for _, row := range p.Rows {
		v, ok := medians[text(row[0])]
		if !ok {
			v = math.NaN()
		}
		out.Rows = append(out.Rows, append(slices.Clone(row), stat.Number(v)))
	}
	return &out, rows.Err()
}

// flagsOf returns what an annotator is flagged for.
func flagsOf(p *result.Table, row []any) (flags []string) {
	for i, c := range p.Columns {
		if yes, _ := row[i].(bool); yes && strings.HasPrefix(c.Name, "flag_") {
			flags = append(flags, word(c.Name))
		}
	}
	return flags
}

// others returns the links to the same page of each data set, if there are several.
func (s *Server) others(base, set string) (links []link) {
	if len(s.db.Sets) < 2 {
		return nil
	}
	for _, x := range s.db.Sets {
		links = append(links, link{Text: store.Title(x), To: base + x, Here: x == set})
	}
	return links
}

// compare orders values of a column. Those that are missing or undefined are last in either direction.
func compare(a, b any, down bool) int {
	x, xok := amount(a)
	y, yok := amount(b)
	sign := 1
	if down {
		sign = -1
	}
	switch {
	case xok && yok && x < y:
		return -sign
	case xok && yok && x > y:
		return sign
	case xok && yok:
		return 0
	case xok:
		return -1
	case yok:
		return 1
	}
	s, _ := a.(string)
	u, _ := b.(string)
	return sign * strings.Compare(s, u)
}

func amount(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case stat.Number:
		return float64(v), v.Defined()
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// A workerShown is an annotator as the page shows it.
type workerShown struct {
	Set, ID  string
	All      string // address of all showings
	Facts    []fact
	Charts   []chartShown
	Flags    []string
	HITs     []cell
	Others   *comparedWith
	Rank     string
	Showings string
}

type fact struct{ Name, Value, Note, Title string }

// A chartShown compares an annotator with all of them.
type chartShown struct {
	Title, Note string
	Bars        []barShown
	Map         *mapShown
	Ends        [2]string
}

type barShown struct {
	X, W, Y, H string // of the annotator's bar
	AllY, AllH string
	Title      string
}

// worker shows one annotator.
func (s *Server) worker(ctx context.Context, r *http.Request) (string, any, error) {
	set, p, err := s.profiles(ctx, r)
	if err != nil {
		return "", nil, err
	}
	id := r.PathValue("id")
	at := slices.IndexFunc(p.Rows, func(row []any) bool { return row[0] == any(id) })
	if at < 0 {
		return "", nil, notFound("no annotator has the id %q", id)
	}
	row := p.Rows[at]
	f := view.Filter{Terms: []view.Term{{Field: "worker_id", Texts: []string{id}}}}
	out := workerShown{Set: set, ID: id, All: "/i/" + set + "?" + f.Query(), Showings: text(row[1])}
	for i, c := range p.Columns {
		x := cellOf(row[i], c.Unit)
		switch {
		case i == 0 || strings.HasSuffix(c.Name, "_low") || strings.HasSuffix(c.Name, "_high") || strings.HasSuffix(c.Name, "_p10") ||
			strings.HasSuffix(c.Name, "_p90") || strings.HasSuffix(c.Name, "_p25") || strings.HasSuffix(c.Name, "_p75"):
		case strings.HasPrefix(c.Name, "flag_"):
			if x.Text == "yes" {
				out.Flags = append(out.Flags, c.Title)
			}
		default:
			note := ""
			if low := columnAt(p, strings.TrimSuffix(c.Name, "_accuracy")+"_low"); low == i+1 || c.Name == "pooled_precision" || c.Name == "accuracy" || c.Name == "precision" {
				if low < 0 {
					low = columnAt(p, c.Name+"_low")
				}
				if low >= 0 && x.Text != "–" {
					note = cellOf(row[low], c.Unit).Text + " to " + cellOf(row[low+1], c.Unit).Text
				}
			}
			out.Facts = append(out.Facts, fact{word(c.Name), x.Text, note, c.Title})
		}
	}
	v, err := s.view(r.Context(), set)
	if err != nil {
		return "", nil, err
	}
	if out.Charts, err = s.comparisons(ctx, v, f); err != nil {
		return "", nil, err
	}
	if out.Others, err = s.othersOn(ctx, set, "worker_id", id); err != nil {
		return "", nil, err
	}
	hit := map[string]string{"imagenet": "assignment_id", "coco": "hit_id"}[set]
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf("SELECT %s::VARCHAR, count(*) FROM summary_%s WHERE worker_id::VARCHAR = ? AND %[1]s IS NOT NULL GROUP BY 1 ORDER BY min(seq) LIMIT 60", hit, set), id)
	if err != nil {
		return "", nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return "", nil, err
		}
		out.HITs = append(out.HITs, cell{Text: name, To: "/h/" + set + "/" + url.PathEscape(name), Note: ui.Thousands(n)})
	}
	return id, out, rows.Err()
}

// chartsOfWorkers are the fields in which an annotator is compared with all.
var chartsOfWorkers = map[string][]string{"imagenet": {"n_samples", "hover_ms", "box_distance", "x", "y", "hour"}, "coco": {"time_spent", "recall", "precision", "n_samples", "n_actions", "keyboard"}}

// comparisons returns histograms of what an annotator did, in front of those of all annotators.
func (s *Server) comparisons(ctx context.Context, v *view.View, f view.Filter) (charts []chartShown, err error) {
	if v.Set == "imagenet" {
		m, err := s.clickMap(ctx, f.Terms[0].Texts[0])
		if err != nil {
			return nil, err
		}
		charts = append(charts, chartShown{Title: "Where the last click is", Map: m, Note: "over the image"})
	}
	for _, name := range chartsOfWorkers[v.Set] {
		x, err := v.Field(name)
		if err != nil {
			return nil, err
		}
		own, err := v.Facet(ctx, f, name, "")
		if err != nil {
			return nil, err
		}
		all, err := v.Facet(ctx, view.Filter{}, name, "")
		if err != nil {
			return nil, err
		}
		if own.Bins != nil {
			charts = append(charts, barsOf(x, own, all))
		}
	}
	return charts, nil
}

const chartWidth, chartHeight = 240.0, 80.0

// px returns a length of a chart.
func px(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// edgeOf returns what writes the edges of a field's bars, with their unit.
func edgeOf(x view.Field) func(float64) string {
	return func(v float64) string {
		switch x.Unit {
		case "ms":
			return ui.Duration(v)
		case "fraction":
			return short(v)
		}
		return strings.TrimSpace(short(v) + " " + x.Unit)
	}
}

func barsOf(x view.Field, own, all *view.Facet) chartShown {
	c := chartShown{Title: x.Title}
	share := func(f *view.Facet, i int) float64 { return float64(f.Count[i]) / float64(max(1, f.N-f.Null)) }
	most := 1e-9
	for i := range own.Count {
		most = max(most, share(own, i), share(all, i))
	}
	w := chartWidth / float64(len(own.Count))
	show := edgeOf(x)
	for i := range own.Count {
		h, a := share(own, i)/most*chartHeight, share(all, i)/most*chartHeight
		from := own.Bins.Low + float64(i)*own.Bins.Step
		c.Bars = append(c.Bars, barShown{X: px(float64(i) * w), W: px(max(.5, w-1)), Y: px(chartHeight - h), H: px(h), AllY: px(chartHeight - a), AllH: px(a),
			Title: fmt.Sprintf("%s: %s of this annotator, %s of all", show(from), ui.Percent(share(own, i), 1), ui.Percent(share(all, i), 1))})
	}
	c.Ends = [2]string{show(own.Bins.Low), show(own.Bins.Low + float64(own.Bins.N)*own.Bins.Step)}
	return c
}

func (s *Server) clickMap(ctx context.Context, id string) (*mapShown, error) {
	const n = 11
	h := result.Histogram{Name: "clicks", Title: "Where the last click is", Of: "clicks", Counts: make([][]int64, n)}
	for i := range h.Counts {
		h.Counts[i] = make([]int64, n)
	}
	rows, err := s.db.QueryContext(ctx, `SELECT grid_cell(y, 11), grid_cell(x, 11), count(*) FROM summary_imagenet
WHERE worker_id::VARCHAR = ? AND grid_cell(y, 11) IS NOT NULL AND grid_cell(x, 11) IS NOT NULL GROUP BY ALL`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var y, x sql.NullInt64
		var k int64
		if err := rows.Scan(&y, &x, &k); err != nil {
			return nil, err
		}
		h.Counts[y.Int64][x.Int64] = k
	}
	m := shownMap("imagenet", nil, nil, &h)
	for i := range m.Cells {
		c := &m.Cells[i]
		if c.Title == "0" {
			continue
		}
		span := func(k int) *view.Range {
			return &view.Range{Low: float64(k) / n, High: float64(k+1) / n, Below: k < n-1}
		}
		f := view.Filter{Terms: []view.Term{{Field: "x", Range: span(c.X)}, {Field: "y", Range: span(c.Y)}, {Field: "worker_id", Texts: []string{id}}}}
		c.To = "/i/imagenet?" + f.Query()
	}
	return &m, rows.Err()
}
