// Package table prints the numbers of networks in the columns of the paper's table: each with its interval, the
// number of images, the protocol, and values that others published for the same architecture. Several networks are
// compared image by image.
package table

import (
	"fmt"
	"slices"
	"strings"

	"abtool/eval/metric"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/internal/stat"
	"abtool/internal/ui"
)

// A Table has the numbers of networks.
type Table struct {
	Title    string    `json:"title"` // what the numbers are
	Networks []Network `json:"networks"`
	Rows     []Row     `json:"rows"`
	Missing  []Missing `json:"missing"` // columns of the paper that no network has
	Notes    []string  `json:"notes,omitempty"`
}

// A Network says which network a column is about.
type Network struct {
	Name    string `json:"name"`
	Arch    string `json:"arch"`
	Weights string `json:"weights"` // SHA-256 of the file
	Version string `json:"version"` // of the program that ran the network
	Engine  string `json:"engine"`
	Classes int    `json:"classes"`
}

// A Row has a number of every network.
type Row struct {
	ID          string               `json:"id"`
	Column      string               `json:"column,omitempty"` // of the paper's table
	Label       string               `json:"label"`
	What        string               `json:"what"`
	Lower       bool                 `json:"lower_is_better,omitempty"`
	Expected    int64                `json:"expected,omitempty"`
	Cells       []*Cell              `json:"cells"`                 // by network; nil if it does not have the number
	Differences []*metric.Difference `json:"differences,omitempty"` // of networks 2, 3, … minus the first
	Published   []Published          `json:"published,omitempty"`

	detail bool   // of a group, such as a corruption
	set    string // "": none, or all rows have the same
	part   bool   // it belongs to the row above it
	usual  string // the ID if the set had its usual name
}

// A Cell is a number of a network and how it came about.
type Cell struct {
	Value      stat.Number    `json:"value"`
	N          int64          `json:"n"`
	Interval   *stat.Interval `json:"interval,omitempty"`
	SE         stat.Number    `json:"standard_error"`
	View       string         `json:"view"`
	Unreadable int            `json:"unreadable,omitempty"` // images of the set that count as wrong
	Threshold  *float64       `json:"threshold,omitempty"`  // of maps
	Protocol   []string       `json:"protocol,omitempty"`
	Notes      []string       `json:"notes,omitempty"`
}

// Published is a value that others published for a network of the same architecture.
type Published struct {
	Network string      `json:"network"`
	Source  string      `json:"source"`
	Value   stat.Number `json:"value"`
}

// Missing is a column of the paper that no network has.
type Missing struct {
	Column string `json:"column"`
	Needs  string `json:"needs"` // what to give
}

// columns are the columns of the paper's table 1, in its order, with what they need.
var columns = []Missing{
	{"IN-1k", "imagenet=DIR"}, {"IN-V2", "v2=DIR"}, {"IN-Real", "imagenet=DIR and real=real.json"}, {"IN-A", "a=DIR"},
	{"IN-C", "c=DIR, for networks of 224 pixels"}, {"IN-O", "o=DIR and imagenet=DIR"}, {"Sketch", "sketch=DIR"}, {"IN-R", "r=DIR"},
	{"Cocc", "imagenet=DIR, with a hole of " + metric.MainHole}, {"ObjNet", "objectnet=DIR"}, {"SI-size",
		"si-size=DIR"},
	{"SI-loc", "si-location=DIR"}, {"SI-rot", "si-rotation=DIR"}, {"BGC-gap", "backgrounds=DIR, for networks of 224 pixels"},
	{"BGC-acc", "backgrounds=DIR, with its challenge, for networks of 224 pixels"},
}

// Accuracy is the title of the table of networks on benchmarks.
const Accuracy = "Accuracy"

// Make returns the table of networks. Differences are to the first.
func Make(networks []*metric.Network) *Table {
	t := &Table{Title: Accuracy}
	for i, n := range networks {
		a := &n.About
		t.Networks = append(t.Networks, Network{a.Network, a.Arch, a.Weights, a.Version, a.Engine, a.Classes})
		last := -1
		for _, x := range n.Numbers() {
			last = t.place(x, last, len(networks))
			t.Rows[last].Cells[i] = cell(n, &x)
		}
		for _, s := range a.Sets {
			t.setNotes(i, &s)
		}
	}
	for i := 1; i < len(networks); i++ {
		for _, d := range metric.Compare(networks[0], networks[i]) {
			r := t.row(d.ID)
			if r.Differences == nil {
				r.Differences = make([]*metric.Difference, len(networks)-1)
			}
			r.Differences[i-1] = &d
		}
	}
	t.order()
	t.publish()
	t.finish()
	return t
}

