package storage_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
)

// What would lose acknowledged pages, and addresses that make no sense, are refused. No error has a password.
func TestPostgresAddress(t *testing.T) {
	address := storagetest.Postgres(t)
	for change, want := range map[string]string{
		"&synchronous_commit=off":                   "synchronous_commit = off",
		"&search_path=a,b":                          "it names one schema",
		"&default_transaction_read_only=on":         "read-only",
		"&host=/nowhere&password=thesecret":         "cannot be opened",
		"&connect_timeout=never&password=thesecret": "the address of the database",
	} {
		h := storage.Home{DB: strings.Replace(address, "search_path=", "x=", min(1, strings.Count(change, "search_path"))) + change}
		h.DB = strings.Replace(h.DB, "x=", "application_name=", 1)
		if strings.Contains(change, "host=") {
			h.DB = "postgres:///postgres?user=abtool" + change
		}
		db, err := h.Open(storage.Options{})
		if err == nil {
			db.Close()
			t.Errorf("%s: no error", change)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "thesecret") {
			t.Errorf("%s: %v; want %q", change, err, want)
		}
	}
	nowhere := storage.Home{DB: "postgres:///postgres?host=/nowhere"}
	if _, err := nowhere.OpenRead(); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("no server, for reading: %v", err)
	}
	if _, err := nowhere.Upgrade(t.Context()); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("no server, to upgrade: %v", err)
	}
	if _, err := (storage.Home{DB: address}).OpenRead(); err == nil || !strings.Contains(err.Error(), "no tables of a study") {
		t.Errorf("nothing was served: %v", err)
	}
	db := openAt(t, storage.Home{DB: address + "&synchronous_commit=remote_apply"}, storage.Options{})
	if _, _, err := db.Space(); err == nil {
		t.Error("the space on another machine is known")
	}
}

// While connections are ended again and again, as when PostgreSQL is restarted, requests fail or are stored, and
// the next ones are stored.
func TestReconnect(t *testing.T) {
	h := storage.Home{DB: storagetest.Postgres(t)}
	name := schemaOf(h.DB) // connections of others are left alone
	h.DB += "&application_name=" + name
	db := openAt(t, h, storage.Options{})
	p := storagetest.NewPeople(t, db, 1, 1)
	p.Agree("ann")
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	var wg sync.WaitGroup
	var mu sync.Mutex
	acknowledged, failed := map[int]bool{}, 0
	stop := make(chan struct{})
	for i := range 4 {
		wg.Go(func() {
			for seq := i; ; seq += 4 {
				select {
				case <-stop:
					return
				default:
				}
				_, err := p.Put("ann", page, 1, seq, storagetest.Body(page, seq))
				mu.Lock()
				if err == nil {
					acknowledged[seq] = true
				} else {
					failed++
				}
				mu.Unlock()
			}
		})
	}
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged) >= 20 && failed >= 5
	}
	for end := time.Now().Add(time.Minute); !enough() && time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		storagetest.Exec(t, h.DB, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = '"+name+"'")
	}
	close(stop)
	wg.Wait()
	if stored, err := p.Put("ann", page, 2, 0, []byte("x")); !stored || err != nil {
		t.Errorf("afterwards: %v %v", stored, err)
	}
	err := db.View(t.Context(), func(v *storage.View) error {
		chunks, err := v.Chunks(page, 1)
		for _, c := range chunks {
			delete(acknowledged, c.Seq)
		}
		if len(chunks) < 20 || failed == 0 {
			t.Errorf("%d chunks are stored, %d requests failed: the test shows nothing", len(chunks), failed)
		}
		return err
	})
	if err != nil || len(acknowledged) > 0 {
		t.Errorf("%d acknowledged chunks are lost: %v", len(acknowledged), err)
	}
}

// A server that hangs in the middle of a transaction keeps nobody from writing for long, and nothing of its transaction
// is stored.
func TestHangingServer(t *testing.T) {
	h := storage.Home{DB: storagetest.Postgres(t)}
	var hangs atomic.Bool
	release := make(chan struct{})
	hanging := openAt(t, storage.Home{DB: h.DB + "&idle_in_transaction_session_timeout=500ms"}, storage.Options{BeforeCommit: func() error {
		if hangs.Load() {
			<-release
		}
		return nil
	}})
	other := openAt(t, h, storage.Options{})
	p := storagetest.NewPeople(t, hanging, 1, 1)
	p.Agree("ann")
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	hangs.Store(true)
	answered := make(chan error, 1)
	go func() {
		_, err := p.Put("ann", page, 1, 0, storagetest.Body(page, 0))
		answered <- err
	}()
	time.Sleep(100 * time.Millisecond) // it has the lock
	began := time.Now()
	if err := other.Ping(t.Context(), 1); err != nil || time.Since(began) < 200*time.Millisecond {
		t.Errorf("the other server wrote after %v: %v", time.Since(began), err)
	}
	close(release)
	hangs.Store(false)
	if err := <-answered; err == nil {
		t.Error("a chunk is acknowledged although its transaction was ended")
	}
	if a := p.Account(); a.ChunksStored != 0 {
		t.Errorf("%+v", a)
	}
	if stored, err := p.Put("ann", page, 1, 0, storagetest.Body(page, 0)); !stored || err != nil {
		t.Errorf("again: %v %v", stored, err)
	}
}

