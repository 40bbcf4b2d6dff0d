package table

import (
	"fmt"
	"slices"

	"abtool/eval/metric"
)

// A Column has the numbers of a network that were not computed from its outputs, but from maps, from edited images,
// or from the scores of several labels.
type Column struct {
	Network     Network
	Numbers     []Number
	Differences []metric.Difference // minus the first network's
	Notes       []string
}

// A Number is a number of a Column.
type Number struct {
	metric.Number

	Label      string
	Part       bool // it belongs to the number above it
	View       string
	Unreadable int      // images that count as wrong
	Threshold  *float64 // of maps, at which the number was computed
}

// Of returns a table of numbers of networks. Its title is in the singular or plural, as "Maps and boxes".
func Of(title string, list []Column) *Table {
	t := &Table{Title: title}
	for i := range list {
		c := &list[i]
		t.Networks = append(t.Networks, c.Network)
		last := -1
		for k := range c.Numbers {
			x := &c.Numbers[k]
			last = t.place(x.Number, last, len(list))
			r := &t.Rows[last]
			r.Label, r.part, r.detail = x.Label, x.Part, false
			r.Cells[i] = &Cell{
				Value: x.Value, N: x.N, Interval: x.Interval, SE: x.SE, View: x.View, Unreadable: x.Unreadable,
				Threshold: x.Threshold, Notes: x.Notes,
			}
		}
		for _, d := range c.Differences {
			if i == 0 {
				break
			}
			r := t.row(d.ID)
			if r.Differences == nil {
				r.Differences = make([]*metric.Difference, len(list)-1)
			}
			r.Differences[i-1] = &d
		}
	}
	for i := range list {
		for _, note := range list[i].Notes {
			if !slices.ContainsFunc(list, func(c Column) bool { return !slices.Contains(c.Notes, note) }) {
				if i == 0 {
					t.Notes = append(t.Notes, note)
				}
				continue
			}
			t.Notes = append(t.Notes, fmt.Sprintf("network %d: %s", i+1, note))
		}
	}
	return t
}
