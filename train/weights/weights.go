package weights

import (
	"fmt"
	"slices"
	"strings"
)

// Tensor is one named array in row-major order. Len(Data) is the product of Shape; a scalar has an empty
// Shape.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// Clone returns a copy that shares nothing with t.
func (t Tensor) Clone() Tensor {
	return Tensor{Name: t.Name, Shape: slices.Clone(t.Shape), Data: slices.Clone(t.Data)}
}

// Set is an ordered collection of tensors with distinct names.
type Set struct {
	// Metadata has the key-value pairs of the file's header; may be nil.
	Metadata map[string]string
	// Skipped lists the tensors of a file that were not read because they are not floating point; sorted,
	// may be empty.
	Skipped []string

	tensors []Tensor
	index   map[string]int
}

// NewSet returns a set of the given tensors. If two have the same name, the later one stays.
func NewSet(tensors ...Tensor) *Set {
	s := &Set{}
	for _, t := range tensors {
		s.Put(t)
	}
	return s
}

// Put adds t, or replaces the tensor of that name. The set keeps t's slices.
func (s *Set) Put(t Tensor) {
	if s.index == nil {
		s.index = map[string]int{}
	}
	if i, ok := s.index[t.Name]; ok {
		s.tensors[i] = t
		return
	}
	s.index[t.Name] = len(s.tensors)
	s.tensors = append(s.tensors, t)
}

// Get returns the tensor of that name. It shares the set's memory.
func (s *Set) Get(name string) (Tensor, bool) {
	i, ok := s.index[name]
	if !ok {
		return Tensor{}, false
	}
	return s.tensors[i], true
}

// Tensors returns the tensors in the order in which they were put. They share the set's memory.
func (s *Set) Tensors() []Tensor { return slices.Clone(s.tensors) }

// Len returns the number of tensors.
func (s *Set) Len() int { return len(s.tensors) }

// Count returns the number of values in all tensors.
func (s *Set) Count() int {
	n := 0
	for _, t := range s.tensors {
		n += len(t.Data)
	}
	return n
}

// Clone returns a copy that shares nothing with s.
func (s *Set) Clone() *Set {
	c := &Set{Skipped: slices.Clone(s.Skipped)}
	if s.Metadata != nil {
		c.Metadata = map[string]string{}
		for k, v := range s.Metadata {
			c.Metadata[k] = v
		}
	}
	for _, t := range s.tensors {
		c.Put(t.Clone())
	}
	return c
}

// Without returns a set without the tensors whose name begins with one of the prefixes, such as
// "point_head." for export. It shares s's memory.
func (s *Set) Without(prefixes ...string) *Set {
	c := &Set{Metadata: s.Metadata, Skipped: s.Skipped}
	for _, t := range s.tensors {
		if !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(t.Name, p) }) {
			c.Put(t)
		}
	}
	return c
}

// Mismatch is a tensor that has different shapes on both sides.
type Mismatch struct {
	Name      string
	Have, Got []int // the wanted shape, the shape in the file
}

// Report says what Fit copied and what it left out.
type Report struct {
	Loaded     int        // tensors copied
	Missing    []string   // wanted and not in the file
	Unexpected []string   // in the file and not wanted
	Mismatched []Mismatch // in both, not copied because the shapes differ
}

// Complete reports whether every wanted tensor was filled.
func (r Report) Complete() bool { return len(r.Missing) == 0 && len(r.Mismatched) == 0 }

// String returns the report as one line of text.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d tensors loaded", r.Loaded)
	for _, m := range r.Mismatched {
		fmt.Fprintf(&b, "; left out %s: its shape is %v, the model's %v", m.Name, m.Got, m.Have)
	}
	if len(r.Missing) > 0 {
		fmt.Fprintf(&b, "; not in the file: %s", abbreviate(r.Missing))
	}
	if len(r.Unexpected) > 0 {
		fmt.Fprintf(&b, "; not in the model: %s", abbreviate(r.Unexpected))
	}
	return b.String()
}

func abbreviate(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Fit copies from src into dst every tensor that has the same name and shape. The others of dst keep their
// values, such as a newly initialised head for another number of classes.
func Fit(dst, src *Set) Report {
	var r Report
	for _, want := range dst.tensors {
		got, ok := src.Get(want.Name)
		switch {
		case !ok:
			r.Missing = append(r.Missing, want.Name)
		case !slices.Equal(got.Shape, want.Shape):
			r.Mismatched = append(r.Mismatched, Mismatch{Name: want.Name, Have: want.Shape, Got: got.Shape})
		default:
			copy(want.Data, got.Data)
			r.Loaded++
		}
	}
	for _, t := range src.tensors {
		if _, ok := dst.index[t.Name]; !ok {
			r.Unexpected = append(r.Unexpected, t.Name)
		}
	}
	return r
}
