package decode

import (
	"encoding/binary"

	"abtool/ingest/scan"
	"abtool/schema"
)

// spelling is how a mouse sample was spelled: what stood around its three numbers. Nearly all
// samples of a source are spelled alike.
type spelling struct {
	known bool
	text  [4]literal
	perm  [3]uint8 // which of x, y, time each number was
}

// literal is a text of up to 16 bytes.
type literal struct {
	n          int
	text, mask [2]uint64
}

func newLiteral(s []byte) literal {
	var text, mask [16]byte
	copy(text[:], s)
	for i := range s {
		mask[i] = 0xff
	}
	l := literal{n: len(s)}
	for i := range 2 {
		l.text[i], l.mask[i] = binary.LittleEndian.Uint64(text[8*i:]), binary.LittleEndian.Uint64(mask[8*i:])
	}
	return l
}

// begins tells whether d, of at least 16 bytes, begins with the literal.
func (l *literal) begins(d []byte) bool {
	_ = d[15]
	return (binary.LittleEndian.Uint64(d)^l.text[0])&l.mask[0]|(binary.LittleEndian.Uint64(d[8:])^l.text[1])&l.mask[1] == 0
}

// learnSample learns how the mouse sample is spelled that begins at start, ends at s.p, and was
// read in full; from one without three numbers nothing.
func (h *shapes) learnSample(s *scan.Scanner, start int) {
	l := spelling{known: true}
	parts := h.fresh.parts[:h.fresh.n]
	if !h.ok || len(parts) != 3 {
		return
	}
	at := start
	for i := range 4 {
		end := s.Pos
		if i < 3 {
			p := &parts[i]
			if p.kind != scan.Numeric || p.part > partTime {
				return
			}
			l.perm[i], end = uint8(p.part), p.at[0]
		}
		if end-at > 16 {
			return
		}
		l.text[i] = newLiteral(s.Data[at:end])
		if i < 3 {
			at = parts[i].at[1]
		}
	}
	h.sample = l
}

// sampleRoom is more than a sample of a known spelling can have: four literals, three numbers, a
// comma and a space, and what is read beyond.
const sampleRoom = 2 + 4*16 + 3*(2+19) + scan.ShortRoom

// fastSamples reads mouse samples that are spelled like the last one: from the beginning of one
// to the end of another.
func (b *Batch) fastSamples(s *scan.Scanner, r gathered) (any bool, f *Fault) {
	l := &b.shapes.sample
	if !l.known {
		return false, nil
	}
	list := r.samples()
	_, inPage := r.(*cocoPage)
	d, ps := s.Data, *list
	var num [3]float64
	var from, to [3]int
	for p := s.Pos; len(d)-p >= sampleRoom; {
		if any { // behind a sample
			if d[p] != ',' {
				break
			}
			if p++; d[p] == ' ' {
				p++
			}
		}
		ok := true
		for i := range 3 {
			if !l.text[i].begins(d[p:]) {
				ok = false
				break
			}
			p += l.text[i].n
			v, n := scan.Short(d[p:])
			if n == 0 {
				ok = false
				break
			}
			k := l.perm[i] & 3
			num[k], from[k], to[k] = v, p, p+n
			p += n
		}
		if !ok || !l.text[3].begins(d[p:]) {
			break
		}
		p += l.text[3].n
		n := len(ps)
		if n >= b.Limits.List {
			return true, Faultf(schema.TooLong, "a list has more than %d entries", b.Limits.List)
		}
		x, y, t := num[0], num[1], num[2]
		if ms := int64(t); inPage && float64(ms) == t && 0 < ms && ms < maxTime && plainCoord(x) && plainCoord(y) {
			ps = append(ps, point{ms, x, y})
		} else {
			at := func(i int) scan.Value { return scan.Value{Kind: scan.Numeric, Num: num[i], Text: d[from[i]:to[i]]} }
			ps = append(ps, b.point(r, sampleList, n, at(2), at(0), at(1)))
		}
		any = true
		s.Pos = p
	}
	*list = ps
	return any, nil
}

// plainCoord tells a coordinate to which no rule applies.
func plainCoord(v float64) bool { return v > 0 && v <= maxCoord }
