package duck

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The printed setup runs in a DuckDB that knows nothing of us, and gives what our views give.
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

	one := filepath.Join(t.TempDir(), "one")
	if err := os.CopyFS(one, os.DirFS(store)); err != nil {
		t.Fatal(err)
	}
	account, err := os.ReadFile(filepath.Join(one, "store.json"))
	if err != nil {
		t.Fatal(err)
	}
	arrow := strings.Replace(string(account), `"format": "parquet"`, `"format": "arrow"`, 1)
	if err := os.WriteFile(filepath.Join(one, "store.json"), []byte(arrow), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), one, Options{}); err == nil || !strings.Contains(err.Error(), "--format parquet") {
		t.Errorf("a store of Arrow files: %v", err)
	}
}
