package ingest

import (
	"bytes"
	"fmt"

	"abtool/schema"
)

// glue puts values together that begin in one unit and end in a later one. Units of values
// are cut where a record probably begins; the workers read each as if it did, and where it
// does not, it is read again here, behind what was left of the unit before.
type glue struct {
	rest    []byte   // of the stream so far: a value without its end
	base    int64    // its offset
	scan    *skipper // has gone over rest, if the value does not end in it
	middle  bool     // the next unit does not begin with an element
	over    *skipper
	ended   bool // the array has its closing bracket
	trailed bool // and something behind it, which has been noted
}

// join settles how the chunk fits to those before it. It reports whether the input ends within an
// array.
func (g *glue) join(u *chunk, b *batch) (open bool) {
	if u.form != formElements && u.form != formValues {
		return false
	}
	if g.over != nil && !g.ended {
		n, done := g.over.skip(u.buf)
		b.reset()
		if !done && !u.last {
			return false
		}
		g.over = nil
		g.rest, g.base, g.middle = append(g.rest[:0], u.buf[n:]...), u.base+int64(n), true
		u.buf = u.buf[:0]
	}
	switch {
	case g.ended:
		b.reset()
		if len(trim(u.buf)) > 0 && !g.trailed {
			g.trail(b, u.name, u.base, u.buf)
		}
	case len(g.rest) > 0 && !u.last && g.within(u.buf):
		b.reset()
		g.rest = append(g.rest, u.buf...)
		g.limit(u, b)
		return false
	case len(g.rest) > 0 || g.middle:
		buf := append(append(make([]byte, 0, len(g.rest)+len(u.buf)), g.rest...), u.buf...)
		if g.middle {
			var comma bool
			if buf, g.base, comma = afterComma(buf, g.base); len(buf) == 0 && !comma && !u.last {
				b.reset()
				g.rest = g.rest[:0]
				return false // still in the middle
			}
		}
		u.buf, u.base = buf, g.base
		b.reread(u)
	case u.unsure:
		b.reread(u)
	}
	if b.ended && !g.ended {
		g.ended = true
		if b.used < len(u.buf) {
			g.trail(b, u.name, u.base+int64(b.used), u.buf[b.used:])
		}
	}
	g.rest, g.scan, g.middle = g.rest[:0], nil, false
	if !g.ended {
		g.keep(u, b)
	}
	if !u.last {
		return false
	}
	ended, form := g.ended, u.form
	cut := len(g.rest) > 0
	if cut {
		b.member, b.offset = u.name, g.base
		b.rejectRecord(schema.Cut, "the input ends within a value", g.rest)
		b.count++
	}
	*g = glue{}
	return form == formElements && !ended
}

// reread reads the chunk as it now is.
func (b *batch) reread(u *chunk) {
	b.reset()
	u.unsure = false
	b.read(u)
}

// keep remembers what the unit left unread.
func (g *glue) keep(u *chunk, b *batch) {
	rest := u.buf[b.used:]
	g.base = u.base + int64(b.used)
	if len(trim(rest)) == 0 {
		return
	}
	g.rest = append(g.rest, rest...)
	g.scan = &skipper{}
	if _, done := g.scan.skip(rest); done {
		g.scan = nil // its end is there, what follows it is not
	}
	g.limit(u, b)
}

// within tells whether the value that rest begins does not end in p either.
func (g *glue) within(p []byte) bool {
	if g.scan == nil {
		return false
	}
	_, done := g.scan.skip(p)
	return !done
}

// limit rejects the value that rest begins when it is over the limit.
func (g *glue) limit(u *chunk, b *batch) {
	if len(g.rest) <= b.limits.Member {
		return
	}
	b.member, b.offset = u.name, g.base
	b.rejectRecord(schema.TooLarge, fmt.Sprintf("more than %d bytes", b.limits.Member), g.rest)
	b.count++
	if g.over = g.scan; g.over == nil && !u.last {
		g.middle = true
	}
	g.rest, g.scan = g.rest[:0], nil
	if u.last {
		g.over = nil
	}
}

func (g *glue) trail(b *batch, name string, at int64, text []byte) {
	rest := bytes.TrimLeft(text, " \t\r\n")
	b.member, b.offset = name, at+int64(len(text)-len(rest))
	b.rejectRecord(schema.Malformed, "more text behind the array", text)
	b.count++
	g.trailed = true
}

// afterComma steps over the comma that parts a value that was stepped over from the next one.
func afterComma(buf []byte, base int64) (rest []byte, at int64, comma bool) {
	rest = bytes.TrimLeft(buf, " \t\r\n")
	rest, comma = bytes.CutPrefix(rest, []byte{','})
	return rest, base + int64(len(buf)-len(rest)), comma
}
