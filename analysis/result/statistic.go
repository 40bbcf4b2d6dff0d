package result

import "fmt"

// A Statistic is the result of a statistic: values, histograms and tables.
type Statistic struct {
	Name       string      `json:"name"`
	Title      string      `json:"title"`
	Rules      string      `json:"rules"`           // definitions that it follows, for example "I4, I6"
	Paper      string      `json:"paper,omitempty"` // place in the paper
	Definition string      `json:"definition"`
	Values     []Value     `json:"values,omitempty"`
	Excluded   []Excluded  `json:"excluded,omitempty"`
	Histograms []Histogram `json:"histograms,omitempty"`
	Tables     []Table     `json:"tables,omitempty"`
	Warnings   []string    `json:"warnings,omitempty"`
}

// Value returns a value of the statistic by its name, or nil if the statistic does not have it.
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

// Few is the number of units below which a statistic warns that there are few.
const Few = 30

// WarnFew adds a warning if a value is over few units or over none.
func (s *Statistic) WarnFew(v Value) {
	switch {
	case v.N == 0:
		s.Warn("%s: there are no %s, so the value is undefined.", v.Name, v.Of)
	case v.N < Few:
		s.Warn("%s: only %d %s; read the value together with its interval.", v.Name, v.N, v.Of)
	}
}

// Add adds values.
func (s *Statistic) Add(v ...Value) { s.Values = append(s.Values, v...) }

// Exclude records that n units are left out, and the reason.
func (s *Statistic) Exclude(reason, of string, n int64) {
	s.Excluded = append(s.Excluded, Excluded{reason, of, n})
}
