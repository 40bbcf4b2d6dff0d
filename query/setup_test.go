package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/internal/teststore"
)

// The printed setup runs in a DuckDB without anything from this program, and its views give the same results.
func TestSetup(t *testing.T) {
	store, err := demoStore()
	if err != nil {
		t.Fatal(err)
	}
	text, err := Setup(store)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{})
	for _, set := range s.db.Sets {
		for _, v := range Views(set) {
			q := "SELECT count(*), coalesce(bit_xor(hash(v)), 0) FROM " + v.Name + " v"
			var n, h uint64
			if err := db.QueryRow(q).Scan(&n, &h); err != nil {
				t.Errorf("%s: %v", v.Name, err)
				continue
			}
			if want := query(t, s, q)[0]; want != fmt.Sprint(n, " ", h) {
				t.Errorf("%s: %d rows of hash %d, here %s", v.Name, n, h, want)
			}
		}
	}
	for _, m := range Macros() {
		q := m.Example
		if !m.Table {
			q = "SELECT " + q
		}
		rows, err := db.Query(q)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		rows.Close()
	}
}

// A store's folder can have any name, and a store can have one data set.
func TestOddStores(t *testing.T) {
	store, err := demoStore()
	if err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(t.TempDir(), "it's [a] *new* {store}?;--")
	if err := os.CopyFS(odd, os.DirFS(store)); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, odd, Options{})
	want := query(t, open(t, Options{}), "SELECT count(*) FROM imagenet_samples")
	if got := query(t, s, "SELECT count(*) FROM imagenet_samples"); got[0] != want[0] {
		t.Errorf("%v, want %v", got, want)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(odd, link); err != nil {
		t.Fatal(err)
	}
	query(t, openStore(t, link, Options{}), "SELECT count(*) FROM coco_pages")

	// A name that is a pattern means this store, not another that it matches.
	dir := t.TempDir()
	for _, names := range [][2]string{{"st*re", "stXre"}, {"s?", "sX"}, {"store[1]", "store1"}, {"[!a]", "b"},
		{`s\t*`, "st1"}, {"]*{a,b}", "]{a,b}"}} {
		pattern, match := filepath.Join(dir, names[0]), filepath.Join(dir, names[1])
		if err := errors.Join(os.CopyFS(pattern, os.DirFS(store)), os.CopyFS(match, os.DirFS(small(t)))); err != nil {
			t.Fatal(err)
		}
		if got := query(t, openStore(t, pattern, Options{}),
			"SELECT count(*) FROM imagenet_samples"); got[0] != want[0] {
			t.Errorf("%s: %v, want %v", pattern, got, want)
		}
		text, err := Setup(pattern)
		if strings.Contains(pattern, `\`) {
			if err == nil {
				t.Errorf("%s can be set up elsewhere", pattern)
			}
			continue
		}
		db, e := sql.Open("duckdb", "")
		if err := errors.Join(err, e); err != nil {
			t.Fatal(err)
		}
		var n string
		if _, err := db.Exec(text); err != nil {
			t.Error(err)
		} else if err := db.QueryRow("SELECT count(*) FROM imagenet_samples").Scan(&n); err != nil || n != want[0] {
			t.Errorf("%s elsewhere: %s, %v", pattern, n, err)
		}
		db.Close()
	}
}

// small is a store with tables of the same names and few rows.
func small(t *testing.T) string {
	t.Helper()
	dir, err := teststore.Make(context.Background(), t.TempDir(), teststore.Options{Images: 20, Pages: 5, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
