package view

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"abtool/internal/teststore"
	"abtool/query"
)

var removeDemo = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	removeDemo()
	os.Exit(code)
}

var demo = sync.OnceValues(func() (*query.DB, error) {
	dir, remove := teststore.Temporary(context.Background(), teststore.Options{Images: 400, Pages: 60, Dirty: 0.2})
	removeDemo = remove
	return query.Open(context.Background(), dir, query.Options{})
})

var opened = map[string]*View{}

func open(t testing.TB, set string) *View {
	t.Helper()
	db, err := demo()
	if err != nil {
		t.Fatal(err)
	}
	if opened[set] == nil {
		if opened[set], err = Open(t.Context(), db, set); err == nil {
			err = opened[set].Complete(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return opened[set]
}

// all returns all rows, by name of the column.
func all(t testing.TB, v *View) []map[string]any {
	t.Helper()
	p, err := v.Rows(t.Context(), Filter{}, Sort{}, 1, 1<<40)
	if err != nil || int64(len(p.Data[0])) != v.Total || v.Total == 0 {
		t.Fatal(err, v.Total)
	}
	rows := make([]map[string]any, v.Total)
	for i := range rows {
		rows[i] = map[string]any{}
		for k, name := range p.Columns {
			rows[i][name] = p.Data[k][i]
		}
	}
	return rows
}

func float(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case int32:
		return float64(v)
	case float32:
		return float64(v)
	case float64:
		return v
	}
	panic(fmt.Sprintf("%T", v))
}

// matches is what a term means, without SQL.
func matches(x Field, t Term, v any) bool {
	list, isList := v.([]any)
	found := t.Null && (v == nil || isList && len(list) == 0)
	if v != nil {
		for _, text := range t.Texts {
			switch {
			case isList:
				found = found || slices.ContainsFunc(list, func(e any) bool { return e == any(text) })
			case x.Kind.numeric():
				n, _ := strconv.ParseFloat(text, 64)
				found = found || n == float(v)
			default:
				found = found || fmt.Sprint(v) == text
			}
		}
		if t.Range != nil {
			found = found || t.Range.Contains(float(v))
		}
	}
	return found != t.Not
}

// randomFilter returns a filter with values that rows have.
func randomFilter(r *rand.Rand, v *View, rows []map[string]any) (f Filter) {
	for _, x := range v.Fields {
		if r.IntN(8) > 0 {
			continue
		}
		t := Term{Field: x.Name, Not: r.IntN(3) == 0, Null: r.IntN(3) == 0}
		a, b := rows[r.IntN(len(rows))][x.Name], rows[r.IntN(len(rows))][x.Name]
		switch list, isList := a.([]any); {
		case isList && len(list) > 0:
			t.Texts = []string{list[0].(string)}
		case a != nil && b != nil && x.Kind.numeric() && r.IntN(2) == 0:
			t.Range = &Range{min(float(a), float(b)), max(float(a), float(b)), r.IntN(2) == 0}
		case a != nil && x.Kind.numeric():
			t.Texts = []string{strconv.FormatFloat(float(a), 'g', -1, 64)}
		case a != nil && x.Kind != List:
			t.Texts = []string{fmt.Sprint(a)}
		default:
			t.Null = true
		}
		f.Terms = append(f.Terms, t)
	}
	return f
}

// Counts, facets and pages by SQL are those of a loop over all rows.
func TestBruteForce(t *testing.T) {
	ctx := t.Context()
	for _, set := range []string{"imagenet", "coco"} {
		v := open(t, set)
		rows := all(t, v)
		r := rand.New(rand.NewPCG(3, 4))
		some := 0
		for range 60 {
			f := randomFilter(r, v, rows)
			selected := func(f Filter) (out []map[string]any) {
				for _, row := range rows {
					ok := true
					for _, term := range f.Terms {
						x, _ := v.Field(term.Field)
						ok = ok && matches(x, term, row[term.Field])
					}
					if ok {
						out = append(out, row)
					}
				}
				return out
			}
			want := selected(f)
			some += len(want)
			if n, err := v.Count(ctx, f); err != nil || n != int64(len(want)) {
				t.Fatalf("%s %s: %d, %v, want %d", set, f, n, err, len(want))
			}
			x := v.Fields[r.IntN(len(v.Fields))]
			checkFacet(t, v, f, x, selected(f.Without(x.Name)))
			checkPages(t, v, f, x, want)
		}
		if some < 100 {
			t.Errorf("the filters of %s select only %d rows", set, some)
		}
	}
}

func checkFacet(t *testing.T, v *View, f Filter, x Field, rows []map[string]any) {
	t.Helper()
	facet, err := v.Facet(t.Context(), f, x.Name, "")
	if err != nil {
		t.Fatal(err)
	}
	null, counts := int64(0), map[string]int64{}
	bins := make([]int64, len(facet.Count))
	for _, row := range rows {
		switch w := row[x.Name].(type) {
		case nil:
			null++
		case []any:
			if len(w) == 0 {
				null++
			}
			for _, e := range w {
				counts[e.(string)]++
			}
		default:
			if x.Kind.numeric() {
				b := 0 // the first bar whose upper edge is above the value
				for b < facet.Bins.N-1 && float(w) >= facet.Bins.Range(b, true).High {
					b++
				}
				bins[b]++
			} else {
				counts[fmt.Sprint(w)]++
			}
		}
	}
	if facet.N != int64(len(rows)) || facet.Null != null {
		t.Fatalf("%s by %s: %d rows and %d nulls, want %d and %d", f, x.Name, facet.N, facet.Null, len(rows), null)
	}
	if x.Kind.numeric() {
		if !slices.Equal(facet.Count, bins) {
			t.Fatalf("%s by %s: %v, want %v", f, x.Name, facet.Count, bins)
		}
		return
	}
	if x.Many { // values are listed only if they are searched
		for text := range counts {
			found, err := v.Facet(t.Context(), f, x.Name, text)
			if err != nil || !slices.Contains(found.Values, text) || found.Count[slices.Index(found.Values, text)] != counts[text] {
				t.Fatalf("%s by %s: %s is not found: %v, %v", f, x.Name, text, found, err)
			}
			break
		}
		return
	}
	if facet.Distinct != int64(len(counts)) || len(facet.Values) != min(len(counts), MostValues) {
		t.Fatalf("%s by %s: %d values of %d, want %d", f, x.Name, len(facet.Values), facet.Distinct, len(counts))
	}
	for i, value := range facet.Values {
		if counts[value] != facet.Count[i] {
			t.Fatalf("%s by %s: %d of %s, want %d", f, x.Name, facet.Count[i], value, counts[value])
		}
	}
}

// checkPages reads all pages in an order. Together they have each row once, and their order is that of the field.
func checkPages(t *testing.T, v *View, f Filter, x Field, rows []map[string]any) {
	t.Helper()
	if x.Kind == List {
		return
	}
	for _, s := range []Sort{{}, {Field: x.Name}, {Field: x.Name, Down: true}} {
		var got []int64
		var values []any
		for page := int64(1); ; page++ {
			p, err := v.Rows(t.Context(), f, s, page, 37)
			if err != nil {
				t.Fatal(err)
			}
			for i, seq := range p.Data[0] {
				got = append(got, seq.(int64))
				if k := slices.Index(p.Columns, x.Name); k >= 0 {
					values = append(values, p.Data[k][i])
				}
			}
			if page == p.Pages {
				break
			}
		}
		seen := slices.Clone(got)
		slices.Sort(seen)
		var want []int64
		for _, row := range rows {
			want = append(want, row["seq"].(int64))
		}
		slices.Sort(want)
		if !slices.Equal(seen, want) {
			t.Fatalf("%s by %s: the pages have %d rows, want %d", f, s, len(seen), len(want))
		}
		ordered := sort.SliceIsSorted(values, func(i, j int) bool {
			a, b := values[i], values[j]
			if a == nil || b == nil {
				return b == nil && a != nil
			}
			if s.Down {
				a, b = b, a
			}
			if x.Kind.numeric() {
				return float(a) < float(b)
			}
			return fmt.Sprint(a) < fmt.Sprint(b)
		})
		if s.Field != "" && !ordered {
			t.Fatalf("%s is not in the order of %s: %v", f, s, values)
		}
	}
}

// The values of the summary are those of the views.
// The range of each bar selects as many rows as the bar has, also where a value is on its edge, such as a precision of 0.6.
func TestBars(t *testing.T) {
	for _, set := range []string{"imagenet", "coco"} {
		v := open(t, set)
		bars := 0
		for _, x := range v.Fields {
			f, err := v.Facet(t.Context(), Filter{}, x.Name, "")
			if err != nil {
				t.Fatal(err)
			}
			if f.Bins == nil {
				continue
			}
			for i, n := range f.Count {
				r := f.Bins.Range(i, x.Kind != Number)
				got, err := v.Count(t.Context(), Filter{Terms: []Term{{Field: x.Name, Range: &r}}})
				if bars++; err != nil || got != n {
					t.Errorf("%s, bar %d from %v to %v: %d rows, the bar has %d, %v", x.Name, i, r.Low, r.High, got, n, err)
				}
			}
		}
		if bars < 50 {
			t.Errorf("%s: only %d bars", set, bars)
		}
	}
}

func TestSummary(t *testing.T) {
	v := open(t, "imagenet")
	for _, q := range []string{
		"SELECT count(*) FROM summary_imagenet s JOIN imagenet_localization l USING (seq) WHERE s.hit IS DISTINCT FROM l.hit OR s.x IS DISTINCT FROM l.x",
		"SELECT count(*) FROM summary_imagenet WHERE hit AND box_distance > 0 OR NOT hit AND box_distance = 0",
		`SELECT count(*) FROM summary_imagenet s JOIN imagenet_showings v USING (seq) WHERE (s.selected, s.n_samples, s.n_clicks, s.n_hovers, s.deselections, s.first_time, s.showing)
			IS DISTINCT FROM (v.selected, v.n_samples, v.n_clicks, v.n_hovers, v.deselections, v.first_time, v.showing)`,
		"SELECT count(*) FROM summary_imagenet WHERE n_clicks = 0 AND hit IS NOT NULL",
		"SELECT count(*) FROM summary_imagenet WHERE hover_ms < 0",
		"SELECT abs(count(*) - (SELECT count(*) FROM imagenet_annotations)) FROM summary_imagenet",
	} {
		var n int64
		if err := v.db.QueryRow(q).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", q, n, err)
		}
	}
	open(t, "coco")
	for _, q := range []string{
		"SELECT count(*) FROM summary_coco s JOIN coco_pages p USING (seq) WHERE s.recall IS DISTINCT FROM p.recall OR coalesce(len(s.present), 0) <> p.classes",
		`SELECT count(*) FROM summary_coco s JOIN coco_pages p USING (seq) WHERE (s.icons, s.classes, s.n_actions, s.n_samples, s.n_steps, s.keyboard)
			IS DISTINCT FROM (p.icons, p.classes, p.n_actions, p.n_samples, p.n_steps, p.keyboard_steps / nullif(p.n_steps, 0))`,
		"SELECT count(*) FROM summary_coco WHERE coalesce(len(missed), 0) <> classes * (1 - coalesce(recall, 1))::INT AND abs(coalesce(len(missed), 0) - classes * (1 - recall)) > 1e-9",
		"SELECT abs(count(*) - (SELECT count(*) FROM coco_annotations)) FROM summary_coco",
	} {
		var n int64
		if err := v.db.QueryRow(q).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d, %v", q, n, err)
		}
	}
}

