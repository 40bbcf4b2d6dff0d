package outputs_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"abtool/eval/outputs"
)

// SQL sees the columns as they are documented: classes count from 0, lists from 1.
func TestDuckDB(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outputs.parquet")
	err := outputs.Write(path, func(w *outputs.Writer) (*outputs.About, error) {
		return &outputs.About{}, w.Add(
			outputs.Row{Set: "imagenet", Path: "a", Labels: []int32{1, 2}, Best: 2, Top5: []int32{2, 0, 1}, Logits: []float32{0.5, 0, 1.5}},
			outputs.Row{Set: "imagenet", Path: "b", Labels: []int32{1}, Best: 0, Top5: []int32{0, 1, 2}, Logits: []float32{2, 1, 0}},
			outputs.Row{Set: "v2", Path: "a", Best: -1, Unreadable: true},
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]string{
		"select avg(list_contains(labels, best)::int) from rows where set_name = 'imagenet'": "0.5",
		"select sum(top5[2]) from rows":                                        "1",
		"select max(logits[best + 1]) from rows":                               "2",
		"select sum(len(logits)) from rows":                                    "6",
		"select string_agg(path, '' order by path) from rows where unreadable": "a",
		"select count(*) from rows where len(labels) = 0":                      "1",
	} {
		var got any
		row := db.QueryRow("with rows as (from read_parquet('" + path + "')) " + query)
		if err := row.Scan(&got); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v, want %s", query, got, err, want)
		}
	}
}
