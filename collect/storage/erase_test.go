package storage_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
)

func identitiesIn(t testing.TB, dir string) *storage.Identities {
	t.Helper()
	i, err := storage.OpenIdentities(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.Close() })
	return i
}

// manyPeople lets annotators work, so that rows of each of them are on pages of the database that others share.
// It returns what of worker w7 must not be in any file after an erasure.
func manyPeople(t *testing.T, found func(texts [][]byte) int, db *storage.DB, identities *storage.Identities) (traces [][]byte) {
	t.Helper()
	p := storagetest.NewPeople(t, db, 3, 40)
	for round := range 3 {
		for i := range 20 {
			w := fmt.Sprintf("worker%04d", i)
			if round == 0 {
				if err := identities.Put(t.Context(), w, "link", "platform id of "+w, p.Now); err != nil {
					t.Fatal(err)
				}
				p.Agree(w)
			}
			a := p.Lease(w)
			for n, page := range p.Pages(a.ID) {
				for seq := range 2 {
					body := []byte(fmt.Sprintf("moves of %s, round %d, page %d, chunk %d ", w, round, n, seq))
					body = bytes.Repeat(body, 1+(i*7+seq*3+n)%90) // up to a few pages of the database
					if _, err := p.Put(w, page.UUID, 1, seq, body); err != nil {
						t.Fatal(err)
					}
					if seq == 1 { // other bytes of the same chunk
						if _, err := p.Put(w, page.UUID, 1, seq, append(body, "again"...)); !errors.Is(err, storage.ErrDiffers) {
							t.Fatal(err)
						}
					}
				}
				s := storagetest.Submission(page.UUID, 1, 2)
				s.Answer = `{"said by":"` + w + `"}`
				p.Submit(w, page.UUID, s)
			}
			if err := db.Note(t.Context(), w, "oops", "an error of "+w, p.Now); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, text := range []string{"worker0007", "platform id of worker0007", "moves of worker0007", "an error of worker0007"} {
		traces = append(traces, []byte(text))
	}
	if n := found(traces); n == 0 {
		t.Fatal("the traces are not there before the erasure, so that their absence shows nothing")
	}
	return traces
}

// foundIn returns a function that counts texts in all files of a folder.
func foundIn(t *testing.T, dir string) func([][]byte) int {
	return func(texts [][]byte) int { return found(t, dir, texts) }
}

// found counts texts in all files of a folder.
func found(t *testing.T, dir string, texts [][]byte) (n int) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			n += bytes.Count(b, text)
		}
	}
	return n
}

// No byte of who was erased is left in any file, also not in unused places.
func TestEraseTraces(t *testing.T) {
	dir := t.TempDir()
	db, identities := openIn(t, dir, storage.Options{}), identitiesIn(t, dir)
	traces := manyPeople(t, foundIn(t, dir), db, identities)
	e, err := db.Erase(t.Context(), "worker0007", "test", 5000)
	if err != nil || e.Visits != 1 || e.Assignments != 3 || e.Chunks != 12 {
		t.Fatalf("%+v %v", e, err)
	}
	done, err := db.FinishErasures(t.Context(), identities, true)
	if n := found(t, dir, traces); !done || err != nil || n > 0 {
		t.Errorf("done %v, %v: %d traces are left", done, err, n)
	}
	if n, err := identities.Count(t.Context()); n != 19 || err != nil {
		t.Errorf("%d identities are left: %v", n, err)
	}
	check(t, db)
}

// Without writing the database again, the erasure is not complete, and says so; the next call completes it.
func TestEraseLater(t *testing.T) {
	dir := t.TempDir()
	db, identities := openIn(t, dir, storage.Options{}), identitiesIn(t, dir)
	traces := manyPeople(t, foundIn(t, dir), db, identities)
	if _, err := db.Erase(t.Context(), "worker0007", "test", 5000); err != nil {
		t.Fatal(err)
	}
	if done, err := db.FinishErasures(t.Context(), identities, false); done || err != nil {
		t.Errorf("done %v %v", done, err)
	}
	if platform, left := unfinished(t, db); platform || !left {
		t.Errorf("platform's id %v, traces %v", platform, left)
	}
	if done, err := db.FinishErasures(t.Context(), identities, true); !done || err != nil || found(t, dir, traces) > 0 {
		t.Errorf("done %v %v", done, err)
	}
	if platform, left := unfinished(t, db); platform || left {
		t.Errorf("platform's id %v, traces %v", platform, left)
	}
}

