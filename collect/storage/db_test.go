package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// eachEngine runs a test with each engine. home returns a new place for a study.
func eachEngine[T interface {
	testing.TB
	Run(string, func(T)) bool
}](t T, test func(t T, home func(testing.TB) storage.Home)) {
	t.Run("SQLite", func(t T) {
		test(t, func(t testing.TB) storage.Home { return storage.Home{Dir: t.TempDir()} })
	})
	t.Run("PostgreSQL", func(t T) {
		test(t, func(t testing.TB) storage.Home { return storage.Home{DB: storagetest.Postgres(t)} })
	})
}

func openAt(t testing.TB, h storage.Home, o storage.Options) *storage.DB {
	t.Helper()
	db, err := h.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// mostRounds is the number of rounds of a property: PostgreSQL needs a quarter of a second for the tables of each.
func mostRounds(t *testing.T) int {
	if strings.HasSuffix(t.Name(), "PostgreSQL") {
		return 15
	}
	return 1000
}

// change executes a statement in the database of a study.
func change(t testing.TB, h storage.Home, text string) {
	t.Helper()
	if h.DB != "" {
		storagetest.Exec(t, h.DB, text)
		return
	}
	raw, err := sql.Open("sqlite", filepath.Join(h.Dir, storage.File))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec(text); err != nil {
		t.Fatal(err)
	}
}

func TestSuite(t *testing.T) {
	eachEngine(t, func(t *testing.T, home func(testing.TB) storage.Home) {
		storagetest.Run(t, func(t *testing.T) *storage.DB { return openAt(t, home(t), storage.Options{}) })
	})
}

// When a commit fails, all of its requests fail and nothing of them is there; the next ones succeed.
func TestCommitFails(t *testing.T) {
	eachEngine(t, func(t *testing.T, home func(testing.TB) storage.Home) {
		var broken atomic.Bool
		db := openAt(t, home(t), storage.Options{BeforeCommit: func() error {
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
	})
}

// One request that is refused does not disturb those that are committed with it.
func TestSavepoints(t *testing.T) {
	eachEngine(t, func(t *testing.T, home func(testing.TB) storage.Home) {
		db := openAt(t, home(t), storage.Options{})
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
	})
}

// A request is something that the browser of a worker sends.
type request struct {
	worker, page string
	attempt, seq int // seq −1: the submit
}

// In whatever order the requests of two annotators arrive, and however often each is repeated, the same is stored.
func TestInterleavings(t *testing.T) {
	eachEngine(t, func(t *testing.T, home func(testing.TB) storage.Home) {
		want := ""
		rounds := 0
		rapid.Check(t, func(r *rapid.T) {
			if rounds++; rounds > mostRounds(t) {
				return
			}
			db, err := home(t).Open(storage.Options{})
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

// Whatever annotators do and however the time passes: nobody gets a HIT twice, no more assignments of a HIT than it needs
// are live or submitted apart from the surplus, leases end, and in the end all HITs are complete.
func TestLeases(t *testing.T) {
	eachEngine(t, func(t *testing.T, home func(testing.TB) storage.Home) {
		rounds := 0
		rapid.Check(t, func(r *rapid.T) {
			if rounds++; rounds > mostRounds(t) {
				return
			}
			db, err := home(t).Open(storage.Options{})
			if err != nil {
				r.Fatal(err)
			}
			defer db.Close()
			k, hits := rapid.IntRange(1, 3).Draw(r, "k"), rapid.IntRange(1, 3).Draw(r, "hits")
			p := storagetest.NewPeople(t, db, hits, k)
			most := k // assignments of a HIT that count
			if rapid.Bool().Draw(r, "rest") {
				most *= 2 // each may be needed for one of the two pages
				if err := db.SetRest(context.Background(), true); err != nil {
					r.Fatal(err)
				}
			}
			workers := []string{"ann", "bob", "cat", "dan", "eve"}
			for _, w := range workers {
				p.Agree(w)
			}
			held := map[string]storage.Assignment{}
			for range rapid.IntRange(5, 40).Draw(r, "steps") {
				w := rapid.SampledFrom(workers).Draw(r, "who")
				switch rapid.SampledFrom([]string{"lease", "lease", "work", "page", "wait", "return"}).Draw(r, "what") {
				case "lease":
					held[w] = p.Lease(w)
				case "work":
					if a := held[w]; a.ID != "" {
						p.Work(w, a)
					}
				case "page":
					if a := held[w]; a.ID != "" {
						page := p.Pages(a.ID)[0].UUID
						p.Submit(w, page, storage.Submit{Attempt: 2, Chunks: 1, Lost: []int{0}, Answer: "{}"})
					}
				case "wait":
					p.Now += 11 * 60_000
				case "return":
					if err := db.Return(context.Background(), w, 1, p.Now); err != nil {
						r.Fatal(err)
					}
					held[w] = storage.Assignment{}
				}
				checkLeases(r, db, most, p.Now)
			}
			p.Now += 11 * 60_000
			for i := 0; ; i++ {
				w := fmt.Sprint("worker", i)
				p.Agree(w)
				a := p.Lease(w)
				if a.ID == "" {
					break
				}
				if i == most*hits {
					r.Fatalf("HIT %s is given to one after the other", a.HIT)
				}
				p.Work(w, a)
			}
			checkLeases(r, db, most, p.Now)
			if err := db.View(context.Background(), func(v *storage.View) error {
				_, err := v.Check(func(where, what string) {
					if strings.HasPrefix(where, "HIT") { // the chunks are not of their pages
						r.Fatalf("%s: %s", where, what)
					}
				})
				return err
			}); err != nil {
				r.Fatal(err)
			}
		})
	})
}

func checkLeases(r *rapid.T, db *storage.DB, most int, now int64) {
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
				if done[a.HIT]++; done[a.HIT] > most {
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

// realChunk returns a chunk with one event.
func realChunk(page string, seq int) []byte {
	return fmt.Appendf(nil, `{"format":1,"page":%q,"attempt":1,"seq":%d,"t0":5,"keys":{"t":[1],"name":["Tab"]}}`, page, seq)
}

// Each assignment that counts has a page that needs it, in some order.
func TestTooMany(t *testing.T) {
	for _, c := range []struct {
		pages [][]int
		k     int
		want  bool
	}{
		{nil, 1, false},
		{[][]int{{0, 1}}, 1, false},
		{[][]int{{0, 1}, {0, 1}}, 1, true},
		{[][]int{{0, 1}, {0, 1}}, 2, false},
		{[][]int{{1}, {0, 1}}, 1, false},
		{[][]int{{0, 1}, {1}, {2, 1}, {1}}, 1, true}, // two have only the page 1
	} {
		if got := storage.TooMany(c.pages, c.k); got != c.want {
			t.Errorf("%v with k = %d: %v, want %v", c.pages, c.k, got, c.want)
		}
	}
}

// Each change of what is stored is found, with its place.
func TestCheck(t *testing.T) {
	eachEngine(t, func(t *testing.T, home func(testing.TB) storage.Home) {
		for name, c := range map[string]struct{ change, where string }{
			"nothing":    {"SELECT 1", ""},
			"byte":       {"UPDATE chunk SET body = body || body WHERE seq = 1", "page PAGE, attempt 1, chunk 1: its SHA-256 is "},
			"lost chunk": {"DELETE FROM chunk WHERE seq = 1", "page PAGE, attempt 1: it is submitted, but chunks [1] are missing"},
			"count":      {"UPDATE attempt SET events = events + 1", "page PAGE, attempt 1: 2 chunks with 2 events are stored, but 2 with 3 are counted"},
			"chain":      {"UPDATE attempt SET chain = 'x'", "page PAGE, attempt 1: the submit does not agree with what is stored: chain_differs"},
			"events":     {"UPDATE chunk SET events = 5 WHERE seq = 0", "chunk 0: it has 1 events, but 5 are counted"},
			"state":      {"UPDATE assignment SET state = 'submitted'", "its state is submitted; all pages submitted: false"},
			"taken":      {"UPDATE hit SET taken = 5", "HIT h00: 1 assignments are live or submitted, but 5 are counted"},
		} {
			t.Run(name, func(t *testing.T) {
				h := home(t)
				db := openAt(t, h, storage.Options{})
				p := storagetest.NewPeople(t, db, 1, 1)
				p.Agree("ann")
				page := p.Pages(p.Lease("ann").ID)[0].UUID
				var digests []string
				for seq := range 2 {
					body := realChunk(page, seq)
					digests = append(digests, recording.Digest(body))
					if _, err := db.PutChunk(t.Context(), "ann", storage.Chunk{Page: page, Attempt: 1, Seq: seq, SHA256: digests[seq], Events: 1, Body: body, Received: p.Now}, 5, 1); err != nil {
						t.Fatal(err)
					}
				}
				s := storage.Submit{Attempt: 1, Chunks: 2, Events: 2, Chain: recording.Chain(digests), Answer: "{}"}
				if r := p.Submit("ann", page, s); r.Missing != nil {
					t.Fatal(r)
				}
				change(t, h, c.change)
				var got []string
				err := db.View(t.Context(), func(v *storage.View) error {
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
	})
}

// BenchmarkChunks stores chunks of 20 kB, each in its own request that waits until it is synced.
func BenchmarkChunks(b *testing.B) {
	eachEngine(b, benchmarkChunks)
}

func benchmarkChunks(b *testing.B, home func(testing.TB) storage.Home) {
	for _, clients := range []int{1, 50} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			db := openAt(b, home(b), storage.Options{})
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
