package decode

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store/columnar"
)

// Most bytes of the input are mouse samples, and nearly all samples of a source are spelled alike except for
// their three numbers. A template therefore remembers the four texts around the numbers of the last sample
// that was read in full. A sample with the same texts is read by four comparisons and three short numbers.
//
// What could go wrong: reading beyond the input. Literals are compared 8 bytes at a time and numbers are read
// from whole words, so read needs sampleRoom bytes; the last samples of a chunk are read in another way.
// Texts are compared exactly, so a template never reads what full reading would reject.

// template is the spelling of a mouse sample in XML or JSON.
type template struct {
	known bool
	text  [4]literal
	perm  [3]part // which of x, y, time each number was
}

// literal is a text of up to 32 bytes. mask has ones in the bytes that text has.
type literal struct {
	n          int
	text, mask [4]uint64
}

// maxLiteral is the length of the longest literal in bytes.
const maxLiteral = 32

func newLiteral(s []byte) (l literal) {
	var text, mask [maxLiteral]byte
	copy(text[:], s)
	for i := range s {
		mask[i] = 0xff
	}
	l.n = len(s)
	for i := range l.text {
		l.text[i], l.mask[i] = binary.LittleEndian.Uint64(text[8*i:]), binary.LittleEndian.Uint64(mask[8*i:])
	}
	return l
}

// begins reports whether d, of at least 16 bytes, begins with the literal's first 16 bytes.
func (l *literal) begins(d []byte) bool {
	_ = d[15]
	return (binary.LittleEndian.Uint64(d)^l.text[0])&l.mask[0]|(binary.LittleEndian.Uint64(d[8:])^l.text[1])&l.mask[1] == 0
}

// goesOn reports whether the rest of the literal follows in d, of at least 32 bytes.
func (l *literal) goesOn(d []byte) bool {
	_ = d[31]
	return (binary.LittleEndian.Uint64(d[16:])^l.text[2])&l.mask[2]|(binary.LittleEndian.Uint64(d[24:])^l.text[3])&l.mask[3] == 0
}

// numberAt is the place of a number of a sample.
type numberAt struct {
	part     part
	from, to int
}

// learn remembers the spelling of the sample at d[start:end], which has these numbers.
func (t *template) learn(d []byte, start, end int, numbers [3]numberAt) {
	slices.SortFunc(numbers[:], func(a, b numberAt) int { return cmp.Compare(a.from, b.from) })
	l := template{known: true}
	at := start
	for i := range l.text {
		to := end
		if i < 3 {
			l.perm[i], to = numbers[i].part, numbers[i].from
		}
		if to-at > maxLiteral {
			return
		}
		l.text[i] = newLiteral(d[at:to])
		if i < 3 {
			at = numbers[i].to
		}
	}
	*t = l
}

// learnSample learns the spelling of the JSON sample at s.Data[start:s.Pos], which has just been read in
// full. It learns nothing from a sample without three numbers.
func (h *shapes) learnSample(s *scan.Scanner, start int) {
	parts := h.fresh.parts[:h.fresh.n]
	if !h.ok || len(parts) != 3 {
		return
	}
	var numbers [3]numberAt
	for i, p := range parts {
		if p.kind != scan.Numeric || p.part > partTime {
			return
		}
		numbers[i] = numberAt{p.part, p.at[0], p.at[1]}
	}
	h.sample.learn(s.Data, start, s.Pos, numbers)
}

// learnSample learns the spelling of the XML sample e at s.d[start:s.p]. It learns nothing from a sample
// without three numbers.
func (t *template) learnSample(s *xmlScan, start int, e *xmlEvent) {
	if e.seen != 1<<partX|1<<partY|1<<partTime {
		return
	}
	var numbers [3]numberAt
	for i, v := range e.values[:partTime+1] {
		if v.Kind != scan.Numeric {
			return
		}
		from := cap(s.d) - cap(v.Text)
		numbers[i] = numberAt{part(i), from, from + len(v.Text)}
	}
	t.learn(s.d, start, s.p, numbers)
}

