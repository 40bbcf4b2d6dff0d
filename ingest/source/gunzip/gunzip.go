// Package gunzip reads gzip, about twice as fast as general readers do.
//
// Ingest waits for decompression more than for anything else. This package therefore decodes whole buffers
// at a time into memory that also has the history, reads eight bytes of input and copies eight bytes of
// output at once, and looks up two or three literals in a row.
package gunzip

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Errors of a Reader, in addition to the source's errors and io.ErrUnexpectedEOF for a source that ends
// early.
var (
	ErrHeader   = errors.New("not a gzip header")
	ErrChecksum = errors.New("the gzip checksum does not match")
	ErrCorrupt  = errors.New("the compressed data are damaged")
)

// Reader decompresses gzip. Concatenated gzip files are read as one stream; zeros between and after them
// are padding. Trailing reports other bytes that follow.
type Reader struct {
	z    *inflater
	from int // z.out[from:z.put] has not been returned yet
	sum  uint32
	size uint32
	err  error

	trailing bool // the rest of the source is not gzip
}

// NewReader reads the header of the first file.
func NewReader(r io.Reader) (*Reader, error) {
	g := &Reader{z: newInflater(r)}
	if err := g.header(); err != nil {
		return nil, err
	}
	return g, nil
}

// Read implements io.Reader.
func (g *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for g.from == g.z.put {
		if g.err != nil {
			return 0, g.err
		}
		from, err := g.z.more()
		g.from = from
		fresh := g.z.out[from:g.z.put]
		g.sum = crc32.Update(g.sum, crc32.IEEETable, fresh)
		g.size += uint32(len(fresh))
		if err == io.EOF {
			err = g.trailer()
		}
		g.err = err
	}
	n := copy(p, g.z.out[g.from:g.z.put])
	g.from += n
	return n, nil
}

// trailer checks the checksum and size at the end of a gzip file and begins the next file. It returns
// io.EOF if no other file follows.
func (g *Reader) trailer() error {
	z := g.z
	if z.load(8); z.end-z.at < 8 {
		if z.fail != nil {
			return z.fail
		}
		return io.ErrUnexpectedEOF
	}
	t := z.in[z.at:]
	z.at += 8
	if binary.LittleEndian.Uint32(t) != g.sum || binary.LittleEndian.Uint32(t[4:]) != g.size {
		return ErrChecksum
	}
	g.sum, g.size = 0, 0
	if err := z.skipZeros(); err != nil {
		return err
	}
	if !z.atHeader() {
		g.trailing = true
		return io.EOF
	}
	if err := g.header(); err != nil {
		return err
	}
	z.state, z.last, z.member = atBlock, false, z.put
	return nil
}

// skipZeros skips padding. It returns io.EOF at the end of the source.
func (z *inflater) skipZeros() error {
	for {
		z.load(1)
		for z.at < z.end && z.in[z.at] == 0 {
			z.at++
		}
		switch {
		case z.at < z.end:
			return nil
		case z.fail != nil:
			return z.fail
		case z.eof:
			return io.EOF
		}
	}
}

// atHeader reports whether another gzip file follows. Its header may be damaged: two of the three bytes
// that all headers begin with suffice, or the first one at the end of the source.
func (z *inflater) atHeader() bool {
	z.load(3)
	h := z.in[z.at:min(z.at+3, z.end)]
	if len(h) < 3 {
		return h[0] == 0x1f && (len(h) == 1 || h[1] == 0x8b)
	}
	same := 0
	for i, c := range []byte{0x1f, 0x8b, 8} {
		if h[i] == c {
			same++
		}
	}
	return same >= 2
}

// Trailing returns the number of bytes after the gzip data that are not gzip, and the first of them. Call
// it after Read has returned io.EOF; it reads the source to its end.
func (g *Reader) Trailing() (n int64, head []byte, err error) {
	if !g.trailing {
		return 0, nil, nil
	}
	z := g.z
	z.load(trailingHead)
	head = append(head, z.in[z.at:min(z.at+trailingHead, z.end)]...)
	for {
		n += int64(z.end - z.at)
		z.at = z.end
		if z.eof {
			return n, head, z.fail
		}
		z.load(1)
	}
}

const trailingHead = 256 // largest number of bytes that Trailing returns

// Bits of a header's flags.
const (
	hasSum = 1 << (iota + 1)
	hasExtra
	hasName
	hasComment
)

// header skips the header of a gzip file.
func (g *Reader) header() error {
	var sum uint32
	skip := func(n int) ([]byte, error) {
		z := g.z
		if z.load(n); z.end-z.at < n {
			if z.fail != nil {
				return nil, z.fail
			}
			return nil, io.ErrUnexpectedEOF
		}
		b := z.in[z.at : z.at+n]
		z.at += n
		sum = crc32.Update(sum, crc32.IEEETable, b)
		return b, nil
	}
	g.z.load(2)
	if h := g.z.in[g.z.at:g.z.end]; len(h) < 2 || h[0] != 0x1f || h[1] != 0x8b {
		if g.z.fail != nil {
			return g.z.fail
		}
		return ErrHeader
	}
	h, err := skip(10)
	if err != nil {
		return err
	}
	if h[2] != 8 {
		return ErrHeader
	}
	flags := h[3]
	if flags&hasExtra != 0 {
		n, err := skip(2)
		if err != nil {
			return err
		}
		if _, err := skip(int(binary.LittleEndian.Uint16(n))); err != nil {
			return err
		}
	}
	for _, text := range []byte{hasName, hasComment} {
		for flags&text != 0 {
			c, err := skip(1)
			if err != nil {
				return err
			}
			if c[0] == 0 {
				break
			}
		}
	}
	if flags&hasSum != 0 {
		want := uint16(sum)
		c, err := skip(2)
		if err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(c) != want {
			return ErrHeader
		}
	}
	return nil
}
