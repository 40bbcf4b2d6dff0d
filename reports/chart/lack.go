package chart

import (
	"fmt"
	"slices"
	"strings"
)

// A Lack says what a store must have for a plot and, where the input can have it, how to get it. It is
// empty where the store has it.
type Lack string

// What stores of both data sets lack.
const (
	NoRecords Lack = "The store has no records: abtool info counts what was rejected, and why."
	noWorkers Lack = "No record names its annotator. " +
		"Ingest records with a worker_id: pages of the front end have none, dumps of its backend do."
)

// Unless returns what a plot lacks where it does not have its data.
func Unless(has bool, otherwise Lack) Lack {
	if has {
		return ""
	}
	return otherwise
}

// FirstLack returns the first lack that there is: the later ones follow from it.
func FirstLack(list ...Lack) Lack {
	for _, l := range list {
		if l != "" {
			return l
		}
	}
	return ""
}

// A Part of a figure is a plot of it, as its caption names it.
type Part struct {
	Where   string // Left, Right: in a figure of several
	Caption string
	Lack    Lack
}

// Describe appends the captions of the parts to the caption. A figure lacks what all of its parts lack.
func (f *Figure) Describe(parts ...Part) {
	var lacks []string
	drawn := 0
	for _, p := range parts {
		text := p.Caption
		switch {
		case p.Lack == "":
			drawn++
		case slices.Contains(lacks, string(p.Lack)):
			text = "no data, for the same reason."
		default:
			lacks = append(lacks, string(p.Lack))
			text = "no data. " + string(p.Lack)
		}
		if p.Where != "" {
			text = p.Where + ": " + text
		}
		f.Caption = strings.TrimSpace(f.Caption + " " + text)
	}
	if f.plots, f.drawn = len(parts), drawn; drawn == 0 {
		f.Missing = strings.Join(lacks, " ")
	}
}

// OrEmpty returns the figure, which lacks records before anything else. Its alternative text counts the plots
// if one has no data.
func (f Figure) OrEmpty(records Lack) Figure {
	if records != "" {
		f.Missing = string(records)
	}
	if f.drawn < f.plots {
		f.Alt = fmt.Sprintf("%d plots, of which %d have no data.", f.plots, f.plots-f.drawn)
	}
	return f
}
