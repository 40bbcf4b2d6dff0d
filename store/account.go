package store

// Account says what became of every record of a run. Merged over runs it is the content of store.json.
// Every record is in one of its counts.
type Account struct {
	FormatVersion int       `json:"format_version"`
	ToolVersion   string    `json:"tool_version"`
	Completed     bool      `json:"completed"` // false: the run failed, and no store was written
	DataSets      []DataSet `json:"data_sets"`

	// Examples are the first rejects of a run, for people to look at. They are not in store.json.
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

	// Categories are the classes that the instances file lists, including those without an object.
	Categories []Category `json:"categories,omitempty"`

	// Notes say what users should know about the data set as a whole, for example that records and ground
	// truth have no image in common.
	Notes []string `json:"notes,omitempty"`

	// Studies are the accounts of the studies among the sources.
	Studies []Study `json:"studies,omitempty"`

	// Given says what the run was given, if a study is among it: everything has to be read again after an erasure.
	Given *Given `json:"given,omitempty"`
}

// Given are the paths that a run was given, relative to the folder of the store.
type Given struct {
	Sources   []string `json:"sources,omitempty"`
	Boxes     []string `json:"boxes,omitempty"`
	Instances []string `json:"instances,omitempty"`
}

// Study is the account of a study. Shown = Submitted + Open + Left + Withdrawn; chunks announced = stored +
// missing, and events likewise.
type Study struct {
	ID              string           `json:"id,omitempty"` // no other study has it
	Name            string           `json:"name"`         // of the source
	Folder          string           `json:"folder"`       // relative to the folder of the store
	Task            string           `json:"task"`         // browse, tag
	Assignments     int64            `json:"assignments"`
	States          map[string]int64 `json:"assignments_by_state"`
	Shown           int64            `json:"pages_shown"` // pages of which a chunk is stored
	Submitted       int64            `json:"pages_submitted"`
	Open            int64            `json:"pages_open"`      // their assignments are live
	Left            int64            `json:"pages_left"`      // their assignments were returned or abandoned
	Withdrawn       int64            `json:"pages_withdrawn"` // their annotators withdrew; with those that were erased
	Erased          int64            `json:"pages_erased"`    // of those withdrawn, pages whose data the annotators had deleted
	ChunksAnnounced int64            `json:"chunks_announced"`
	ChunksStored    int64            `json:"chunks_stored"`
	ChunksMissing   int64            `json:"chunks_missing"`
	EventsAnnounced int64            `json:"events_announced"` // of an attempt that was not submitted, those that are stored
	EventsStored    int64            `json:"events_stored"`
	EventsMissing   int64            `json:"events_missing"`
	EventsUnknown   int64            `json:"events_unknown"` // of those stored, events of kinds that this version does not know
	Thinned         int64            `json:"events_thinned"` // left out by the recorder to keep the rate
	Dropped         int64            `json:"events_dropped"` // left out because there were too many
	Lost            int64            `json:"events_lost"`    // lost in the browser, as far as it knows
	Erasures        int64            `json:"erasures"`       // number of the last erasure of an annotator's data before the study was read
}

// Category is a class of COCO's ground truth.
type Category struct {
	ID   int64  `json:"id"` // 1…90 with gaps
	Name string `json:"name"`
}

// Options are the options that determine the bytes of a data set.
type Options struct {
	Format string `json:"format"`       // parquet; or arrow, which has Arrow IPC files too
	As     string `json:"as,omitempty"` // data set of JSON that does not show its data set
	Limits Limits `json:"limits"`
}

// Source is the account of one source: Records = Stored + Rejected, and the numbers of things that are not
// records. A source whose records belong to two data sets is in the accounts of both, each with its
// records.
type Source struct {
	Name        string `json:"name"`
	Role        string `json:"role"`             // byproducts, boxes or instances
	Shape       string `json:"shape"`            // form of the content, as recognised
	Bytes       int64  `json:"bytes"`            // bytes read, before decompression
	SHA256      string `json:"sha256,omitempty"` // of those bytes; for a folder, of its files in reading order; empty for a run that failed
	Records     int64  `json:"records"`          // files of XML, records of JSON, boxes files, ground-truth images and objects
	Stored      int64  `json:"stored"`           // records in the store
	Rejected    int64  `json:"rejected"`         // records left out
	Rows        int64  `json:"rows"`             // rows of annotations made from the stored records
	AppleDouble int64  `json:"appledouble"`      // ._ companions, skipped (R1)
	OtherFiles  int64  `json:"other_files"`      // files of other kinds and a simulation's truth, skipped
	Headers     int64  `json:"headers"`          // front-end headers and empty pages, which have no record
	// Repaired counts the strings of COCO in which bytes that are not UTF-8 were replaced (R12).
	Repaired int64 `json:"repaired,omitempty"`
	// Skipped counts everything else that was skipped, by kind: symbolic links of an archive, values next
	// to a list of records.
	Skipped map[string]int64 `json:"skipped,omitempty"`
}

// Count is a number of rejects of one kind.
type Count struct {
	Field  string `json:"field,omitempty"` // with one name for all entries of a list: mouseTracking.x
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

// Limits bound the memory that one input can take. The zero value means the defaults.
type Limits struct {
	Member int `json:"record_bytes"` // bytes of one archive member or one JSON record; default 64 MiB
	Depth  int `json:"depth"`        // nesting of elements or values; default 256
	List   int `json:"list"`         // entries of one list; default 250,000
}

// WithDefaults returns the limits with the default in place of every value that is not positive.
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

// DataSet returns the account of a data set, or nil if the store does not have it.
func (s *Account) DataSet(name string) *DataSet {
	for i := range s.DataSets {
		if s.DataSets[i].Name == name {
			return &s.DataSets[i]
		}
	}
	return nil
}
