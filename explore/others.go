package explore

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"abtool/explore/view"
	"abtool/internal/ui"
	"abtool/store"
)

// A comparedValue is what somebody did, next to what others did on the same images.
type comparedValue struct{ Title, Own, Others string }

// A comparedWith compares rows with those of others on the same images.
type comparedWith struct {
	N, Others, OwnTo, OthersTo string // numbers of rows on images that others had too, and their addresses
	Values                     []comparedValue
}

// comparedValues are what is compared: a title, an expression over the summary, and its unit.
var comparedValues = map[string][][3]string{
	"imagenet": {{"Selected", "avg(selected::INT)", "fraction"}, {"Click in a box", "avg(hit::INT)", "fraction"},
		{"Median distance of the click from the centre", "median(" + fromCentre + ") FILTER (selected)", "fraction"},
		{"Median time hovered", "median(hover_ms)", "ms"}, {"Median number of mouse samples", "median(n_samples)", ""}, {"Deselections of a showing", "avg(deselections)", ""}},
	"coco": {{"Recall", "avg(recall)", "fraction"}, {"Precision", "avg(precision)", "fraction"}, {"Icons on a page", "avg(icons)", ""},
		{"Median time on a page", "median(time_spent)", "ms"}, {"Median number of mouse samples", "median(n_samples)", ""}, {"Actions on a page", "avg(n_actions)", ""}},
}

// fromCentre is the distance of the last click from the centre of the image.
const fromCentre = "sqrt(power(x - 0.5, 2) + power(y - 0.5, 2))"

// othersOn compares the rows with a value of a field, an annotator or a HIT, with those of other annotators on the same
// images. It returns nil if nobody else had one of the images.
func (s *Server) othersOn(ctx context.Context, set, field, id string) (*comparedWith, error) {
	// Rows of the same annotator are not those of others, also if they are of another HIT.
	own := fmt.Sprintf("FROM summary_%s WHERE %s::VARCHAR = $1", set, field)
	not := fmt.Sprintf("worker_id IS NOT NULL AND worker_id NOT IN (SELECT DISTINCT worker_id %s AND worker_id IS NOT NULL)", own)
	shared := fmt.Sprintf("(FROM summary_%s WHERE %s AND image_id IN (SELECT image_id %s))", set, not, own)
	list := []string{"count(*)"}
	for _, v := range comparedValues[set] {
		list = append(list, "("+v[1]+")::DOUBLE")
	}
	read := func(from string) (n int64, values []sql.NullFloat64, err error) {
		values = make([]sql.NullFloat64, len(list)-1)
		to := []any{&n}
		for i := range values {
			to = append(to, &values[i])
		}
		err = s.db.QueryRowContext(ctx, "SELECT "+strings.Join(list, ", ")+" "+from, id).Scan(to...)
		return n, values, err
	}
	n, mine, err := read(own + " AND image_id IN (SELECT image_id FROM " + shared + ")")
	if err != nil || n == 0 {
		return nil, err
	}
	m, theirs, err := read("FROM " + shared)
	if err != nil {
		return nil, err
	}
	from := map[string]string{"imagenet": "imagenet_showings", "coco": "coco_pages"}[set]
	quoted := "'" + strings.ReplaceAll(id, "'", "''") + "'"
	rows := fmt.Sprintf("FROM %s WHERE %s = %s", from, field, quoted)
	others := fmt.Sprintf("FROM %s WHERE worker_id NOT IN (SELECT worker_id %s AND worker_id IS NOT NULL) AND image_id IN (SELECT image_id %[2]s)", from, rows)
	to := func(q, of string) string {
		return "/i/" + set + "?" + url.Values{"q": {q}, "of": {of}}.Encode()
	}
	out := &comparedWith{N: ui.Thousands(n), Others: ui.Thousands(m), OthersTo: to(others, "Others on the images of "+id),
		OwnTo: to(rows+" AND image_id IN (SELECT image_id "+others+")", id+", on images that others had too")}
	for i, v := range comparedValues[set] {
		show := func(x sql.NullFloat64) string {
			switch {
			case !x.Valid:
				return "–"
			case v[2] == "":
				return ui.Minus(short(x.Float64))
			}
			return unitText(x.Float64, v[2])
		}
		out.Values = append(out.Values, comparedValue{v[0], show(mine[i]), show(theirs[i])})
	}
	return out, nil
}

// A slotShown is a place of a page of a HIT.
type slotShown struct {
	X, Y         int
	Class, Title string
}

// A hitPage is a page of a HIT.
type hitPage struct {
	To, Name, Text, Note string
	Slots                []slotShown
	Rows                 int
}

// A hitShown is a HIT as its page shows it.
type hitShown struct {
	Set, ID, Worker, WorkerTo, All string
	Rules                          []hitRule
	Facts                          []fact
	Pages                          []hitPage
	Play                           string // address of the first page, which the others follow
	Others                         *comparedWith
}

