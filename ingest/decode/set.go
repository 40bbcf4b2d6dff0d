package decode

import (
	"abtool/schema"
	"abtool/store/columnar"
)

// Set is a data set; the zero Set means that nothing has shown which one.
type Set uint8

// The data sets.
const (
	ImageNet Set = 1 + iota
	COCO
)

// Sets are the data sets.
var Sets = [...]Set{ImageNet, COCO}

// String returns the data set's name in a store, "" of the zero Set.
func (s Set) String() string { return [...]string{"", "imagenet", "coco"}[s] }

// SetOf returns the data set of a name in a store, the zero Set for any other name.
func SetOf(name string) Set {
	for _, s := range Sets {
		if s.String() == name {
			return s
		}
	}
	return 0
}

// annotations are the annotation tables.
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
		panic(err) // the types are ours
	}
	return s
}

// Schema returns the columns of the data set's annotations.
func (s Set) Schema() *columnar.Schema { return annotations[s].schema }

// Layout returns how they are encoded.
func (s Set) Layout() *columnar.Layout { return &annotations[s].layout }
