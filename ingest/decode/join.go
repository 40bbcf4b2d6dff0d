package decode

import (
	"bytes"
	"fmt"

	"abtool/ingest/scan"
	"abtool/schema"
)

// A Joiner puts together JSON values that begin in one chunk and end in a later one.
//
// The input is cut into chunks before it is parsed, at places where a record probably begins: a string can
// look like the beginning of a record. Workers read every chunk as if it began with a record. The Joiner gets
// the chunks in order. It knows where the last value of the chunks before really ends. If a chunk does not
// begin there, the Joiner discards what the worker read, and reads the chunk again after the rest of the
// chunks before.
//
// What could go wrong: a value that never ends would gather the whole input. So a value over the limit is
// rejected once, and the Joiner then skips the value without keeping it.
type Joiner struct {
	rest    []byte        // a value whose end is in a later chunk
	base    int64         // offset of rest
	scan    *scan.Skipper // has skipped rest; nil if the value ends in rest
	middle  bool          // the next chunk does not begin with an element, but after one
	over    *scan.Skipper // skips a value over the limit; nil if there is no such value
	ended   bool          // the closing bracket of the array has been read
	trailed bool          // text after the closing bracket has been rejected
}

// Join completes what a worker read of a chunk. Chunks have to come in the order of the input. It reports
// whether the input ends within an array.
func (g *Joiner) Join(u *Chunk, b *Batch) (open bool) {
	if u.Form != Elements && u.Form != Values {
		return false
	}
	if g.over != nil && !g.ended {
		n, done := g.over.Skip(u.Buf)
		b.Reset()
		if !done && !u.Last {
			return false
		}
		g.over = nil
		g.rest, g.base, g.middle = append(g.rest[:0], u.Buf[n:]...), u.Base+int64(n), true
		u.Buf = u.Buf[:0]
	}
	switch {
	case g.ended:
		b.Reset()
		if len(scan.Trim(u.Buf)) > 0 && !g.trailed {
			g.trail(b, u.Name, u.Base, u.Buf)
		}
	case len(g.rest) > 0 && !u.Last && g.within(u.Buf):
		b.Reset()
		g.rest = append(g.rest, u.Buf...)
		g.limit(u, b)
		return false
	case len(g.rest) > 0 || g.middle:
		buf := append(append(make([]byte, 0, len(g.rest)+len(u.Buf)), g.rest...), u.Buf...)
		if g.middle {
			var comma bool
			if buf, g.base, comma = afterComma(buf, g.base); len(buf) == 0 && !comma && !u.Last {
				b.Reset()
				g.rest = g.rest[:0]
				return false // still in the middle
			}
		}
		u.Buf, u.Base = buf, g.base
		b.reread(u)
	case u.Unsure:
		b.reread(u)
	}
	if b.ended && !g.ended {
		g.ended = true
		if b.used < len(u.Buf) {
			g.trail(b, u.Name, u.Base+int64(b.used), u.Buf[b.used:])
		}
	}
	g.rest, g.scan, g.middle = g.rest[:0], nil, false
	if !g.ended {
		g.keep(u, b)
	}
	if !u.Last {
		return false
	}
	ended, form := g.ended, u.Form
	cut := len(g.rest) > 0
	if cut {
		b.Member, b.Offset = u.Name, g.base
		b.refuse(&Fault{schema.Cut, "the input ends within a value"}, g.rest)
	}
	*g = Joiner{}
	return form == Elements && !ended
}

// reread empties the batch and reads the chunk again.
func (b *Batch) reread(u *Chunk) {
	b.Reset()
	u.Unsure = false
	b.Read(u)
}

// keep keeps the end of the chunk that was not read.
func (g *Joiner) keep(u *Chunk, b *Batch) {
	rest := u.Buf[b.used:]
	g.base = u.Base + int64(b.used)
	if len(scan.Trim(rest)) == 0 {
		return
	}
	g.rest = append(g.rest, rest...)
	g.scan = &scan.Skipper{}
	if _, done := g.scan.Skip(rest); done {
		g.scan = nil // the value ends here, but the comma or bracket after it is in the next chunk
	}
	g.limit(u, b)
}

// within reports whether the value in rest goes on to the end of p and beyond.
func (g *Joiner) within(p []byte) bool {
	if g.scan == nil {
		return false
	}
	_, done := g.scan.Skip(p)
	return !done
}

// limit rejects the value in rest if it is over the limit.
func (g *Joiner) limit(u *Chunk, b *Batch) {
	if len(g.rest) <= b.limits.Member {
		return
	}
	b.Member, b.Offset = u.Name, g.base
	b.refuse(&Fault{schema.TooLarge, fmt.Sprintf("more than %d bytes", b.limits.Member)}, g.rest)
	if g.over = g.scan; g.over == nil && !u.Last {
		g.middle = true
	}
	g.rest, g.scan = g.rest[:0], nil
	if u.Last {
		g.over = nil
	}
}

// trail rejects the text after the array.
func (g *Joiner) trail(b *Batch, name string, at int64, text []byte) {
	rest := bytes.TrimLeft(text, " \t\r\n")
	b.Member, b.Offset = name, at+int64(len(text)-len(rest))
	b.refuse(&Fault{schema.Malformed, moreText}, text)
	g.trailed = true
}

// afterComma steps over the comma after a value that was skipped.
func afterComma(buf []byte, base int64) (rest []byte, at int64, comma bool) {
	rest = bytes.TrimLeft(buf, " \t\r\n")
	rest, comma = bytes.CutPrefix(rest, []byte{','})
	return rest, base + int64(len(buf)-len(rest)), comma
}
