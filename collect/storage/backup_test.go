package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"abtool/collect/recording"
	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
)

// A copy that is made while chunks are stored has all that were acknowledged before, and opens as a study.
func TestBackup(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	h := storage.Home{Dir: dir}
	db, identities := openAt(t, h, storage.Options{}), identitiesIn(t, dir)
	p := storagetest.NewPeople(t, db, 1, 1)
	p.Agree("ann")
	if err := identities.Put(t.Context(), "ann", "link", "the name of ann", 1); err != nil {
		t.Fatal(err)
	}
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	put := func(seq int) {
		body := realChunk(page, seq)
		if _, err := db.PutChunk(t.Context(), "ann", storage.Chunk{Page: page, Attempt: 1, Seq: seq, SHA256: recording.Digest(body), Events: 1, Body: body, Received: p.Now}, 5, 1); err != nil {
			t.Error(err)
		}
	}
	for seq := range 50 {
		put(seq)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for seq := 50; ; seq++ {
			select {
			case <-stop:
				return
			default:
				put(seq)
			}
		}
	})
	file := filepath.Join(to, storage.File)
	for range 3 { // the second copy replaces the first
		c, err := h.Backup(t.Context(), file)
		if err != nil || c.Chunks < 50 || c.Assignments != 1 {
			t.Errorf("%+v %v", c, err)
		}
	}
	close(stop)
	wg.Wait()
	if err := h.BackupIdentities(t.Context(), filepath.Join(to, storage.IdentityFile)); err != nil {
		t.Error(err)
	}
	files, err := os.ReadDir(to)
	if err != nil || len(files) != 2 {
		t.Errorf("%v %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f.Name(), info.Mode(), err)
		}
	}
	restored, names := openIn(t, to, storage.Options{}), identitiesIn(t, to)
	if _, id, err := names.Find(t.Context(), "ann"); id != "the name of ann" || err != nil {
		t.Errorf("%q %v", id, err)
	}
	if a, ok, err := restored.Lease(t.Context(), "ann", 1, p.Terms(), p.Now); !ok || a.HIT != "h00" || err != nil {
		t.Errorf("ann cannot go on in the copy: %+v %v %v", a, ok, err)
	}
}

// A copy of a database in which something is wrong is not put in place.
func TestBackupWrong(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
	h := storage.Home{Dir: dir}
	if _, err := h.Backup(t.Context(), to); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing was served: %v", err)
	}
	openAt(t, h, storage.Options{})
	if _, err := h.Backup(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	change(t, h, "INSERT INTO hit (id, place, task, k, priority, pages, taken) VALUES ('h', 0, 'browse', 1, 0, 1, 7)")
	change(t, h, "INSERT INTO hit_page VALUES ('h', 0, 'c')")
	change(t, h, "INSERT INTO image VALUES ('m', 'c', 'm.jpg', 1, 1, '', 1, 0)")
	change(t, h, "INSERT INTO slot VALUES ('h', 0, 0, 'm', '', 1)")
	if _, err := h.Backup(t.Context(), to); err == nil || !strings.Contains(err.Error(), "HIT h: 0 assignments are live or submitted, but 7 are counted") {
		t.Errorf("%v", err)
	}
	after, err := os.ReadFile(to)
	if err != nil || string(before) != string(after) {
		t.Errorf("the copy of before is not there any more: %v", err)
	}
	if files, err := os.ReadDir(filepath.Dir(to)); len(files) != 1 || err != nil {
		t.Errorf("%v %v", files, err)
	}
}

// A copy replaces an earlier copy of the same study. Other files stay as they are, and so does a database that is used.
func TestBackupReplaces(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	h := storage.Home{Dir: dir}
	db := openAt(t, h, storage.Options{})
	openIn(t, other, storage.Options{}) // is served meanwhile
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(t.TempDir(), "closed.db")
	if _, err := (storage.Home{Dir: other}).Backup(t.Context(), closed); err != nil {
		t.Fatal(err)
	}
	identitiesIn(t, dir)
	names := filepath.Join(t.TempDir(), "names.db")
	if err := h.BackupIdentities(t.Context(), names); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		filepath.Join(other, storage.File): "collect.db-wal is there",
		closed:                             "closed.db is the database of another study",
		text:                               "text.db is there, and is not the database of a study",
		names:                              "names.db is the database of another study",
	} {
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Backup(t.Context(), file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if after, err := os.ReadFile(file); err != nil || string(before) != string(after) {
			t.Errorf("%s is another file: %v", file, err)
		}
	}
	if err := os.WriteFile(names+"-wal", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.BackupIdentities(t.Context(), names); err == nil || !strings.Contains(err.Error(), "names.db-wal is there") {
		t.Errorf("%v", err)
	}
	// A study of an earlier version has no id, but keys.
	for _, keys := range []string{"a", "b"} {
		change(t, h, "DELETE FROM meta WHERE key IN ('study', 'keys')")
		if err := db.Claim(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := h.Backup(t.Context(), filepath.Join(dir, keys+".db")); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := h.Backup(t.Context(), filepath.Join(dir, "a.db")); err == nil || !strings.Contains(err.Error(), "another study") {
		t.Errorf("%v", err)
	}
}
