package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"abtool/analysis"
)

// A lack says what a store must have for a plot and, where the input can have it, how to get it. It is
// empty where the store has it.
type lack string

// What stores of both data sets lack.
const (
	noRecords lack = "The store has no records: abtool info counts what was rejected, and why."
	noWorkers lack = "No record names its annotator. " +
		"Ingest records with a worker_id: pages of the front end have none, dumps of its backend do."
)

// What ImageNet stores lack.
const (
	noBoxes lack = "No image of the records has a ground-truth box. " +
		"Ingest the boxes of these images with --boxes."
	noClicks      lack = "No image has a final click: a click with a place in a showing that ended selected."
	noBoxedClicks lack = "No image has both a ground-truth box and a final click. " +
		"Ingest the boxes of the clicked images with --boxes."
	noSamples lack = "No final click on an image with a box has mouse samples before it: both need times."
	noWay     lack = "No final click on an image with a box has an entry (hoveredRecord) and mouse " +
		"samples before it: all need times."
	noTimes    lack = "No selected showing has both a click and an entry (hoveredRecord) with times."
	noHovering lack = "No showing has an estimateTime above 0."
	noSpeed    lack = "No click has both a displayed size (imageWidth, imageHeight) and, since the last " +
		"entry, two mouse samples with times."
	noEntries lack = "No final click on an image with a box has an entry (hoveredRecord) before it: " +
		"both need times."
	noFewClicks lack = "No cell of the image has five clicks on images with a box, the fewest that an " +
		"accuracy is drawn of."
	noOrder lack = "No page has five clicks whose HIT, page, slot and time are known, the fewest " +
		"that an order is drawn of."
	noAssignments lack = "No record names its HIT. " +
		"Ingest records with an assignment_id: pages of the front end have none, dumps of its backend do."
)

// What COCO stores lack.
const (
	noInstances    lack = "The store has no ground truth. Ingest it with --instances."
	otherInstances lack = "The ground truth has no image of the records. " +
		"Ingest the instances of these images with --instances."
	noObjects lack = "The ground truth has no object with a box on an image of known size."
	noIcons   lack = "No record has an icon with a place: an add of a class of the ground truth with " +
		"a pointTo."
	noIconOnClass  lack = "No icon is on an image that has a box of its class."
	noStayingIcons lack = "No record has an icon that stays: one whose last action is add or move."
	noPageTime     lack = "No record has a timeSpent above 0."
	noSteps        lack = "No record has steps through the superclasses (categoryHistories)."
	noHITs         lack = "No record names its HIT. " +
		"Ingest records with a hit_id: pages of the front end have none, dumps of its backend do."
	noShownClasses  lack = "No image of the records has an object of the ground truth whose size is known."
	noJudgedWorkers lack = "No annotator has an icon on an image of the ground truth."
)

// What nothing can be drawn without elsewhere.
const noShares lack = "No share is known, with an interval, in both stores. " +
	"Compare stores that both have records and ground truth."

// What traces of ImageNet lack.
const noTraces lack = "No image has a trace to draw: a box, a final click, and mouse samples with " +
	"times between entering the image and the click."

// What traces of COCO lack.
const noTracesOnPage lack = "No page has a trace to draw: two icons that stay, and several mouse samples " +
	"with times."

// unless is what a plot lacks where it does not have its data.
func unless(has bool, otherwise lack) lack {
	if has {
		return ""
	}
	return otherwise
}

// first returns the first lack that there is: the later ones follow from it.
func first(list ...lack) lack {
	for _, l := range list {
		if l != "" {
			return l
		}
	}
	return ""
}

// A part of a figure is a plot of it, as its caption names it.
type part struct {
	where   string // Left, Right: in a figure of several
	caption string
	lack    lack
}

// describe completes the caption by those of the parts. A figure lacks what all of its parts lack.
func (f *Figure) describe(parts ...part) {
	var lacks []string
	drawn := 0
	for _, p := range parts {
		text := p.caption
		switch {
		case p.lack == "":
			drawn++
		case slices.Contains(lacks, string(p.lack)):
			text = "no data, for the same reason."
		default:
			lacks = append(lacks, string(p.lack))
			text = "no data. " + string(p.lack)
		}
		if p.where != "" {
			text = p.where + ": " + text
		}
		f.Caption = strings.TrimSpace(f.Caption + " " + text)
	}
	if f.plots, f.drawn = len(parts), drawn; drawn == 0 {
		f.Missing = strings.Join(lacks, " ")
	}
}

// any reports whether a column of a table has a number, and with counts a number above 0.
func (s source) any(statistic, table, column string) bool {
	return slices.ContainsFunc(s.column(statistic, table, column), func(v float64) bool { return !math.IsNaN(v) })
}

// counted reports whether a column of counts has one above 0.
func (s source) counted(statistic, table, column string) bool {
	return slices.ContainsFunc(s.column(statistic, table, column), func(v float64) bool { return v > 0 })
}

// binned reports whether a histogram over bins that grow has something in a bin that logBars draws.
func (s source) binned(statistic, table string) bool {
	from, to := s.column(statistic, table, "from"), s.column(statistic, table, "to")
	for i, n := range s.column(statistic, table, "n") {
		if n > 0 && from[i] > 0 && !math.IsNaN(to[i]) {
			return true
		}
	}
	return false
}

// none reports whether a count or share is known to be 0.
func (s source) none(statistic, name string) bool {
	v := s.value(statistic, name)
	return v.Value == 0 || v.N == 0 && s.has(statistic)
}

// clicksOnBoxes is what a plot lacks that is over images with a box and a final click, of which n are known.
func clicksOnBoxes(s source, n int64) lack {
	switch {
	case n > 0:
		return ""
	case s.none("counts", "boxed_images"):
		return noBoxes
	case s.none("counts", "final_clicks"):
		return noClicks
	}
	return noBoxedClicks
}

// truth is what a plot lacks that is over images of the records with ground truth.
func truth(s source) lack {
	switch {
	case s.none("counts", "images_gt"):
		return noInstances
	case s.none("counts", "records_with_gt"):
		return otherInstances
	}
	return ""
}

// decimal writes a number with so many digits after the point.
func decimal(v analysis.Value, digits int) string {
	if !v.Value.Defined() {
		return "undefined"
	}
	return fixedText(float64(v.Value), digits)
}

// orEmpty is the figure, which lacks records before anything else. Its text describes no plot without data.
func (f Figure) orEmpty(records lack) Figure {
	if records != "" {
		f.Missing = string(records)
	}
	if f.drawn < f.plots {
		f.Alt = fmt.Sprintf("%d plots, of which %d have no data.", f.plots, f.plots-f.drawn)
	}
	return f
}
