package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// explore measures how soon the explorer answers: when it starts, and then by kind of request, for one person and for
// 20 at once.
func (b *bench) explore() error {
	archive := filepath.Join(b.dir, "imagenet", "imagenet_ab.tar.gz")
	store := filepath.Join(b.dir, "store-imagenet")
	if _, err := os.Stat(store); err != nil {
		if err := b.quiet(b.abtool, "synth", "imagenet", "--images", fmt.Sprint(b.images), "--boxes", "--out", filepath.Dir(archive), "--quiet"); err != nil {
			return err
		}
		if err := b.quiet(b.abtool, "ingest", archive, "--boxes", filepath.Join(filepath.Dir(archive), "boxes.tar.gz"), "--out", store, "--quiet"); err != nil {
			return err
		}
	}
	start := time.Now()
	s, err := b.open(store)
	if err != nil {
		return err
	}
	defer s.end()
	if _, err := s.get("/"); err != nil {
		return err
	}
	first := time.Since(start)
	if _, err := s.get("/api/rows/imagenet?n=96"); err != nil {
		return err
	}
	grid := time.Since(start)
	if _, err := s.get("/?part=numbers"); err != nil {
		return err
	}
	fmt.Printf("| explorer of %d images | |\n|---|---|\n| first page | %.2f s |\n| grid | %.1f s |\n| statistics | %.1f s |\n| memory then | %.0f MB |\n\n",
		b.images, first.Seconds(), grid.Seconds(), time.Since(start).Seconds(), s.memory())
	requests, err := s.requests()
	if err != nil {
		return err
	}
	fmt.Printf("| request | number | CPU, mean | median | 95 %% | most |\n|---|---|---|---|---|---|\n")
	for _, r := range requests {
		if err := s.measure(r.name, r.paths); err != nil {
			return err
		}
	}
	return s.crowd(requests, b.seconds)
}

// An explorer is a running abtool explore.
type explorer struct {
	http.Client
	base    string
	process *exec.Cmd
}

func (b *bench) open(store string) (*explorer, error) {
	s := &explorer{process: exec.Command(b.abtool, "explore", store, "--json", "--quiet")}
	s.Jar, _ = cookiejar.New(nil)
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.process.Stderr = os.Stderr
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	var printed struct{ Address string }
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&printed); err != nil {
		return nil, err
	}
	u, err := url.Parse(printed.Address)
	if err != nil {
		return nil, err
	}
	s.base = "http://" + u.Host
	_, err = s.get("/?" + u.RawQuery)
	return s, err
}

func (s *explorer) end() {
	s.process.Process.Kill()
	s.process.Wait()
}

func (s *explorer) get(path string) ([]byte, error) {
	a, err := s.Get(s.base + path)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", path, a.Status, body)
	}
	return body, err
}

// memory returns the memory of the server, MB, on Linux.
func (s *explorer) memory() float64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	_, after, _ := strings.Cut(string(data), "VmRSS:")
	var kB float64
	fmt.Sscan(after, &kB)
	return kB / 1000
}

// cpu returns the time of processors that the server has used, on Linux.
func (s *explorer) cpu() time.Duration {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	fields := strings.Fields(string(data))
	if len(fields) < 15 {
		return 0
	}
	var user, system int64
	fmt.Sscan(fields[13], &user)
	fmt.Sscan(fields[14], &system)
	return time.Duration(user+system) * 10 * time.Millisecond
}

type requestKind struct {
	name  string
	paths []string
}

