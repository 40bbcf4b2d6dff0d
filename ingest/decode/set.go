package decode

import (
	"reflect"

	"github.com/parquet-go/parquet-go"

	"abtool/schema"
	"abtool/store/columnar"
)

// Set is a data set. The zero Set means that the data set is not known.
type Set uint8

// The data sets.
const (
	ImageNet Set = 1 + iota
	COCO
)

// Sets lists the data sets.
var Sets = [...]Set{ImageNet, COCO}

// String returns the name of the data set in a store, or "" for the zero Set.
func (s Set) String() string { return [...]string{"", "imagenet", "coco"}[s] }

// SetOf returns the data set with a name in a store, or the zero Set.
func SetOf(name string) Set {
	for _, s := range Sets {
		if s.String() == name {
			return s
		}
	}
	return 0
}

// layouts says how the columns of the annotation tables are encoded.
var layouts = [COCO + 1]columnar.Layout{
	ImageNet: {
		Deltas: []string{"seq", "image_id", "clicks.t"},
		Steady: []string{"mouse.t", "hovers.t"},
		Fractions: map[string]string{
			"clicks.x": "image_width", "clicks.y": "image_height", "mouse.x": "image_width", "mouse.y": "image_height",
		},
	},
	COCO: {
		Deltas:    []string{"seq", "image_id", "page_started", "page_ended", "time_spent", "actions.t", "browsing.t"},
		Steady:    []string{"mouse.t"},
		Fractions: map[string]string{"mouse.x": "image_width", "mouse.y": "image_height"},
	},
}

// columns has the columns of the annotation tables, with those of studies and without.
var columns = [COCO + 1]struct{ all, plain *columnar.Schema }{
	ImageNet: columnsOf(schema.ImageNetAnnotation{}),
	COCO:     columnsOf(schema.COCOAnnotation{}),
}

func columnsOf(row any) (c struct{ all, plain *columnar.Schema }) {
	all := parquet.SchemaOf(row)
	t := schema.TableOf(row).WithoutStudy()
	c.all = schemaOf(all)
	c.plain = schemaOf(parquet.NewSchema(all.Name(), parquet.SchemaOf(reflect.New(t.Type).Interface())))
	return c
}

func schemaOf(of *parquet.Schema) *columnar.Schema {
	s, err := columnar.SchemaOf(of)
	if err != nil {
		panic(err) // the types are constants of the program
	}
	return s
}

// Studies says which data sets have a study among their sources, and so the columns of studies.
type Studies [COCO + 1]bool

// Schema returns the columns of the data set's annotations, with those of studies or without.
func (s Set) Schema(study bool) *columnar.Schema {
	if study {
		return columns[s].all
	}
	return columns[s].plain
}

// Layout returns how the columns of the data set's annotations are encoded.
func (s Set) Layout() *columnar.Layout { return &layouts[s] }
