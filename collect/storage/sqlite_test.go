package storage_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"abtool/collect/recording"
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

func TestSQLite(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) *storage.DB { return openIn(t, t.TempDir(), storage.Options{}) })
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
	if _, err := storage.Open(dir, storage.Options{}); err == nil || !strings.Contains(err.Error(), "format 9; this program reads format 1") {
		t.Errorf("a newer database: %v", err)
	}
	if _, err := storage.OpenRead(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no database: %v", err)
	}
}

// When a commit fails, all of its requests fail and nothing of them is there; the next ones succeed.
func TestCommitFails(t *testing.T) {
	var broken atomic.Bool
	db := openIn(t, t.TempDir(), storage.Options{BeforeCommit: func() error {
		if broken.Load() {
			return errors.New("disk full")
		}
		return nil
	}})
	p := storagetest.NewPeople(t, db, 1, 1)
	p.Agree("ann")
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	broken.Store(true)
	var wg sync.WaitGroup
	for seq := range 20 {
		wg.Go(func() {
			if _, err := p.Put("ann", page, 1, seq, storagetest.Body(page, seq)); err == nil || errors.Is(err, storage.ErrUnknown) {
				t.Errorf("chunk %d: %v", seq, err)
			}
		})
	}
	wg.Wait()
	broken.Store(false)
	if a := p.Account(); a.ChunksStored != 0 || a.Shown != 0 {
		t.Errorf("%+v", a)
	}
	if stored, err := p.Put("ann", page, 1, 0, storagetest.Body(page, 0)); !stored || err != nil {
		t.Errorf("%v %v", stored, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.Put("ann", page, 1, 1, nil); err == nil {
		t.Error("a chunk is stored in a closed database")
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

// One request that is refused does not disturb those that are committed with it.
func TestSavepoints(t *testing.T) {
	db := openIn(t, t.TempDir(), storage.Options{})
	p := storagetest.NewPeople(t, db, 1, 1)
	p.Agree("ann")
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	var wg sync.WaitGroup
	for seq := range 100 {
		wg.Go(func() {
			name := page
			if seq%2 == 1 {
				name = "unknown"
			}
			_, err := p.Put("ann", name, 1, seq, storagetest.Body(page, seq))
			if (err == nil) != (seq%2 == 0) {
				t.Errorf("chunk %d: %v", seq, err)
			}
		})
	}
	wg.Wait()
	if a := p.Account(); a.ChunksStored != 50 {
		t.Errorf("%+v", a)
	}
}

// A request is something that the browser of a worker sends.
type request struct {
	worker, page string
	attempt, seq int // seq −1: the submit
}

// In whatever order the requests of two annotators arrive, and however often each is repeated, the same is stored.
func TestInterleavings(t *testing.T) {
	want := ""
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		db, err := storage.Open(dir, storage.Options{})
		if err != nil {
			r.Fatal(err)
		}
		defer db.Close()
		p := storagetest.NewPeople(t, db, 1, 2)
		var all []request
		for _, worker := range []string{"ann", "bob"} {
			p.Agree(worker)
			for _, page := range p.Pages(p.Lease(worker).ID) {
				for seq := range 3 {
					all = append(all, request{worker, page.UUID, 1, seq - 1})
				}
				all = append(all, request{worker, page.UUID, 2, 0}) // never submitted
			}
		}
		queue := all
		if want != "" {
			queue = rapid.Permutation(all).Draw(r, "order")
		}
		for len(queue) > 0 {
			q := queue[0]
			queue = queue[1:]
			times := 1
			if want != "" {
				times = rapid.IntRange(1, 3).Draw(r, "times")
			}
			done := false
			for range times {
				done = send(r, p, q)
			}
			if !done {
				queue = append(queue, q) // chunks are missing: the submit comes again
			}
		}
		got := rows(r, db)
		if want == "" {
			want = got
		}
		if got != want {
			r.Fatalf("rows\n%s\nwant\n%s", got, want)
		}
	})
}

// send delivers a request and reports whether the browser is done with it.
func send(r *rapid.T, p *storagetest.People, q request) bool {
	if q.seq >= 0 {
		if _, err := p.Put(q.worker, q.page, q.attempt, q.seq, storagetest.Body(q.page, q.seq)); err != nil {
			r.Fatal(err)
		}
		return true
	}
	return len(p.Submit(q.worker, q.page, storagetest.Submission(q.page, q.attempt, 2)).Missing) == 0
}

// rows prints everything that was stored, without the surplus mark: who is the last to finish depends on the order.
func rows(r *rapid.T, db *storage.DB) string {
	var b strings.Builder
	err := db.View(context.Background(), func(v *storage.View) error {
		assignments, err := v.Assignments()
		if err != nil {
			return err
		}
		for _, a := range assignments {
			fmt.Fprintln(&b, a.ID, a.HIT, a.Worker, a.State)
			pages, err := v.Pages(a.ID)
			if err != nil {
				return err
			}
			for _, page := range pages {
				for _, x := range page.Attempts {
					fmt.Fprintln(&b, x.Page, x.Attempt, x.State, x.Chunks, x.Events, x.Announced(), x.Chain, x.Answer, x.Flags)
					chunks, err := v.Chunks(x.Page, x.Attempt)
					if err != nil {
						return err
					}
					for _, c := range chunks {
						fmt.Fprintln(&b, c.Seq, c.SHA256, c.Events, string(c.Body))
					}
				}
			}
		}
		a, err := v.Account()
		fmt.Fprintf(&b, "%+v\n", a)
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return b.String()
}

// Whatever annotators do and however the time passes: nobody gets a HIT twice, at most k assignments of a HIT are
// live or submitted apart from the surplus, and leases end.
func TestLeases(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		db, err := storage.Open(dir, storage.Options{})
		if err != nil {
			r.Fatal(err)
		}
		defer db.Close()
		k := rapid.IntRange(1, 3).Draw(r, "k")
		p := storagetest.NewPeople(t, db, rapid.IntRange(1, 3).Draw(r, "hits"), k)
		workers := []string{"ann", "bob", "cat", "dan", "eve"}
		for _, w := range workers {
			p.Agree(w)
		}
		held := map[string]storage.Assignment{}
		for range rapid.IntRange(5, 40).Draw(r, "steps") {
			w := rapid.SampledFrom(workers).Draw(r, "who")
			switch rapid.SampledFrom([]string{"lease", "lease", "work", "wait", "return"}).Draw(r, "what") {
			case "lease":
				held[w] = p.Lease(w)
			case "work":
				if a := held[w]; a.ID != "" {
					p.Work(w, a)
				}
			case "wait":
				p.Now += 11 * 60_000
			case "return":
				if err := db.Return(context.Background(), w, 1, p.Now); err != nil {
					r.Fatal(err)
				}
				held[w] = storage.Assignment{}
			}
			checkLeases(r, db, k, p.Now)
		}
	})
}

func checkLeases(r *rapid.T, db *storage.DB, k int, now int64) {
	if err := db.Sweep(context.Background(), now); err != nil {
		r.Fatal(err)
	}
	err := db.View(context.Background(), func(v *storage.View) error {
		all, err := v.Assignments()
		if err != nil {
			return err
		}
		pairs, done := map[string]bool{}, map[string]int{}
		for _, a := range all {
			if pairs[a.HIT+a.Worker] {
				r.Fatalf("%s has HIT %s twice", a.Worker, a.HIT)
			}
			pairs[a.HIT+a.Worker] = true
			if a.State == storage.Submitted && !a.Surplus {
				if done[a.HIT]++; done[a.HIT] > k {
					r.Fatalf("HIT %s was done %d times, and none is surplus", a.HIT, done[a.HIT])
				}
			}
			if (a.State == storage.Offered || a.State == storage.Working) && a.LeaseUntil < now {
				r.Fatalf("the lease of %s ended, but it is %s", a.ID, a.State)
			}
		}
		account, err := v.Account()
		if account.Shown != account.Submitted+account.Open+account.Left+account.Withdrawn {
			r.Fatalf("%+v", account)
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
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

// Each change of what is stored is found, with its place.
func TestCheck(t *testing.T) {
	for name, c := range map[string]struct{ change, where string }{
		"nothing":    {"SELECT 1", ""},
		"byte":       {"UPDATE chunk SET body = x'00' || substr(body, 2) WHERE seq = 1", "page PAGE, attempt 1, chunk 1: its SHA-256 is "},
		"lost chunk": {"DELETE FROM chunk WHERE seq = 1", "page PAGE, attempt 1: it is submitted, but chunks [1] are missing"},
		"count":      {"UPDATE attempt SET events = events + 1", "page PAGE, attempt 1: 2 chunks with 2 events are stored, but 2 with 3 are counted"},
		"chain":      {"UPDATE attempt SET chain = 'x'", "page PAGE, attempt 1: the submit does not agree with what is stored: chain_differs"},
		"events":     {"UPDATE chunk SET events = 5 WHERE seq = 0", "chunk 0: it has 1 events, but 5 are counted"},
		"state":      {"UPDATE assignment SET state = 'submitted'", "its state is submitted; all pages submitted: false"},
		"taken":      {"UPDATE hit SET taken = 5", "HIT h00: 1 assignments are live or submitted, but 5 are counted"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db := openIn(t, dir, storage.Options{})
			p := storagetest.NewPeople(t, db, 1, 1)
			p.Agree("ann")
			page := p.Pages(p.Lease("ann").ID)[0].UUID
			var digests []string
			for seq := range 2 {
				body := fmt.Appendf(nil, `{"format":1,"page":%q,"attempt":1,"seq":%d,"t0":5,"keys":{"t":[1],"name":["Tab"]}}`, page, seq)
				digests = append(digests, recording.Digest(body))
				if _, err := db.PutChunk(t.Context(), "ann", storage.Chunk{Page: page, Attempt: 1, Seq: seq, SHA256: digests[seq], Events: 1, Body: body, Received: p.Now}, 5, 1); err != nil {
					t.Fatal(err)
				}
			}
			s := storage.Submit{Attempt: 1, Chunks: 2, Events: 2, Chain: recording.Chain(digests), Answer: "{}"}
			if r := p.Submit("ann", page, s); r.Missing != nil {
				t.Fatal(r)
			}
			raw, err := sql.Open("sqlite", filepath.Join(dir, storage.File))
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			if _, err := raw.Exec(c.change); err != nil {
				t.Fatal(err)
			}
			var got []string
			err = db.View(t.Context(), func(v *storage.View) error {
				n, err := v.Check(func(where, what string) { got = append(got, where+": "+what) })
				if n.Chunks == 0 || n.Pages != 1 {
					t.Errorf("%+v", n)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(c.where, "PAGE", page)
			if want == "" && len(got) > 0 || want != "" && !strings.Contains(strings.Join(got, "\n"), want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// BenchmarkChunks stores chunks of 20 kB, each in its own request that waits until it is synced.
func BenchmarkChunks(b *testing.B) {
	for _, clients := range []int{1, 50} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			db := openIn(b, b.TempDir(), storage.Options{})
			p := storagetest.NewPeople(b, db, clients, 1)
			var next atomic.Int64
			var wg sync.WaitGroup
			pages := make([]string, clients)
			for i := range clients {
				p.Agree(fmt.Sprint("w", i))
				pages[i] = p.Pages(p.Lease(fmt.Sprint("w", i)).ID)[0].UUID
			}
			b.ResetTimer()
			for i := range clients {
				wg.Go(func() {
					body := make([]byte, 20_000)
					for seq := 0; next.Add(1) <= int64(b.N); seq++ {
						copy(body, fmt.Sprint(i, " ", seq))
						if _, err := db.PutChunk(context.Background(), fmt.Sprint("w", i), storage.Chunk{Page: pages[i], Attempt: 1 + seq/storage.MaxChunks,
							Seq: seq % storage.MaxChunks, SHA256: fmt.Sprint(seq), Events: 1, Body: body}, 5, 1000); err != nil && !errors.Is(err, storage.ErrTooMuch) {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "chunks/s")
		})
	}
}

// A database of an earlier version gets what it lacks.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	open := func() (*storage.DB, *storage.Identities) {
		t.Helper()
		db, err := storage.Open(dir, storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		i, err := storage.OpenIdentities(dir)
		if err != nil {
			t.Fatal(err)
		}
		return db, i
	}
	db, identities := open()
	storagetest.NewPeople(t, db, 1, 1).Agree("ann")
	if err := errors.Join(db.Close(), identities.Close()); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{storage.File: "ALTER TABLE visit DROP COLUMN ticket; ALTER TABLE visit DROP COLUMN own",
		storage.IdentityFile: "DROP TABLE entry; DROP TABLE payment"} {
		raw, err := sql.Open("sqlite", filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		_, err = raw.Exec(text)
		if err := errors.Join(err, raw.Close()); err != nil {
			t.Fatal(err)
		}
	}
	db, identities = open()
	defer db.Close()
	defer identities.Close()
	if v, _, err := db.Visit(t.Context(), storage.NewVisit{Worker: "ann", Ticket: "one", Token: []byte("t"), Device: "{}"}, 9); err != nil || v.Own || v.Ticket != "one" {
		t.Errorf("%+v %v", v, err)
	}
	if err := identities.PutEntry(t.Context(), storage.Entry{Visit: 1}, 9); err != nil {
		t.Error(err)
	}
	if all, err := identities.Payments(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%v %v", all, err)
	}
}
