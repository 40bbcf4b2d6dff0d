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

// A dataSet has the parts of a report for a data set.
type dataSet struct {
	name      string
	records   string // name of the value of counts that is 0 without records
	figures   []func(chart.Source) chart.Figure
	sentences func(chart.Source) []string
	sections  map[string][]string // statistics by section of the page
	traces    chart.Traces
}

var dataSets = []dataSet{
	{"imagenet", "showings", imagenet.Figures, imagenet.Sentences, imagenet.Sections, imagenet.Examples},
	{"coco", "records", coco.Figures, coco.Sentences, coco.Sections, coco.Examples},
}

// setOf returns a data set by its name, or an empty one if the name is unknown.
func setOf(name string) dataSet {
	if i := slices.IndexFunc(dataSets, func(d dataSet) bool { return d.name == name }); i >= 0 {
		return dataSets[i]
	}
	return dataSet{}
}

// known reports whether there is a data set with that name.
func known(name string) bool { return setOf(name).name != "" }

// figuresOf returns the figures of a data set whose statistics have been computed.
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

// recordsOf returns chart.NoRecords for a data set without records, otherwise no lack.
func (d dataSet) recordsOf(s chart.Source) chart.Lack {
	return chart.Unless(!s.None("counts", d.records), chart.NoRecords)
}

// Traces returns a figure of examples of a data set, imagenet or coco, three in a row. It draws a trace on
// its image if the folder or archive images has it, otherwise on a blank area. Without examples it returns
// an error.
func Traces(set string, list []result.Example, images string) (*chart.Figure, error) {
	if !known(set) {
		return nil, usage.Errorf("there is no data set %q", set)
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

// Figures returns the figures of a data set whose statistics have been computed. A figure for which the store lacks
// data says so in Missing.
func Figures(d *result.DataSet) []chart.Figure { return figuresOf(chart.NewSource(d)) }