// After an erasure no row has anything of the annotator, and no file of the tables has a byte: only the log of
// PostgreSQL may.
func TestErasePostgres(t *testing.T) {
	h := storage.Home{DB: storagetest.Postgres(t)}
	db := openAt(t, h, storage.Options{})
	identities, err := h.OpenIdentities()
	if err != nil {
		t.Fatal(err)
	}
	defer identities.Close()
	folder := storagetest.PostgresFolder()
	traces := manyPeople(t, func(texts [][]byte) int { return inTables(t, h, folder, texts) }, db, identities)
	storagetest.Exec(t, h.DB, "ANALYZE") // as autovacuum does
	e, err := db.Erase(t.Context(), "worker0007", "test", 5000)
	if err != nil || e.Visits != 1 || e.Assignments != 3 || e.Chunks != 12 {
		t.Fatalf("%+v %v", e, err)
	}
	var done bool
	err = db.View(t.Context(), func(v *storage.View) error { // an old state, which keeps deleted rows
		if _, err := v.Workers(); err != nil {
			return err
		}
		done, err = db.FinishErasures(t.Context(), identities, true)
		return err
	})
	if done || err != nil {
		t.Errorf("the erasure is complete while somebody reads: %v %v", done, err)
	}
	finish(t, db, identities)
	if n := inTables(t, h, folder, traces); n > 0 {
		t.Errorf("%d traces are left", n)
	}
	if n, err := identities.Count(t.Context()); n != 19 || err != nil {
		t.Errorf("%d identities are left: %v", n, err)
	}
	check(t, db)
}

// A role that does not see the transactions of others does not take rows for gone that PostgreSQL keeps for them.
func TestEraseUnseenReader(t *testing.T) {
	address := storagetest.Postgres(t)
	if storagetest.PostgresFolder() == "" {
		t.Skip("the server may not let this test make a role")
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	role := q.Get("search_path") + "_role"
	storagetest.Exec(t, address, "CREATE ROLE "+role+" LOGIN")
	storagetest.Exec(t, address, "GRANT CREATE ON DATABASE "+strings.TrimPrefix(u.Path, "/")+" TO "+role)
	t.Cleanup(func() { storagetest.Exec(t, address, "DROP OWNED BY "+role+"; DROP ROLE "+role) })
	q.Set("user", role)
	u.RawQuery = q.Encode()
	h := storage.Home{DB: u.String()}
	db := openAt(t, h, storage.Options{})
	identities, err := h.OpenIdentities()
	if err != nil {
		t.Fatal(err)
	}
	defer identities.Close()
	storagetest.NewPeople(t, db, 1, 1).Agree("ann")
	raw, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	reader, err := raw.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Exec("SELECT pg_sleep(0)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Erase(t.Context(), "ann", "test", 5000); err != nil {
		t.Fatal(err)
	}
	if done, err := db.FinishErasures(t.Context(), identities, true); done || err != nil {
		t.Errorf("the erasure is complete while somebody reads: %v %v", done, err)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	finish(t, db, identities)
}

// Whatever isolation the role has by default, a transaction reads what the one before it wrote.
func TestIsolation(t *testing.T) {
	h := storage.Home{DB: storagetest.Postgres(t) + "&default_transaction_isolation=repeatable%20read"}
	begun, release := make(chan struct{}, 10), make(chan struct{})
	var hangs atomic.Bool
	db := openAt(t, h, storage.Options{BeforeCommit: func() error {
		if hangs.Load() {
			begun <- struct{}{}
			<-release
		}
		return nil
	}})
	other := openAt(t, h, storage.Options{})
	p := storagetest.NewPeople(t, db, 2, 1)
	p.Agree("ann")
	p.Agree("bob")
	hangs.Store(true)
	erased := make(chan error, 2)
	erase := func(db *storage.DB, worker string) {
		_, err := db.Erase(t.Context(), worker, "test", 5000)
		erased <- err
	}
	go erase(db, "ann")
	<-begun // it has the lock
	go erase(other, "bob")
	time.Sleep(300 * time.Millisecond) // the other one waits for it
	close(release)
	for range 2 {
		if err := <-erased; err != nil {
			t.Error(err)
		}
	}
}

func TestForgetPostgres(t *testing.T) {
	h := storage.Home{DB: storagetest.Postgres(t)}
	openAt(t, h, storage.Options{})
	identities, err := h.OpenIdentities()
	if err != nil {
		t.Fatal(err)
	}
	defer identities.Close()
	forgets(t, identities, func(texts [][]byte) int { return inTables(t, h, storagetest.PostgresFolder(), texts) })
}

// inTables counts texts in all rows of a study, and in the files of a server that was started for tests.
func inTables(t *testing.T, h storage.Home, folder string, texts [][]byte) (n int) {
	t.Helper()
	raw, err := sql.Open("pgx", h.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	rows, err := raw.Query("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN (current_schema(), current_schema() || '_identity')")
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil || len(tables) < 20 {
		t.Fatal(tables, err)
	}
	for _, name := range tables {
		for _, text := range texts {
			var found int
			if err := raw.QueryRow(fmt.Sprintf("SELECT count(*) FROM %s x WHERE strpos(x::text, $1) > 0 OR strpos(x::text, encode($1::bytea, 'hex')) > 0", name), string(text)).Scan(&found); err != nil {
				t.Fatal(err)
			}
			n += found
		}
	}
	if folder == "" {
		return n
	}
	storagetest.Exec(t, h.DB, "CHECKPOINT") // writes what is in memory, and deletes files of earlier tables
	err = filepath.WalkDir(filepath.Join(folder, "data", "base"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		for _, text := range texts {
			n += bytes.Count(b, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