// sampleRoom is the number of bytes that read may look at: four literals, three numbers, a comma and a space
// before the sample, and the bytes that scan.Short reads beyond a number.
const sampleRoom = 2 + 4*maxLiteral + 3*(2+19) + scan.ShortRoom

// sample has the numbers of a sample that was read, x, y and time, and their places.
type sample struct {
	num      [3]float64
	from, to [3]int
}

// read reads a sample at d[p:], which has at least sampleRoom bytes. It returns the end of the sample, or 0
// if it has another spelling.
func (t *template) read(d []byte, p int, x *sample) int {
	for i := range 3 {
		l := &t.text[i]
		if !l.begins(d[p:]) || l.n > 16 && !l.goesOn(d[p:]) {
			return 0
		}
		p += l.n
		v, n := scan.Short(d[p:])
		if n == 0 {
			return 0
		}
		k := t.perm[i] & 3
		x.num[k], x.from[k], x.to[k] = v, p, p+n
		p += n
	}
	l := &t.text[3]
	if !l.begins(d[p:]) || l.n > 16 && !l.goesOn(d[p:]) {
		return 0
	}
	return p + l.n
}

// samples is the list of mouse samples in the records of a data set.
type samples struct {
	s          *sheet
	t, x, y    *columnar.Cells
	first, end int64 // times from first to before end are stored as they are
}

// add adds a sample of the text d. If a rule changes or rejects a number, the sheet adds the sample.
func (m *samples) add(d []byte, x *sample) {
	t, px, py := int64(x.num[partTime]), x.num[partX], x.num[partY]
	if float64(t) == x.num[partTime] && m.first <= t && t < m.end && plainCoord(px) && plainCoord(py) {
		m.t.Add(uint64(t))
		m.x.Add(math.Float64bits(px))
		m.y.Add(math.Float64bits(py))
		return
	}
	var e rawEvent
	for p := range x.num {
		e[p] = scan.Value{Kind: scan.Numeric, Num: x.num[p], Text: d[x.from[p]:x.to[p]]}
	}
	m.s.add(mouse, &e)
}

// plainCoord reports whether no rule applies to a coordinate.
func plainCoord(v float64) bool { return v > 0 && v <= maxCoord }

// fastSamples reads JSON samples with the spelling of the last one. s.Pos is at the beginning of a sample,
// and then at the end of the last one that was read.
func (h *shapes) fastSamples(s *scan.Scanner, m *samples) (some bool, f *Fault) {
	l := &h.sample
	if !l.known {
		return false, nil
	}
	d, n, limit := s.Data, m.t.Entries(), m.s.out.limits.List
	var x sample
	for p := s.Pos; len(d)-p >= sampleRoom; s.Pos, some = p, true {
		if some { // after a sample
			if d[p] != ',' {
				break
			}
			if p++; d[p] == ' ' {
				p++
			}
		}
		if p = l.read(d, p, &x); p == 0 {
			break
		}
		if n >= limit {
			return true, Faultf(schema.TooLong, "a list has more than %d entries", limit)
		}
		m.add(d, &x)
		n++
	}
	return some, nil
}

// sampleList is the key of the list of mouse samples.
const sampleList = "mouseTracking"

// fastSamples reads XML samples with the spelling of the last one, and the white space after each.
func (t *template) fastSamples(s *xmlScan, m *samples) *Fault {
	if !t.known {
		return nil
	}
	n, limit := m.t.Entries(), m.s.out.limits.List
	var x sample
	for len(s.d)-s.p >= sampleRoom {
		end := t.read(s.d, s.p, &x)
		if end == 0 {
			return nil
		}
		if n >= limit {
			return Faultf(schema.TooLong, "%s has more than %d entries", sampleList, n)
		}
		m.add(s.d, &x)
		n++
		s.p = end
		s.space()
	}
	return nil
}
