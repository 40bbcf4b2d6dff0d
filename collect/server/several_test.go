package server

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"abtool/collect"
	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
	"abtool/internal/synth"
	"abtool/internal/synth/client"
)

// TestServeProcess serves the study of a folder until the process is killed. TestSeveralServers starts it.
func TestServeProcess(t *testing.T) {
	dir := os.Getenv("ABTOOL_TEST_SERVE")
	if dir == "" {
		t.Skip("TestSeveralServers starts this")
	}
	err := Run(context.Background(), RunOptions{Home: storage.Home{Dir: dir}, Address: "127.0.0.1:0", Admin: "127.0.0.1:0", Page: pageFiles,
		Ready: func(s Serving) { fmt.Println("serving", strings.Split(s.Page, "/")[2]) }})
	if err != nil {
		t.Fatal(err)
	}
}

// A process serves a study.
type process struct {
	cmd     *exec.Cmd
	address string
}

func startProcess(t *testing.T, dir string) process {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestServeProcess$")
	c.Env = append(os.Environ(), "ABTOOL_TEST_SERVE="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	var text strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if address, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			return process{c, address}
		}
		fmt.Fprintln(&text, lines.Text())
	}
	t.Fatalf("the server does not start:\n%s", &text)
	panic("unreachable")
}

// balancer sends each request to any of the servers, dead or alive.
type balancer struct {
	mu        sync.Mutex
	addresses []string
}

func (b *balancer) set(i int, address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.addresses[i] = address
}

func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	address := b.addresses[rand.IntN(len(b.addresses))]
	b.mu.Unlock()
	r = r.Clone(r.Context())
	r.URL.Host = address
	return http.DefaultTransport.RoundTrip(r)
}

// Two servers serve one study, and annotators are sent to either of them with each request. One is killed again and
// again. Nothing that was acknowledged is lost, nobody gets a HIT twice, and a HIT is done as often as it has to be.
func TestSeveralServers(t *testing.T) {
	const k, people, kills = 3, 16, 8
	address := storagetest.Postgres(t)
	r := newRig(t, collect.Browse, func(text string) string {
		text = strings.Replace(text, "# db = \"postgres://abtool@db.example.org/birds\"", fmt.Sprintf("db = %q", address), 1)
		text = strings.Replace(text, "\nk = 1 ", fmt.Sprintf("\nk = %d ", k), 1)
		return strings.NewReplacer("\npages = 10", "\npages = 1", "\nimages = 48", "\nimages = 2").Replace(text)
	})
	first, second := startProcess(t, r.dir), startProcess(t, r.dir)
	b := &balancer{addresses: []string{first.address, second.address}}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var group sync.WaitGroup
	var mu sync.Mutex
	var all []*client.Client
	for i, who := range synth.NewAnnotators(1, people) {
		group.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				c := &client.Client{Who: who, Params: map[string]string{"name": fmt.Sprint(i)},
					Options: client.Options{Server: "http://study", HTTP: &http.Client{Transport: b}, Speed: 30}}
				mu.Lock()
				all = append(all, c)
				mu.Unlock()
				if err := c.Work(ctx); err != nil {
					if !strings.Contains(err.Error(), client.ErrRefused.Error()) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for range kills {
		time.Sleep(rand.N(300 * time.Millisecond))
		first.cmd.Process.Kill()
		first.cmd.Wait()
		first = startProcess(t, r.dir)
		b.set(0, first.address)
	}
	group.Wait()
	db, err := storage.OpenRead(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(t.Context(), func(v *storage.View) error {
		if _, err := v.Check(func(where, what string) { t.Errorf("%s: %s", where, what) }); err != nil {
			return err
		}
		assignments, err := v.Assignments()
		if err != nil {
			return err
		}
		had, done, stored := map[string]bool{}, map[string]int{}, map[string]bool{}
		for _, a := range assignments {
			if had[a.Worker+" "+a.HIT] {
				t.Errorf("%s got HIT %s twice", a.Worker, a.HIT)
			}
			had[a.Worker+" "+a.HIT] = true
			if a.State == storage.Submitted && !a.Surplus {
				done[a.HIT]++
			}
			pages, err := v.Pages(a.ID)
			if err != nil {
				return err
			}
			for _, p := range pages {
				stored[p.UUID] = p.Submitted() != nil
				for _, x := range p.Attempts {
					chunks, err := v.Chunks(p.UUID, x.Attempt)
					if err != nil {
						return err
					}
					for _, c := range chunks {
						stored[fmt.Sprint(client.Chunk{Page: p.UUID, Attempt: x.Attempt, Seq: c.Seq, Digest: c.SHA256})] = true
					}
				}
			}
		}
		hits, err := v.HITs()
		if len(hits) != 4 {
			t.Errorf("%d HITs", len(hits))
		}
		for _, h := range hits {
			if done[h.ID] != k {
				t.Errorf("HIT %s was done %d times, want %d", h.ID, done[h.ID], k)
			}
		}
		acknowledged := 0
		for _, c := range all {
			for _, page := range c.Ledger.Submitted {
				if acknowledged++; !stored[page] {
					t.Errorf("page %s was acknowledged, and is lost", page)
				}
			}
			for _, chunk := range c.Ledger.Chunks {
				if acknowledged++; !stored[fmt.Sprint(chunk)] {
					t.Errorf("chunk %v was acknowledged, and is lost", chunk)
				}
			}
		}
		if acknowledged < 4*k*2 {
			t.Errorf("only %d pages and chunks were acknowledged", acknowledged)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
