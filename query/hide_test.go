package query

import (
	"strings"
	"testing"

	stats "abtool/analysis/result"
)

// With Hide, no way leads to the ids of workers and HITs, and pseudonyms are those of the statistics.
func TestHide(t *testing.T) {
	plain, hidden := open(t, Options{}), open(t, Options{Hide: true})
	dir, _ := demoStore()
	o := stats.Options{Hide: true}
	for _, c := range []struct{ key, column, view string }{
		{"worker", "worker_id", "imagenet_annotations"}, {"hit", "assignment_id", "imagenet_annotations"}, {"worker", "worker_id", "coco_annotations"},
		{"hit", "hit_id", "coco_annotations"}, {"worker", "worker_id", "imagenet_workers"}, {"worker", "worker_id", "coco_hits"}, {"hit", "assignment_id", "imagenet_pages"},
	} {
		q := "SELECT DISTINCT " + c.column + " FROM " + c.view + " WHERE " + c.column + " IS NOT NULL"
		ids := query(t, plain, q)
		names := strings.Join(query(t, hidden, q), "\n") + "\n"
		if len(ids) == 0 {
			t.Fatalf("%s has no ids", c.view)
		}
		for _, id := range ids {
			if !strings.Contains(names, o.Show(c.key, id)+"\n") {
				t.Errorf("%s.%s lacks the pseudonym of %s", c.view, c.column, id)
			}
			if strings.Contains(names, id) {
				t.Errorf("%s.%s has the id %s", c.view, c.column, id)
			}
		}
	}
	file := dir + "/imagenet/annotations.parquet"
	for _, q := range []string{
		"SELECT worker_id FROM read_parquet('" + file + "')", "SELECT worker_id FROM '" + file + "'", "SELECT worker_id FROM \"" + file + "\"",
		"SELECT worker_id FROM '" + strings.ToUpper(file[:len(file)-7]) + "PARQUET'", "SELECT worker_id FROM parquet_scan('" + file + "')",
		"SELECT worker_id FROM query_table('" + file + "')", "SUMMARIZE '" + file + "'", "DESCRIBE '" + file + "'",
		"SELECT stats_min FROM parquet_metadata('" + file + "')", "SELECT * FROM read_blob('" + file + "')", "SELECT content FROM read_text('" + file + "')",
		"CREATE VIEW v AS FROM read_parquet('" + file + "')", "EXPLAIN ANALYZE FROM read_parquet('" + file + "')",
		"SELECT * FROM query('FROM read_' || 'parquet(''" + file + "'')')",
	} {
		if rows, err := tryQuery(hidden, q); err == nil {
			t.Errorf("%s\nran: %.100v", q, rows)
		}
	}
	if rows := query(t, hidden, "SELECT count(snippet) + count(detail) FROM imagenet_rejects"); rows[0] != "0" {
		t.Errorf("rejects have %s snippets", rows[0])
	}
}
