package query

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	for _, q := range []string{
		"SELECT * FROM '" + other + "'",
		"SELECT * FROM read_csv('" + other + "')",
		"SELECT * FROM read_text('/etc/hostname')",
		"SELECT * FROM read_blob('" + filepath.Join(store, "store.json") + "')",
		"SELECT * FROM glob('/*')",
		"SELECT * FROM glob('" + store + "/*')",
		"SELECT * FROM read_parquet('" + store + "/coco/../../../*')",
		"SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
		"SELECT * FROM 's3://bucket/x.parquet'",
		"SELECT * FROM sniff_csv('" + other + "')",
		"SELECT * FROM parquet_metadata('" + other + "')",
		"SELECT * FROM query('FROM read_csv(''" + other + "'')')",
		"SELECT * FROM query_table('" + other + "')",
		"COPY (SELECT 1) TO '" + other + "'",
		"COPY (SELECT 1) TO '" + filepath.Join(store, "x.csv") + "'",
		"COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"COPY (SELECT 1) TO '" + table + "'",
		"EXPLAIN ANALYZE COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"EXPLAIN /* x */ (ANALYZE, FORMAT json) COPY (SELECT 1) TO '" + table +
			"' (FORMAT parquet, USE_TMP_FILE false)",
		"explain -- x\n analyze copy (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"EXPLAIN (ANALYZE /* ) SELECT 1 -- */ ) COPY (SELECT 1) TO '" + table +
			"' (FORMAT parquet, USE_TMP_FILE false)",
		"EXPLAIN ANALYZE EXPLAIN ANALYZE COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"PREPARE p AS COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"CREATE TABLE x AS SELECT 1; COPY x TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"SELECT 1; COPY (SELECT 1) TO '" + table + "' (FORMAT parquet, USE_TMP_FILE false)",
		"CREATE TABLE y AS SELECT * FROM read_csv('" + other + "')",
		"CREATE VIEW z AS SELECT * FROM read_csv('" + other + "')",
		"COPY coco_images FROM '" + other + "'",
		"EXPORT DATABASE '" + t.TempDir() + "'",
		"IMPORT DATABASE '" + t.TempDir() + "'",
		"ATTACH '" + filepath.Join(t.TempDir(), "x.db") + "'",
		"ATTACH '" + filepath.Join(store, "x.db") + "'",
		"ATTACH ':memory:' AS m",
		"SET threads = 1",
		"SET GLOBAL memory_limit = '1GB'",
		"SET SESSION enable_external_access = true",
		"SET allowed_directories = ['/']",
		"RESET lock_configuration",
		"PRAGMA threads = 1",
		"PRAGMA enable_external_access = true",
		"SET VARIABLE x = 1",
		"INSTALL httpfs",
		"LOAD httpfs",
		"CALL enable_logging(storage := 'file', storage_config := {'path': '" + t.TempDir() + "'})",
		"SELECT * FROM enable_logging(storage := 'file', storage_config := {'path': '" + t.TempDir() + "'})",
		"SELECT * FROM enable_profiling(save_location := '" + table + "')",
		"SELECT * FROM system.main.\"Enable_Profiling\" /* */ (save_location := '" + table + "')",
		"SELECT * FROM query('FROM enable_' || 'profiling(save_location := ''" + table + "'')')",
		"SELECT * FROM \"query\" -- (\n ('SELECT 1')",
		"SELECT * FROM json_execute_serialized_sql('{}')",
		"SELECT * FROM arrow_scan(1::POINTER, 2::POINTER, 3::POINTER)",
		"PRAGMA enable_profiling = 'json'",
		"PRAGMA profiling_output = '" + other + "'",
		"SET profiling_output = '" + other + "'",
		"CREATE SECRET (TYPE s3)",
		"CREATE PERSISTENT SECRET (TYPE s3)",
		"CHECKPOINT",
		"VACUUM",
		"USE memory",
		"SELECT getenv('HOME')",
	} {
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
