package explore

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/teststore"
	"abtool/internal/ui"
	"abtool/query"
)

var comparedRow = regexp.MustCompile(`(?s)<tr[^>]*><th scope="row">(.*?)</th>\s*(.*?)</tr>`)

// comparedCells returns the cells of the rows of a page that compares, by their titles.
func comparedCells(body string) map[string][]string {
	out := map[string][]string{}
	for _, m := range comparedRow.FindAllStringSubmatch(body, -1) {
		var cells []string
		for _, c := range regexp.MustCompile(`(?s)<td[^>]*>(.*?)</td>`).FindAllStringSubmatch(m[2], -1) {
			cells = append(cells, c[1])
		}
		title := strings.TrimSpace(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], ""))
		out[html.UnescapeString(title)] = cells
	}
	return out
}

var addressIn = regexp.MustCompile(`href="([^"]*)"`)

func linkIn(cell string) string {
	m := addressIn.FindStringSubmatch(cell)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func textIn(cell string) string {
	return html.UnescapeString(strings.TrimSpace(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(cell, "")))
}

// countAt returns the number of rows that the grid at an address has.
func (p *person) countAt(address string) string {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	u.Path = strings.Replace(u.Path, "/i/", "/api/rows/", 1)
	if u.Host == "" {
		return ui.Thousands(int64(p.countOf(p.base + u.String())))
	}
	return ui.Thousands(int64(p.countOf(u.String())))
}

func (p *person) countOf(address string) (n int) {
	p.t.Helper()
	r, err := http.NewRequest("GET", address+map[bool]string{true: "&n=1", false: "?n=1"}[strings.Contains(address, "?")], nil)
	if err != nil {
		p.t.Fatal(err)
	}
	status, body := p.do(r)
	m := regexp.MustCompile(`"n":(\d+)`).FindStringSubmatch(body)
	if status != http.StatusOK || m == nil {
		p.t.Fatalf("%s: %d %s", address, status, body)
	}
	fmt.Sscan(m[1], &n)
	return n
}

// Two filters of a store have the values that SQL computes, and numbers that lead to as many rows.
func TestCompareFilters(t *testing.T) {
	s, base := serve(t, Options{Store: demo()})
	p := enter(t, s, base)
	status, body := p.get("/compare?set=imagenet&a=selected:true&b=selected:false")
	if status != http.StatusOK {
		t.Fatal(status, body)
	}
	cells := comparedCells(body)
	var a, b float64
	var na, nb int64
	if err := s.db.QueryRow(`SELECT avg(n_samples) FILTER (selected), avg(n_samples) FILTER (NOT selected), count(*) FILTER (selected), count(*) FILTER (NOT selected) FROM summary_imagenet`).Scan(&a, &b, &na, &nb); err != nil {
		t.Fatal(err)
	}
	got := cells["Mouse samples"]
	if len(got) != 7 {
		t.Fatalf("%d cells: %q", len(got), cells)
	}
	for i, want := range map[int]string{0: unitText(a, ""), 1: ui.Thousands(na), 2: unitText(b, ""), 3: ui.Thousands(nb), 4: unitText(a-b, "")} {
		if text := textIn(got[i]); text != want {
			t.Errorf("cell %d is %s, want %s", i, text, want)
		}
	}
	links := 0
	for name, row := range cells {
		for i, cell := range row {
			if to := linkIn(cell); to != "" && i%2 == 1 {
				links++
				if n := p.countAt(to); n != textIn(cell) {
					t.Errorf("%s: %s leads to %s rows (%s)", name, textIn(cell), n, to)
				}
			}
		}
	}
	if links < 15 || strings.Count(body, `class="small overlay"`) < 10 {
		t.Errorf("%d numbers lead to rows; %d histograms", links, strings.Count(body, `class="small overlay"`))
	}
	bars := regexp.MustCompile(`<a href="([^"]*)"><rect class="catch"[^>]*><title>([^<]*)</title>`).FindAllStringSubmatch(body, -1)
	for i, m := range bars {
		want := m[2][strings.LastIndex(m[2], " ")+1:]
		if n := p.countAt(html.UnescapeString(m[1])); i%7 == 0 && n != want {
			t.Errorf("the bar %s leads to %s rows: %s", m[2], n, m[1])
		}
	}
	if len(bars) < 100 {
		t.Errorf("%d bars", len(bars))
	}
	// The same filter twice: annotators are drawn for both sides together, so that nothing differs, with certainty.
	_, body = p.get("/compare?set=imagenet&a=selected:true&b=selected:true")
	if row := comparedCells(body)["Mouse samples"]; textIn(row[4]) != "0.0000" || textIn(row[5]) != "0.0000 to 0.0000" {
		t.Errorf("twice the same: %q", row)
	}
	// One annotator says nothing of how others differ.
	var worker string
	if err := s.db.QueryRow("SELECT worker_id::VARCHAR FROM summary_imagenet WHERE worker_id IS NOT NULL LIMIT 1").Scan(&worker); err != nil {
		t.Fatal(err)
	}
	_, body = p.get("/compare?set=imagenet&a=worker_id:" + worker + "&b=worker_id:!" + worker)
	if row := comparedCells(body)["Mouse samples"]; textIn(row[4]) == "–" || textIn(row[5]) != "" || textIn(row[6]) != "" {
		t.Errorf("one annotator on a side: %q", row)
	}
	if status, body := p.get("/compare?set=imagenet&a=select:true"); status != http.StatusBadRequest || !strings.Contains(body, "did you mean selected") {
		t.Errorf("a wrong filter: %d %s", status, body)
	}
	if status, body := p.get("/api/compare/coco/b?n=4&b=icons:1..2"); status != http.StatusOK || !strings.Contains(body, `"marks":[{`) {
		t.Errorf("rows of a side: %d %.200s", status, body)
	}
}

// Two stores have the differences of abtool stats --compare. Numbers lead to rows of their store, and what one side lacks
// is named.
func TestCompareStores(t *testing.T) {
	other, err := teststore.Make(t.Context(), t.TempDir(), teststore.Options{Images: 200, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(filepath.Dir(other), "another")
	if err := os.Rename(other, named); err != nil {
		t.Fatal(err)
	}
	other = named
	p := visit(t, Options{Store: demo(), Compare: other})
	status, body := p.get("/compare")
	if status != http.StatusOK || !strings.Contains(body, "Only in store: COCO-AB") {
		t.Fatalf("%d %.3000s", status, body)
	}
	var classes [2][]string
	for i, dir := range []string{demo(), other} {
		db, err := query.Open(t.Context(), dir, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var list string
		if err := db.QueryRow("SELECT string_agg(DISTINCT class, ' ') FROM imagenet_annotations").Scan(&list); err != nil {
			t.Fatal(err)
		}
		classes[i] = strings.Fields(list)
	}
	for i, list := range classes {
		var only []string
		for _, c := range list {
			if !slices.Contains(classes[1-i], c) {
				only = append(only, c)
			}
		}
		slices.Sort(only)
		side := "Only in " + []string{"store", filepath.Base(other)}[i] + ": "
		want := ""
		if len(only) > 0 {
			want = fmt.Sprintf("%s%d classes: %s", side, len(only), strings.Join(only, ", "))
		}
		if got := regexp.MustCompile(side + `\d+ classes: [^<]*`).FindString(body); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c, err := analysis.Compare(t.Context(), demo(), other, result.Options{Seed: result.DefaultSeed})
	if err != nil {
		t.Fatal(err)
	}
	cells := comparedCells(body)
	checked, links := 0, 0
	for _, st := range c.DataSets[0].Statistics {
		for _, d := range st.Differences {
			row, ok := cells[st.Name+" "+d.Title]
			if st.Name == "quality" || !ok {
				continue
			}
			checked++
			want := differenceOf(&d)
			for i, text := range map[int]string{0: want.A.Value, 1: want.A.N, 2: want.B.Value, 3: want.B.N, 4: want.Value, 5: want.Interval} {
				if got := textIn(row[i]); got != strings.TrimSpace(text) {
					t.Errorf("%s.%s: cell %d is %q, want %q", st.Name, d.Name, i, got, text)
				}
			}
			if to := linkIn(row[3]); strings.Contains(to, "/i/") && strings.HasPrefix(to, "http://127.0.0.1:") && checked%5 == 0 {
				links++
				if p.countAt(to) == "0" {
					t.Errorf("%s.%s leads to no rows of the other store", st.Name, d.Name)
				}
			}
		}
	}
	if checked < 40 || links < 3 {
		t.Errorf("%d values were compared, %d links followed", checked, links)
	}
	if got := p.countAt(linkIn(cells["Mouse samples"][3])); got != textIn(cells["Mouse samples"][3]) {
		t.Errorf("the rows of the other store: %s, want %s", got, textIn(cells["Mouse samples"][3]))
	}
	if status, _ := p.get("/api/compare/imagenet/b?n=4"); status != http.StatusOK {
		t.Error(status)
	}
}

// Both sides are drawn, with traces that lead to their stores.
func TestComparePage(t *testing.T) {
	other, err := teststore.Make(t.Context(), t.TempDir(), teststore.Options{Images: 100, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := browse(t, Options{Store: demo(), Compare: other, Notes: filepath.Join(t.TempDir(), "n")})
	d.open("/compare?a=selected:true")
	d.wait("document.querySelectorAll('[data-side][data-ready] .cell path.way').length > 8")
	if n := d.text("document.querySelectorAll('.overlay').length"); n == "0" {
		t.Error("no histograms")
	}
}
