package storage

import (
	"cmp"
	"fmt"
	"slices"

	"abtool/collect/recording"
)

// maxInside is the largest size of a chunk without compression.
const maxInside = 4 << 20

// JSON returns the body of a chunk without compression.
func (c *Chunk) JSON() ([]byte, error) {
	switch c.Encoding {
	case "":
		return c.Body, nil
	case "gzip", FrontEnd:
	default:
		return nil, fmt.Errorf("the encoding %q is not known: it is gzip", c.Encoding)
	}
	if c.Encoding == FrontEnd {
		return unzip(c.Body, MaxFrontEnd)
	}
	return unzip(c.Body, maxInside)
}

// Checked counts what Check has read.
type Checked struct {
	Assignments, Pages, Attempts, Chunks, Events int64
}

// Check reads everything and compares it: the digest and events of each chunk, the chain and counts of each
// attempt, the state of each assignment, and the counts of each HIT. It calls wrong for each difference.
func (v *View) Check(wrong func(where, what string)) (c Checked, err error) {
	text, err := v.db.engine.damage(v)
	if err != nil {
		return c, err
	}
	if text != "" {
		wrong("database", text)
	}
	assignments, err := v.Assignments()
	if err != nil {
		return c, err
	}
	var rest bool
	if err := v.row("SELECT " + restOnly).Scan(&rest); err != nil {
		return c, err
	}
	type page struct {
		hit    string
		number int
	}
	taken := map[page]int{}
	done := map[string][][]int{} // the numbers of the pages of each assignment that counts, by HIT
	for _, a := range assignments {
		pages, err := v.checkAssignment(a, &c, wrong)
		if err != nil {
			return c, err
		}
		if a.Surplus || a.Rejected {
			continue
		}
		if a.State == Submitted {
			var numbers []int
			for _, p := range pages {
				numbers = append(numbers, p.Number)
			}
			done[a.HIT] = append(done[a.HIT], numbers)
		}
		live := slices.Contains([]string{Offered, Working, Submitted}, a.State)
		if live && !rest {
			taken[page{a.HIT, 0}]++
		}
		for _, p := range pages {
			if rest && (live || p.Submitted() != nil && (a.State == Returned || a.State == Abandoned)) {
				taken[page{a.HIT, p.Number}]++
			}
		}
	}
	stored, err := v.Taken()
	if err != nil {
		return c, err
	}
	hits, err := v.HITs()
	for _, h := range hits {
		n := taken[page{h.ID, 0}]
		for i := range h.Pages {
			if rest {
				n = min(n, taken[page{h.ID, i}])
			}
		}
		if stored[h.ID] != n {
			wrong("HIT "+h.ID, fmt.Sprintf("%d assignments are live or submitted, but %d are counted", n, stored[h.ID]))
		}
		if tooMany(done[h.ID], h.K) {
			wrong("HIT "+h.ID, fmt.Sprintf("%d annotators have finished it, but it needs %d, and none is surplus", len(done[h.ID]), h.K))
		}
	}
	return c, err
}

// tooMany reports whether more assignments of a HIT count than it needs, from the pages that each of them has. In some
// order each has a page that fewer than k before it have: the last one has a page that at most k have.
func tooMany(assignments [][]int, k int) bool {
	have := map[int]int{}
	for _, pages := range assignments {
		for _, n := range pages {
			have[n]++
		}
	}
	before := slices.DeleteFunc(slices.Clone(assignments), func(pages []int) bool {
		return slices.ContainsFunc(pages, func(n int) bool { return have[n] <= k })
	})
	return len(before) > 0 && (len(before) == len(assignments) || tooMany(before, k))
}

func (v *View) checkAssignment(a Assignment, c *Checked, wrong func(where, what string)) ([]Page, error) {
	c.Assignments++
	pages, err := v.Pages(a.ID)
	if err != nil {
		return nil, err
	}
	all := len(pages) > 0
	for _, p := range pages {
		all = all && p.Submitted() != nil
		if len(p.Attempts) > 0 {
			c.Pages++
		}
		for _, x := range p.Attempts {
			if err := v.checkAttempt(x, c, wrong); err != nil {
				return nil, err
			}
		}
	}
	if all != (a.State == Submitted) && a.State != Withdrawn {
		wrong("assignment "+a.ID, fmt.Sprintf("its state is %s; all pages submitted: %v", a.State, all))
	}
	return pages, nil
}

func (v *View) checkAttempt(x Attempt, c *Checked, wrong func(where, what string)) error {
	c.Attempts++
	where := fmt.Sprintf("page %s, attempt %d", x.Page, x.Attempt)
	chunks, err := v.Chunks(x.Page, x.Attempt)
	if err != nil {
		return err
	}
	events := 0
	digests := map[int]string{}
	for i := range chunks {
		k := &chunks[i]
		c.Chunks++
		c.Events += int64(k.Events)
		events += k.Events
		digests[k.Seq] = k.SHA256
		if what := k.check(x.T0); what != "" {
			wrong(fmt.Sprintf("%s, chunk %d", where, k.Seq), what)
		}
	}
	if x.Chunks != len(chunks) || x.Events != events {
		wrong(where, fmt.Sprintf("%d chunks with %d events are stored, but %d with %d are counted", len(chunks), events, x.Chunks, x.Events))
	}
	if x.State == "open" {
		return nil
	}
	if x.AnnouncedChunks == nil || x.AnnouncedEvents == nil || x.Submitted == nil {
		wrong(where, "it is submitted without counts")
		return nil
	}
	if lack := missing(digests, *x.AnnouncedChunks, x.Lost); len(lack) > 0 {
		wrong(where, fmt.Sprintf("it is submitted, but chunks %v are missing", lack))
	}
	s := Submit{Chunks: *x.AnnouncedChunks, Events: *x.AnnouncedEvents, Lost: x.Lost, Chain: x.Chain}
	if f := flags(s, digests, events); f != "" || x.Flags != "" {
		wrong(where, fmt.Sprintf("the submit does not agree with what is stored: %s", cmp.Or(f, x.Flags)))
	}
	return nil
}

// check returns what is wrong with a chunk, or "".
func (c *Chunk) check(t0 int64) string {
	if c.Encoding == FrontEnd {
		return c.checkFrontEnd()
	}
	if d := recording.Digest(c.Body); d != c.SHA256 {
		return fmt.Sprintf("its SHA-256 is %s, but %s was acknowledged", d, c.SHA256)
	}
	inside, err := c.JSON()
	if err != nil {
		return err.Error()
	}
	parsed, err := recording.Parse(inside)
	switch {
	case err != nil:
		return err.Error()
	case parsed.Page != c.Page || parsed.Attempt != c.Attempt || parsed.Seq != c.Seq:
		return fmt.Sprintf("it says page %s, attempt %d, chunk %d", parsed.Page, parsed.Attempt, parsed.Seq)
	case parsed.Len() != c.Events:
		return fmt.Sprintf("it has %d events, but %d are counted", parsed.Len(), c.Events)
	case parsed.T0 != t0:
		return fmt.Sprintf("it begins at %d, but the attempt at %d", parsed.T0, t0)
	}
	return ""
}
