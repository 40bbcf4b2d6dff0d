package synth

// jsonText writes JSON: spaced as the releases have it, with a blank after commas and colons, or
// compact as the front ends send it.
type jsonText struct {
	b      []byte
	spaced bool
	due    bool // a comma, before what comes next
}

// elem begins an object in a list, or the text.
func (j *jsonText) elem() {
	j.comma()
	j.b, j.due = append(j.b, '{'), false
}

// object and list begin one under a name; end ends it with } or ].
func (j *jsonText) object(name string) {
	j.name(name)
	j.b, j.due = append(j.b, '{'), false
}

func (j *jsonText) list(name string) {
	j.name(name)
	j.b, j.due = append(j.b, '['), false
}

func (j *jsonText) end(c byte) { j.b, j.due = append(j.b, c), true }

func (j *jsonText) comma() {
	if j.due {
		j.b = append(j.b, ',')
		if j.spaced {
			j.b = append(j.b, ' ')
		}
	}
	j.due = true
}

func (j *jsonText) name(name string) {
	j.comma()
	j.b = append(append(append(j.b, '"'), name...), `":`...)
	if j.spaced {
		j.b = append(j.b, ' ')
	}
}

// text writes the parts as one string; none of them has a character to escape.
func (j *jsonText) text(name string, parts ...string) {
	j.name(name)
	j.b = append(j.b, '"')
	for _, p := range parts {
		j.b = append(j.b, p...)
	}
	j.b = append(j.b, '"')
}

func (j *jsonText) number(name string, v int64) {
	j.name(name)
	j.b = appendInt(j.b, v)
}

func (j *jsonText) float(name string, v float64) {
	j.name(name)
	j.b = appendFloat(j.b, v)
}

func (j *jsonText) flag(name string, v bool) {
	j.name(name)
	if v {
		j.b = append(j.b, "true"...)
	} else {
		j.b = append(j.b, "false"...)
	}
}

func (j *jsonText) null(name string) {
	j.name(name)
	j.b = append(j.b, "null"...)
}

// place writes pixels as fractions of the displayed size, w × h; one that is noPixel is null.
func (j *jsonText) place(x, y int32, w, h int) {
	j.ratio("x", x, w)
	j.ratio("y", y, h)
}

func (j *jsonText) ratio(name string, pixel int32, size int) {
	if pixel == noPixel {
		j.null(name)
		return
	}
	j.name(name)
	j.b = appendRatio(j.b, pixel, size)
}

// hundredths writes a list of numbers with a blank after each comma.
func (j *jsonText) hundredths(name string, list []int32) {
	j.name(name)
	j.b = appendHundredths(j.b, list)
}
