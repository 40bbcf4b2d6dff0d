// Package client lets simulated annotators work at a study over HTTP, with the protocol of its page.
package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"abtool/collect/recording"
	"abtool/internal/synth"
)

// A Sight is what an annotator sees in an image.
type Sight struct {
	Class   string            // of the main object
	Unclear bool              // whether this is hard to see
	Box     [4]float64        // of the main object: left, top, right, bottom, as fractions of the image
	Others  [][4]float64      // of the other objects of its class
	Objects []synth.TagObject // for tag pages
}

// Options say how annotators work.
type Options struct {
	Server string             // such as http://127.0.0.1:8080
	HTTP   *http.Client       // nil = http.DefaultClient
	See    func([]byte) Sight // what the bytes of an image show; nil = images are not loaded, and show nothing
	Speed  float64            // 60 = a minute passes in a second; 0 = as fast as the server answers
	Pages  int                // pages after which an annotator goes away without a word; 0 = none does
	Quit   <-chan struct{}    // closed = no new page is begun
	Arm    func(name string)  // called with the arm that the study gives the annotator, before the first page; may be nil
}

// A Chunk is a chunk that the server acknowledged.
type Chunk struct {
	Page         string
	Attempt, Seq int
	Digest       string // SHA-256 of its body, hexadecimal
}

// A Ledger is what a client knows that the server has to have.
type Ledger struct {
	Chunks    []Chunk
	Submitted []string // pages
	Events    int
	Code      string
	HITs      int
}

// Times are how long requests took that were answered, by their route.
type Times struct {
	mu  sync.Mutex
	all map[string][]time.Duration
}

// Of returns the times of a route: visit, consent, lease, image, chunk, submit, finish.
func (t *Times) Of(route string) []time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]time.Duration(nil), t.all[route]...)
}

func (t *Times) add(route string, d time.Duration) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[string][]time.Duration{}
	}
	t.all[route] = append(t.all[route], d)
}

// A Client is one annotator in one browser.
type Client struct {
	Options
	Who    *synth.Annotator
	Params map[string]string // of the link that was followed
	Ledger Ledger
	Times  *Times // may be nil

	token  string
	images map[string]Sight
}

// ErrRefused is returned when the study does not admit the annotator, or has nothing left for them.
var ErrRefused = errors.New("the study has no work for this annotator")

// Work does one HIT, from the visit to the code. It repeats requests that fail until ctx is done, as the page does.
// What the server acknowledged is in the ledger, whatever Work returns.
func (c *Client) Work(ctx context.Context) error {
	var visit struct {
		Token, State, Reason string
		Consent              *struct {
			Version int
			SHA256  string
		}
		Levels struct{ Needs, Allows string }
		Arm    *struct{ Name string }
	}
	err := c.call(ctx, "visit", "POST", "/api/v1/visit", map[string]any{"platform": "link", "params": c.Params,
		"device": map[string]any{"pointers": []string{"fine"}, "width": 1280, "height": 800, "ratio": 1,
			"browser": "Simulated 1", "system": "Linux", "clock_step_us": 100, "language": "en"}}, &visit)
	if err != nil {
		return err
	}
	c.token = visit.Token
	if visit.State == "consent" {
		if visit.Consent == nil {
			return errors.New("visit: the state is consent, and the answer has no text")
		}
		err := c.call(ctx, "consent", "POST", "/api/v1/consent", map[string]any{"version": visit.Consent.Version,
			"sha256": visit.Consent.SHA256, "agreed": true, "level": visit.Levels.Allows}, &visit)
		if err != nil {
			return err
		}
	} else if visit.State != "work" {
		return fmt.Errorf("%w: %s %s", ErrRefused, visit.State, visit.Reason)
	}
	if c.Arm != nil && visit.Arm != nil {
		c.Arm(visit.Arm.Name)
	}
	var lease Lease
	if err := c.call(ctx, "lease", "POST", "/api/v1/lease", struct{}{}, &lease); err != nil {
		return err
	}
	if lease.Assignment == "" {
		return ErrRefused
	}
	for i := range lease.Pages {
		if lease.Pages[i].Submitted {
			continue
		}
		if c.Pages > 0 && i >= c.Pages {
			return nil
		}
		select {
		case <-c.Quit:
			return nil
		default:
		}
		if err := c.page(ctx, &lease, i); err != nil {
			return err
		}
	}
	var end struct{ Code string }
	if err := c.call(ctx, "finish", "POST", "/api/v1/finish", struct{}{}, &end); err != nil {
		return err
	}
	c.Ledger.Code = end.Code
	c.Ledger.HITs++
	return nil
}

// A Lease is an assignment as the server answers it.
type Lease struct {
	Assignment string
	Task       string
	Record     struct{ Rate int }
	Pages      []struct {
		Page      string
		Number    int
		Attempts  int
		Submitted bool
		Class     struct{ Name string }
		Slots     []struct {
			Key           string
			Width, Height int
		}
	}
	Superclasses []struct {
		Name  string
		Icons []struct{ Name string }
	}
}

