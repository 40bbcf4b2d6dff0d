package result

import "fmt"

// A Statistic is a result: some values, histograms and tables that belong together.
type Statistic struct {
	Name       string      `json:"name"`
	Title      string      `json:"title"`
	Rules      string      `json:"rules"`           // the definitions that it follows, as "I4, I6"
	Paper      string      `json:"paper,omitempty"` // where the paper has it
	Definition string      `json:"definition"`
	Values     []Value     `json:"values,omitempty"`
	Excluded   []Excluded  `json:"excluded,omitempty"`
	Histograms []Histogram `json:"histograms,omitempty"`
	Tables     []Table     `json:"tables,omitempty"`
	Warnings   []string    `json:"warnings,omitempty"`
}

// Value returns a value of the statistic; nil if there is none of the name.
func (s *Statistic) Value(name string) *Value {
	for i := range s.Values {
		if s.Values[i].Name == name {
			return &s.Values[i]
		}
	}
	return nil
}

// Warn adds a warning.
func (s *Statistic) Warn(format string, args ...any) {
	s.Warnings = append(s.Warnings, fmt.Sprintf(format, args...))
}

// Few is the number of units below which a statistic says that they are few.
const Few = 30

// WarnFew warns of a value over few units, or none.
func (s *Statistic) WarnFew(v Value) {
	switch {
	case v.N == 0:
		s.Warn("%s: no %s, so there is no value.", v.Name, v.Of)
	case v.N < Few:
		s.Warn("%s: %d %s are few: take the value with its interval.", v.Name, v.N, v.Of)
	}
}

// Add adds values.
func (s *Statistic) Add(v ...Value) { s.Values = append(s.Values, v...) }

// Exclude says that n units are left out, and why.
func (s *Statistic) Exclude(reason, of string, n int64) {
	s.Excluded = append(s.Excluded, Excluded{reason, of, n})
}
