package decode

import (
	"bytes"
	"math"

	"abtool/ingest/scan"
	"abtool/schema"
)

// showing gathers one time an image was shown until its row is made. Times are absolute here.
type showing struct {
	seen    uint32 // bits of the scalars met: the first of a name wins
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

// once tells whether the i-th scalar is met for the first time.
func (m *showing) once(i int) bool {
	if m.seen&(1<<i) != 0 {
		return false
	}
	m.seen |= 1 << i
	return true
}

// scalar takes a scalar element of <metadata>; it tells false for a name it does not know.
func (b *Batch) scalar(name string, text []byte) bool {
	m := &b.show
	switch name {
	case "assignment_id":
		m.assign = b.once(0, m.assign, text)
	case "hit_id":
		m.hit = b.once(1, m.hit, text)
	case "imagenet_hit_id":
		m.inHIT = b.once(2, m.inHIT, text)
	case "worker_id":
		m.worker = b.once(3, m.worker, text)
	case "imageID":
		if m.once(4) {
			m.imageID = scan.Trim(text)
		}
	case "selected":
		if m.once(5) {
			m.chosen = b.selected(scan.Trim(text))
		}
	case "hit_submit_time":
		if m.once(6) {
			m.submit = b.epoch(scan.TextValue(text), name)
		}
	case "estimateTime":
		if m.once(7) {
			m.est = b.duration(scan.TextValue(text), name)
		}
	case "page_idx":
		m.page = b.onceWhole(8, m.page, name, text)
	case "image_idx":
		m.slot = b.onceWhole(9, m.slot, name, text)
	case "selectedCount":
		m.nChosen = b.onceWhole(10, m.nChosen, name, text)
	case "hoveredCount":
		m.nHover = b.onceWhole(11, m.nHover, name, text)
	case "originalImageWidth":
		m.origW = b.onceWhole(12, m.origW, name, text)
	case "originalImageHeight":
		m.origH = b.onceWhole(13, m.origH, name, text)
	case "imageWidth":
		if m.once(14) {
			m.width = b.pixels(scan.TextValue(text), name, true)
		}
	case "imageHeight":
		if m.once(15) {
			m.height = b.pixels(scan.TextValue(text), name, true)
		}
	default:
		return false
	}
	return true
}

const ( // bits of showing.seen that are no scalars
	seenPosition  = 16
	seenPositionX = 17
	seenPositionY = 18
)

func (b *Batch) once(i int, old string, text []byte) string {
	if !b.show.once(i) {
		return old
	}
	return b.text.keep(scan.Trim(text))
}

func (b *Batch) onceWhole(i int, old *int32, name string, text []byte) *int32 {
	if !b.show.once(i) {
		return old
	}
	return b.Whole(scan.TextValue(text), Field{Name: name})
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

// position takes the children of the first <imagePosition>.
func (b *Batch) position(name string, text []byte) {
	switch m := &b.show; name {
	case "x":
		if m.once(seenPositionX) {
			m.posX = b.pixels(scan.TextValue(text), "imagePosition.x", false)
		}
	case "y":
		if m.once(seenPositionY) {
			m.posY = b.pixels(scan.TextValue(text), "imagePosition.y", false)
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
