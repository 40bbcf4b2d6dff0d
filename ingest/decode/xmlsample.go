package decode

import (
	"abtool/ingest/scan"
)

// xmlTemplate is what stood around the three numbers of the last mouse sample. Nearly all
// samples of a file are spelled alike, so comparing with it is the quickest way to read one.
type xmlTemplate struct {
	lit  [4]string
	perm [3]uint8 // which of time, x, y the numbers are
}

const sampleList = "mouseTracking"

// sample reads a mouse sample that is spelled like the last one; false leaves the position.
func (t *xmlTemplate) sample(s *xmlScan, e *event) bool {
	if t.lit[0] == "" {
		return false
	}
	d, p := s.d, s.p
	var v [3]scan.Value
	for i := range v {
		lit := t.lit[i]
		if len(d)-p < len(lit) || string(d[p:p+len(lit)]) != lit {
			return false
		}
		p += len(lit)
		f, n := scan.Number(d[p:], scan.XML)
		if n == 0 {
			return false
		}
		v[t.perm[i]] = scan.Value{Kind: scan.Numeric, Num: f, Text: d[p : p+n]}
		p += n
	}
	lit := t.lit[3]
	if len(d)-p < len(lit) || string(d[p:p+len(lit)]) != lit {
		return false
	}
	s.p = p + len(lit)
	e.t, e.x, e.y = v[0], v[1], v[2]
	return true
}

// learn takes the spelling of the sample e, which stands at d[start:end] with its tags.
func (t *xmlTemplate) learn(d []byte, start, end int, e *event) {
	t.lit[0] = ""
	if e.seen != 7 || e.t.Kind != scan.Numeric || e.x.Kind != scan.Numeric || e.y.Kind != scan.Numeric {
		return
	}
	raw := [3][]byte{e.t.Text, e.x.Text, e.y.Text}
	var at [3]int
	for i := range raw {
		at[i] = cap(d) - cap(raw[i])
		t.perm[i] = uint8(i)
	}
	for i := range 2 { // three to sort
		for j := i + 1; j < 3; j++ {
			if at[t.perm[j]] < at[t.perm[i]] {
				t.perm[i], t.perm[j] = t.perm[j], t.perm[i]
			}
		}
	}
	from := start
	for i, k := range t.perm {
		if at[k] < from || at[k]+len(raw[k]) > end || d[at[k]-1] != '>' || d[at[k]+len(raw[k])] != '<' {
			t.lit[0] = ""
			return
		}
		t.lit[i] = string(d[from:at[k]])
		from = at[k] + len(raw[k])
	}
	t.lit[3] = string(d[from:end])
}
