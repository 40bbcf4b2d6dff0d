package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"abtool/internal/usage"
	"abtool/store/columnar"
)

// A Joint is several stores that are read as one: as the store that one ingest of all their sources makes,
// in the order of the stores.
type Joint struct {
	Dirs    []string   // folders of the stores, in order
	Of      []*Account // their accounts
	Account *Account   // of all
	// Names has, for each store, the names of sources that other stores before it also have, and their names
	// among the sources of all.
	Names []map[string]string

	sets map[string]*JointSet
}

// A JointSet is a data set of several stores.
type JointSet struct {
	Parts []JointPart // the stores that have it, in order
	// Images is the table of images of ImageNet, as a Parquet file. It is nil for COCO, where an image has
	// its row from one of the stores.
	Images []byte
	// Repeats counts what several stores have (R4). The first counts.
	Repeats Repeats
	Common  bool // several stores have rows of the same images

	imageRows  int64 // of Images
	categories []Category
}

// A JointPart is the data set in one store.
type JointPart struct {
	Store int     // its number in the Joint
	First int64   // number of its first row of annotations among the rows of all
	Drop  []int64 // rows of annotations that a store before it has (R4), in order
	// Repeated is the number of records that these rows are of.
	Repeated int64
	// DropImages are the rows of COCO's images that another store has, in order.
	DropImages []int64
}

// Repeats counts records that several stores have.
type Repeats struct {
	Records, Rows int64
	Example       string // an image
	From, Before  string // folders: the record is also in Before, which counts
}

// ErrContradict is the error of stores that cannot be read as one because of their ground truth.
var ErrContradict = errors.New("contradict each other")

// contradict returns the error of two stores, and says how to go on.
func contradict(one, other, why string) error {
	return fmt.Errorf("%s and %s %w: %s. If they are of the same images, ingest one of them again with the ground truth of the other. "+
		"If they are not, as with two seeds of abtool synth, they can be compared but not joined: abtool stats %[1]s --compare %[2]s", one, other, ErrContradict, why)
}

// Set returns a data set, or nil if none of the stores has it.
func (j *Joint) Set(name string) *JointSet { return j.sets[name] }

// joints has the last places that were joined, because a command opens several tables of a place.
var joints struct {
	sync.Mutex
	by map[string]*Joint
}

// jointsKept is the number of places that are remembered.
const jointsKept = 4

// Join reads the accounts of the stores at a place, and finds what several of them have. It returns nil for
// a single store.
func Join(place string) (*Joint, error) {
	dirs, err := Folders(place)
	if err != nil || len(dirs) < 2 {
		return nil, err
	}
	key := ""
	for _, dir := range dirs {
		info, err := os.Stat(filepath.Join(dir, File))
		if err != nil {
			_, err = readOne(dir) // it says what is wrong
			return nil, err
		}
		key += fmt.Sprintf("%s\x00%d\x00%d\x00", dir, info.Size(), info.ModTime().UnixNano())
	}
	joints.Lock()
	defer joints.Unlock()
	if j := joints.by[key]; j != nil {
		return j, nil
	}
	j, err := join(dirs)
	if err != nil {
		return nil, err
	}
	if joints.by == nil || len(joints.by) == jointsKept {
		joints.by = map[string]*Joint{}
	}
	joints.by[key] = j
	return j, nil
}

func join(dirs []string) (*Joint, error) {
	j := &Joint{Dirs: dirs, sets: map[string]*JointSet{}}
	studies := map[string]string{}
	for _, dir := range dirs {
		a, err := readOne(dir)
		if err != nil {
			return nil, err
		}
		for _, d := range a.DataSets {
			for _, s := range d.Studies {
				if other, ok := studies[s.ID]; ok && s.ID != "" && other != dir {
					return nil, usage.Errorf("%s and %s both have the study %s: give the newer one alone, or ingest the other "+
						"sources again without the study", other, dir, s.Name)
				}
				studies[s.ID] = dir
			}
		}
		j.Of = append(j.Of, a)
	}
	for _, name := range Sets {
		s := &JointSet{}
		for i, a := range j.Of {
			if a.DataSet(name) != nil {
				s.Parts = append(s.Parts, JointPart{Store: i})
			}
		}
		if len(s.Parts) > 0 {
			j.sets[name] = s
		}
	}
	dropped := map[string][]leftOut{}
	for name, s := range j.sets {
		var err error
		switch name {
		case "imagenet":
			dropped[name], err = j.imagenet(s)
		default:
			dropped[name], err = j.coco(s)
		}
		if err != nil {
			return nil, err
		}
		first := int64(0)
		for i := range s.Parts {
			p := &s.Parts[i]
			p.First = first
			for _, x := range dropped[name] {
				if x.store == p.Store {
					p.Repeated += x.records
				}
			}
			first += j.Of[p.Store].DataSet(name).Rows["annotations"] - int64(len(p.Drop))
		}
	}
	j.merge(dropped)
	return j, nil
}

// A leftOut counts the records of a source of a store that a store before it has.
type leftOut struct {
	store         int
	source        string
	records, rows int64
}

// count counts a record that is left out, and its rows.
func count(to *[]leftOut, store int, source string, records, rows int64) {
	for i := range *to {
		if x := &(*to)[i]; x.store == store && x.source == source {
			x.records, x.rows = x.records+records, x.rows+rows
			return
		}
	}
	*to = append(*to, leftOut{store, source, records, rows})
}

// dir returns the folder of a part.
func (j *Joint) dir(p *JointPart) string { return j.Dirs[p.Store] }

// tables opens a table of each part. The caller closes them, also after an error.
func (j *Joint) tables(s *JointSet, set, table string) (all []*columnar.Table, err error) {
	for i := range s.Parts {
		t, err := columnar.Open(j.dir(&s.Parts[i]), set, table)
		if err != nil {
			return all, err
		}
		all = append(all, t)
	}
	return all, nil
}

func closeAll(all []*columnar.Table) {
	for _, t := range all {
		t.Close()
	}
}

// Open opens a table of the store at a place, or of its stores as one table.
func Open(place, set, table string) (*columnar.Table, error) {
	j, err := Join(place)
	if err != nil {
		return nil, err
	}
	if j == nil {
		if dirs, err := Folders(place); err == nil {
			place = dirs[0]
		}
		return columnar.Open(place, set, table)
	}
	s := j.sets[set]
	if s == nil {
		return nil, fmt.Errorf("%s: no store has %s", place, Title(set))
	}
	if table == "images" && s.Images != nil {
		return columnar.Join(columnar.Part{Path: "the images of " + place, Data: s.Images})
	}
	var parts []columnar.Part
	for i := range s.Parts {
		p := &s.Parts[i]
		if !slices.Contains(TablesOf(j.Of[p.Store].DataSet(set).Rows), table) {
			continue
		}
		part := columnar.Part{Path: columnar.PathOf(j.dir(p), set, table)}
		switch table {
		case "annotations":
			part.Drop = p.Drop
		case "images":
			part.Drop = p.DropImages
		}
		parts = append(parts, part)
	}
	return columnar.Join(parts...)
}
