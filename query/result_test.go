package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// result gives the names of the columns and the first value of every row.
func result(t *testing.T, s *Session, q string, p Params, w Want) (names []string, firsts []driver.Value) {
	t.Helper()
	r, err := s.Result(context.Background(), q, p, w)
	if err != nil {
		t.Fatalf("%s\n%v", q, err)
	}
	defer r.Close()
	for _, c := range r.Columns {
		names = append(names, c.Name)
	}
	row := make([]driver.Value, len(names))
	for {
		err := r.Next(row)
		if err == io.EOF {
			return names, firsts
		}
		if err != nil {
			t.Fatalf("%s\n%v", q, err)
		}
		firsts = append(firsts, row[0])
	}
}

// A result of many batches is complete and in order, and leaves no temporary table.
func TestResultBatches(t *testing.T) {
	s := open(t, Options{Memory: "100MB"})
	for _, n := range []int{0, 1, batchRows - 1, batchRows, batchRows + 1, 5*batchRows + 7} {
		_, rows := result(t, s, "SELECT i, 'x' AS rowid FROM range($n) r(i) ORDER BY i DESC",
			Params{"n": int64(n)}, Want{})
		if len(rows) != n {
			t.Fatalf("%d rows, want %d", len(rows), n)
		}
		for i, v := range rows {
			if v != int64(n-1-i) {
				t.Fatalf("row %d of %d is %v", i, n, v)
			}
		}
	}
	if got := query(t, s, "SELECT count(*) FROM duckdb_tables()"); got[0] != "0" {
		t.Errorf("%s tables are left", got)
	}
}

// A result that exceeds the memory limit is kept on the disk.
func TestResultLargerThanMemory(t *testing.T) {
	s := open(t, Options{Memory: "60MB", Threads: 2})
	r, err := s.Result(context.Background(), "SELECT i, hash(i)::VARCHAR || hash(i + 1) || hash(i + 2) AS "+
		"s FROM range(3_000_000) r(i)", nil, Want{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if spilled, _ := os.ReadDir(s.db.temp); len(spilled) == 0 {
		t.Error("nothing is on the disk")
	}
	row, n := make([]driver.Value, 2), 0
	for ; r.Next(row) == nil; n++ {
		if row[0] != int64(n) {
			t.Fatalf("row %d is %v", n, row[0])
		}
	}
	if n != 3_000_000 {
		t.Errorf("%d rows", n)
	}
}

// Columns of one name get numbers, in the same way wherever they come from.
func TestResultNames(t *testing.T) {
	s := open(t, Options{})
	want := []string{"a", "a_1", "A_2", "b"}
	for _, p := range []Params{nil, {"x": int64(1)}} {
		for _, w := range []Want{{}, {First: 1}, {Text: true}} {
			q := "SELECT 1 AS a, 2 AS a, 3 AS A, 4 AS b"
			if p != nil {
				q = "SELECT $x AS a, 2 AS a, 3 AS A, 4 AS b"
			}
			if got, _ := result(t, s, q, p, w); !slices.Equal(got, want) {
				t.Errorf("%s %v: %v", q, w, got)
			}
		}
	}
}

// Statements of every kind that returns rows return them here too.
func TestResultStatements(t *testing.T) {
	s := open(t, Options{})
	for q, want := range map[string]int{
		"DESCRIBE imagenet_clicks":        15,
		"SUMMARIZE SELECT 1 AS a, 2 AS b": 2,
		"SHOW TABLES":                     28,
		"FROM range(3) -- all of them":    3,
		"VALUES (1), (2)":                 2,
		"EXPLAIN SELECT 1":                1,
		"WITH w AS (SELECT 1) FROM w":     1,
		"SELECT row(1, 'a') AS r":         1,
		"PIVOT (SELECT i % 3 AS k, ';' AS x FROM range(9) r(i)) ON k USING count(*)":                             1,
		"PIVOT (SELECT i % 3 AS k, 'it''s;' AS \"a;b\" FROM range(9) r(i)) ON k USING count(*) GROUP BY \"a;b\"": 1,
		"SELECT 'pivot; drop'": 1,
	} {
		for _, text := range []bool{false, true} {
			if _, rows := result(t, s, q, nil, Want{Text: text}); len(rows) != want {
				t.Errorf("%s: %d rows, want %d", q, len(rows), want)
			}
		}
	}
	for _, q := range []string{
		"PIVOT (SELECT 1 AS k) ON k USING count(*); SELECT 1",
		"PIVOT (SELECT 1 AS k, $$;$$ AS x) ON k USING count(*)",
		"PIVOT (SELECT 1 AS k /* ; */) ON k USING count(*)",
		"PIVOT (SELECT 1 AS k, e'\\'; DROP TABLE x; --') ON k USING count(*)",
	} {
		if _, err := s.Result(context.Background(), q, nil, Want{}); err == nil {
			t.Errorf("%s: it ran", q)
		}
	}
}

// Mistakes in a statement keep their place.
func TestResultErrors(t *testing.T) {
	s := open(t, Options{})
	for _, q := range []string{"SELECT 1,\n  nothing", "SELECT 1,\n  x::INTEGER FROM (SELECT 'a' AS x)"} {
		_, err := s.Result(context.Background(), q, nil, Want{First: 5})
		var e *QueryError
		if !errors.As(err, &e) || e.Line != 2 {
			t.Errorf("%s: %v", q, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	r, err := s.Result(ctx, "FROM range(100000)", nil, Want{})
	if err != nil {
		t.Fatal(err)
	}
	row := make([]driver.Value, 1)
	if err := r.Next(row); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err = nil; err == nil; err = r.Next(row) {
	}
	if !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
	r.Close()
	ctx, cancel = context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if r, err = s.Result(ctx, "FROM range(100000)", nil, Want{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(150 * time.Millisecond)
	for err = nil; err == nil; err = r.Next(row) {
	}
	if !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
	r.Close()
	if got := query(t, s, "SELECT count(*) FROM duckdb_tables()"); got[0] != "0" {
		t.Errorf("%s tables are left", got)
	}
}

// Results that can be printed can be written to files: PIVOT with the number of its rows, DESCRIBE and others.
func TestExportStatements(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.csv")
	s := open(t, Options{Outputs: []string{out}})
	for q, want := range map[string]int64{
		"PIVOT (SELECT i % 3 AS k, i % 2 AS x, ';' AS y FROM range(9) r(i)) ON k USING count(*) GROUP BY x": 2,
		"DESCRIBE imagenet_clicks": 15,
		"SUMMARIZE SELECT 1 AS a":  1,
		"SHOW TABLES":              28,
		"SELECT $n AS n, 1 AS n":   1,
	} {
		n, err := s.Export(context.Background(), q, Params{"n": int64(1)}, out, "FORMAT csv")
		data, _ := os.ReadFile(out)
		if err != nil || n != want || int64(strings.Count(string(data), "\n")) != want+1 {
			t.Errorf("%s: %d rows, want %d, %v\n%s", q, n, want, err, data)
		}
	}
	if _, err := s.Export(context.Background(), "EXPLAIN SELECT 1", nil, out,
		"FORMAT csv"); !errors.Is(err, ErrNoResult) {
		t.Error(err)
	}
}
