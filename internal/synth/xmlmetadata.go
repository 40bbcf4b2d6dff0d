package synth

// metadataParts is the number of children of <metadata>, each list counted as one.
const metadataParts = 20

// metadata writes a showing, children in alphabetical order from the style's turn on.
func (w *xmlWriter) metadata(s *showing) {
	w.line(1)
	w.start("metadata")
	for i := range metadataParts {
		w.part((i+w.turn)%metadataParts, s)
	}
	w.line(1)
	w.stop("metadata")
}

func (w *xmlWriter) part(i int, s *showing) {
	h := s.page.hit
	switch i {
	case 0:
		w.text(2, "assignment_id", h.assignment)
	case 1:
		w.number(2, "estimateTime", s.estimate)
	case 2:
		w.text(2, "hit_id", h.id)
	case 3:
		w.number(2, "hit_submit_time", s.submit)
	case 4:
		w.number(2, "hoveredCount", int64(s.hoveredCount))
	case 5:
		w.hovers(s.hovers)
	case 6:
		w.number(2, "imageHeight", int64(s.h))
	case 7:
		w.line(2)
		w.b = append(w.b, "<imageID>"...)
		w.b = append(append(w.b, s.content.wnid...), '/')
		w.b = append(w.b, s.content.id...)
		w.b = append(w.b, "</imageID>"...)
	case 8:
		w.position(s)
	case 9:
		w.number(2, "imageWidth", int64(s.w))
	case 10:
		w.number(2, "image_idx", int64(s.slot))
	case 11:
		w.text(2, "imagenet_hit_id", h.dataset)
	case 12:
		w.points("mouseTracking", s.mouse, s)
	case 13:
		w.number(2, "originalImageHeight", int64(s.oh))
	case 14:
		w.number(2, "originalImageWidth", int64(s.ow))
	case 15:
		w.number(2, "page_idx", int64(s.page.at))
	case 16:
		v := "False"
		if s.selected {
			v = "True"
		}
		w.text(2, "selected", v)
	case 17:
		w.number(2, "selectedCount", int64(s.selectedCount))
	case 18:
		w.points("selectedRecord", s.clicks, s)
	case 19:
		w.text(2, "worker_id", h.worker.ID)
	}
}

func (w *xmlWriter) position(s *showing) {
	w.line(2)
	w.start("imagePosition")
	w.entryLeaf()
	w.leafInt("x", int64(s.x))
	w.entryLeaf()
	w.leafInt("y", int64(s.y))
	w.endEntry("imagePosition")
}

// entryLeaf and endEntry begin a leaf of a list entry, and close the entry.
func (w *xmlWriter) entryLeaf() {
	if w.open {
		w.line(3)
	}
}

func (w *xmlWriter) endEntry(name string) {
	if w.open {
		w.line(2)
	}
	w.stop(name)
}

func (w *xmlWriter) points(name string, ps []point, s *showing) {
	if len(ps) == 0 {
		w.text(2, name, "None")
		return
	}
	for _, p := range ps {
		w.line(2)
		w.start(name)
		w.entryLeaf()
		w.b = append(w.b, "<time>"...)
		w.b = appendInt(w.b, p.t)
		w.b = append(w.b, "</time>"...)
		w.entryLeaf()
		w.b = append(w.b, "<x>"...)
		w.b = appendRatio(w.b, p.x, s.w)
		w.b = append(w.b, "</x>"...)
		w.entryLeaf()
		w.b = append(w.b, "<y>"...)
		w.b = appendRatio(w.b, p.y, s.h)
		w.b = append(w.b, "</y>"...)
		w.endEntry(name)
	}
}

func (w *xmlWriter) hovers(hs []hover) {
	if len(hs) == 0 {
		w.text(2, "hoveredRecord", "None")
		return
	}
	for _, h := range hs {
		w.line(2)
		w.start("hoveredRecord")
		w.entryLeaf()
		w.inline("action", h.action())
		w.entryLeaf()
		w.b = append(w.b, "<time>"...)
		w.b = appendInt(w.b, h.t)
		w.b = append(w.b, "</time>"...)
		w.endEntry("hoveredRecord")
	}
}