type hitRule struct {
	Title, Value, Threshold string
	Below                   bool
}

// hit shows one HIT.
func (s *Server) hit(ctx context.Context, r *http.Request) (string, any, error) {
	set, err := s.setOf(r)
	if err != nil {
		return "", nil, err
	}
	name, err := s.hitTable(ctx, set)
	if err != nil {
		return "", nil, err
	}
	id, columns := r.PathValue("id"), columnsOfHITs[set]
	values, scan := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		scan[i] = &values[i]
	}
	err = s.db.QueryRowContext(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s::VARCHAR = ?", strings.Join(columns, ", "), name, columns[0]), id).Scan(scan...)
	if err == sql.ErrNoRows {
		return "", nil, notFound("no HIT of %s has the id %q", store.Title(set), id)
	}
	if err != nil {
		return "", nil, err
	}
	out := hitShown{Set: set, ID: id, All: "/i/" + set + "?" + view.Filter{Terms: []view.Term{{Field: columns[0], Texts: []string{id}}}}.Query()}
	for i, c := range columns[1:] {
		x := hitCell(set, c, values[i+1])
		if c == "worker_id" {
			out.Worker, out.WorkerTo = x.Text, x.To
			continue
		}
		out.Facts = append(out.Facts, fact{Name: c, Value: x.Text})
	}
	for _, rule := range rulesOf(set) {
		var v sql.NullFloat64
		if err := s.db.QueryRowContext(ctx, fmt.Sprintf("SELECT %s::DOUBLE FROM %s WHERE %s::VARCHAR = ?", rule.Column, name, columns[0]), id).Scan(&v); err != nil {
			return "", nil, err
		}
		if v.Valid {
			shown := short(v.Float64)
			if rule.Most == "1" {
				shown = ui.Percent(v.Float64, 1)
			}
			out.Rules = append(out.Rules, hitRule{rule.Title, shown, rule.Default, v.Float64 < rule.published})
		}
	}
	if out.Pages, err = s.hitPages(ctx, set, columns[0], id); err != nil {
		return "", nil, err
	}
	if len(out.Pages) > 0 {
		out.Play = out.Pages[0].To + "?next"
	}
	out.Others, err = s.othersOn(ctx, set, columns[0], id)
	return "HIT " + id, out, err
}

// slotsAcross is the number of images next to each other on a page.
const slotsAcross = 6

// hitPages returns the pages of a HIT.
func (s *Server) hitPages(ctx context.Context, set, column, id string) (pages []hitPage, err error) {
	q := "SELECT page_idx, image_idx, coalesce(selected, false), hit, image_id, hover_ms::DOUBLE FROM summary_imagenet"
	if set == "coco" {
		q = "SELECT page_idx, 0, false, NULL::BOOL, image_id || ': ' || icons || ' of ' || coalesce(classes::VARCHAR, '?') || ' classes', time_spent::DOUBLE FROM summary_coco"
	}
	rows, err := s.db.QueryContext(ctx, q+" WHERE "+column+"::VARCHAR = ? AND page_idx IS NOT NULL ORDER BY page_idx, seq", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var last int64 = -1
	var selected, n int
	finish := func() {
		if p := len(pages) - 1; p >= 0 && set == "imagenet" {
			pages[p].Text = fmt.Sprintf("%d of %d selected", selected, n)
			pages[p].Rows = max(1, (n+slotsAcross-1)/slotsAcross)
		}
		selected, n = 0, 0
	}
	for rows.Next() {
		var page int64
		var slot sql.NullInt64
		var chosen bool
		var hit sql.NullBool
		var image sql.NullString
		var ms sql.NullFloat64
		if err := rows.Scan(&page, &slot, &chosen, &hit, &image, &ms); err != nil {
			return nil, err
		}
		if page != last {
			finish()
			last = page
			p := hitPage{To: fmt.Sprintf("/p/%s/%s/%d", set, url.PathEscape(id), page), Name: fmt.Sprint(page)}
			if set == "coco" {
				p.Text, p.Note = image.String, ui.Duration(ms.Float64)
			}
			pages = append(pages, p)
		}
		if set == "coco" {
			continue
		}
		x := slotShown{X: n % slotsAcross, Y: n / slotsAcross, Class: "off", Title: image.String + ": not selected"}
		if chosen {
			selected++
			x.Class, x.Title = "on", image.String+": selected"
			if hit.Valid {
				x.Class = map[bool]string{true: "in", false: "out"}[hit.Bool]
				x.Title += map[bool]string{true: ", click in a box", false: ", click in no box"}[hit.Bool]
			}
		}
		pages[len(pages)-1].Slots = append(pages[len(pages)-1].Slots, x)
		n++
	}
	finish()
	return pages, rows.Err()
}
