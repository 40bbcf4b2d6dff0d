package storage_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
)

func openIn(t testing.TB, dir string, o storage.Options) *storage.DB {
	t.Helper()
	db, err := storage.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// The settings without which an acknowledged page could be lost, or a deleted one read.
func TestSettings(t *testing.T) {
	dir := t.TempDir()
	openIn(t, dir, storage.Options{})
	raw, err := sql.Open("sqlite", filepath.Join(dir, storage.File))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var mode string
	if err := raw.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(filepath.Join(dir, storage.File+end))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", info.Name(), info.Mode())
		}
	}
	if _, err := raw.Exec("PRAGMA user_version = 9"); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Open(dir, storage.Options{}); err == nil || !strings.Contains(err.Error(), "has format 9, and this program reads format 2") {
		t.Errorf("a newer database: %v", err)
	}
	if _, err := storage.OpenRead(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no database: %v", err)
	}
}

// A disk that is full a hundred times: whatever was acknowledged stays, what was refused can be stored later, and
// nothing is there by half.
func TestDiskFull(t *testing.T) {
	db := openIn(t, t.TempDir(), storage.Options{})
	p := storagetest.NewPeople(t, db, 1, 1)
	p.Agree("ann")
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	body := func(seq int) []byte { return bytes.Repeat(storagetest.Body(page, seq), 500) }
	seq, refused := 0, 0
	for round := range 100 {
		if err := db.LeaveRoom(round % 23); err != nil {
			t.Fatal(err)
		}
		for ; ; seq++ {
			stored, err := p.Put("ann", page, 1, seq, body(seq))
			if err == nil && stored {
				continue
			}
			if err == nil || !strings.Contains(err.Error(), "full") {
				t.Fatalf("chunk %d: stored %v, error %v; want one that says the disk is full", seq, stored, err)
			}
			break
		}
		refused++
		if a := p.Account(); a.ChunksStored != int64(seq) {
			t.Fatalf("round %d: %d chunks are stored, %d were acknowledged", round, a.ChunksStored, seq)
		}
	}
	if err := db.LeaveRoom(-1); err != nil {
		t.Fatal(err)
	}
	if stored, err := p.Put("ann", page, 1, seq, body(seq)); !stored || err != nil {
		t.Errorf("with room again: %v %v", stored, err)
	}
	if seq < 100 || refused != 100 {
		t.Errorf("%d chunks were stored, the disk was full %d times", seq, refused)
	}
	err := db.View(t.Context(), func(v *storage.View) error {
		chunks, err := v.Chunks(page, 1)
		for i, c := range chunks {
			if c.Seq != i || !bytes.Equal(c.Body, body(i)) {
				t.Errorf("chunk %d has other bytes", i)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// While a reader looks at an old state, nothing that is deleted can leave the log. It leaves it afterwards.
func TestEraseWhileReading(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir, storage.Options{})
	identities := identitiesIn(t, dir)
	p := storagetest.NewPeople(t, db, 1, 1)
	p.Agree("ann")
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	secret := []byte("a secret movement of the pointer")
	if _, err := p.Put("ann", page, 1, 0, secret); err != nil {
		t.Fatal(err)
	}
	found := func() (n int) {
		for _, name := range []string{storage.File, storage.File + "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			n += strings.Count(string(b), string(secret))
		}
		return n
	}
	err := db.View(t.Context(), func(v *storage.View) error {
		if chunks, err := v.Chunks(page, 1); len(chunks) != 1 || err != nil {
			t.Errorf("%v %v", chunks, err)
		}
		if _, err := db.Erase(t.Context(), "ann", "test", p.Now); err != nil {
			return err
		}
		done, err := db.FinishErasures(t.Context(), identities, true)
		if done {
			t.Error("the erasure is complete while somebody reads")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found() == 0 {
		t.Error("the reader did not keep the log, so that this test shows nothing")
	}
	if done, err := db.FinishErasures(t.Context(), identities, true); !done || err != nil || found() > 0 {
		t.Errorf("%d traces are left: %v %v", found(), done, err)
	}
}
