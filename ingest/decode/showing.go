package decode

import (
	"bytes"
	"math"

	"abtool/ingest/scan"
	"abtool/schema"
)

// showing gathers one time an image was shown until its row is made. Times are absolute here.
type showing struct {
	seen    uint64 // the slots met: the first of a name wins
	imageID []byte
	idKind  scan.Kind // of the JSON value of imageID
	worker  string
	assign  string
	hit     string
	inHIT   string
	submit  *int64
	page    *int32
	slot    *int32
	posX    *float64
	posY    *float64
	width   *float64
	height  *float64
	origW   *int32
	origH   *int32
	chosen  *bool
	nChosen *int32
	nHover  *int32
	est     *int64
	clicks  []point
	mouse   []point
	hovers  []hover
}

func (m *showing) reset() {
	clicks, mouse, hovers := m.clicks[:0], m.mouse[:0], m.hovers[:0]
	*m = showing{clicks: clicks, mouse: mouse, hovers: hovers}
}

// once reports whether a slot is met for the first time.
func (m *showing) once(k slot) bool {
	if m.seen&(1<<k) != 0 {
		return false
	}
	m.seen |= 1 << k
	return true
}

var (
	yes, no = true, false
)

// selected reads R8's spellings.
func (b *Batch) selected(text []byte) *bool {
	switch string(text) {
	case "True", "true":
		return &yes
	case "False", "false":
		return &no
	}
	b.null("selected", schema.NotBoolean, text)
	return nil
}

// xmlPosition takes the children of the first <imagePosition>.
func (b *Batch) xmlPosition(name string, text []byte) {
	switch m := &b.show; name {
	case "x":
		if m.once(slotPositionX) {
			m.posX = b.position(scan.TextValue(text), Field{Name: "imagePosition.x"})
		}
	case "y":
		if m.once(slotPositionY) {
			m.posY = b.position(scan.TextValue(text), Field{Name: "imagePosition.y"})
		}
	}
}

// addRow turns the gathered showing into a row. imageID and class are the row's.
func (b *Batch) addRow(imageID, class string) *ImageNetRow {
	m := &b.show
	first := int64(math.MaxInt64)
	for _, p := range m.clicks {
		first = earlier(first, p.T)
	}
	for _, p := range m.mouse {
		first = earlier(first, p.T)
	}
	for _, h := range m.hovers {
		first = earlier(first, h.T)
	}
	var t0 *int64
	base := int64(0)
	if first != math.MaxInt64 {
		base = secondBefore(first)
		t0 = b.i64.ref(base)
	}
	b.ImageNet = append(b.ImageNet, ImageNetRow{
		ImageID: imageID, Class: class, WorkerID: m.worker, AssignmentID: m.assign, HITID: m.hit, ImageNetHITID: m.inHIT,
		HITSubmitTime: m.submit, PageIdx: m.page, ImageIdx: m.slot, PositionX: m.posX, PositionY: m.posY,
		ImageWidth: m.width, ImageHeight: m.height, OrigWidth: m.origW, OrigHeight: m.origH,
		Selected: m.chosen, SelectedCount: m.nChosen, HoveredCount: m.nHover, EstimateTime: m.est, T0: t0,
		Clicks: b.relative(m.clicks, base), Mouse: b.relative(m.mouse, base), Hovers: b.relativeHovers(m.hovers, base),
	})
	r := &b.ImageNet[len(b.ImageNet)-1]
	return r
}

func earlier(a, t int64) int64 {
	if t != noTime && t < a {
		return t
	}
	return a
}

// secondBefore is the last whole second before t ms, so that t minus it is at least 1.
func secondBefore(t int64) int64 {
	t--
	if t < 0 {
		t -= 999
	}
	return t / 1000 * 1000
}

func (b *Batch) relative(ps []point, base int64) []point {
	ps = b.points.keep(ps)
	for i := range ps {
		if ps[i].T == noTime {
			ps[i].T = 0
		} else {
			ps[i].T -= base
		}
	}
	return ps
}

func (b *Batch) relativeHovers(hs []hover, base int64) []hover {
	hs = b.hovers.keep(hs)
	for i := range hs {
		if hs[i].T == noTime {
			hs[i].T = 0
		} else {
			hs[i].T -= base
		}
	}
	return hs
}

// imageIDIn returns the image id within a name, empty for a name of no image (R3).
func imageIDIn(name []byte) []byte {
	if !bytes.ContainsAny(name, `/\?.%`) {
		return name
	}
	if i := bytes.LastIndexByte(name, '/'); !bytes.ContainsAny(name[i+1:], `\?.%`) && bytes.IndexByte(name, '?') < 0 {
		return name[i+1:]
	}
	return []byte(schema.ImageID(string(name)))
}

// classIn returns the class within the name of an image: its folder, nil if the name has none. In a
// longer path that folder may be any, so the WordNet id that the image's own id begins with goes first.
func classIn(name []byte) []byte {
	if i := bytes.IndexByte(name, '?'); i >= 0 {
		name = name[:i]
	}
	end := bytes.LastIndexAny(name, `/\`)
	if end <= 0 {
		return nil
	}
	start := bytes.LastIndexAny(name[:end], `/\`) + 1
	folder := name[start:end]
	if start == 0 && folder[end-1] != ':' {
		return folder
	}
	if class := prefixClass(imageIDIn(name)); class != nil && !isWordNetID(folder) {
		return class
	}
	if len(folder) == 0 || folder[len(folder)-1] == ':' || start >= 2 && name[start-2] == '/' { // a drive, a host
		return nil
	}
	return folder
}

// prefixClass is the WordNet id that an image id begins with, nil if it does not.
func prefixClass(id []byte) []byte {
	if len(id) < 10 || id[9] != '_' || !isWordNetID(id[:9]) {
		return nil
	}
	return id[:9]
}

// isWordNetID reports whether a name has the form of n01440764.
func isWordNetID(name []byte) bool {
	if len(name) != 9 || name[0] != 'n' {
		return false
	}
	for _, c := range name[1:] {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}
