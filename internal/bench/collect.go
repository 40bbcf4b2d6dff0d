package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"abtool/collect/storage"
	"abtool/internal/synth"
	"abtool/internal/synth/client"
)

// collect serves studies to simulated annotators. First many work at once for a while, and the times of the
// requests are printed. Then the server is killed again and again, and everything that it acknowledged has to
// be there in the end.
func (b *bench) collect() error {
	images := filepath.Join(b.dir, "collect-images")
	if err := b.quiet(b.abtool, "synth", "imagenet", "--images", "2000", "--images-out", images, "--out",
		filepath.Join(b.dir, "collect-truth"), "--quiet"); err != nil {
		return err
	}
	if b.people > 0 {
		if err := b.load(images); err != nil {
			return err
		}
	}
	if b.kills > 0 {
		return b.crashes(images)
	}
	return nil
}

// study makes a study of browse pages with n images, whose HITs many annotators may do.
func (b *bench) study(name, images string, n int) (string, error) {
	dir := filepath.Join(b.dir, name)
	init := []string{"collect", "init", dir, "--task", "browse", "--images", images, "--quiet"}
	if b.db != "" {
		u, err := url.Parse(b.db)
		if err != nil {
			return "", err
		}
		q := u.Query()
		q.Set("search_path", fmt.Sprintf("bench_%d", time.Now().UnixNano()))
		u.RawQuery = q.Encode()
		init = append(init, "--db", u.String())
	}
	if err := b.quiet(b.abtool, init...); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "study.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for _, set := range []string{"images = " + fmt.Sprint(n), "k = 1000", "pages = 10"} {
		key, _, _ := strings.Cut(set, " ")
		lines := bytes.Split(text, []byte("\n"))
		at := slices.IndexFunc(lines, func(l []byte) bool { return bytes.HasPrefix(l, []byte(key+" = ")) })
		if at < 0 {
			return "", fmt.Errorf("%s has no key %s", file, key)
		}
		lines[at] = []byte(set)
		text = bytes.Join(lines, []byte("\n"))
	}
	if err := os.WriteFile(file, text, 0o666); err != nil {
		return "", err
	}
	return dir, b.quiet(b.abtool, "collect", "plan", dir)
}

// A serving is a process that serves a study.
type serving struct {
	cmd     *exec.Cmd
	address string
	started time.Duration // until it answered
}

// start serves a study at a port, or at any that is free.
func (b *bench) start(dir, address string) (*serving, error) {
	s := &serving{cmd: exec.Command(b.abtool, "collect", "serve", dir, "--addr", address, "--admin-addr", "127.0.0.1:0")}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaint bytes.Buffer
	s.cmd.Stderr = &complaint
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			s.cmd.Wait()
			return nil, fmt.Errorf("collect serve: %s", &complaint)
		}
		if _, at, ok := strings.Cut(line, "http://"); ok && strings.HasPrefix(line, "annotators") {
			s.address, _, _ = strings.Cut(at, "/")
			s.started = time.Since(begin)
			go io.Copy(io.Discard, r)
			return s, nil
		}
	}
}

// stop ends the process as Ctrl-C does, and returns its largest memory in bytes.
func (s *serving) stop() (int64, error) {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return 0, err
	}
	if err := s.cmd.Wait(); err != nil {
		return 0, fmt.Errorf("collect serve: %w", err)
	}
	peak := int64(0)
	if r, ok := s.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = int64(r.Maxrss) * 1024
	}
	return peak, nil
}

// load lets annotators work at pages of 12 images, in real time, until the time is over.
func (b *bench) load(images string) error {
	dir, err := b.study("collect-load", images, 12)
	if err != nil {
		return err
	}
	s, err := b.start(dir, "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), b.seconds)
	defer cancel()
	times := new(client.Times)
	clients := b.annotators(ctx, s.address, b.people, 1, times, nil)
	peak, err := s.stop()
	if err != nil {
		return err
	}
	fmt.Printf("Collect: %d annotators for %v at pages of 12 images; the server used up to %.0f MB\n\n", b.people, b.seconds, mb(peak))
	fmt.Println("| request | answered | a second | median | p99 | slowest |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, route := range []string{"visit", "consent", "lease", "chunk", "submit"} {
		all := times.Of(route)
		slices.Sort(all)
		if len(all) == 0 {
			return fmt.Errorf("no %s was answered", route)
		}
		at := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))].Microseconds()) / 1000 }
		fmt.Printf("| %s | %d | %.0f | %.1f ms | %.1f ms | %.1f ms |\n", route, len(all), float64(len(all))/b.seconds.Seconds(),
			at(0.5), at(0.99), at(1))
	}
	fmt.Println()
	if err := b.audit(dir, clients); err != nil {
		return err
	}
	submits := times.Of("submit")
	slices.Sort(submits)
	if p99 := submits[int(0.99*float64(len(submits)-1))]; p99 > mostWait || peak > mostMemory {
		return fmt.Errorf("%v and %.0f MB are more than %v and %.0f MB", p99, mb(peak), mostWait, mb(mostMemory))
	}
	return nil
}

