package synth

// fieldWriter writes the fields of a showing in one of the release's forms: XML or JSON.
type fieldWriter interface {
	text(name string, parts ...string)
	number(name string, v int64)
	flag(name string, v bool)
	position(x, y int)
	points(name string, list []point, w, h int)
	hovers(list []hover)
}

// fields lists the fields of a showing in the release, in alphabetical order. A list is one field.
var fields = [...]func(w fieldWriter, s *showing){
	func(w fieldWriter, s *showing) { w.text("assignment_id", s.page.hit.assignment) },
	func(w fieldWriter, s *showing) { w.number("estimateTime", s.estimate) },
	func(w fieldWriter, s *showing) { w.text("hit_id", s.page.hit.id) },
	func(w fieldWriter, s *showing) { w.number("hit_submit_time", s.submit) },
	func(w fieldWriter, s *showing) { w.number("hoveredCount", int64(s.hoveredCount)) },
	func(w fieldWriter, s *showing) { w.hovers(s.hovers) },
	func(w fieldWriter, s *showing) { w.number("imageHeight", int64(s.h)) },
	func(w fieldWriter, s *showing) { w.text("imageID", s.content.wnid, "/", string(s.content.id)) },
	func(w fieldWriter, s *showing) { w.position(s.x, s.y) },
	func(w fieldWriter, s *showing) { w.number("imageWidth", int64(s.w)) },
	func(w fieldWriter, s *showing) { w.number("image_idx", int64(s.slot)) },
	func(w fieldWriter, s *showing) { w.text("imagenet_hit_id", s.page.hit.dataset) },
	func(w fieldWriter, s *showing) { w.points("mouseTracking", s.mouse, s.w, s.h) },
	func(w fieldWriter, s *showing) { w.number("originalImageHeight", int64(s.oh)) },
	func(w fieldWriter, s *showing) { w.number("originalImageWidth", int64(s.ow)) },
	func(w fieldWriter, s *showing) { w.number("page_idx", int64(s.page.at)) },
	func(w fieldWriter, s *showing) { w.flag("selected", s.selected) },
	func(w fieldWriter, s *showing) { w.number("selectedCount", int64(s.selectedCount)) },
	func(w fieldWriter, s *showing) { w.points("selectedRecord", s.clicks, s.w, s.h) },
	func(w fieldWriter, s *showing) { w.text("worker_id", s.page.hit.worker.ID) },
}

// appendShowing writes a showing as JSON, with all its fields.
func appendShowing(b []byte, s *showing) []byte {
	j := jsonText{b: b, spaced: true}
	j.elem()
	for _, f := range fields {
		f(&j, s)
	}
	j.end('}')
	return j.b
}

func (j *jsonText) position(x, y int) {
	j.object("imagePosition")
	j.number("x", int64(x))
	j.number("y", int64(y))
	j.end('}')
}

// points writes a list of points, whose time comes first in the release and last in the front end.
func (j *jsonText) points(name string, list []point, w, h int) {
	j.list(name)
	for _, p := range list {
		j.elem()
		if j.spaced {
			j.number("time", p.t)
		}
		j.place(p.x, p.y, w, h)
		if !j.spaced {
			j.number("time", p.t)
		}
		j.end('}')
	}
	j.end(']')
}

func (j *jsonText) hovers(list []hover) {
	j.list("hoveredRecord")
	for _, h := range list {
		j.elem()
		j.text("action", h.action())
		j.number("time", h.t)
		j.end('}')
	}
	j.end(']')
}

// appendWire writes a showing as the front end does: 13 keys, nothing about who and when.
func appendWire(b []byte, s *showing) []byte {
	j := jsonText{b: b}
	j.elem()
	j.flag("selected", s.selected)
	j.number("selectedCount", int64(s.selectedCount))
	j.points("selectedRecord", s.clicks, s.w, s.h)
	j.number("hoveredCount", int64(s.hoveredCount))
	j.hovers(s.hovers)
	j.position(s.x, s.y)
	j.number("imageWidth", int64(s.w))
	j.number("imageHeight", int64(s.h))
	j.number("originalImageWidth", int64(s.ow))
	j.number("originalImageHeight", int64(s.oh))
	j.number("estimateTime", s.estimate)
	j.points("mouseTracking", s.mouse, s.w, s.h)
	j.text("imageID", s.content.wnid, "/", string(s.content.id))
	j.end('}')
	return j.b
}

// metadataWriter writes the children of <metadata>.
type metadataWriter struct{ *xmlWriter }

// metadata writes a showing, children in alphabetical order from the style's turn on.
func (w *xmlWriter) metadata(s *showing) {
	w.line(1)
	w.start("metadata")
	for i := range fields {
		fields[(i+w.turn)%len(fields)](metadataWriter{w}, s)
	}
	w.line(1)
	w.stop("metadata")
}

func (w metadataWriter) text(name string, parts ...string) {
	w.line(2)
	w.start(name)
	for _, p := range parts {
		w.b = append(w.b, p...)
	}
	w.stop(name)
}

func (w metadataWriter) number(name string, v int64) { w.xmlWriter.number(2, name, v) }

func (w metadataWriter) flag(name string, v bool) {
	if v {
		w.text(name, "True")
	} else {
		w.text(name, "False")
	}
}

func (w metadataWriter) position(x, y int) {
	w.line(2)
	w.start("imagePosition")
	w.leaf(3, "x", int64(x))
	w.leaf(3, "y", int64(y))
	w.endOpen(2, "imagePosition")
}

func (w metadataWriter) points(name string, list []point, width, height int) {
	if len(list) == 0 {
		w.text(name, "None")
		return
	}
	for _, p := range list {
		w.line(2)
		w.start(name)
		w.leaf(3, "time", p.t)
		w.ratio("x", p.x, width)
		w.ratio("y", p.y, height)
		w.endOpen(2, name)
	}
}

func (w metadataWriter) ratio(name string, pixel int32, size int) {
	w.lineIfOpen(3)
	w.start(name)
	w.b = appendRatio(w.b, pixel, size)
	w.stop(name)
}

func (w metadataWriter) hovers(list []hover) {
	if len(list) == 0 {
		w.text("hoveredRecord", "None")
		return
	}
	for _, h := range list {
		w.line(2)
		w.start("hoveredRecord")
		w.lineIfOpen(3)
		w.inline("action", h.action())
		w.leaf(3, "time", h.t)
		w.endOpen(2, "hoveredRecord")
	}
}
