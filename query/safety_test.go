package query

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"abtool/internal/teststore"
)

// A query cannot reach files, the network or settings, by any way that we could think of.
func TestRefused(t *testing.T) {
	s := open(t, Options{})
	store, _ := demoStore()
	other := filepath.Join(t.TempDir(), "other.csv")
	if err := os.WriteFile(other, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(store, "coco", "images.parquet")
	before, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range teststore.Escapes(store, other, t.TempDir()) {
		if rows, err := tryQuery(s, q); err == nil {
			t.Errorf("%s\nran: %v", q, rows)
		} else if strings.Contains(err.Error(), "syntax error") && !strings.Contains(q, "EXPLAIN ANALYZE EXPLAIN") {
			t.Errorf("%s\nis no test: %v", q, err)
		}
	}
	if after, err := os.ReadFile(table); err != nil || string(after) != string(before) {
		t.Error("a query changed the store")
	}
	entries, _ := os.ReadDir(store)
	if len(entries) != 3 {
		t.Errorf("a query left something in the store: %v", entries)
	}
}

// Statements that only work in memory are allowed.
func TestAllowed(t *testing.T) {
	s := open(t, Options{})
	for _, q := range []string{
		"CREATE TEMP TABLE w AS SELECT worker_id, count(*) AS n FROM imagenet_annotations GROUP BY ALL",
		"SELECT count(*) FROM w",
		"INSERT INTO w VALUES ('me', 1)",
		"CREATE MACRO twice(x) AS 2 * x",
		"SELECT twice(21)",
		"DROP TABLE w",
		"EXPLAIN SELECT 1",
		"EXPLAIN ANALYZE SELECT 1",
		"EXPLAIN (FORMAT json) SELECT 1",
		"DESCRIBE imagenet_images",
		"SUMMARIZE imagenet_boxes",
		"SHOW TABLES",
		"FROM coco_images LIMIT 1",
		"VALUES (1)",
		"BEGIN", "ROLLBACK",
		"PIVOT (SELECT type, seq FROM coco_actions) ON type USING count(*) GROUP BY seq LIMIT 2",
	} {
		if _, err := tryQuery(s, q); err != nil {
			t.Errorf("%s\n%v", q, err)
		}
	}
}

func TestAllowFiles(t *testing.T) {
	s := open(t, Options{AllowFiles: true})
	out := filepath.Join(t.TempDir(), "out.csv")
	query(t, s, "COPY (SELECT 42 AS a) TO '"+out+"'")
	if got := query(t, s, "FROM '"+out+"'"); got[0] != "42" {
		t.Error(got)
	}
	if _, err := tryQuery(s, "SET threads = 1"); err == nil {
		t.Error("settings are not locked")
	}
}

func TestExport(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.parquet")
	s := open(t, Options{Outputs: []string{out}})
	n, err := s.Export(context.Background(), "SELECT * FROM imagenet_samples WHERE x > $least",
		Params{"least": 0.5}, out, "FORMAT parquet")
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	if _, err := s.Export(context.Background(), "SELECT 1", nil, out+"2", "FORMAT parquet"); err == nil {
		t.Error("wrote another file")
	}
	if _, err := s.Export(context.Background(), "DROP VIEW coco_images", nil, out, "FORMAT parquet"); err == nil {
		t.Error("exported a DROP")
	}
}

func TestTimeout(t *testing.T) {
	s := open(t, Options{})
	for _, q := range []string{
		"SELECT count(*) FROM range(100000000000) a",
		"SELECT count(*) FROM coco_instances a, coco_instances b, coco_instances c WHERE " +
			"point_in_mask(a.x, b.y, c.width, 10, a.polygon, b.rings, 1, 1, [])",
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		start := time.Now()
		_, err := s.Query(ctx, q, nil)
		if !errors.Is(err, ErrTimeout) || time.Since(start) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		cancel()
	}
	if got := query(t, s, "SELECT 1"); got[0] != "1" { // the session lives on
		t.Error(got)
	}
}

func TestMemory(t *testing.T) {
	s := open(t, Options{Memory: "50MB", Threads: 1})
	_, err := tryQuery(s, "SELECT list(range) FROM range(100000000)")
	if err == nil || !strings.Contains(err.Error(), "--memory") {
		t.Error(err)
	}
}

func TestHints(t *testing.T) {
	s := open(t, Options{})
	for q, want := range map[string]string{
		"SELECT worker FROM imagenet_samples":                   "Did you mean worker_id?",
		"SELECT s.wroker_id FROM imagenet_samples s":            "Did you mean worker_id?",
		"SELECT 1\nFROM imagenet_sample":                        "Did you mean imagenet_samples?",
		"SELECT * FROM coco_localisation":                       "Did you mean coco_localization?",
		"SELECT point_in_maks(1, 2)":                            "Did you mean point_in_mask?",
		"SELECT path_lenght(mouse, 1, 1) FROM coco_annotations": "Did you mean path_length?",
		"SELECT count(*)\n  FROM imagenet_clicks\n  WHER x > 1": "\n  line 3: ",
		"SELECT abd FROM (SELECT 1 AS abc)":                     "\nDid you mean abc?",
		"WITH w AS (SELECT 1 AS hello) SELECT helo FROM w":      "\nDid you mean hello?",
		"SELECT lenght('a')":                                    "\nDid you mean length?",
		"SELECT zzzzz FROM (SELECT 1 AS abc)":                   "\nCandidate bindings: \"abc\"",
		"SELECT sum('a')":                                       "\n\tCandidate functions:\n\tsum(DECIMAL)",
		"SELECT 1::INTGER":                                      "\nDid you mean ",
	} {
		_, err := tryQuery(s, q)
		var e *QueryError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) || e.Line == 0 {
			t.Errorf("%s\n%v", q, err)
		}
	}
}