// The rows of a query restrict a view. The query cannot do more than a query of abtool sql.
func TestRowsOfQuery(t *testing.T) {
	v := open(t, "imagenet")
	ctx := t.Context()
	n, err := v.Count(ctx, Filter{Rows: "SELECT seq FROM imagenet_localization WHERE NOT hit"})
	var want int64
	if e := v.db.QueryRow("SELECT count(*) FROM imagenet_localization WHERE NOT hit").Scan(&want); err != nil || e != nil || n != want || n == 0 {
		t.Errorf("%d rows, want %d: %v, %v", n, want, err, e)
	}
	for i := range 2 * keptQueries { // old tables are dropped
		if n, err := v.Count(ctx, Filter{Rows: fmt.Sprintf("SELECT %d AS seq", i)}); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	}
	var tables int
	if v.db.QueryRow("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'rows_%'").Scan(&tables); tables > keptQueries {
		t.Errorf("%d tables are kept", tables)
	}
	for _, q := range []string{
		"SELECT 1", "nonsense", "SELECT seq FROM imagenet_rejects",
		"SELECT 1 AS seq); DROP TABLE summary_imagenet; SELECT (1",
		"SELECT 1 AS seq) WHERE true; DROP TABLE summary_imagenet --",
		"SELECT 1 AS seq FROM read_text('/etc/hostname')",
		"DELETE FROM summary_imagenet RETURNING seq",
		"SELECT 1 AS seq FROM query('SELECT 1')",
	} {
		if _, err := v.Count(ctx, Filter{Rows: q}); err == nil {
			t.Errorf("%s: is no error", q)
		}
	}
	if n, err := v.Count(ctx, Filter{}); err != nil || n != v.Total {
		t.Error(n, err)
	}
}

