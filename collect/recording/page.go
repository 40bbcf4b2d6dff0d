package recording

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
)

// parseUnknown counts the events of the kinds that are left. Like the known ones they are columns, and one of
// them is "t".
func (c *Chunk) parseUnknown(fields map[string]json.RawMessage) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var columns struct {
			T []json.Number `json:"t"`
		}
		if err := json.Unmarshal(fields[name], &columns); err != nil {
			return fmt.Errorf("chunk: %q is neither a field nor a kind of event: %w", name, err)
		}
		c.Unknown = append(c.Unknown, Unknown{name, len(columns.T)})
	}
	return nil
}

// A Page is one attempt at a page, from all of its chunks.
type Page struct {
	Page    string
	Attempt int
	T0      int64 // µs since 1970 by the clock of the browser
	Events
	Chunks  int
	Missing []int // numbers of chunks that are missing before the last one, ascending
	// Disorder says that an event came after a later one of its kind, or before the page began: no clock that works
	// gives such times.
	Disorder bool
}

// Join makes a page from chunks of one attempt, in any order. Each kind of event is sorted by time; events of
// equal times keep the order of the chunks.
func Join(chunks []*Chunk) (*Page, error) {
	if len(chunks) == 0 {
		return nil, fmt.Errorf("recording: a page needs at least one chunk")
	}
	chunks = slices.SortedFunc(slices.Values(chunks), func(a, b *Chunk) int { return a.Seq - b.Seq })
	first := chunks[0]
	p := &Page{Page: first.Page, Attempt: first.Attempt, T0: first.T0, Chunks: len(chunks)}
	unknown := map[string]int{}
	next := 0
	for i, c := range chunks {
		switch {
		case c.Page != p.Page || c.Attempt != p.Attempt:
			return nil, fmt.Errorf("recording: chunks of page %s, attempt %d, and of page %s, attempt %d", p.Page, p.Attempt, c.Page, c.Attempt)
		case c.T0 != p.T0:
			return nil, fmt.Errorf("recording: page %s, attempt %d begins at %d and at %d", p.Page, p.Attempt, p.T0, c.T0)
		case i > 0 && c.Seq == chunks[i-1].Seq:
			return nil, fmt.Errorf("recording: page %s, attempt %d has chunk %d twice", p.Page, p.Attempt, c.Seq)
		}
		for ; next < c.Seq; next++ {
			p.Missing = append(p.Missing, next)
		}
		next = c.Seq + 1
		to, from := reflect.ValueOf(&p.Events).Elem(), reflect.ValueOf(&c.Events).Elem()
		for _, k := range kinds {
			to.Field(k.field).Set(reflect.AppendSlice(to.Field(k.field), from.Field(k.field)))
		}
		for _, u := range c.Unknown {
			unknown[u.Kind] += u.Count
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		p.Unknown = append(p.Unknown, Unknown{name, unknown[name]})
	}
	p.sort()
	return p, nil
}

func (p *Page) sort() {
	v := reflect.ValueOf(&p.Events).Elem()
	for _, k := range kinds {
		events := v.Field(k.field)
		byTime := make([]reflect.Value, events.Len())
		sorted := true
		for i := range byTime {
			byTime[i] = events.Index(i)
			sorted = sorted && (i == 0 || byTime[i-1].Field(0).Int() <= byTime[i].Field(0).Int())
		}
		if len(byTime) > 0 && byTime[0].Field(0).Int() < 0 {
			p.Disorder = true
		}
		if sorted {
			continue
		}
		p.Disorder = true
		slices.SortStableFunc(byTime, func(a, b reflect.Value) int {
			return int(min(max(a.Field(0).Int()-b.Field(0).Int(), -1), 1))
		})
		into := reflect.MakeSlice(events.Type(), events.Len(), events.Len())
		for i, e := range byTime {
			into.Index(i).Set(e)
		}
		events.Set(into)
	}
}

// Digest returns the SHA-256 of a chunk as it was sent, in hexadecimal digits.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Chain returns a digest of the digests of all chunks of an attempt, in the order of their numbers. It begins
// with the empty string; each step hashes the chain so far followed by the next digest.
func Chain(digests []string) string {
	chain := ""
	for _, d := range digests {
		chain = Digest([]byte(chain + d))
	}
	return chain
}

// Between returns the events whose times are at least from and less than to, in microseconds since the page
// began. The events have to be in the order of time; the result shares their memory.
func (e *Events) Between(from, to int64) Events {
	var cut Events
	into, all := reflect.ValueOf(&cut).Elem(), reflect.ValueOf(e).Elem()
	for _, k := range kinds {
		events := all.Field(k.field)
		at := func(t int64) int {
			return sort.Search(events.Len(), func(i int) bool { return events.Index(i).Field(0).Int() >= t })
		}
		if i, j := at(from), at(to); i < j {
			into.Field(k.field).Set(events.Slice(i, j))
		}
	}
	return cut
}