// place returns the index of a number's row. A new row is put after the row before it.
func (t *Table) place(x metric.Number, last, networks int) int {
	if i := slices.IndexFunc(t.Rows, func(r Row) bool { return r.ID == x.ID }); i >= 0 {
		return i
	}
	r := Row{
		ID: x.ID, Column: x.Column, Label: label(&x), What: x.What, Lower: x.Lower, Expected: x.Expected,
		Cells: make([]*Cell, networks), detail: x.Group != "", usual: x.ID, set: x.Set,
	}
	if x.Kind != sets.V2 || x.Column != "" {
		r.usual = x.Kind + strings.TrimPrefix(x.ID, x.Set)
	}
	r.part = r.Column == "" && !own(&r)
	t.Rows = slices.Insert(t.Rows, last+1, r)
	return last + 1
}

// row returns the row of a number.
func (t *Table) row(id string) *Row {
	return &t.Rows[slices.IndexFunc(t.Rows, func(r Row) bool { return r.ID == id })]
}

func cell(n *metric.Network, x *metric.Number) *Cell {
	c := &Cell{Value: x.Value, N: x.N, Interval: x.Interval, SE: x.SE, Notes: x.Notes}
	if s, ok := n.About.Set(x.Set); ok {
		c.View, c.Unreadable, c.Protocol = s.View, s.Unreadable, s.Protocol
	}
	return c
}

// order puts the columns of the paper into its order, each followed by the rows up to the next. Rows before the first
// column stay there.
func (t *Table) order() {
	rank, at := make(map[string]int), len(columns)
	for i, r := range t.Rows {
		if k := slices.IndexFunc(columns, func(c Missing) bool { return c.Column == r.Column }); k >= 0 {
			at = k
		} else if i == 0 || own(&r) {
			at = len(columns)
		}
		rank[r.ID] = at
	}
	slices.SortStableFunc(t.Rows, func(a, b Row) int { return rank[a.ID] - rank[b.ID] })
}

// own reports whether a row is the main number of a set that the paper does not have.
func own(r *Row) bool { return r.Column == "" && r.ID == r.Label+"."+metric.Top1 }

func (t *Table) setNotes(i int, s *outputs.SetAbout) {
	add := func(text string) {
		if text = s.Name + ": " + text; !slices.Contains(t.Notes, text) {
			t.Notes = append(t.Notes, text)
		}
	}
	for _, note := range s.Notes {
		add(note)
	}
	if s.Unreadable > 0 {
		what := "1 image, which counts"
		if s.Unreadable > 1 {
			what = ui.Thousands(int64(s.Unreadable)) + " images, which count"
		}
		add(fmt.Sprintf("network %d could not read %s as wrong", i+1, what))
	}
}

// finish lists the columns that are missing, and adds notes about views that differ.
func (t *Table) finish() {
	for _, c := range columns {
		if !slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Column == c.Column }) {
			t.Missing = append(t.Missing, c)
		}
	}
	for _, r := range t.Rows {
		if r.Column == "" {
			continue
		}
		first := r.Cells[0]
		for i, c := range r.Cells {
			if first != nil && c != nil && c.View != first.View {
				t.Notes = append(t.Notes, fmt.Sprintf("%s: network 1 saw %s, and network %d saw %s, so that the "+
					"difference is also one of views",
					r.Column, first.View, i+1, c.View))
			}
		}
	}
}

// label returns the label of a row: the paper's column, or a few words.
func label(x *metric.Number) string {
	switch {
	case x.Column != "":
		return x.Column
	case x.Measure == metric.Severity:
		return "severity " + x.Group
	case x.Group != "" && (x.Kind == sets.SISize || x.Kind == sets.SILocation || x.Kind == sets.SIRotation):
		return "at " + x.Group
	case x.Group != "":
		return x.Group
	}
	if words, ok := labels[x.Measure]; ok {
		return words
	}
	switch {
	case x.Measure == metric.Subset:
		return "of the set's classes"
	case x.Kind == sets.A || x.Kind == sets.R:
		return "of 1,000 classes"
	}
	return x.Set
}

var labels = map[string]string{
	metric.Top5: "top-5", metric.RealTop1: "ReaL, labelled only", metric.OfA: "A's classes",
	metric.OfR:  "R's classes",
	metric.Fall: "R's classes − R", metric.AUPR: "AUPR", metric.AUROC: "AUROC", metric.FPR95: "FPR95",
	metric.Agreement: "folder's class", metric.MeanOfAll: "with extra corruptions", metric.MCE: "mCE",
	metric.Macro: "mean over values",
}