// Rows of more queries than are kept are counted and listed by many at once, while tables are dropped.
func TestRowsOfQueriesAtOnce(t *testing.T) {
	v := open(t, "imagenet")
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			for k := range 2 * keptQueries {
				n := int64(1 + (i*7+k*5)%(3*keptQueries)) // each query is asked by several
				f := Filter{Rows: fmt.Sprintf("SELECT seq FROM imagenet_annotations WHERE seq < %d", n)}
				p, err := v.Rows(t.Context(), f, Sort{}, 1, 500)
				if err != nil || p.N != n || int64(len(p.Data[0])) != n {
					t.Errorf("%s: %v, %v", f.Rows, p, err)
					return
				}
			}
		})
	}
	group.Wait()
	var tables int
	if v.db.QueryRow("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'rows_%'").Scan(&tables); tables > keptQueries {
		t.Errorf("%d tables are kept", tables)
	}
}

// If who waits first for the rows of a query goes away, the others get them.
func TestRowsOfQueryStopped(t *testing.T) {
	v := open(t, "imagenet")
	f := Filter{Rows: "SELECT seq FROM imagenet_annotations WHERE seq < 7 AND (SELECT max(hash(range)) FROM range(200000000)) > 0"}
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := v.Count(ctx, f)
		first <- err
	}()
	for v.queries.users(f.Rows) == 0 {
		time.Sleep(time.Millisecond)
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if n, err := v.Count(t.Context(), f); n != 7 || err != nil {
				t.Error(n, err)
			}
		})
	}
	for v.queries.users(f.Rows) < 4 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-first; err == nil {
		t.Error("the first one was not stopped")
	}
	group.Wait()
	if n := v.queries.users(f.Rows); n != 0 {
		t.Errorf("%d users are left", n)
	}
}

