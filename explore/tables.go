package explore

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"abtool/internal/ui"
)

// A table is a table of a page.
type table struct {
	Caption, Note string
	Columns       []column
	Rows          [][]cell
	Pages         []link // to other pages of a long table
	N             int64  // rows on all pages
}

type column struct {
	Text, Title string
	Number      bool
	To          string // address with the table in the order of the column
	Order       string // ascending or descending, if the table is in its order
}

type cell struct {
	Text, To string
	Number   bool
	Note     string // a smaller text after it
	Class    string
	Span     *interval // that is drawn
}

func formatted(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

func short(v float64) string { return fmt.Sprintf("%.4g", v) }

func text(v any) string { return fmt.Sprint(v) }

// rowsPerPage is the number of rows on a page of a long table.
const rowsPerPage = 100

// with returns the address of a request with another value of a parameter; "" removes it.
func with(r *http.Request, name, value string) string {
	q := url.Values{}
	for k, v := range r.URL.Query() {
		q[k] = v
	}
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	if name != "page" {
		q.Del("page")
	}
	if e := q.Encode(); e != "" {
		return r.URL.Path + "?" + e
	}
	return r.URL.Path
}

// sorted gives the columns of a table their addresses, and returns the column to sort by, first by fallback.
func (t *table) sorted(r *http.Request, names []string, fallback string) (by int, down bool) {
	key := r.FormValue("sort")
	if key == "" {
		key = fallback
	}
	name, down := strings.CutPrefix(key, "-")
	by = -1
	for i, n := range names {
		to := "-" + n
		if !t.Columns[i].Number {
			to = n
		}
		if n == name {
			by = i
			t.Columns[i].Order = "ascending"
			to = "-" + n
			if down {
				t.Columns[i].Order = "descending"
				to = n
			}
		}
		if n != "" && n != "flags" {
			t.Columns[i].To = with(r, "sort", to)
		}
	}
	return by, down
}

// paged adds the links to other pages, and returns the first and the last row of the present one.
func (t *table) paged(r *http.Request, n int) (from, to int) {
	t.N = int64(n)
	pages := max(1, (n+rowsPerPage-1)/rowsPerPage)
	page, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || page < 1 {
		page = 1
	}
	page = min(page, pages)
	if pages > 1 {
		at := func(p int) string {
			if p == 1 {
				return with(r, "page", "")
			}
			return with(r, "page", strconv.Itoa(p))
		}
		if page > 1 {
			t.Pages = append(t.Pages, link{Text: "‹ Previous", To: at(page - 1)})
		}
		t.Pages = append(t.Pages, link{Text: fmt.Sprintf("Page %d of %s", page, ui.Thousands(int64(pages))), Here: true})
		if page < pages {
			t.Pages = append(t.Pages, link{Text: "Next ›", To: at(page + 1)})
		}
	}
	return (page - 1) * rowsPerPage, min(page*rowsPerPage, n)
}

// quoted returns an argument with the quotes that a shell needs.
func quoted(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=+,@%", r))
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
