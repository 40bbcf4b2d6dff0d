package explore

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/explore/view"
	"abtool/internal/stat"
	"abtool/internal/ui"
	"abtool/store"
)

// A measure is a column of the tables by worker, class, HIT, week or arm, and how its rows are found.
type measure struct {
	Name, Title string
	N           string    // the column with the number of units that the value is over; "" is all rows of the group
	Ends        [2]string // the columns of its interval, or of two quantiles
	Method      string    // what these are, in a sentence

	Over, Counted string // filter of the rows that N counts, and of those in the numerator
	From          string // the query that has these rows, if the filter does not select them; Counted is then a condition of it
}

const wilson, tenths, quarters = "Lines are 95 % intervals.", "Lines reach from the 10 % to the 90 % quantile.", "Lines reach from the lower to the upper quartile."

// measures of the data sets; the first one is shown first.
var measures = map[string][]measure{
	"imagenet": {
		{Name: "accuracy", Title: "Click in a box, of selected showings", N: "boxed", Ends: [2]string{"accuracy_low", "accuracy_high"}, Method: wilson,
			Over: "selected:true;hit:true,false", Counted: "selected:true;hit:true"},
		{Name: "final_accuracy", Title: "Final click in a box, of images", N: "final_boxed", Ends: [2]string{"final_low", "final_high"}, Method: wilson,
			From: "FROM imagenet_localization", Counted: "hit"},
		{Name: "recall", Title: "Selected, of showings", Counted: "selected:true"},
		{Name: "time_to_click", Title: "Median time from entering to the click", Ends: [2]string{"time_to_click_p10", "time_to_click_p90"}, Method: tenths},
		{Name: "estimate_time", Title: "Median estimated time", Ends: [2]string{"estimate_time_p25", "estimate_time_p75"}, Method: quarters},
		{Name: "centre_distance", Title: "Mean distance of the click from the centre", N: "clicked", Over: "selected:true;x:!null"},
		{Name: "centre_share", Title: "Clicks within 0.05 of the centre", N: "clicked", Over: "selected:true;x:!null"},
		{Name: "speed", Title: "Mean speed of the pointer"},
		{Name: "deselections", Title: "Selections that were taken back", Counted: "deselections:1.."},
		{Name: "agreement", Title: "Pairs of showings of an image that agree"},
	},
	"coco": {
		{Name: "precision", Title: "Icon on a mask of its class", N: "judged", Ends: [2]string{"precision_low", "precision_high"}, Method: wilson,
			From: "FROM coco_localization WHERE on_mask IS NOT NULL", Counted: "on_mask"},
		{Name: "recall", Title: "Classes found, mean over pages"},
		{Name: "time_spent", Title: "Median time on a page", Ends: [2]string{"time_spent_p10", "time_spent_p90"}, Method: tenths},
		{Name: "icons_per_page", Title: "Mean number of icons on a page"},
		{Name: "centre_distance", Title: "Mean distance of the icon from the centre"},
		{Name: "keyboard_share", Title: "Steps by the keyboard"},
		{Name: "moves", Title: "Moves of icons"},
		{Name: "removes", Title: "Removals of icons"},
	},
}

// measureOf has the measure that is nearest to a statistic.
var measureOf = map[string]string{
	"imagenet.click_accuracy": "final_accuracy", "imagenet.counts": "recall", "imagenet.timing": "time_to_click", "imagenet.centre_bias": "centre_share",
	"imagenet.workers": "accuracy", "imagenet.hits": "recall", "imagenet.rounds": "recall", "imagenet.off_centre": "final_accuracy", "imagenet.random_clicks": "final_accuracy",
	"coco.icon_precision": "precision", "coco.class_recall": "recall", "coco.missed_classes": "recall", "coco.time": "time_spent", "coco.browsing": "keyboard_share",
	"coco.sequences": "moves", "coco.workers": "precision", "coco.hits": "recall", "coco.counts": "icons_per_page", "coco.centre_bias": "centre_distance",
}

// fieldOf has the field that selects the rows of a group.
var fieldOf = map[string]map[string]string{
	"imagenet": {"worker": "worker_id", "class": "class", "hit": "assignment_id", "arm": "arm"},
	"coco":     {"worker": "worker_id", "class": "placed", "hit": "hit_id", "arm": "arm"},
}