func (q *queries) users(text string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t := q.tables[text]; t != nil {
		return t.users
	}
	return 0
}

// Before late fields are there, rows come without them, and what needs them waits. Requests during the change are
// answered.
func TestLate(t *testing.T) {
	dir, err := teststore.Make(t.Context(), t.TempDir(), teststore.Options{Images: 300, Pages: 50})
	if err != nil {
		t.Fatal(err)
	}
	db, err := query.Open(t.Context(), dir, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for set, late := range map[string]string{"imagenet": "hit", "coco": "recall"} {
		v, err := Open(t.Context(), db, set)
		if err != nil {
			t.Fatal(err)
		}
		p, err := v.Rows(t.Context(), Filter{}, Sort{}, 1, 10)
		if err != nil || len(p.Data[0]) != 10 || slices.Contains(p.Columns, late) || !slices.Contains(v.Reading(), late) {
			t.Fatal(p, err)
		}
		soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		f := Filter{Terms: []Term{{Field: late, Null: true, Not: true}}}
		for name, ask := range map[string]func(context.Context) error{
			"filter": func(ctx context.Context) error { _, err := v.Count(ctx, f); return err },
			"facet":  func(ctx context.Context) error { _, err := v.Facet(ctx, Filter{}, late, ""); return err },
			"order":  func(ctx context.Context) error { _, err := v.Rows(ctx, Filter{}, Sort{Field: late}, 1, 10); return err },
			"all":    v.WaitAll,
		} {
			if err := ask(soon); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %s does not wait: %v", set, name, err)
			}
		}
		cancel()
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				for len(v.Reading()) > 0 {
					if _, err := v.Rows(t.Context(), Filter{}, Sort{Field: "n_samples"}, 1, 10); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Go(func() {
			if n, err := v.Count(t.Context(), f); err != nil || n == 0 {
				t.Error(n, err)
			}
		})
		if err := v.Complete(t.Context()); err != nil {
			t.Fatal(err)
		}
		group.Wait()
		if p, err := v.Rows(t.Context(), Filter{}, Sort{Field: late}, 1, 10); err != nil || !slices.Contains(p.Columns, late) || len(v.Reading()) > 0 {
			t.Error(p, err)
		}
	}
}

// Rows are found by their numbers, once each.
func TestAt(t *testing.T) {
	v := open(t, "imagenet")
	p, err := v.At(t.Context(), []int64{7, 3, 7, 1 << 40})
	if err != nil || p.N != 2 || p.Total != v.Total || fmt.Sprint(p.Data[0]) != "[3 7]" {
		t.Fatal(p, err)
	}
	rows := all(t, v)
	for k, name := range p.Columns {
		if fmt.Sprint(p.Data[k]) != fmt.Sprint([]any{rows[3][name], rows[7][name]}) {
			t.Errorf("%s: %v", name, p.Data[k])
		}
	}
	if p, err := v.At(t.Context(), nil); err != nil || p.N != 0 || p.Pages != 1 {
		t.Error(p, err)
	}
}

// The values of a filter are parameters: none of them is executed.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"'", `"; DROP TABLE summary_imagenet; --`, "$1", "?", "\x00", "é", strings.Repeat("a", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := open(t, "imagenet")
		filter := Filter{Terms: []Term{{Field: "worker_id", Texts: []string{text}}}}
		n, err := v.Count(t.Context(), filter)
		if err != nil && strings.Contains(err.Error(), "Parser Error") {
			t.Fatalf("%q: %v", text, err)
		}
		if err == nil && n > 0 && !strings.ContainsAny(text, "0123456789ABCDEF") {
			t.Fatalf("%q is the id of an annotator", text)
		}
		if _, err := v.Facet(t.Context(), Filter{}, "worker_id", text); err != nil && strings.Contains(err.Error(), "Parser Error") {
			t.Fatalf("%q: %v", text, err)
		}
		if n, err := v.Count(t.Context(), Filter{}); err != nil || n != v.Total {
			t.Fatalf("%q: the summary has changed: %d, %v", text, n, err)
		}
	})
}

// Marks are in the order of seq, and in fractions of the image.
func TestMarks(t *testing.T) {
	for _, set := range []string{"imagenet", "coco"} {
		v := open(t, set)
		marks, err := v.Marks(t.Context(), []int64{5, 0, 3, 1 << 40})
		if err != nil || len(marks) != 3 || marks[1].Seq != 3 {
			t.Fatal(marks, err)
		}
		var samples int
		v.db.QueryRow("SELECT len(list_filter(mouse, lambda p: p.x IS NOT NULL AND p.y IS NOT NULL)) FROM " + set + "_annotations WHERE seq = 5").Scan(&samples)
		if len(marks[2].Path) != 2*min(samples, mostSamples) {
			t.Errorf("%s: %d numbers of %d samples", set, len(marks[2].Path), samples)
		}
	}
}
