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

// template is how a mouse sample was spelled, in XML or JSON: what stood around its three numbers.
// Nearly all samples of a source are spelled alike, so comparing with it is the quickest way to read one.
type template struct {
	known bool
	text  [4]literal
	perm  [3]part // which of x, y, time each number was
}

// literal is a text of up to 32 bytes.
type literal struct {
	n          int
	text, mask [4]uint64
}

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

// numberAt is a number of a sample, and where it stands.
type numberAt struct {
	part     part
	from, to int
}

// learn takes the spelling of the sample at d[start:end] with these numbers.
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

// learnSample learns how the JSON sample is spelled that begins at start, ends at s.Pos, and was
// read in full; from one without three numbers nothing.
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

// learnSample learns how the XML sample e is spelled that begins at start and ends at s.p.
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

// sampleRoom is more than a sample of a known spelling can have: four literals, three numbers, a
// comma and a space, and what is read beyond.
const sampleRoom = 2 + 4*maxLiteral + 3*(2+19) + scan.ShortRoom

// sample is what was read of one: x, y and time, and where they stand.
type sample struct {
	num      [3]float64
	from, to [3]int
}

// read reads a sample at d[p:], which has at least sampleRoom bytes. It returns where the sample ends, 0
// if it is spelled in another way.
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
	first, end int64 // times from first up to end stay as they are
}

// add adds a sample that stands in d.
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

// fastSamples reads JSON samples that are spelled like the last one: from the beginning of one to the
// end of another.
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

const sampleList = "mouseTracking"

// fastSamples reads XML samples that are spelled like the last one, and the white space after them.
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
