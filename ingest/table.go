package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/parquet-go/parquet-go"

	"abtool/schema"
)

// table writes the rows of one file. Row groups are encoded side by side, each into memory,
// and joined in order, so that the bytes do not depend on the number of workers.
type table[R any] struct {
	name   string // as imagenet/annotations
	file   *os.File
	out    *parquet.GenericWriter[R]
	perRow int            // rows of a row group
	shape  func(*R) uint8 // rows written together have the same (see rows.go); nil: all have
	odd    func(*R) bool  // rows that are written as values; nil: there are none
	values func(*R, parquet.Row) parquet.Row

	sem    chan struct{}  // groups being encoded
	order  chan *group[R] // groups to join, in order
	joined chan struct{}  // closed when all are
	free   sync.Pool      // of *encoder[R]
	cur    *group[R]
	rows   int64
	mu     sync.Mutex
	err    error
}

// group is a row group being filled.
type group[R any] struct {
	in   chan part[R]
	n    int
	done chan struct{}
	enc  *encoder[R]
	err  error
}

// part is a slice of rows and what to do when they have been taken.
type part[R any] struct {
	rows    []R
	release func()
}

type encoder[R any] struct {
	buf bytes.Buffer
	w   *parquet.GenericWriter[R]
	row parquet.Row
}

func writerOptions(meta [][2]string) []parquet.WriterOption {
	o := []parquet.WriterOption{
		parquet.Compression(compression),
		parquet.CreatedBy("abtool", "", ""),
		parquet.PageBufferSize(256 << 10),
	}
	for _, kv := range meta {
		o = append(o, parquet.KeyValueMetadata(kv[0], kv[1]))
	}
	return o
}

func newTable[R any](path, name string, sources []string, rowsPerGroup, jobs int, shape func(*R) uint8) (*table[R], error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", name, err)
	}
	t := &table[R]{
		name: name, shape: shape, file: f, perRow: rowsPerGroup,
		out: parquet.NewGenericWriter[R](f, writerOptions(schema.Metadata(name, sources))...),
		sem: make(chan struct{}, (jobs+1)/2), order: make(chan *group[R], jobs+1), joined: make(chan struct{}),
	}
	t.free.New = func() any {
		e := &encoder[R]{}
		e.w = parquet.NewGenericWriter[R](&e.buf, writerOptions(nil)...)
		// The writer's first Write replaces the column buffers, and loses what a WriteRows
		// before it left in them: let that Write be here.
		e.w.Write(make([]R, 1))
		e.buf.Reset()
		e.w.Reset(&e.buf)
		return e
	}
	go t.join()
	return t, nil
}

// write takes rows; release is called when they are no longer needed. The caller is the only
// one to call write and close.
func (t *table[R]) write(rows []R, release func()) error {
	pieces := 0
	for at := 0; at < len(rows); pieces++ {
		at += min(len(rows)-at, t.perRow-t.filled(pieces))
	}
	left := &countdown{n: pieces, then: release}
	if pieces == 0 && release != nil {
		release()
	}
	for len(rows) > 0 {
		if t.cur == nil {
			t.begin()
		}
		n := min(len(rows), t.perRow-t.cur.n)
		t.cur.in <- part[R]{rows[:n], left.done}
		t.cur.n += n
		t.rows += int64(n)
		rows = rows[n:]
		if t.cur.n == t.perRow {
			close(t.cur.in)
			t.cur = nil
		}
	}
	return t.failed()
}

// filled is how full the group is that the next piece goes to.
func (t *table[R]) filled(pieces int) int {
	if pieces == 0 && t.cur != nil {
		return t.cur.n
	}
	return 0
}

// countdown calls then at the n-th call of done.
type countdown struct {
	mu   sync.Mutex
	n    int
	then func()
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
		g.enc = t.free.Get().(*encoder[R])
		g.err = t.encode(g)
	}()
}

// encode takes the group's rows as they come and makes a file of one row group of them.
func (t *table[R]) encode(g *group[R]) (err error) {
	for p := range g.in {
		if err == nil {
			err = t.encodeRows(g.enc, p.rows)
		}
		p.release()
	}
	if err == nil {
		err = g.enc.w.Close()
	}
	return err
}

func (t *table[R]) encodeRows(e *encoder[R], rows []R) error {
	for len(rows) > 0 {
		if t.odd != nil && t.odd(&rows[0]) {
			e.row = t.values(&rows[0], e.row)
			if _, err := e.w.WriteRows([]parquet.Row{e.row}); err != nil {
				return err
			}
			rows = rows[1:]
			continue
		}
		n := t.run(rows)
		if _, err := e.w.Write(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// run is how many rows, from the first on, can be written together.
func (t *table[R]) run(rows []R) int {
	if t.shape == nil {
		return len(rows)
	}
	first := t.shape(&rows[0])
	for i := 1; i < len(rows); i++ {
		if t.shape(&rows[i]) != first || t.odd != nil && t.odd(&rows[i]) {
			return i
		}
	}
	return len(rows)
}

// join appends the encoded groups to the file.
func (t *table[R]) join() {
	defer close(t.joined)
	for g := range t.order {
		<-g.done
		err := g.err
		if err == nil && t.failed() == nil {
			err = t.splice(g.enc.buf.Bytes(), g.n)
		}
		if err != nil {
			t.fail(err)
		}
		g.enc.buf.Reset()
		g.enc.w.Reset(&g.enc.buf)
		t.free.Put(g.enc)
		<-t.sem
	}
}

// splice appends an encoded row group as it is.
func (t *table[R]) splice(file []byte, rows int) error {
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	if n := f.NumRows(); n != int64(rows) {
		return fmt.Errorf("internal error: a row group has %d rows, not %d", n, rows)
	}
	for _, rg := range f.RowGroups() {
		if _, err := t.out.WriteRowGroup(rg); err != nil {
			return err
		}
	}
	return nil
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
		if err := t.out.Close(); err != nil {
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
