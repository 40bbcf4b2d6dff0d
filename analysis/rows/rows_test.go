package rows

import (
	"context"
	"fmt"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/teststore"
	"abtool/query"
)

// count returns the number of rows of a query, and checks what OfImages says of it.
func count(t *testing.T, db *query.DB, text string) int64 {
	t.Helper()
	table, err := db.Table(context.Background(), "SELECT count(*) AS n FROM ("+text+")")
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return -1
	}
	described, err := db.Table(context.Background(), "SELECT count(*) AS n FROM (DESCRIBE "+text+") WHERE column_name IN ('seq', 'image_id')")
	if err != nil {
		t.Errorf("%s: %v", text, err)
	} else if has := described.Numbers("n")[0] > 0; has != OfImages(text) {
		t.Errorf("%s: its rows have an image: %v, want %v", text, OfImages(text), has)
	}
	return int64(table.Numbers("n")[0])
}

// Every value and exclusion has as many rows as its n says, or says why it has none. Tables that have queries have as
// many rows as their cells say.
func TestRows(t *testing.T) {
	ctx := context.Background()
	dir, err := teststore.Make(ctx, t.TempDir(), teststore.Options{Images: 1500, Pages: 400, Seed: 11, Dirty: 0.15})
	if err != nil {
		t.Fatal(err)
	}
	db, err := query.Open(ctx, dir, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d, err := analysis.Run(ctx, dir, result.Options{Bootstrap: -1, Rules: result.Rules{MinRecall: 0.6, MinSelected: 60, MinPages: 8, MinPrecision: 0.8, MinCOCOPages: 15}})
	if err != nil {
		t.Fatal(err)
	}
	values, cells, tableRows := 0, 0, 0
	for _, s := range d.DataSets {
		f := For(s.Name, &d.Options)
		for i := range s.Statistics {
			a := &s.Statistics[i]
			for j := range a.Values {
				v := &a.Values[j]
				q := f.Of(a, v)
				where := fmt.Sprintf("%s %s.%s, %d %s", s.Name, a.Name, v.Name, v.N, v.Of)
				switch {
				case q.None != "":
				case q.Over == "":
					t.Errorf("%s: no query", where)
				default:
					values++
					if n := count(t, db, q.Over); n != v.N {
						t.Errorf("%s: %d rows: %s", where, n, q.Over)
					}
				}
				if q.Counted != "" {
					want := float64(v.Value)
					if v.Unit == result.UnitShare {
						want *= float64(v.N)
					}
					if n := count(t, db, q.Counted); float64(n) < want-0.01 || float64(n) > want+0.01 {
						t.Errorf("%s, of which %g count: %d rows: %s", where, want, n, q.Counted)
					}
				}
			}
			for j := range a.Excluded {
				e := &a.Excluded[j]
				q := f.Excluded(a, e)
				if q.None != "" {
				} else if q.Over == "" {
					t.Errorf("%s %s excludes %s (%s): no query", s.Name, a.Name, e.Reason, e.Of)
				} else if n := count(t, db, q.Over); n != e.Count {
					t.Errorf("%s %s excludes %d %s: %d rows: %s", s.Name, a.Name, e.Count, e.Reason, n, q.Over)
				}
			}
			for j := range a.Histograms {
				h := &a.Histograms[j]
				for row := range h.Counts {
					for column, want := range h.Counts[row] {
						text := f.Cell(a, h, row, column)
						if text == "" || (row*len(h.Counts)+column)%17 != 9 { // some cells are enough, for a test that is quick
							continue
						}
						if n := count(t, db, text); n != want {
							t.Errorf("%s %s.%s[%d][%d] is %d: %d rows: %s", s.Name, a.Name, h.Name, row, column, want, n, text)
						}
						cells++
					}
				}
			}
			for j := range a.Tables {
				for _, row := range a.Tables[j].Rows {
					text, want := f.Row(a, &a.Tables[j], row)
					if text == "" {
						break
					}
					tableRows++
					if n := count(t, db, text); n != want {
						t.Errorf("%s %s.%s %v: %d rows: %s", s.Name, a.Name, a.Tables[j].Name, row[0], n, text)
					}
				}
			}
		}
	}
	if values < 150 || cells < 50 || tableRows < 200 {
		t.Errorf("only %d values, %d cells of maps and %d rows of tables have rows", values, cells, tableRows)
	}
}
