package result

// Schema names the layout of a Document. Within one version keys are added, not changed.
const Schema = "abtool.stats/1"

// A Document is the statistics of a store, as data: reports and tables only format it.
type Document struct {
	Schema   string    `json:"schema"`    // abtool.stats/1
	Tool     string    `json:"tool"`      // version of abtool
	Store    string    `json:"store"`     // as it was named
	Options  Options   `json:"options"`   // that the numbers depend on
	DataSets []DataSet `json:"data_sets"` // imagenet, coco, or both
}

// A DataSet has the statistics of one data set, in the order of the catalogue.
type DataSet struct {
	Name       string      `json:"name"`
	Statistics []Statistic `json:"statistics"`
	// Warnings of the data set, whichever statistics are asked for: that its records and its
	// ground truth share no image.
	Warnings []string `json:"warnings,omitempty"`
}

// DataSet returns a data set of the document; nil if there is none of the name.
func (d *Document) DataSet(name string) *DataSet {
	for i := range d.DataSets {
		if d.DataSets[i].Name == name {
			return &d.DataSets[i]
		}
	}
	return nil
}

// Statistic returns a statistic of a data set; nil if there is none of these names.
func (d *Document) Statistic(set, name string) *Statistic {
	if s := d.DataSet(set); s != nil {
		return s.Statistic(name)
	}
	return nil
}

// Statistic returns a statistic; nil if there is none of the name.
func (d *DataSet) Statistic(name string) *Statistic {
	for i := range d.Statistics {
		if d.Statistics[i].Name == name {
			return &d.Statistics[i]
		}
	}
	return nil
}

// Excluded is how many units a statistic leaves out, and why.
type Excluded struct {
	Reason string `json:"reason"`
	Of     string `json:"of"`
	Count  int64  `json:"count"`
}