// weekOf has the column with the time whose week is that of a row.
var weekOf = map[string]string{"imagenet": "hit_submit_time", "coco": "page_started"}

var keyWords = map[string]string{"worker": "annotator", "class": "class", "hit": "HIT", "week": "week", "arm": "arm"}

// keysOf lists the keys by which a data set can be broken down: those that some of its rows have.
func (s *Server) keysOf(set string) []string {
	b := &s.numbers.broken
	b.keysMade.Lock()
	defer b.keysMade.Unlock()
	if keys, ok := b.keys[set]; ok {
		return keys
	}
	columns := map[string]string{"worker": "worker_id", "week": weekOf[set], "class": "image_id", "arm": "arm", "hit": fieldOf[set]["hit"]}
	keys := []string{}
	for _, key := range result.Keys {
		var has bool // without the column there is an error
		s.db.QueryRow(fmt.Sprintf("SELECT EXISTS (FROM %s_annotations WHERE %s IS NOT NULL)", set, columns[key])).Scan(&has)
		if has {
			keys = append(keys, key)
		}
	}
	if b.keys == nil {
		b.keys = map[string][]string{}
	}
	b.keys[set] = keys
	return keys
}

// byLinks returns the links to a measure by each key. here is the present key, or "".
func (s *Server) byLinks(set, name, here string) (links []link) {
	for _, key := range s.keysOf(set) {
		to := "/stats/" + set + "/by/" + key
		if name != "" {
			to += "?value=" + name
		}
		links = append(links, link{Text: keyWords[key], To: to, Here: key == here})
	}
	return links
}

// broken are the tables by each key, which are computed when they are asked for.
type broken struct {
	mu   sync.Mutex
	docs map[string]*result.Document

	keysMade sync.Mutex
	keys     map[string][]string // by data set
}

// by returns the statistics of the store by a key.
func (s *Server) by(ctx context.Context, key string) (*result.Document, error) {
	b := &s.numbers.broken
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := b.docs[key]; d != nil {
		return d, nil
	}
	d, err := analysis.Run(ctx, s.options.Store, result.Options{By: key, Tool: s.options.Tool, Jobs: s.options.Threads, Hide: s.options.Hide, Seed: result.DefaultSeed})
	if err != nil {
		return nil, err
	}
	if b.docs == nil {
		b.docs = map[string]*result.Document{}
	}
	b.docs[key] = d
	return d, nil
}

// A groupsShown is a measure of each group.
type groupsShown struct {
	Set, Key, Title, Doc, Method string
	Table                        table
	Keys, Measures, Sets         []link
	Values                       []valueShown // of arms, with their differences
	Ends                         [2]string    // of the axis
	Left                         []excludedShown
	Command                      string
}

// groups shows a measure by worker, class, HIT, week or arm; or all columns.
func (s *Server) groups(ctx context.Context, r *http.Request) (string, any, error) {
	set, err := s.setOf(r)
	if err != nil {
		return "", nil, err
	}
	key := r.PathValue("key")
	if !slices.Contains(s.keysOf(set), key) {
		return "", nil, notFound("there are no groups by %q: there are %s", key, strings.Join(s.keysOf(set), ", "))
	}
	d, err := s.by(ctx, key)
	if err != nil {
		return "", nil, err
	}
	st := d.Statistic(set, "by_"+key)
	if st == nil || len(st.Tables) == 0 {
		return "", nil, notFound("%s has no groups by %s", store.Title(set), keyWords[key])
	}
	t := &st.Tables[0]
	out := groupsShown{Set: set, Key: keyWords[key], Keys: s.byLinks(set, r.FormValue("value"), key), Sets: s.othersBy(key, set),
		Command: "abtool stats " + quoted(s.options.Store) + " " + set + " --by " + key + " --csv"}
	chosen := r.FormValue("value")
	var m *measure
	for i := range measures[set] {
		x := &measures[set][i]
		c := columnAt(t, x.Name)
		if c < 0 || !slices.ContainsFunc(t.Rows, func(row []any) bool { _, ok := amount(row[c]); return ok }) {
			continue
		}
		if m == nil && chosen == "" || x.Name == chosen {
			m, out.Doc = x, strings.ToUpper(t.Columns[c].Title[:1])+t.Columns[c].Title[1:]
		}
		out.Measures = append(out.Measures, link{Text: x.Title, To: with(r, "value", x.Name)})
	}
	for i := range out.Measures {
		out.Measures[i].Here = m != nil && out.Measures[i].Text == m.Title
	}
	out.Measures = append(out.Measures, link{Text: "All columns", To: with(r, "value", "all"), Here: m == nil})
	for i := range st.Values {
		out.Values = append(out.Values, plainValue(set, st, &st.Values[i]))
	}
	for _, e := range st.Excluded {
		if e.Count > 0 {
			out.Left = append(out.Left, excludedShown{Reason: e.Reason, Of: e.Of, N: ui.Thousands(e.Count)})
		}
	}
	if m == nil {
		out.Title = "All columns"
		out.Table = s.allColumns(r, set, key, t)
	} else {
		out.Title, out.Method = m.Title, m.Method
		out.Table, out.Ends = s.measured(r, set, key, t, m)
	}
	return out.Title + " by " + out.Key, out, nil
}

