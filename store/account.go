package store

// Account is the account of a run, and, merged over runs, what store.json holds: every record
// that was met is in one of its counts.
type Account struct {
	FormatVersion int       `json:"format_version"`
	ToolVersion   string    `json:"tool_version"`
	Completed     bool      `json:"completed"` // false: the run failed, and the old store stands
	DataSets      []DataSet `json:"data_sets"`

	// Examples are the first rejects of a run, for people to look at; not in store.json.
	Examples []Example `json:"examples,omitempty"`
}

// DataSet is the account of one data set of the store.
type DataSet struct {
	Name     string           `json:"name"` // imagenet or coco
	Options  Options          `json:"options"`
	Sources  []Source         `json:"sources"`
	Rows     map[string]int64 `json:"rows"`     // by table
	Bytes    map[string]int64 `json:"bytes"`    // by table, on disk
	Rejected []Count          `json:"rejected"` // records left out, by reason
	Nulled   []Count          `json:"nulled"`   // fields set to null, by field and reason

	// Categories are the classes that the instances file lists, also those without an object.
	Categories []Category `json:"categories,omitempty"`

	// Notes say what people should know of the data set as a whole, such as records and ground
	// truth without an image in common.
	Notes []string `json:"notes,omitempty"`
}

// Category is a class of COCO's ground truth.
type Category struct {
	ID   int64  `json:"id"` // 1…90 with gaps
	Name string `json:"name"`
}

// Options are the options that the bytes of a data set depend on.
type Options struct {
	Format string `json:"format"`       // parquet; or arrow, which has Arrow IPC files too
	As     string `json:"as,omitempty"` // data set that undecided JSON was taken for
	Limits Limits `json:"limits"`
}

// Source is the account of one source: Records = Stored + Rejected, and in addition what
// is no record. A source whose records belong to two data sets is in both, with the records of
// each.
type Source struct {
	Name        string `json:"name"`
	Role        string `json:"role"`             // byproducts, boxes or instances
	Shape       string `json:"shape"`            // what it was found to be
	Bytes       int64  `json:"bytes"`            // as read, compressed if it is
	SHA256      string `json:"sha256,omitempty"` // of those bytes; of a folder, of its files in reading order; not of a run that failed
	Records     int64  `json:"records"`          // files of XML, records of JSON, boxes files, ground-truth images and objects
	Stored      int64  `json:"stored"`           // of them, in the store
	Rejected    int64  `json:"rejected"`         // of them, left out
	Rows        int64  `json:"rows"`             // rows of annotations made of the stored records
	AppleDouble int64  `json:"appledouble"`      // ._ companions, skipped (R1)
	OtherFiles  int64  `json:"other_files"`      // files of other kinds and a simulation's truth, skipped
	Headers     int64  `json:"headers"`          // front-end headers and empty pages: no record in them
	// Skipped counts what else was read over, by kind: symbolic links of an archive, values next to
	// a list of records.
	Skipped map[string]int64 `json:"skipped,omitempty"`
}

// Count is a number of rejects of one kind.
type Count struct {
	Field  string `json:"field,omitempty"` // entries of lists are taken together: mouseTracking.x
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// Example is one reject as people see it.
type Example struct {
	Source  string `json:"source"`
	Member  string `json:"member,omitempty"`
	Offset  int64  `json:"offset"`
	Field   string `json:"field,omitempty"`
	Reason  string `json:"reason"`
	Detail  string `json:"detail,omitempty"`
	Snippet string `json:"snippet,omitempty"`
}

// Limits bound what one input can make the program hold. The zero value means the defaults.
type Limits struct {
	Member int `json:"record_bytes"` // bytes of one archive member or one JSON record; default 64 MiB
	Depth  int `json:"depth"`        // nesting of elements or values; default 256
	List   int `json:"list"`         // entries of one list; default 250,000
}

// WithDefaults returns the limits with the defaults where there is no positive value.
func (l Limits) WithDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Member, 64<<20)
	set(&l.Depth, 256)
	set(&l.List, 250_000)
	return l
}

// Rejected returns the number of records left out.
func (s *Account) Rejected() (n int64) {
	for _, d := range s.DataSets {
		for _, src := range d.Sources {
			n += src.Rejected
		}
	}
	return n
}

// Records returns the number of records met.
func (s *Account) Records() (n int64) {
	for _, d := range s.DataSets {
		for _, src := range d.Sources {
			n += src.Records
		}
	}
	return n
}

// DataSet returns the account of a data set, nil if the store has none of that name.
func (s *Account) DataSet(name string) *DataSet {
	for i := range s.DataSets {
		if s.DataSets[i].Name == name {
			return &s.DataSets[i]
		}
	}
	return nil
}
