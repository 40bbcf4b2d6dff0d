package reports

import (
	"fmt"
	"slices"

	"abtool/analysis/result"
	"abtool/internal/usage"
	"abtool/reports/chart"
	"abtool/reports/coco"
	"abtool/reports/imagenet"
)

// A dataSet is what reports have of a data set.
type dataSet struct {
	name      string
	records   string // the value of its counts that is 0 without records
	figures   []func(chart.Source) chart.Figure
	sentences func(chart.Source) []string
	sections  map[string][]string // its statistics by the section of the page
	traces    chart.Traces
}

var dataSets = []dataSet{
	{"imagenet", "showings", imagenet.Figures, imagenet.Sentences, imagenet.Sections, imagenet.Examples},
	{"coco", "records", coco.Figures, coco.Sentences, coco.Sections, coco.Examples},
}

// setOf returns a data set by its name; an empty one if there is none.
func setOf(name string) dataSet {
	if i := slices.IndexFunc(dataSets, func(d dataSet) bool { return d.name == name }); i >= 0 {
		return dataSets[i]
	}
	return dataSet{}
}

// known reports whether there is a data set of that name.
func known(name string) bool { return setOf(name).name != "" }

// figuresOf returns the figures of a data set whose statistics were computed.
func figuresOf(s chart.Source) (out []chart.Figure) {
	set := setOf(s.Set)
	for _, figure := range set.figures {
		if f := figure(s); s.Has(f.Statistics...) {
			f.Set = s.Set
			out = append(out, f.OrEmpty(set.recordsOf(s)))
		}
	}
	return out
}

// recordsOf returns what a data set without records lacks.
func (d dataSet) recordsOf(s chart.Source) chart.Lack {
	return chart.Unless(!s.None("counts", d.records), chart.NoRecords)
}

// Traces draws the examples of a data set, imagenet or coco, side by side, three in a row: on the images
// where the place images has them, else on their area. Without examples there is no figure.
func Traces(set string, list []result.Example, images string) (*chart.Figure, error) {
	if !known(set) {
		return nil, usage.Errorf("wrong option: there is no data set %q", set)
	}
	p, err := chart.OpenPhotos(images, list)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	f := setOf(set).traces.Figure(list, p)
	if f.Missing != "" {
		return nil, fmt.Errorf("drawing the examples of %q: %s", set, f.Missing)
	}
	return &f, nil
}