func (s *Server) othersBy(key, set string) (links []link) {
	for _, l := range s.others("", set) {
		if slices.Contains(s.keysOf(l.To), key) {
			l.To = "/stats/" + l.To + "/by/" + key
			links = append(links, l)
		}
	}
	return links
}

// measured returns the table of a measure, and the ends of the axis of its intervals, if these are not 0 and 1.
func (s *Server) measured(r *http.Request, set, key string, t *result.Table, m *measure) (out table, ends [2]string) {
	value, low, high, n := columnAt(t, m.Name), columnAt(t, m.Ends[0]), columnAt(t, m.Ends[1]), columnAt(t, m.N)
	all := columnAt(t, map[string]string{"imagenet": "showings", "coco": "pages"}[set])
	if n < 0 {
		n = all
	}
	unit := t.Columns[value].Unit
	out.Columns = []column{{Text: keyWords[key]}, {Text: "value", Title: t.Columns[value].Title, Number: true}, {Text: ""},
		{Text: "over", Title: t.Columns[n].Title, Number: true}}
	fallback := "-over"
	if key == "week" || key == "arm" {
		fallback = keyWords[key]
	}
	by, down := out.sorted(r, []string{keyWords[key], "value", "", "over"}, fallback)
	rows := slices.Clone(t.Rows)
	if at := map[int]int{0: 0, 1: value, 3: n}; by >= 0 {
		slices.SortStableFunc(rows, func(a, b []any) int { return compare(a[at[by]], b[at[by]], down) })
	}
	axis := axisOf(rows, unit, value, low, high)
	if unit != result.UnitShare {
		ends = [2]string{unitText(axis[0], unit), unitText(axis[1], unit)}
	}
	from, to := out.paged(r, len(rows))
	for _, row := range rows[from:to] {
		name, _ := row[0].(string)
		group := s.groupOf(set, key, name)
		first := cell{Text: name, To: group.address("", "")}
		v := cellOf(row[value], unit)
		over := cellOf(row[n], "count")
		span := cell{Class: "drawn"}
		if x, ok := amount(row[value]); ok {
			i := interval{At: axis.place(x), Low: axis.place(x), High: axis.place(x), Drawn: true}
			if low >= 0 && high >= 0 {
				a, aok := amount(row[low])
				b, bok := amount(row[high])
				if aok && bok {
					i.Low, i.High = axis.place(a), axis.place(b)
					v.Note = unitText(a, unit) + "–" + unitText(b, unit)
				}
			}
			span.Span = &i
		}
		title := m.Title + ", " + name
		switch {
		case set == "coco" && key == "class":
			first.To, over.To, v.To = group.iconsOf(m, name)
		case m.From != "":
			over.To, v.To = group.address(m.From, title), group.address(whereOf(m.From, m.Counted), title)
		case m.N != "":
			over.To, v.To = group.with(m.Over, title), group.with(m.Counted, title)
		case m.Name == "recall" && key == "hit": // of a HIT it is over the images known to have the class
			over.To = first.To
		default:
			over.To, v.To = first.To, group.with(m.Counted, title)
		}
		out.Rows = append(out.Rows, []cell{first, v, span, over})
	}
	return out, ends
}

