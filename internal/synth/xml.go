package synth

// style is how an XML file is laid out. The release does not promise any.
type style struct {
	indent  string // of one level
	newline string
	open    bool // event lists one leaf a line
	order   int  // of the children of <annotation>
	turn    int  // of the children of <metadata>: the list begins with this one
}

// styleOf draws the style of a file: four in five as the release's, the others with tabs and every
// element on a separate line, or all on a single line.
func styleOf(d *dice) style {
	st := style{indent: "  ", newline: "\n"}
	switch u := d.Float64(); {
	case u < 0.10:
		st = style{indent: "\t", newline: "\n", open: true}
	case u < 0.20:
		st = style{}
	}
	if d.chance(0.3) {
		st.order = 1 + d.IntN(3)
	}
	if d.chance(0.04) {
		st.turn = d.IntN(len(fields))
	}
	return st
}

// xmlWriter appends one file to b.
type xmlWriter struct {
	b []byte
	style
}

func (w *xmlWriter) line(depth int) {
	if w.newline == "" {
		return
	}
	w.b = append(w.b, '\n')
	for range depth {
		w.b = append(w.b, w.indent...)
	}
}

func (w *xmlWriter) text(depth int, name, value string) {
	w.line(depth)
	w.inline(name, value)
}

func (w *xmlWriter) inline(name, value string) {
	w.start(name)
	w.b = append(w.b, value...)
	w.stop(name)
}

func (w *xmlWriter) start(name string) {
	w.b = append(append(append(w.b, '<'), name...), '>')
}

func (w *xmlWriter) stop(name string) {
	w.b = append(append(append(w.b, "</"...), name...), '>')
}

func (w *xmlWriter) number(depth int, name string, v int64) {
	w.line(depth)
	w.leafInt(name, v)
}

func (w *xmlWriter) leafInt(name string, v int64) {
	w.start(name)
	w.b = appendInt(w.b, v)
	w.stop(name)
}

// annotation writes a file of the release.
func (w *xmlWriter) annotation(c *content, shown []showing) {
	w.b = append(w.b, "<annotation>"...)
	parts := [4][5]string{
		{"folder", "filename", "voc", "objects", "metadata"},
		{"filename", "folder", "voc", "objects", "metadata"},
		{"metadata", "folder", "filename", "voc", "objects"},
		{"folder", "filename", "metadata", "objects", "voc"},
	}[w.order]
	for _, p := range parts {
		switch p {
		case "folder":
			w.text(1, "folder", c.wnid)
		case "filename":
			w.text(1, "filename", string(c.id))
		case "voc":
			if c.listed {
				w.source(c)
			}
		case "objects":
			if c.listed {
				w.objects(c)
			}
		case "metadata":
			for i := range shown {
				w.metadata(&shown[i])
			}
		}
	}
	w.line(0)
	w.b = append(w.b, "</annotation>"...)
	w.b = append(w.b, w.newline...)
}

// voc writes a file of the ILSVRC bounding box annotations.
func (w *xmlWriter) voc(c *content) {
	w.style = style{indent: "\t", newline: "\n", open: true}
	w.b = append(w.b, "<annotation>"...)
	w.text(1, "folder", c.wnid)
	w.text(1, "filename", string(c.id))
	w.source(c)
	w.objects(c)
	w.b = append(w.b, "\n</annotation>\n"...)
}

func (w *xmlWriter) source(c *content) {
	w.line(1)
	w.start("source")
	w.shortText("database", "ILSVRC_2012")
	w.endOpen(1, "source")
	w.line(1)
	w.start("size")
	w.leaf(2, "width", int64(c.w))
	w.leaf(2, "height", int64(c.h))
	w.leaf(2, "depth", 3)
	w.endOpen(1, "size")
	w.number(1, "segmented", 0)
}

// lineIfOpen begins a line for what stands on one line with its neighbours, unless the file is open. leaf,
// shortText and endOpen write a number, a text and the end of an element so.
func (w *xmlWriter) lineIfOpen(depth int) {
	if w.open {
		w.line(depth)
	}
}

func (w *xmlWriter) leaf(depth int, name string, v int64) {
	w.lineIfOpen(depth)
	w.leafInt(name, v)
}

func (w *xmlWriter) shortText(name, value string) {
	w.lineIfOpen(2)
	w.inline(name, value)
}

func (w *xmlWriter) endOpen(depth int, name string) {
	w.lineIfOpen(depth)
	w.stop(name)
}

func (w *xmlWriter) objects(c *content) {
	for _, b := range c.boxes {
		w.line(1)
		w.start("object")
		w.line(2)
		w.inline("name", c.wnid)
		w.shortText("pose", "Unspecified")
		w.shortText("truncated", "0")
		w.shortText("difficult", "0")
		w.line(2)
		w.start("bndbox")
		for i, v := range [4]int{b.x0, b.y0, b.x1, b.y1} {
			w.leaf(3, [4]string{"xmin", "ymin", "xmax", "ymax"}[i], int64(v))
		}
		w.endOpen(2, "bndbox")
		w.line(1)
		w.stop("object")
	}
}