// An erasure that is interrupted leaves everything, or is completed later.
func TestEraseInterrupted(t *testing.T) {
	t.Run("before the commit", func(t *testing.T) {
		dir, broken := t.TempDir(), false
		db := openIn(t, dir, storage.Options{BeforeCommit: func() error {
			if broken {
				return errors.New("killed")
			}
			return nil
		}})
		identities := identitiesIn(t, dir)
		manyPeople(t, foundIn(t, dir), db, identities)
		broken = true
		if _, err := db.Erase(t.Context(), "worker0007", "test", 5000); err == nil {
			t.Error("the commit failed, and the erasure did not")
		}
		broken = false
		if platform, left := unfinished(t, db); platform || left {
			t.Errorf("platform's id %v, traces %v", platform, left)
		}
		if _, id, err := identities.Find(t.Context(), "worker0007"); id == "" || err != nil {
			t.Errorf("%q %v", id, err)
		}
		if e, err := db.Erase(t.Context(), "worker0007", "test", 5000); e.Chunks != 12 || e.Number != 1 || err != nil {
			t.Errorf("%+v %v", e, err)
		}
	})
	t.Run("after the commit", func(t *testing.T) {
		dir := t.TempDir()
		db, identities := openIn(t, dir, storage.Options{}), identitiesIn(t, dir)
		traces := manyPeople(t, foundIn(t, dir), db, identities)
		if _, err := db.Erase(t.Context(), "worker0007", "test", 5000); err != nil {
			t.Fatal(err)
		}
		killed := t.TempDir() // the files as a killed process leaves them
		for _, name := range []string{storage.File, storage.File + "-wal", storage.IdentityFile, storage.IdentityFile + "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(killed, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		db, identities = openIn(t, killed, storage.Options{}), identitiesIn(t, killed)
		if platform, left := unfinished(t, db); !platform || !left || found(t, killed, traces) == 0 {
			t.Errorf("platform's id %v, traces %v", platform, left)
		}
		done, err := db.FinishErasures(t.Context(), identities, true)
		if n := found(t, killed, traces); !done || err != nil || n > 0 {
			t.Errorf("done %v, %v: %d traces are left", done, err, n)
		}
		check(t, db)
	})
}

// Somebody who is erased while another erasure is being completed is not forgotten.
func TestEraseMeanwhile(t *testing.T) {
	for name, home := range map[string]func() storage.Home{
		"SQLite":     func() storage.Home { return storage.Home{Dir: t.TempDir()} },
		"PostgreSQL": func() storage.Home { return storage.Home{DB: storagetest.Postgres(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			h := home()
			var once func()
			db := openAt(t, h, storage.Options{BeforeCommit: func() error {
				if f := once; f != nil {
					once = nil
					f()
				}
				return nil
			}})
			identities, err := h.OpenIdentities()
			if err != nil {
				t.Fatal(err)
			}
			defer identities.Close()
			p := storagetest.NewPeople(t, db, 1, 1)
			for _, w := range []string{"ann", "bob"} {
				if err := identities.Put(t.Context(), w, "link", "the name of "+w, 1); err != nil {
					t.Fatal(err)
				}
				p.Agree(w)
			}
			if _, err := db.Erase(t.Context(), "ann", "test", 5000); err != nil {
				t.Fatal(err)
			}
			erased := make(chan error, 1)
			once = func() { // within FinishErasures, which knows of ann
				go func() {
					_, err := db.Erase(t.Context(), "bob", "test", 5000)
					erased <- err
				}()
				for db.Load().Waiting == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			if done, err := db.FinishErasures(t.Context(), identities, true); done || err != nil {
				t.Errorf("all is complete: %v %v", done, err)
			}
			if err := <-erased; err != nil {
				t.Fatal(err)
			}
			finish(t, db, identities)
			platform, traces := unfinished(t, db)
			if n, err := identities.Count(t.Context()); platform || traces || n != 0 || err != nil {
				t.Errorf("platform's id %v, traces %v, %d identities are left: %v", platform, traces, n, err)
			}
		})
	}
}

// finish completes all erasures. Autovacuum of PostgreSQL may read meanwhile.
func finish(t *testing.T, db *storage.DB, identities *storage.Identities) {
	t.Helper()
	for range 20 {
		done, err := db.FinishErasures(t.Context(), identities, true)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("the erasure is not complete")
}

// Who completes a deletion of ids does not take another one for complete that came meanwhile.
func TestForgetMeanwhile(t *testing.T) {
	dir := t.TempDir()
	identities := identitiesIn(t, dir)
	raw, err := sql.Open("sqlite", filepath.Join(dir, storage.IdentityFile))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var marks []string
	for _, w := range []string{"ann", "bob"} {
		if err := identities.Put(t.Context(), w, "link", "the name of "+w, 1); err != nil {
			t.Fatal(err)
		}
		reader, err := raw.Query("SELECT worker FROM identity") // which keeps the log
		if err != nil || !reader.Next() {
			t.Fatal(err)
		}
		if err := identities.Erase(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		mark, err := identities.Left(t.Context())
		if err != nil || mark == "" {
			t.Fatalf("%q %v", mark, err)
		}
		marks = append(marks, mark)
		reader.Close()
	}
	if done, err := identities.Settle(t.Context(), marks[0]); done || err != nil {
		t.Errorf("the second one is complete: %v %v", done, err)
	}
	if done, err := identities.Settle(t.Context(), marks[1]); !done || err != nil {
		t.Errorf("%v %v", done, err)
	}
}

func unfinished(t *testing.T, db *storage.DB) (platform, traces bool) {
	t.Helper()
	err := db.View(t.Context(), func(v *storage.View) (err error) {
		platform, traces, err = v.Unfinished()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return platform, traces
}

// check compares the counts of what is stored.
func check(t *testing.T, db *storage.DB) {
	t.Helper()
	err := db.View(t.Context(), func(v *storage.View) error {
		a, err := v.Account()
		if a.Shown != a.Submitted+a.Open+a.Left+a.Withdrawn || a.ChunksAnnounced != a.ChunksStored+a.ChunksMissing || a.Erased == 0 {
			t.Errorf("the account does not add up: %+v", a)
		}
		workers, err2 := v.Workers()
		for _, w := range workers {
			if e, err := v.Recorded(w.ID); e.Assignments != 3 || e.Chunks != 12 || err != nil {
				t.Errorf("of %s, who was not erased: %+v %v", w.ID, e, err)
			}
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Assignments that were abandoned long ago are deleted with their pages; the others of the same people are not.
func TestEraseAbandoned(t *testing.T) {
	dir := t.TempDir()
	db, identities := openIn(t, dir, storage.Options{}), identitiesIn(t, dir)
	p := storagetest.NewPeople(t, db, 2, 2)
	p.Agree("ann")
	p.Work("ann", p.Lease("ann"))
	a := p.Lease("ann")
	secret := []byte("a secret movement")
	if _, err := p.Put("ann", p.Pages(a.ID)[0].UUID, 1, 0, secret); err != nil {
		t.Fatal(err)
	}
	begun := p.Now
	p.Now += (2 * time.Hour).Milliseconds()
	if err := db.Sweep(t.Context(), p.Now); err != nil || p.State(a.ID) != storage.Abandoned {
		t.Fatal(err, p.State(a.ID))
	}
	if err := db.EraseAbandoned(t.Context(), begun, p.Now); err != nil || p.State(a.ID) != storage.Abandoned {
		t.Errorf("too early: %v", err)
	}
	if err := db.EraseAbandoned(t.Context(), p.Now, p.Now); err != nil || p.State(a.ID) != "" {
		t.Errorf("%v: the assignment is %s", err, p.State(a.ID))
	}
	if c := p.Account(); c.Erased != 1 || c.Withdrawn != 1 || c.Submitted != 2 || c.Done != 1 {
		t.Errorf("%+v", c)
	}
	if done, err := db.FinishErasures(t.Context(), identities, true); !done || err != nil || found(t, dir, [][]byte{secret}) > 0 {
		t.Errorf("traces are left: %v %v", done, err)
	}
	if b := p.Lease("ann"); b.HIT != a.HIT || b.ID == a.ID {
		t.Errorf("who comes back gets %+v", b)
	}
}

func TestForget(t *testing.T) {
	dir := t.TempDir()
	forgets(t, identitiesIn(t, dir), func(texts [][]byte) int { return found(t, dir, texts) })
}

// forgets lets the ids, entries and payments of one of two people be deleted.
func forgets(t *testing.T, identities *storage.Identities, found func(texts [][]byte) int) {
	t.Helper()
	for i, w := range []string{"ann", "bob"} {
		if err := identities.Put(t.Context(), w, "link", "the name of "+w, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	old := [][]byte{[]byte("the name of ann"), []byte("entry of ann"), []byte("payment of ann")}
	for i, w := range []string{"ann", "bob"} {
		if err := identities.PutEntry(t.Context(), storage.Entry{Visit: int64(i), Worker: w, Platform: "mturk", Params: "entry of " + w}, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	pay := []storage.Payment{{Platform: "mturk", ID: "payment of ann", Code: "A", Submitted: 0}, {Platform: "mturk", ID: "payment of bob", Code: "B", Submitted: 1}}
	for range 2 {
		if err := identities.KeepPayments(t.Context(), pay); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := identities.Forget(t.Context(), 1); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if found(old) > 0 {
		t.Error("ann's name, entry and payment have to be gone")
	}
	if e, err := identities.Entry(t.Context(), 1); err != nil || e.Params != "entry of bob" || found([][]byte{[]byte("the name of bob")}) == 0 {
		t.Errorf("bob's are kept: %+v %v", e, err)
	}
	if all, err := identities.Payments(t.Context()); err != nil || len(all) != 1 || all[0] != pay[1] {
		t.Errorf("bob's payment: %+v %v", all, err)
	}
}
