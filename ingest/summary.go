package ingest

import (
	"cmp"
	"slices"
)

// Summary is the account of a run: every record that was met is in one of its counts.
type Summary struct {
	FormatVersion int            `json:"format_version"`
	ToolVersion   string         `json:"tool_version"`
	Completed     bool           `json:"completed"` // false: the run failed, and the old store stands
	Options       StoreOptions   `json:"options"`
	Sources       []SourceStats  `json:"sources"`
	DataSets      []DataSetStats `json:"data_sets"`
}

// StoreOptions are the options that a store depends on.
type StoreOptions struct {
	Format string `json:"format"` // parquet or arrow
	Limits Limits `json:"limits"`
	As     string `json:"as,omitempty"`
}

// SourceStats is the account of one source: Records = Stored + Rejected, and beside them what
// is no record.
type SourceStats struct {
	Name       string `json:"name"`
	Role       string `json:"role"`  // byproducts, boxes or instances
	Shape      string `json:"shape"` // what it was found to be
	Bytes      int64  `json:"bytes"` // as read, compressed if it is
	SHA256     string `json:"sha256"`
	DataSet    string `json:"data_set"`
	Records    int64  `json:"records"` // files of XML, records of JSON, boxes files, ground-truth images and objects
	Stored     int64  `json:"stored"`
	Rejected   int64  `json:"rejected"`
	Rows       int64  `json:"rows"`        // rows of annotations made of the stored records
	AppleDoubl int64  `json:"appledouble"` // ._ companions, skipped (R1)
	OtherFiles int64  `json:"other_files"` // members of other kinds, skipped
	Headers    int64  `json:"headers"`     // front-end headers and empty pages: no record in them
}

// DataSetStats is the account of one data set of the store.
type DataSetStats struct {
	Name     string           `json:"name"` // imagenet or coco
	Rows     map[string]int64 `json:"rows"` // by table
	Bytes    map[string]int64 `json:"bytes"`
	Rejected []Count          `json:"rejected"` // records left out, by reason
	Nulled   []Count          `json:"nulled"`   // fields set to null, by field and reason
	Sources  []string         `json:"sources"`
}

// Count is a number of rejects of one kind.
type Count struct {
	Field  string `json:"field,omitempty"` // entries of lists are taken together: mouseTracking.x
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// Rejected is the number of records left out.
func (s *Summary) Rejected() (n int64) {
	for _, src := range s.Sources {
		n += src.Rejected
	}
	return n
}

// Nulled is the number of fields set to null.
func (s *Summary) Nulled() (n int64) {
	for _, d := range s.DataSets {
		for _, c := range d.Nulled {
			n += c.Count
		}
	}
	return n
}

// tally counts rejects by field and reason.
type tally map[[2]string]int64

func (t tally) counts() []Count {
	out := make([]Count, 0, len(t))
	for k, n := range t {
		out = append(out, Count{k[0], k[1], n})
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// column is the field without the place in its list: mouseTracking[3].x gives mouseTracking.x.
func column(field string) string {
	var b []byte
	in := false
	for i := range len(field) {
		switch field[i] {
		case '[':
			in = true
		case ']':
			in = false
		default:
			if !in {
				b = append(b, field[i])
			}
		}
	}
	return string(b)
}
