package decode

import (
	"bytes"
	"fmt"

	"abtool/ingest/scan"
	"abtool/schema"
)

// Joiner puts values together that begin in one unit and end in a later one. Units of values
// are cut where a record probably begins; the workers read each as if it did, and where it
// does not, it is read again here, after what was left of the unit before.
type Joiner struct {
	rest    []byte        // of the stream so far: a value without its end
	base    int64         // its offset
	scan    *scan.Skipper // has gone over rest, if the value does not end in it
	middle  bool          // the next unit does not begin with an element
	over    *scan.Skipper
	ended   bool // the array has its closing bracket
	trailed bool // and something after it, which has been noted
}

// Join settles how the chunk fits to those before it. It reports whether the input ends within an
// array.
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

// reread reads the chunk as it now is.
func (b *Batch) reread(u *Chunk) {
	b.Reset()
	u.Unsure = false
	b.Read(u)
}

// keep remembers what the unit left unread.
func (g *Joiner) keep(u *Chunk, b *Batch) {
	rest := u.Buf[b.used:]
	g.base = u.Base + int64(b.used)
	if len(scan.Trim(rest)) == 0 {
		return
	}
	g.rest = append(g.rest, rest...)
	g.scan = &scan.Skipper{}
	if _, done := g.scan.Skip(rest); done {
		g.scan = nil // its end is there, what follows it is not
	}
	g.limit(u, b)
}

// within tells whether the value that rest begins does not end in p either.
func (g *Joiner) within(p []byte) bool {
	if g.scan == nil {
		return false
	}
	_, done := g.scan.Skip(p)
	return !done
}

// limit rejects the value that rest begins when it is over the limit.
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

func (g *Joiner) trail(b *Batch, name string, at int64, text []byte) {
	rest := bytes.TrimLeft(text, " \t\r\n")
	b.Member, b.Offset = name, at+int64(len(text)-len(rest))
	b.refuse(&Fault{schema.Malformed, "more text behind the array"}, text)
	g.trailed = true
}

// afterComma steps over the comma that parts a value that was stepped over from the next one.
func afterComma(buf []byte, base int64) (rest []byte, at int64, comma bool) {
	rest = bytes.TrimLeft(buf, " \t\r\n")
	rest, comma = bytes.CutPrefix(rest, []byte{','})
	return rest, base + int64(len(buf)-len(rest)), comma
}
