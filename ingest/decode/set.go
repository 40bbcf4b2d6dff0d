package decode

import (
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

// annotations has the columns of the annotation tables, and how they are encoded.
var annotations = [COCO + 1]struct {
	schema *columnar.Schema
	layout columnar.Layout
}{
	ImageNet: {schemaOf[schema.ImageNetAnnotation](), columnar.Layout{
		Deltas: []string{"seq", "image_id", "clicks.t"},
		Steady: []string{"mouse.t", "hovers.t"},
		Fractions: map[string]string{
			"clicks.x": "image_width", "clicks.y": "image_height", "mouse.x": "image_width", "mouse.y": "image_height",
		},
	}},
	COCO: {schemaOf[schema.COCOAnnotation](), columnar.Layout{
		Deltas:    []string{"seq", "image_id", "page_started", "page_ended", "time_spent", "actions.t", "browsing.t"},
		Steady:    []string{"mouse.t"},
		Fractions: map[string]string{"mouse.x": "image_width", "mouse.y": "image_height"},
	}},
}

func schemaOf[R any]() *columnar.Schema {
	s, err := columnar.NewSchema[R]()
	if err != nil {
		panic(err) // the types are constants of the program
	}
	return s
}

// Schema returns the columns of the data set's annotations.
func (s Set) Schema() *columnar.Schema { return annotations[s].schema }

// Layout returns how the columns of the data set's annotations are encoded.
func (s Set) Layout() *columnar.Layout { return &annotations[s].layout }