// What a server with 500 annotators may need: the 99th percentile of submits, and bytes of memory.
const (
	mostWait   = 250 * time.Millisecond
	mostMemory = 256 << 20
)

// annotators work until ctx is done, one HIT after another, each time as a new person. They come within ten seconds.
func (b *bench) annotators(ctx context.Context, address string, n int, speed float64, times *client.Times, problem *atomic.Value) []*client.Client {
	var group sync.WaitGroup
	var mu sync.Mutex
	var all []*client.Client
	for i, who := range synth.NewAnnotators(1, n) {
		group.Go(func() {
			time.Sleep(time.Duration(i) * 10 * time.Second / time.Duration(n))
			for hit := 0; ctx.Err() == nil; hit++ {
				c := &client.Client{Who: who, Params: map[string]string{"name": fmt.Sprintf("%d-%d", i, hit)}, Times: times,
					Options: client.Options{Server: "http://" + address, Speed: speed}}
				mu.Lock()
				all = append(all, c)
				mu.Unlock()
				if err := c.Work(ctx); err != nil && ctx.Err() == nil {
					if problem != nil {
						problem.Store(err)
					}
					fmt.Fprintln(os.Stderr, "bench:", err)
					return
				}
			}
		})
	}
	group.Wait()
	return all
}

// crashes kills the server at random moments while annotators work, and starts it again.
func (b *bench) crashes(images string) error {
	dir, err := b.study("collect-kills", images, 12)
	if err != nil {
		return err
	}
	s, err := b.start(dir, "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	worked := make(chan []*client.Client, 1)
	problem := new(atomic.Value)
	go func() { worked <- b.annotators(ctx, s.address, 20, 20, new(client.Times), problem) }()
	var restarts []time.Duration
	address := s.address
	for range b.kills {
		time.Sleep(rand.N(400 * time.Millisecond))
		if err := s.cmd.Process.Kill(); err != nil {
			cancel()
			return err
		}
		s.cmd.Wait()
		if s, err = b.start(dir, address); err != nil {
			cancel()
			return err
		}
		restarts = append(restarts, s.started)
	}
	time.Sleep(3 * time.Second)
	cancel()
	clients := <-worked
	if _, err := s.stop(); err != nil {
		return err
	}
	if err, ok := problem.Load().(error); ok {
		return err
	}
	slices.Sort(restarts)
	fmt.Printf("Collect: the server was killed %d times while 20 annotators worked; it answered again after %.0f ms (median), "+
		"%.0f ms (slowest)\n\n", b.kills, restarts[len(restarts)/2].Seconds()*1000, restarts[len(restarts)-1].Seconds()*1000)
	return b.audit(dir, clients)
}

// audit compares what clients were told with what the study has.
func (b *bench) audit(dir string, clients []*client.Client) error {
	if err := b.quiet(b.abtool, "collect", "check", dir); err != nil {
		return err
	}
	db, err := storage.OpenRead(dir)
	if err != nil {
		return err
	}
	chunks, submits, lost := 0, 0, 0
	err = db.View(context.Background(), func(v *storage.View) error {
		stored := map[client.Chunk]bool{}
		submitted := map[string]bool{}
		assignments, err := v.Assignments()
		if err != nil {
			return err
		}
		for _, a := range assignments {
			pages, err := v.Pages(a.ID)
			if err != nil {
				return err
			}
			for _, p := range pages {
				submitted[p.UUID] = p.Submitted() != nil
				for _, x := range p.Attempts {
					all, err := v.Chunks(p.UUID, x.Attempt)
					if err != nil {
						return err
					}
					for _, c := range all {
						stored[client.Chunk{Page: p.UUID, Attempt: x.Attempt, Seq: c.Seq, Digest: c.SHA256}] = true
					}
				}
			}
		}
		for _, c := range clients {
			for _, chunk := range c.Ledger.Chunks {
				if chunks++; !stored[chunk] {
					lost++
				}
			}
			for _, page := range c.Ledger.Submitted {
				if submits++; !submitted[page] {
					lost++
				}
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Printf("acknowledged: %d chunks and %d submitted pages; lost: %d\n\n", chunks, submits, lost)
	if lost > 0 || chunks == 0 {
		return fmt.Errorf("%d of what was acknowledged is lost", lost)
	}
	return nil
}
