package truth

import (
	"fmt"
	"io"
	"slices"

	"abtool/ingest/scan"
	"abtool/ingest/source"
)

// window reads a JSON stream value by value. Its buffer grows up to the size of the largest value.
type window struct {
	r     io.Reader
	buf   []byte
	p     int
	base  int64 // offset of buf in the stream
	eof   bool
	limit int
}

// more reads more of the stream into the buffer. It returns io.EOF at the end, and an error if a value is
// over the limit.
func (w *window) more() error {
	if w.eof {
		return io.EOF
	}
	if w.p > 0 {
		w.base += int64(w.p)
		w.buf = w.buf[:copy(w.buf, w.buf[w.p:])]
		w.p = 0
	}
	if len(w.buf) == cap(w.buf) {
		if len(w.buf) > w.limit {
			return fmt.Errorf("the value at byte %d is larger than %d bytes: %w", w.base, w.limit, source.ErrDamaged)
		}
		w.buf = slices.Grow(w.buf, max(1<<20, len(w.buf)))
	}
	for len(w.buf) < cap(w.buf) { // fill the buffer, because the caller scans the value again from its beginning
		n, err := w.r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		if err == io.EOF {
			w.eof = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// peek returns the next byte that is not white space.
func (w *window) peek() (byte, error) {
	for {
		for ; w.p < len(w.buf); w.p++ {
			if c := w.buf[w.p]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				return c, nil
			}
		}
		if err := w.more(); err != nil {
			return 0, err
		}
	}
}

func (w *window) take(want byte) error {
	c, err := w.peek()
	if err != nil {
		return err
	}
	if c != want {
		return fmt.Errorf("found %q in place of %q at byte %d: %w", c, want, w.base+int64(w.p), source.ErrDamaged)
	}
	w.p++
	return nil
}

// next steps to the next member or element, and returns true. At the closing bracket it steps over the
// bracket and returns false.
func (w *window) next(closing byte, first bool) (more bool, err error) {
	c, err := w.peek()
	if err != nil {
		return false, err
	}
	if c == closing {
		w.p++
		return false, nil
	}
	if first {
		return true, nil
	}
	if err := w.take(','); err != nil {
		return false, err
	}
	_, err = w.peek()
	return true, err
}

// value returns the text of the next value, which is valid until the next call.
func (w *window) value() ([]byte, error) {
	if _, err := w.peek(); err != nil {
		return nil, err
	}
	for {
		if n := scan.ValueEnd(w.buf[w.p:]); n > 0 {
			v := w.buf[w.p : w.p+n : w.p+n]
			w.p += n
			return scan.Trim(v), nil
		}
		if err := w.more(); err != nil {
			return nil, err
		}
	}
}
