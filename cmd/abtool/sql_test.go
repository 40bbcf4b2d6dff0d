package main

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	_ "github.com/duckdb/duckdb-go/v2"

	"abtool/internal/usage"
)

// command runs a command line and gives what it prints.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(args, strings.NewReader(""), &out, &errs); code != usage.ExitDone && code != usage.ExitRejected {
		t.Fatalf("abtool %s: exit code %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

// simulated makes a store of simulated annotations in dir, as demo does, without what demo shows of it.
func simulated(t *testing.T, dir, images, pages string) (store string) {
	t.Helper()
	in, co, store := filepath.Join(dir, "imagenet"), filepath.Join(dir, "coco"), filepath.Join(dir, "store")
	command(t, "synth", "imagenet", "--images", images, "--dirty", "0.01", "--boxes", "--out", in)
	command(t, "synth", "coco", "--images", pages, "--dirty", "0.01", "--out", co)
	command(t, "ingest", filepath.Join(in, "imagenet_ab.tar.gz"), filepath.Join(co, "coco_ab.json"),
		"--boxes", filepath.Join(in, "boxes.tar.gz"),
		"--instances", filepath.Join(co, "instances_train2014.json"), "--out", store)
	return store
}

// Every type that a result can have gets into an Arrow file, with its values.
func TestArrowResult(t *testing.T) {
	dir := t.TempDir()
	records, store, file := filepath.Join(dir, "r.jsonl"), filepath.Join(dir, "store"), filepath.Join(dir, "x.arrow")
	if err := os.WriteFile(records, []byte(`{"image_id": 1, "mouseTracking": [{"x": 0.5, "y": 0.25, "timeAt": 7}]}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, "ingest", records, "--out", store)
	command(t, "sql", store, "--out", file, `
		SELECT true AS b, 1::TINYINT AS i8, 2::SMALLINT AS i16, 3 AS i32, 4::BIGINT AS i64, 5::UTINYINT AS u8, 6::USMALLINT AS u16,
			7::UINTEGER AS u32, 8::UBIGINT AS u64, 0.5::FLOAT AS f32, 0.25::DOUBLE AS f64, 1.50::DECIMAL(9,2) AS d, sum(9::BIGINT) OVER () AS h,
			'text' AS s, 'x'::BLOB AS bl, DATE '2022-01-05' AS dt, make_timestamp_ms(1641431028640) AS ts, TIMESTAMPTZ '2022-01-05 00:00:00+00' AS tz,
			mouse, [1, NULL, 3] AS l, {a: 1, b: [2.5::DOUBLE]} AS st, MAP {'k': 1} AS m, INTERVAL 1 DAY AS iv, NULL::INTEGER AS n,
			'6d4bd1c6-4d0c-4f6e-9f5e-2b7d5f2d1a11'::UUID AS u
		FROM coco_annotations`)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := ipc.NewFileReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.Record(0)
	if err != nil || rec.NumRows() != 1 {
		t.Fatal(rec, err)
	}
	want := []string{"true", "1", "2", "3", "4", "5", "6", "7", "8", "0.5", "0.25", "1.5", "9", "text",
		"eA==", "2022-01-05",
		"2022-01-06 01:03:48.64Z", "2022-01-05 00:00:00Z", `[{"t":7,"x":0.5,"y":0.25}]`, "[1,null,3]",
		`{"a":1,"b":[2.5]}`, `[{"key":"k","value":1}]`,
		"1 day", "(null)", "6d4bd1c6-4d0c-4f6e-9f5e-2b7d5f2d1a11"}
	for i, w := range want {
		if got := rec.Column(i).ValueStr(0); got != w {
			t.Errorf("%s (%s): %s, want %s", rec.ColumnName(i), rec.Column(i).DataType(), got, w)
		}
	}
}

// Go and DuckDB read printed CSV with all its rows. Nulls stay distinct from empty texts, except for a null that
// is alone on its line.
func TestCSVRoundTrip(t *testing.T) {
	dir := t.TempDir()
	store, file := simulated(t, filepath.Join(dir, "demo"), "20", "5"), filepath.Join(dir, "x.csv")
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	null := sql.NullString{}
	text := func(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }
	for _, values := range [][]sql.NullString{
		{null}, {text("")}, {text("a"), null, text("b"), text("")}, {null, null},
		{text(`"`), text(`""`), text(","), text("a\nb"), text("a\r\nb"), text("\n"), text("\r"), text("NULL"),
			text(" a "), text("'"), text(`\.`), text("#"), text("é;|\t")},
	} {
		var rows []string
		for i, v := range values {
			lit := "NULL"
			if v.Valid {
				lit = "'" + strings.ReplaceAll(v.String, "'", "''") + "'"
			}
			rows = append(rows, fmt.Sprintf("(%s, %d)", lit, i))
		}
		from := " FROM (VALUES " + strings.Join(rows, ", ") + ") t(v, i) ORDER BY i"
		for _, cols := range []string{"v", "i, v", "v, i, v AS w"} {
			out := command(t, "sql", store, "--mode", "csv", "SELECT "+cols+from)
			records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil || len(records) != len(values)+1 {
				t.Errorf("%q: %d records of %d, %v", out, len(records)-1, len(values), err)
				continue
			}
			if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
				t.Fatal(err)
			}
			var got []sql.NullString
			r, err := db.Query("SELECT v FROM read_csv('" + file +
				"', header = true, all_varchar = true, allow_quoted_nulls = false, delim = ',', quote = " +
				"'\"', escape = '\"')")
			if err != nil {
				t.Errorf("%q: %v", out, err)
				continue
			}
			for r.Next() {
				var v sql.NullString
				if err := r.Scan(&v); err != nil {
					t.Fatal(err)
				}
				got = append(got, v)
			}
			r.Close()
			want := slices.Clone(values)
			for i, v := range values {
				if cols == "v" {
					want[i].Valid = true
				}
				field := records[i+1][slices.Index(records[0], "v")]
				if field != strings.ReplaceAll(v.String, "\r\n", "\n") {
					t.Errorf("%q read by Go: %q, want %q", out, field, v.String)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q read by DuckDB: %v, want %v", out, got, want)
			}
		}
	}
}

// The SQL of --print-setup runs in a DuckDB without anything from this program, in another folder.
func TestPrintSetup(t *testing.T) {
	dir := t.TempDir()
	store := simulated(t, filepath.Join(dir, "demo"), "200", "20")
	setup := command(t, "sql", store, "--print-setup")
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(setup); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"SELECT count(*) AS n FROM imagenet_samples",
		"SELECT count(*) AS n FROM coco_localization WHERE on_mask"} {
		var want string
		if err := db.QueryRow(q).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got := command(t, "sql", store, q); got != "n\n"+want+"\n" {
			t.Errorf("%s: %s, want %s", q, got, want)
		}
	}
}
