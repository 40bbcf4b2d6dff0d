package result

import (
	"math"

	"abtool/internal/stat"
)

// A Table has rows of values: texts, whole numbers, Numbers and booleans, or nil.
type Table struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

// A Column describes a column of a Table.
type Column struct {
	Name  string `json:"name"`
	Unit  string `json:"unit,omitempty"`
	Title string `json:"title"`
}

// A Header names the columns of a table: name, unit and title of each.
type Header [][3]string

// Columns returns the columns of a table.
func (h Header) Columns() []Column {
	columns := make([]Column, len(h))
	for i, c := range h {
		columns[i] = Column{Name: c[0], Unit: c[1], Title: c[2]}
	}
	return columns
}

// Bounds returns the ends of an interval, which are undefined if it is nil.
func Bounds(i *stat.Interval) (low, high stat.Number) {
	if i == nil {
		return stat.Number(math.NaN()), stat.Number(math.NaN())
	}
	return stat.Number(i.Low), stat.Number(i.High)
}
