package coco

// A Found says whether a class of an image was found by the annotator (C7, docs/design/definitions.md#c7).
type Found struct {
	Class  int32
	Placed bool // its icon is placed at the end: the class is retrieved
	AnyAdd bool // its icon was added at least once
}

// TakenAway reports whether the class is not retrieved although its icon was added.
func (f Found) TakenAway() bool { return f.AnyAdd && !f.Placed }

// NeverPlaced reports whether the class is not retrieved, and its icon was never added.
func (f Found) NeverPlaced() bool { return !f.AnyAdd && !f.Placed }

// Find appends every class of the image, once each and crowds included, to the slice to. icon returns the icon
// of a class on the image's page, nil if it was not used.
func (m *Image) Find(to []Found, icon func(class int32) *Icon) []Found {
	for i := range m.Instances {
		c := m.Instances[i].Class
		if c < 0 || m.Has(c, i) {
			continue
		}
		f := Found{Class: c}
		if k := icon(c); k != nil {
			f.Placed, f.AnyAdd = k.Placed, k.AnyAdd
		}
		to = append(to, f)
	}
	return to
}

// A Recall counts the classes of an image, and which of them were found (C8, docs/design/definitions.md#c8).
type Recall struct{ Classes, Placed, AnyAdd int64 }

// RecallOf counts the classes of an image.
func RecallOf(classes []Found) (r Recall) {
	for _, f := range classes {
		r.Classes++
		if f.Placed {
			r.Placed++
		}
		if f.AnyAdd {
			r.AnyAdd++
		}
	}
	return r
}

// Share returns the share of the classes that are retrieved, and of those that were ever added; ok is false
// for an image without a class, which counts in no recall.
func (r Recall) Share() (placed, anyAdd float64, ok bool) {
	if r.Classes == 0 {
		return 0, 0, false
	}
	return float64(r.Placed) / float64(r.Classes), float64(r.AnyAdd) / float64(r.Classes), true
}
