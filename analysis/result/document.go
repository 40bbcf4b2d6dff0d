package result

// Schema names the layout of a Document. Within one version keys are added, not changed.
const Schema = "abtool.stats/1"

// A Document has the statistics of a store as data. Reports and tables only format it.
type Document struct {
	Schema   string    `json:"schema"`    // abtool.stats/1
	Tool     string    `json:"tool"`      // version of abtool
	Store    string    `json:"store"`     // the store's path, as the caller gave it
	Options  Options   `json:"options"`   // the options that the numbers depend on
	DataSets []DataSet `json:"data_sets"` // imagenet, coco, or both
}

// A DataSet has the statistics of one data set, in the order of the catalogue.
type DataSet struct {
	Name       string      `json:"name"`
	Statistics []Statistic `json:"statistics"`
	// Warnings that concern the whole data set, for example that its records and its ground truth have no image in
	// common.
	Warnings []string `json:"warnings,omitempty"`
}

// DataSet returns a data set of the document by its name, or nil if the document does not have it.
func (d *Document) DataSet(name string) *DataSet {
	for i := range d.DataSets {
		if d.DataSets[i].Name == name {
			return &d.DataSets[i]
		}
	}
	return nil
}

// Statistic returns a statistic of a data set, or nil if the document does not have it.
func (d *Document) Statistic(set, name string) *Statistic {
	if s := d.DataSet(set); s != nil {
		return s.Statistic(name)
	}
	return nil
}

// Statistic returns a statistic by its name, or nil if the data set does not have it.
func (d *DataSet) Statistic(name string) *Statistic {
	for i := range d.Statistics {
		if d.Statistics[i].Name == name {
			return &d.Statistics[i]
		}
	}
	return nil
}

// Excluded counts units that a statistic leaves out for a reason.
type Excluded struct {
	Reason string `json:"reason"`
	Of     string `json:"of"`
	Count  int64  `json:"count"`
}