// requests returns what a person asks who clicks through filters. Each address is asked once, so that no answer is
// one that was kept.
func (s *explorer) requests() ([]requestKind, error) {
	var rows struct {
		Columns []string
		Data    [][]any
	}
	body, err := s.get("/api/rows/imagenet?n=500&sort=n_samples")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, &rows); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(1, 1))
	at := func(name string) string {
		k := slices.Index(rows.Columns, name)
		return fmt.Sprint(rows.Data[k][r.IntN(len(rows.Data[k]))])
	}
	filter := func() string {
		terms := []string{fmt.Sprintf("n_samples:%d..%d", r.IntN(20), 20+r.IntN(30))}
		for _, t := range []string{"selected:true", "hit:false", fmt.Sprintf("hour:%d..", r.IntN(20)), "class:!" + at("class"), "worker_id:!" + at("worker_id"),
			fmt.Sprintf("box_distance:0.%03d..", r.IntN(400)), fmt.Sprintf("hover_ms:%d..", 100+r.IntN(1000))} {
			if r.IntN(3) == 0 {
				terms = append(terms, t)
			}
		}
		return url.QueryEscape(strings.Join(terms, ";"))
	}
	many := func(n int, f func() string) (out []string) {
		for range n {
			out = append(out, f())
		}
		return out
	}
	const open = "&fields=selected,hit,class,n_samples,worker_id"
	return []requestKind{
		{"five facets of a filter", many(60, func() string { return "/api/facets/imagenet?f=" + filter() + open })},
		{"first page of a filter", many(60, func() string { return "/api/rows/imagenet?n=96&f=" + filter() })},
		{"any page of a filter, sorted", many(60, func() string {
			return fmt.Sprintf("/api/rows/imagenet?n=96&f=%s&sort=-hover_ms&page=%d", filter(), 1+r.IntN(3000))
		})},
		{"first page of all", many(20, func() string { return fmt.Sprintf("/api/rows/imagenet?n=%d", 90+r.IntN(10)) })},
		{"last page of all", many(20, func() string { return fmt.Sprintf("/api/rows/imagenet?n=%d&page=1000000", 90+r.IntN(10)) })},
		{"one showing", many(60, func() string { return fmt.Sprintf("/api/showing/imagenet/%d", r.IntN(1_200_000)) })},
		{"paths of 48 showings in a row", many(20, func() string {
			seq := r.IntN(1_200_000)
			return "/api/marks/imagenet?seqs=" + list(48, func(i int) int { return seq + i })
		})},
		{"paths of 48 showings anywhere", many(10, func() string {
			return "/api/marks/imagenet?seqs=" + list(48, func(int) int { return r.IntN(1_200_000) })
		})},
	}, nil
}

func list(n int, f func(i int) int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(f(i)))
	}
	return strings.Join(all, ",")
}

// measure asks one address after the other.
func (s *explorer) measure(name string, paths []string) error {
	var times []time.Duration
	before := s.cpu()
	for _, p := range paths {
		start := time.Now()
		if _, err := s.get(p); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	cpu := (s.cpu() - before) / time.Duration(len(paths))
	slices.Sort(times)
	fmt.Printf("| %s | %d | %d ms | %d ms | %d ms | %d ms |\n", name, len(paths), cpu.Milliseconds(), times[len(times)/2].Milliseconds(),
		times[len(times)*95/100].Milliseconds(), times[len(times)-1].Milliseconds())
	return nil
}

// crowd lets 20 people click through filters for a time, with half a second to look after each answer.
func (s *explorer) crowd(requests []requestKind, t time.Duration) error {
	if t <= 0 {
		return nil
	}
	var mu sync.Mutex
	var times []time.Duration
	var failed error
	var group sync.WaitGroup
	end := time.Now().Add(t)
	before := s.cpu()
	for i := range 20 {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 2))
			for time.Now().Before(end) {
				k := requests[r.IntN(3)]
				start := time.Now()
				_, err := s.get(k.paths[r.IntN(len(k.paths))])
				took := time.Since(start)
				mu.Lock()
				times, failed = append(times, took), firstError(failed, err)
				mu.Unlock()
				time.Sleep(500 * time.Millisecond)
			}
		})
	}
	group.Wait()
	slices.Sort(times)
	fmt.Printf("\n20 people for %s: %d answers, median %d ms, 95 %% %d ms, most %d ms, %.1f s of CPU, %.0f MB at the end\n", t, len(times), times[len(times)/2].Milliseconds(),
		times[len(times)*95/100].Milliseconds(), times[len(times)-1].Milliseconds(), (s.cpu() - before).Seconds(), s.memory())
	return failed
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
