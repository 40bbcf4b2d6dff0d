package explore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"abtool/analysis/result"
	"abtool/explore/view"
	"abtool/internal/ui"
)

// A rule is a check of HITs, with its threshold.
type rule struct {
	Name, Title, Column string
	Value, Default      string
	Least, Most, Step   string
	N                   string // HITs below the threshold
	published           float64
}

// rulesOf lists the rules of a data set, with the paper's thresholds.
func rulesOf(set string) []rule {
	d := result.DefaultRules
	num := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	if set == "coco" {
		return []rule{
			{Name: "min_recall", Title: "Least recall", Column: "recall", Least: "0", Most: "1", Step: "any", published: d.MinRecall, Default: num(d.MinRecall)},
			{Name: "min_precision", Title: "Least precision", Column: "precision", Least: "0", Most: "1", Step: "any", published: d.MinPrecision, Default: num(d.MinPrecision)},
			{Name: "min_pages", Title: "Fewest pages", Column: "pages_of_whole", Least: "0", Most: "20", Step: "1", published: float64(d.MinCOCOPages), Default: num(float64(d.MinCOCOPages))},
		}
	}
	return []rule{
		{Name: "min_recall", Title: "Least recall", Column: "recall", Least: "0", Most: "1", Step: "any", published: d.MinRecall, Default: num(d.MinRecall)},
		{Name: "min_selected", Title: "Fewest selected", Column: "selected_of_whole", Least: "0", Most: "200", Step: "1", published: float64(d.MinSelected), Default: num(float64(d.MinSelected))},
		{Name: "min_pages", Title: "Fewest pages", Column: "pages_of_whole", Least: "0", Most: "10", Step: "1", published: float64(d.MinPages), Default: num(float64(d.MinPages))},
	}
}

var columnsOfHITs = map[string][]string{
	"imagenet": {"assignment_id", "worker_id", "images", "selected", "recall", "pages", "duration"},
	"coco":     {"hit_id", "worker_id", "pages", "records", "recall", "icons", "precision", "duration"},
}

// hitTable returns the table of HITs, which is made once.
func (s *Server) hitTable(ctx context.Context, set string) (string, error) {
	if _, err := s.view(ctx, set); err != nil { // views are made one after the other
		return "", err
	}
	s.hitsMade.Lock()
	defer s.hitsMade.Unlock()
	name := "hits_" + set
	_, err := s.db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s AS FROM %s_hits", name, set))
	return name, err
}

// hits lists the HITs of a data set, with those that rules would reject.
func (s *Server) hits(ctx context.Context, r *http.Request) (string, any, error) {
	set, err := s.setOf(r)
	if err != nil {
		return "", nil, err
	}
	name, err := s.hitTable(ctx, set)
	if err != nil {
		return "", nil, err
	}
	rules := rulesOf(set)
	var below []string
	for i := range rules {
		x := &rules[i]
		x.Value = x.Default
		if v := r.FormValue(x.Name); v != "" {
			if f, err := strconv.ParseFloat(v, 64); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
				return "", nil, wrong("%s=%s: give a number", x.Name, v)
			}
			x.Value = v
		}
		f, _ := strconv.ParseFloat(x.Value, 64)
		below = append(below, fmt.Sprintf("coalesce(%s < %v, false)", x.Column, f))
		var n int64
		if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+name+" WHERE "+below[i]).Scan(&n); err != nil {
			return "", nil, err
		}
		x.N = ui.Thousands(n)
	}
	flagged := strings.Join(below, " OR ")
	var all, rejected int64
	if err := s.db.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER ("+flagged+") FROM "+name).Scan(&all, &rejected); err != nil {
		return "", nil, err
	}
	only := r.FormValue("only")
	where := "true"
	if only == "flagged" {
		where = flagged
	}
	t, err := s.hitRows(ctx, r, set, name, where, below, rules)
	if err != nil {
		return "", nil, err
	}
	share := "–"
	if all > 0 {
		share = ui.Percent(float64(rejected)/float64(all), 1)
	}
	call := make([]string, len(rules))
	for i, x := range rules {
		call[i] = x.Name + " := " + x.Value
	}
	return "HITs", map[string]any{"Set": set, "Table": t, "Rules": rules, "All": ui.Thousands(all), "Rejected": ui.Thousands(rejected), "Share": share,
		"Paper": map[string]string{"imagenet": "7.8 %", "coco": "8.8 %"}[set], "Only": only, "Sort": r.FormValue("sort"), "Sets": s.others("/h/", set),
		"SQL": "/sql?" + url.Values{"q": {fmt.Sprintf("FROM %s_hits_flagged(%s)", set, strings.Join(call, ", "))}}.Encode()}, nil
}

