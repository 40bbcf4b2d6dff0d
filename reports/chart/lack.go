package chart

import (
	"fmt"
	"slices"
	"strings"
)

// A Lack is a sentence that says what a store lacks for a plot and, if the input can have it, how to get it.
// It is empty if the store lacks nothing.
type Lack string

// Sentences about data that a store of either data set can lack.
const (
	NoRecords Lack = "The store has no records. abtool info shows how many were rejected, and why."
	noWorkers Lack = "No record names its annotator. " +
		"Ingest records with a worker_id: dumps of the backend have it, pages of the front end do not."
)

// Unless returns the lack of a plot, or "" if the plot has its data.
func Unless(has bool, otherwise Lack) Lack {
	if has {
		return ""
	}
	return otherwise
}

// FirstLack returns the first lack that is not empty. Later ones are its consequences.
func FirstLack(list ...Lack) Lack {
	for _, l := range list {
		if l != "" {
			return l
		}
	}
	return ""
}

// A Part is a plot of a figure, with its part of the caption.
type Part struct {
	Where   string // "Left" or "Right" and others, in a figure of several plots
	Caption string
	Lack    Lack
}

// Describe appends the captions of the parts to the caption. If all parts lack data, the figure is Missing
// what they lack.
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

// OrEmpty returns the figure with a lack of records, if there is one, in place of any other lack. If a plot
// has no data, the alternative text gives the numbers of plots with and without data.
func (f Figure) OrEmpty(records Lack) Figure {
	if records != "" {
		f.Missing = string(records)
	}
	if f.drawn < f.plots {
		f.Alt = fmt.Sprintf("%d plots, of which %d have no data.", f.plots, f.plots-f.drawn)
	}
	return f
}