// whereOf returns a query for the rows of another one that meet a condition.
func whereOf(from, condition string) string {
	if strings.Contains(from, " WHERE ") {
		return from + " AND " + condition
	}
	return from + " WHERE " + condition
}

// allColumns returns the table with all of its columns.
func (s *Server) allColumns(r *http.Request, set, key string, t *result.Table) (out table) {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
		out.Columns = append(out.Columns, column{Text: word(c.Name), Title: c.Title, Number: i > 0})
	}
	by, down := out.sorted(r, names, names[0])
	rows := slices.Clone(t.Rows)
	if by >= 0 {
		slices.SortStableFunc(rows, func(a, b []any) int { return compare(a[by], b[by], down) })
	}
	from, to := out.paged(r, len(rows))
	for _, row := range rows[from:to] {
		var cells []cell
		for i, v := range row {
			c := cellOf(v, t.Columns[i].Unit)
			if i == 0 {
				c.To = s.groupOf(set, key, c.Text).address("", "")
			}
			cells = append(cells, c)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// A group selects the rows of a group.
type group struct {
	set    string
	filter view.Filter
	query  string // of the rows, if the filter does not select them
}

func (s *Server) groupOf(set, key, name string) group {
	g := group{set: set}
	if field := fieldOf[set][key]; field != "" {
		g.filter.Terms = []view.Term{{Field: field, Texts: []string{name}}}
		return g
	}
	g.query = fmt.Sprintf("FROM %s_annotations WHERE strftime(make_timestamp_ms(%s), '%%G-W%%V') = '%s'", set, weekOf[set], strings.ReplaceAll(name, "'", "''"))
	return g
}

// with returns the address of the rows of a group that a filter selects, or "" without a filter.
func (g group) with(filter, title string) string {
	if filter == "" {
		return ""
	}
	q := url.Values{}
	if own := g.filter.String(); own != "" {
		filter = own + ";" + filter
	}
	q.Set("f", filter)
	if g.query != "" {
		q.Set("q", g.query)
		q.Set("of", title)
	}
	return "/i/" + g.set + "?" + q.Encode()
}

// address returns the address of the rows of a group that a query has; "" is all of the group.
func (g group) address(query, title string) string {
	q := url.Values{}
	if f := g.filter.String(); f != "" {
		q.Set("f", f)
	}
	switch {
	case query != "" && g.query != "":
		query = "FROM (" + query + ") SEMI JOIN (" + g.query + ") USING (seq)"
	case query == "":
		query, title = g.query, "Rows of the group"
	}
	if query != "" {
		q.Set("q", query)
		q.Set("of", title)
	}
	return "/i/" + g.set + "?" + q.Encode()
}

// iconsOf returns the addresses of the pages with icons of a class, of those that a measure is over, and of those in
// its numerator.
func (g group) iconsOf(m *measure, class string) (first, over, counted string) {
	icon := "icon = '" + strings.ReplaceAll(class, "'", "''") + "'"
	all := group{set: g.set}
	first = all.address("FROM coco_icons WHERE "+icon, "Icons of "+class)
	if m.From != "" {
		over, counted = all.address(whereOf(m.From, icon), "Icons of "+class), all.address(whereOf(m.From, icon+" AND "+m.Counted), "Icons of "+class)
	}
	return first, over, counted
}

// An axis has the least and the most of its values.
type axis [2]float64

func (a axis) place(v float64) float64 { return min(100, max(0, 100*(v-a[0])/(a[1]-a[0]))) }

// axisOf returns an axis on which all values and the ends of their intervals are. Intervals of shares that are wide,
// because they are over few rows, end at its ends.
func axisOf(rows [][]any, unit string, value, low, high int) axis {
	var all []float64
	for _, row := range rows {
		for _, c := range []int{value, low, high} {
			if c < 0 {
				continue
			}
			if v, ok := amount(row[c]); ok {
				all = append(all, v)
			}
		}
	}
	if len(all) == 0 {
		return axis{0, 1}
	}
	slices.Sort(all)
	a := axis{min(0, stat.Quantile(all, 0.02)), stat.Quantile(all, 0.98)}
	switch {
	case unit == result.UnitShare && all[len(all)-1] <= 1:
		a = axis{0, 1}
	case !(a[1] > a[0]):
		a[1] = a[0] + 1
	}
	return a
}