func (s *Server) hitRows(ctx context.Context, r *http.Request, set, name, where string, below []string, rules []rule) (t table, err error) {
	columns := columnsOfHITs[set]
	for _, c := range columns {
		t.Columns = append(t.Columns, column{Text: map[string]string{"assignment_id": "HIT", "hit_id": "HIT", "worker_id": "annotator"}[c], Number: !strings.HasSuffix(c, "_id")})
		if last := &t.Columns[len(t.Columns)-1]; last.Text == "" {
			last.Text = c
		}
	}
	by, down := t.sorted(r, columns, "-"+columns[2])
	t.Columns = append(t.Columns, column{Text: "below"})
	var n int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+name+" WHERE "+where).Scan(&n); err != nil {
		return t, err
	}
	from, to := t.paged(r, n)
	direction := "ASC"
	if down {
		direction = "DESC"
	}
	if by < 0 {
		by = 0
	}
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s ORDER BY %s %s NULLS LAST, %s LIMIT %d OFFSET %d",
		strings.Join(columns, ", "), strings.Join(below, ", "), name, where, columns[by], direction, columns[0], to-from, from))
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() {
		values := make([]any, len(columns)+len(below))
		scan := make([]any, len(values))
		for i := range values {
			scan[i] = &values[i]
		}
		if err := rows.Scan(scan...); err != nil {
			return t, err
		}
		var cells []cell
		for i, c := range columns {
			cells = append(cells, hitCell(set, c, values[i]))
		}
		var why []string
		for i := range below {
			if yes, _ := values[len(columns)+i].(bool); yes {
				why = append(why, strings.TrimSuffix(rules[i].Column, "_of_whole"))
			}
		}
		t.Rows = append(t.Rows, append(cells, cell{Text: strings.Join(why, ", "), Class: "flag"}))
	}
	return t, rows.Err()
}

func hitCell(set, column string, v any) cell {
	switch v := v.(type) {
	case nil:
		return cell{Text: "–", Number: column != "worker_id"}
	case string:
		c := cell{Text: v}
		if column == "worker_id" {
			c.To = "/w/" + set + "/" + url.PathEscape(v)
		} else if column == columnsOfHITs[set][0] {
			c.To = "/h/" + set + "/" + url.PathEscape(v)
		} else {
			c.To = "/i/" + set + "?" + view.Filter{Terms: []view.Term{{Field: column, Texts: []string{v}}}}.Query()
		}
		return c
	case float64:
		if column == "recall" || column == "precision" {
			return cell{Text: ui.Percent(v, 1), Number: true}
		}
		return cell{Text: short(v), Number: true}
	case int64:
		if column == "duration" {
			return cell{Text: ui.Duration(float64(v)), Number: true}
		}
		return cell{Text: ui.Thousands(v), Number: true}
	}
	return cell{Text: text(v), Number: true}
}

// A rejectShown is a record or a field that was left out, with the bytes around it.
type rejectShown struct {
	Kind, Source, Member, Field, Reason, Detail string
	Record, Offset                              string
	Before, At, After                           string // of the snippet: what is wrong is in the middle
}

