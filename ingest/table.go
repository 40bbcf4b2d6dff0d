package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"abtool/ingest/internal/freelist"
	"abtool/store"
)

// table writes the rows of one file. Goroutines encode row groups in parallel, each into memory, and one
// goroutine appends them to the file in order, so that the bytes do not depend on the number of workers.
//
// write ends a row group after a fixed number of rows or list values, and never by time or by the state of a
// goroutine. The channels bound the memory: sem is taken before a group begins, and returned when the group
// is in the file.
type table[P rows[P]] struct {
	name   string // for example imagenet/annotations
	file   *os.File
	sink   sink[P]
	perRow int // rows of a row group

	sem    chan struct{}  // groups being encoded
	order  chan *group[P] // groups to append to the file, in order
	joined chan struct{}  // closed when all groups are in the file
	free   freelist.List[encoder[P]]
	cur    *group[P]
	rows   int64
	mu     sync.Mutex
	err    error
}

// rows are rows of a table in the form that its encoder takes.
type rows[P any] interface {
	Len() int
	// Cut returns the rows from the i-th to before the j-th.
	Cut(i, j int) P
	// Weight returns the number of values in the lists of the i-th row, or 0 if they are not counted.
	Weight(i int) int
}

// A sink appends encoded row groups to a file.
type sink[P rows[P]] interface {
	encoder() encoder[P]
	append(e encoder[P], rows int) error
	close() error
}

// An encoder encodes the rows of a row group into memory.
type encoder[P rows[P]] interface {
	add(rows P) error
	finish() error
	reset()
}

// group is a row group being filled.
type group[P rows[P]] struct {
	in     chan part[P]
	n      int
	weight int
	done   chan struct{}
	enc    encoder[P]
	err    error
}

// part has some rows, and a function to call when they are encoded.
type part[P rows[P]] struct {
	rows    P
	release func()
}

func newTable[P rows[P]](path, name string, rowsPerGroup, jobs int, open func(io.Writer) sink[P]) (*table[P], error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", name, err)
	}
	s := open(f)
	t := &table[P]{
		name: name, file: f, sink: s, perRow: rowsPerGroup,
		sem: make(chan struct{}, (jobs+1)/2), order: make(chan *group[P], jobs+1), joined: make(chan struct{}),
	}
	t.free.Make = s.encoder
	go t.join()
	return t, nil
}

// write adds rows to the file. It calls release when the rows are encoded and can be changed. Only one
// goroutine may call write and close.
func (t *table[P]) write(rows P, release func()) error {
	if release == nil {
		release = func() {}
	}
	left := &countdown{n: 1, then: release}
	for rows.Len() > 0 {
		if t.cur == nil {
			t.begin()
		}
		n := t.cur.fits(rows, t)
		left.more()
		t.cur.in <- part[P]{rows.Cut(0, n), left.done}
		t.rows += int64(n)
		rows = rows.Cut(n, rows.Len())
		if t.cur.n == t.perRow || t.cur.weight >= store.GroupEntries {
			close(t.cur.in)
			t.cur = nil
		}
	}
	left.done()
	return t.failed()
}

// fits returns the number of rows, from the first on, that still fit into the group, and counts them as
// taken.
func (g *group[P]) fits(rows P, t *table[P]) int {
	n := min(rows.Len(), t.perRow-g.n)
	for i := range n {
		if g.weight += rows.Weight(i); g.weight >= store.GroupEntries {
			n = i + 1
			break
		}
	}
	g.n += n
	return n
}

// countdown calls then when done has been called as often as there are calls to wait for.
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

// done counts one call, and calls then if it was the last.
func (c *countdown) done() {
	c.mu.Lock()
	c.n--
	last := c.n == 0
	c.mu.Unlock()
	if last && c.then != nil {
		c.then()
	}
}

// begin starts a row group and the goroutine that encodes it. It waits while too many are being encoded.
func (t *table[P]) begin() {
	t.sem <- struct{}{}
	g := &group[P]{in: make(chan part[P], 1), done: make(chan struct{})}
	t.cur = g
	t.order <- g
	go func() {
		defer close(g.done)
		g.enc = t.free.Get()
		g.encode()
	}()
}

// encode encodes the rows of the group as they arrive. After an error it still releases them.
func (g *group[P]) encode() {
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
func (t *table[P]) join() {
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

func (t *table[P]) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = fmt.Errorf("writing %s: %w", t.name, err)
	}
}

func (t *table[P]) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// close completes the file. If it returns no error, the bytes are on the disk.
func (t *table[P]) close() error {
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

// abandon closes the file without completing it. The caller removes it.
func (t *table[P]) abandon() {
	t.fail(errAbandoned)
	t.close()
}

var errAbandoned = errors.New("abandoned")
