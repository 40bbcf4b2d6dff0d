package storage_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
)

// tables returns the columns of all tables, with their types and defaults, of both databases of a study.
func tables(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	for _, file := range []string{storage.File, storage.IdentityFile} {
		raw, err := sql.Open("sqlite", filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		rows, err := raw.Query(`SELECT s.name, c.name, replace(c.type, 'BOOLEAN', 'INTEGER'), c."notnull", c.pk
			FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite%' ORDER BY s.name, c.name`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var part [5]string
			if err := rows.Scan(&part[0], &part[1], &part[2], &part[3], &part[4]); err != nil {
				t.Fatal(err)
			}
			b.WriteString(strings.Join(part[:], " ") + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// oldStudy makes the folder of a study as version 1 of the tables had it, with an annotator who has agreed.
func oldStudy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, schema := range map[string]string{storage.File: "format1.sql", storage.IdentityFile: "identity1.sql"} {
		text, err := os.ReadFile(filepath.Join("testdata", schema))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := sql.Open("sqlite", filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		all := string(text) + "; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;"
		if file == storage.File {
			all += `INSERT INTO consent (version, language, sha256, body, since) VALUES (1, 'en', 'digest', 'text', 1);
				INSERT INTO worker (id, platform, created, state, level, consent, arm, arm_p) VALUES ('ann', 'link', 1, 'work', 'full', 1, 'red', 0.5);
				INSERT INTO visit (worker, token, started, seen, device) VALUES ('ann', x'01', 1, 1, '{}');
				INSERT INTO image VALUES ('m1', 'c', 'm1.jpg', 4, 3, '00', 1, 0), ('m2', 'c', 'm2.jpg', 4, 3, '00', NULL, 1);
				INSERT INTO hit (id, place, task, k, priority, pages) VALUES ('h', 0, 'browse', 1, 0, 1);
				INSERT INTO hit_page VALUES ('h', 0, 'c');
				INSERT INTO slot VALUES ('h', 0, 0, 'm1', '', 1), ('h', 0, 1, 'm2', '', NULL);
				INSERT INTO assignment (id, hit, worker, visit, state, offered, lease_until, lease_end, surplus, rejected)
					VALUES ('a', 'h', 'ann', 1, 'working', 1, 1, 1, 0, 1);
				INSERT INTO page (uuid, assignment, number) VALUES ('p', 'a', 0);`
		}
		_, err = raw.Exec(all)
		if err := errors.Join(err, raw.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Tables of version 1 become those of a new study, and what they hold stays. Nothing but Upgrade changes them.
func TestUpgrade(t *testing.T) {
	dir := oldStudy(t)
	h := storage.Home{Dir: dir}
	if _, err := h.Open(storage.Options{}); err == nil || !strings.Contains(err.Error(), "format 1, and this program reads format 2: abtool collect upgrade") {
		t.Errorf("open: %v", err)
	}
	if _, err := h.OpenRead(); err == nil || !strings.Contains(err.Error(), "abtool collect upgrade") {
		t.Errorf("open for reading: %v", err)
	}
	if _, err := h.OpenIdentities(); err == nil || !strings.Contains(err.Error(), "abtool collect upgrade") {
		t.Errorf("open the identities: %v", err)
	}
	for _, want := range []int{1, 2} { // the second time nothing is left to do
		if from, err := h.Upgrade(t.Context()); from != want || err != nil {
			t.Fatalf("%d %v", from, err)
		}
	}
	db, identities := openAt(t, h, storage.Options{}), identitiesIn(t, dir)
	fresh := t.TempDir()
	openIn(t, fresh, storage.Options{})
	identitiesIn(t, fresh)
	if got, want := tables(t, dir), tables(t, fresh); got != want {
		t.Errorf("tables\n%s\nwant\n%s", got, want)
	}
	v, w, err := db.Session(t.Context(), []byte{1})
	if err != nil || w.ID != "ann" || w.Arm != "red" || *w.ArmProbability != 0.5 || !v.Own || v.Ticket != "" {
		t.Errorf("%+v %+v %v", v, w, err)
	}
	err = db.View(t.Context(), func(v *storage.View) error {
		all, err := v.Assignments()
		if len(all) != 1 || !all[0].Rejected || all[0].Surplus || all[0].Worker != "ann" {
			t.Errorf("%+v", all)
		}
		images, err2 := v.Images()
		if len(images) != 2 || !*images[0].Known || images[0].Gold || images[1].Known != nil || !images[1].Gold {
			t.Errorf("%+v", images)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
	if v, _, err := db.Visit(t.Context(), storage.NewVisit{Worker: "ann", Ticket: "one", Token: []byte("t"), Device: "{}"}, 9); err != nil || v.Own || v.Ticket != "one" {
		t.Errorf("%+v %v", v, err)
	}
	if err := identities.PutEntry(t.Context(), storage.Entry{Visit: 1}, 9); err != nil {
		t.Error(err)
	}
}

func TestUpgradeNothing(t *testing.T) {
	if _, err := (storage.Home{Dir: t.TempDir()}).Upgrade(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := (storage.Home{DB: storagetest.Postgres(t)}).Upgrade(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// The same holds in PostgreSQL: what version 1 would have had there becomes what a new study has.
func TestUpgradePostgres(t *testing.T) {
	old, fresh := storage.Home{DB: storagetest.Postgres(t)}, storage.Home{DB: storagetest.Postgres(t)}
	for suffix, file := range map[string]string{"": "format1.sql", "_identity": "identity1.sql"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		at := strings.Replace(old.DB, schemaOf(old.DB), schemaOf(old.DB)+suffix, 1)
		storagetest.Exec(t, at, "CREATE SCHEMA "+schemaOf(at))
		for _, s := range storage.InPostgres(strings.ReplaceAll(string(text), "lower(hex(randomblob(16)))", "'study'")) {
			// Truth values had numbers in version 1, which was never in PostgreSQL.
			for _, column := range []string{"known", "gold", "surplus", "rejected"} {
				s = strings.NewReplacer(column+" BIGINT NOT NULL DEFAULT 0", column+" BOOLEAN NOT NULL DEFAULT FALSE", column+" BIGINT", column+" BOOLEAN").Replace(s)
			}
			storagetest.Exec(t, at, s)
		}
		storagetest.Exec(t, at, "INSERT INTO meta VALUES ('format', '1') ON CONFLICT DO NOTHING")
	}
	if _, err := old.OpenRead(); err == nil || !strings.Contains(err.Error(), "abtool collect upgrade") {
		t.Errorf("open for reading: %v", err)
	}
	for _, want := range []int{1, 2} {
		if from, err := old.Upgrade(t.Context()); from != want || err != nil {
			t.Fatalf("%d %v", from, err)
		}
	}
	openAt(t, fresh, storage.Options{})
	identities, err := fresh.OpenIdentities()
	if err != nil {
		t.Fatal(err)
	}
	defer identities.Close()
	if got, want := columnsOf(t, old.DB), columnsOf(t, fresh.DB); got != want || strings.Count(want, "\n") < 100 {
		t.Errorf("tables\n%s\nwant\n%s", got, want)
	}
	storagetest.NewPeople(t, openAt(t, old, storage.Options{}), 1, 1).Agree("ann")
}

// schemaOf returns the schema that an address names.
func schemaOf(address string) string {
	_, name, _ := strings.Cut(address, "search_path=")
	name, _, _ = strings.Cut(name, "&")
	return name
}

// columnsOf returns the columns of all tables of a study in PostgreSQL.
func columnsOf(t *testing.T, address string) string {
	t.Helper()
	raw, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	rows, err := raw.Query(`SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable) FROM information_schema.columns
		WHERE table_schema IN (current_schema(), current_schema() || '_identity') ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		b.WriteString(text + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