// rejects lists what was left out, by reason.
func (s *Server) rejects(ctx context.Context, r *http.Request) (string, any, error) {
	type reason struct {
		Set, Kind, Field, Reason, N string
		To                          string
		Here                        bool
		Share                       string
	}
	var parts []string
	for _, set := range s.db.Sets {
		parts = append(parts, fmt.Sprintf("SELECT '%s' AS data_set, * FROM %[1]s_rejects", set))
	}
	all := "(" + strings.Join(parts, " UNION ALL ") + ")"
	rows, err := s.db.QueryContext(ctx, "SELECT data_set, kind, coalesce(field, ''), reason, count(*) AS n FROM "+all+" GROUP BY ALL ORDER BY data_set DESC, kind DESC, n DESC, reason, 3 LIMIT 200")
	if err != nil {
		return "", nil, err
	}
	defer rows.Close()
	var reasons []reason
	var total, most int64
	var counts []int64
	for rows.Next() {
		var x reason
		var n int64
		if err := rows.Scan(&x.Set, &x.Kind, &x.Field, &x.Reason, &n); err != nil {
			return "", nil, err
		}
		total, most = total+n, max(most, n)
		counts = append(counts, n)
		x.N = ui.Thousands(n)
		q := url.Values{"set": {x.Set}, "kind": {x.Kind}, "reason": {x.Reason}}
		if x.Field != "" {
			q.Set("field", x.Field)
		}
		x.To = "/rejects?" + q.Encode()
		x.Here = r.FormValue("set") == x.Set && r.FormValue("kind") == x.Kind && r.FormValue("reason") == x.Reason && r.FormValue("field") == x.Field
		reasons = append(reasons, x)
	}
	if err := rows.Err(); err != nil {
		return "", nil, err
	}
	for i := range reasons {
		reasons[i].Share = decimal(100 * float64(counts[i]) / float64(max(1, most)))
	}
	list, t, err := s.rejectRows(ctx, r, all)
	if err != nil {
		return "", nil, err
	}
	return "Rejects", map[string]any{"Reasons": reasons, "Total": ui.Thousands(total), "Rows": list, "Table": t, "Chosen": r.FormValue("reason") != ""}, nil
}

func (s *Server) rejectRows(ctx context.Context, r *http.Request, all string) (list []rejectShown, t table, err error) {
	where, args := "true", []any{}
	for _, x := range []struct{ name, column string }{{"set", "data_set"}, {"kind", "kind"}, {"reason", "reason"}, {"field", "field"}} {
		if v := r.FormValue(x.name); v != "" {
			where, args = where+" AND "+x.column+" = ?", append(args, v)
		}
	}
	var n int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+all+" WHERE "+where, args...).Scan(&n); err != nil {
		return nil, t, err
	}
	from, to := t.paged(r, n)
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf(`SELECT kind, source, member, field, reason, detail, snippet, record, "offset" FROM %s WHERE %s ORDER BY data_set DESC, source, "offset", record LIMIT %d OFFSET %d`,
		all, where, to-from, from), args...)
	if err != nil {
		return nil, t, err
	}
	defer rows.Close()
	for rows.Next() {
		var x rejectShown
		var source, member, field, reason, detail, snippet sql.NullString
		var record, offset sql.NullInt64
		if err := rows.Scan(&x.Kind, &source, &member, &field, &reason, &detail, &snippet, &record, &offset); err != nil {
			return nil, t, err
		}
		x.Source, x.Member, x.Field, x.Reason, x.Detail = source.String, member.String, field.String, reason.String, detail.String
		if record.Valid {
			x.Record = ui.Thousands(record.Int64)
		}
		if offset.Valid {
			x.Offset = ui.Thousands(offset.Int64)
		}
		x.Before, x.At, x.After = marked(snippet.String, x.Detail)
		list = append(list, x)
	}
	return list, t, rows.Err()
}

// marked divides a snippet at what its detail quotes: the longest word of the detail that the snippet has.
func marked(snippet, detail string) (before, at, after string) {
	words := strings.FieldsFunc(detail, func(r rune) bool { return strings.ContainsRune(" \t\"',:()", r) })
	best := ""
	for _, w := range words {
		w = strings.TrimRight(w, ".;")
		if len(w) > max(2, len(best)) && strings.Contains(snippet, w) {
			best = w
		}
	}
	if best == "" {
		return snippet, "", ""
	}
	before, after, _ = strings.Cut(snippet, best)
	return before, best, after
}
