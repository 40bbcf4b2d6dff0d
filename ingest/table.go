package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"abtool/ingest/internal/freelist"
)

// table writes the rows of one file. Row groups are encoded side by side, each into memory,
// and joined in order, so that the bytes do not depend on the number of workers.
type table[R any] struct {
	name   string // as imagenet/annotations
	file   *os.File
	sink   sink[R]
	perRow int          // rows of a row group
	weight func(*R) int // values of a row's lists; nil: not counted

	sem    chan struct{}  // groups being encoded
	order  chan *group[R] // groups to join, in order
	joined chan struct{}  // closed when all are
	free   freelist.List[encoder[R]]
	cur    *group[R]
	rows   int64
	mu     sync.Mutex
	err    error
}

// sink is a file that takes encoded row groups.
type sink[R any] interface {
	encoder() encoder[R]
	append(e encoder[R], rows int) error
	close() error
}

// encoder takes the rows of a row group and encodes them into memory.
type encoder[R any] interface {
	add(rows []R) error
	finish() error
	reset()
}

// group is a row group being filled.
type group[R any] struct {
	in     chan part[R]
	n      int
	weight int
	done   chan struct{}
	enc    encoder[R]
	err    error
}

// part is a slice of rows and what to do when they have been taken.
type part[R any] struct {
	rows    []R
	release func()
}

// maxWeight ends a row group early whose lists are long, so that it fits into memory.
const maxWeight = 1 << 20

func newTable[R any](path, name string, rowsPerGroup, jobs int, open func(io.Writer) (sink[R], error)) (*table[R], error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", name, err)
	}
	s, err := open(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	t := &table[R]{
		name: name, file: f, sink: s, perRow: rowsPerGroup,
		sem: make(chan struct{}, (jobs+1)/2), order: make(chan *group[R], jobs+1), joined: make(chan struct{}),
	}
	t.free.Make = s.encoder
	go t.join()
	return t, nil
}

// write takes rows; release is called when they are no longer needed. The caller is the only
// one to call write and close.
func (t *table[R]) write(rows []R, release func()) error {
	if release == nil {
		release = func() {}
	}
	left := &countdown{n: 1, then: release}
	for len(rows) > 0 {
		if t.cur == nil {
			t.begin()
		}
		n := t.cur.fits(rows, t)
		left.more()
		t.cur.in <- part[R]{rows[:n], left.done}
		t.rows += int64(n)
		rows = rows[n:]
		if t.cur.n == t.perRow || t.cur.weight >= maxWeight {
			close(t.cur.in)
			t.cur = nil
		}
	}
	left.done()
	return t.failed()
}

// fits counts the rows, from the first on, that the group takes.
func (g *group[R]) fits(rows []R, t *table[R]) int {
	n := min(len(rows), t.perRow-g.n)
	if t.weight != nil {
		for i := range rows[:n] {
			if g.weight += t.weight(&rows[i]); g.weight >= maxWeight {
				n = i + 1
				break
			}
		}
	}
	g.n += n
	return n
}

// countdown calls then at the n-th call of done.
type countdown struct {
	mu   sync.Mutex
	n    int
	then func()
}

// more adds one to the calls to wait for.
func (c *countdown) more() {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
}

func (c *countdown) done() {
	c.mu.Lock()
	c.n--
	last := c.n == 0
	c.mu.Unlock()
	if last && c.then != nil {
		c.then()
	}
}

func (t *table[R]) begin() {
	t.sem <- struct{}{}
	g := &group[R]{in: make(chan part[R], 1), done: make(chan struct{})}
	t.cur = g
	t.order <- g
	go func() {
		defer close(g.done)
		g.enc = t.free.Get()
		g.encode()
	}()
}

// encode takes the group's rows as they come.
func (g *group[R]) encode() {
	for p := range g.in {
		if g.err == nil {
			g.err = g.enc.add(p.rows)
		}
		p.release()
	}
	if g.err == nil {
		g.err = g.enc.finish()
	}
}

// join appends the encoded groups to the file.
func (t *table[R]) join() {
	defer close(t.joined)
	for g := range t.order {
		<-g.done
		err := g.err
		if err == nil && t.failed() == nil {
			err = t.sink.append(g.enc, g.n)
		}
		if err != nil {
			t.fail(err)
		}
		g.enc.reset()
		t.free.Put(g.enc)
		<-t.sem
	}
}

func (t *table[R]) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = fmt.Errorf("writing %s: %w", t.name, err)
	}
}

func (t *table[R]) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// close ends the file; on success its bytes are on the disk.
func (t *table[R]) close() error {
	if t.cur != nil {
		close(t.cur.in)
		t.cur = nil
	}
	close(t.order)
	<-t.joined
	if t.failed() == nil {
		if err := t.sink.close(); err != nil {
			t.fail(err)
		} else if err := t.file.Sync(); err != nil {
			t.fail(err)
		}
	}
	if err := t.file.Close(); err != nil {
		t.fail(err)
	}
	return t.failed()
}

// abandon closes the file as it is: it will be removed.
func (t *table[R]) abandon() {
	t.fail(errAbandoned)
	t.close()
}

var errAbandoned = errors.New("abandoned")