// page does a page and submits it.
func (c *Client) page(ctx context.Context, lease *Lease, i int) error {
	p := &lease.Pages[i]
	start := time.Now()
	thin := int64(0)
	if lease.Record.Rate > 0 {
		thin = 1e6 / int64(lease.Record.Rate)
	}
	var v *synth.Visit
	answer := map[string]any{}
	switch lease.Task {
	case "browse":
		page := &synth.BrowsePage{Number: p.Number, Thin: thin}
		for _, s := range p.Slots {
			see, err := c.look(ctx, s.Key)
			if err != nil {
				return err
			}
			page.Slots = append(page.Slots, synth.BrowseSlot{Width: s.Width, Height: s.Height, Shows: see.Class == p.Class.Name,
				Unclear: see.Unclear, Box: see.Box, Others: see.Others})
		}
		v = c.Who.Browse(page)
		answer["selected"] = append([]int{}, v.Selected...)
	case "tag":
		see, err := c.look(ctx, p.Slots[0].Key)
		if err != nil {
			return err
		}
		page := &synth.TagPage{Number: p.Number, Width: p.Slots[0].Width, Height: p.Slots[0].Height, Objects: see.Objects, Thin: thin}
		for _, s := range lease.Superclasses {
			var icons []string
			for _, icon := range s.Icons {
				icons = append(icons, icon.Name)
			}
			page.Superclasses = append(page.Superclasses, icons)
		}
		v = c.Who.Tag(page)
		icons := []map[string]any{}
		for _, placed := range v.Placed {
			icons = append(icons, map[string]any{"icon": placed.Icon, "x": placed.X, "y": placed.Y})
		}
		answer["icons"] = icons
	default:
		return fmt.Errorf("lease: the task is %q, not browse or tag", lease.Task)
	}
	attempt := p.Attempts + 1
	digests, err := c.send(ctx, p.Page, attempt, start, v)
	if err != nil {
		return err
	}
	submit := map[string]any{"attempt": attempt, "chunks": len(digests), "events": v.Len(), "chain": recording.Chain(digests),
		"ended": start.UnixMilli() + v.Duration/1000, "answer": answer}
	var stored struct {
		Stored  bool
		Missing []int
	}
	if err := c.call(ctx, "submit", "PUT", "/api/v1/pages/"+p.Page, submit, &stored); err != nil {
		return err
	}
	if !stored.Stored {
		return fmt.Errorf("page %s: the server misses chunks %v, which it acknowledged", p.Page, stored.Missing)
	}
	c.Ledger.Submitted = append(c.Ledger.Submitted, p.Page)
	c.Ledger.Events += v.Len()
	return nil
}

// chunkTime is how much of a page a chunk holds, µs.
const chunkTime = 5_000_000

// send sends a page in chunks, each when its time has come, and returns their digests.
func (c *Client) send(ctx context.Context, page string, attempt int, start time.Time, v *synth.Visit) ([]string, error) {
	var digests []string
	for from := int64(0); from < v.Duration; from += chunkTime {
		chunk := &recording.Chunk{Format: recording.Format, Page: page, Attempt: attempt, Seq: len(digests),
			T0: start.UnixMicro(), Events: v.Between(from, from+chunkTime)}
		text, err := json.Marshal(chunk)
		if err != nil {
			return nil, err
		}
		var body bytes.Buffer
		z := gzip.NewWriter(&body)
		z.Write(text)
		if err := z.Close(); err != nil {
			return nil, err
		}
		if c.Speed > 0 {
			at := start.Add(time.Duration(float64(min(from+chunkTime, v.Duration)) * 1000 / c.Speed))
			if err := sleep(ctx, time.Until(at)); err != nil {
				return nil, err
			}
		}
		sum := sha256.Sum256(body.Bytes())
		header := http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"},
			"Content-Digest": {"sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"}}
		path := fmt.Sprintf("/api/v1/pages/%s/%d/%d", page, attempt, chunk.Seq)
		if _, err := c.request(ctx, "chunk", "PUT", path, header, body.Bytes()); err != nil {
			return nil, err
		}
		digest := recording.Digest(body.Bytes())
		digests = append(digests, digest)
		c.Ledger.Chunks = append(c.Ledger.Chunks, Chunk{page, attempt, chunk.Seq, digest})
	}
	return digests, nil
}

// look loads an image and returns what it shows.
func (c *Client) look(ctx context.Context, key string) (Sight, error) {
	if c.See == nil {
		return Sight{}, nil
	}
	if s, ok := c.images[key]; ok {
		return s, nil
	}
	b, err := c.request(ctx, "image", "GET", "/img/"+key, http.Header{}, nil)
	if err != nil {
		return Sight{}, err
	}
	if c.images == nil {
		c.images = map[string]Sight{}
	}
	c.images[key] = c.See(b)
	return c.images[key], nil
}

func (c *Client) call(ctx context.Context, route, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	b, err := c.request(ctx, route, method, path, http.Header{"Content-Type": {"application/json"}}, text)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return fmt.Errorf("%s: %w", route, err)
	}
	return nil
}

// request sends a request until it is answered, and returns the body of the answer. Answers that ask for a
// repetition, and connections that fail, are tried again after 50 ms, 100 ms and so on to 2 s.
func (c *Client) request(ctx context.Context, route, method, path string, header http.Header, body []byte) ([]byte, error) {
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	wait := 50 * time.Millisecond
	for {
		r, err := http.NewRequestWithContext(ctx, method, c.Server+path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header = header.Clone()
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		begin := time.Now()
		pause := wait
		answer, err := client.Do(r)
		if err == nil {
			var b []byte
			b, err = io.ReadAll(answer.Body)
			answer.Body.Close()
			switch code := answer.StatusCode; {
			case err != nil:
			case code < 300:
				c.Times.add(route, time.Since(begin))
				return b, nil
			case code == 408 || code == 425 || code == 429 || code >= 500:
				if s, e := strconv.Atoi(answer.Header.Get("Retry-After")); e == nil {
					pause = max(pause, time.Duration(s)*time.Second)
				}
			default:
				return nil, fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, bytes.TrimSpace(b))
			}
		}
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil {
			return nil, err
		}
		wait = min(2*wait, 2*time.Second)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
