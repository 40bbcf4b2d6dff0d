package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"abtool/internal/teststore"
	"abtool/store"
)

// demoStore is a small store with both data sets, made once.
var demoStore = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "query-test-")
	if err != nil {
		return "", err
	}
	return teststore.Make(context.Background(), dir,
		teststore.Options{Images: 2000, Pages: 200, Seed: 1, Dirty: 0.01})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if store, err := demoStore(); err == nil {
		os.RemoveAll(filepath.Dir(store))
	}
	os.Exit(code)
}

func open(t testing.TB, o Options) *Session {
	t.Helper()
	store, err := demoStore()
	if err != nil {
		t.Fatal(err)
	}
	return openStore(t, store, o)
}

func openStore(t testing.TB, store string, o Options) *Session {
	t.Helper()
	db, err := Open(context.Background(), store, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := db.Session(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// query gives the rows of a query, each printed by fmt.
func query(t testing.TB, s *Session, q string) []string {
	t.Helper()
	rows, err := tryQuery(s, q)
	if err != nil {
		t.Fatalf("%s\n%v", q, err)
	}
	return rows
}

func tryQuery(s *Session, q string) ([]string, error) {
	r, err := s.Query(context.Background(), q, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []string
	dst := make([]driver.Value, len(r.Columns))
	for {
		err := r.Next(dst)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		parts := make([]string, len(dst))
		for i, v := range dst {
			parts[i] = fmt.Sprint(v)
		}
		out = append(out, strings.Join(parts, " "))
	}
}

// Every view has the columns that its documentation lists, and its example runs.
func TestViews(t *testing.T) {
	s := open(t, Options{})
	for _, set := range s.db.Sets {
		for _, v := range Views(set) {
			t.Run(v.Name, func(t *testing.T) {
				r, err := s.Query(context.Background(), "FROM "+v.Name+" LIMIT 1", nil)
				if err != nil {
					t.Fatal(err)
				}
				var got, want []string
				for _, c := range r.Columns {
					got = append(got, c.Name)
				}
				r.Close()
				for _, c := range v.Columns {
					want = append(want, c.Name)
					if c.Doc == "" || !strings.HasSuffix(c.Doc, ".") {
						t.Errorf("%s: doc %q", c.Name, c.Doc)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("columns\n%v, documented\n%v", got, want)
				}
				if rows := query(t, s, v.Example); len(rows) == 0 && !strings.HasSuffix(v.Name, "_rejects") {
					t.Error("the example has no rows")
				}
			})
		}
	}
}

func TestMacroExamples(t *testing.T) {
	s := open(t, Options{})
	for _, m := range append([]Macro{maskDoc}, Macros()...) {
		t.Run(m.Name, func(t *testing.T) {
			q := m.Example
			if !m.Table {
				q = "SELECT " + q
			}
			t.Log(query(t, s, q))
		})
	}
}

func TestOpenErrors(t *testing.T) {
	_, err := Open(context.Background(), t.TempDir(), Options{})
	if !errors.Is(err, store.ErrNotStore) {
		t.Errorf("an empty folder: %v", err)
	}

	store, err := teststore.Make(context.Background(), t.TempDir(), teststore.Options{Images: 20, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	for what, damage := range map[string]func(file string) error{
		"missing":   os.Remove,
		"truncated": func(file string) error { return os.Truncate(file, 100) },
	} {
		if err := damage(filepath.Join(store, "imagenet", "images.parquet")); err != nil {
			t.Fatal(err)
		}
		_, err := Open(context.Background(), store, Options{})
		if err == nil || !strings.Contains(err.Error(), "its imagenet_images cannot be read") ||
			!strings.HasSuffix(err.Error(), "ingest again with --force") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", what, err)
		}
		if err := os.WriteFile(filepath.Join(store, "imagenet", "images.parquet"), make([]byte, 200),
			0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestParseType(t *testing.T) {
	for _, c := range [][2]string{
		{"BIGINT", "BIGINT"},
		{"DECIMAL(9,2)[]", "DECIMAL(9,2)[]"},
		{`STRUCT("t" BIGINT, "a ""b"", c" DOUBLE[], "s" STRUCT("x" MAP(VARCHAR, INTEGER[3])))[][]`,
			`STRUCT(t BIGINT, a "b", c DOUBLE[], s STRUCT(x MAP(VARCHAR, INTEGER[])))[][]`},
		{`UNION("n" INTEGER, "s" VARCHAR)`, "UNION"},
	} {
		if got := parseType(c[0]).String(); got != c[1] {
			t.Errorf("%s: %s, want %s", c[0], got, c[1])
		}
	}
}
