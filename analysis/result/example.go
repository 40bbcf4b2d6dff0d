package result

// An Example is one annotated image, with the annotator's actions over time.
type Example struct {
	Set     string   `json:"data_set"`
	Image   string   `json:"image"`
	Class   string   `json:"class,omitempty"` // ImageNet: the class that the annotator was asked for
	Worker  string   `json:"worker,omitempty"`
	Width   float64  `json:"width"` // displayed width, px; 0 if unknown
	Height  float64  `json:"height"`
	Boxes   []Box    `json:"boxes"`
	Samples []Sample `json:"samples"` // mouse samples with a place and a time, in order
	Events  []Event  `json:"events"`  // in order of time
	Hits    int64    `json:"hits"`    // clicks in a box, or icons on a mask; without ground truth, 0 like Misses
	Misses  int64    `json:"misses"`
}

// A Box is a ground-truth box in fractions of the image; y points down.
type Box struct {
	Name string  `json:"name,omitempty"`
	X0   float64 `json:"x0"`
	Y0   float64 `json:"y0"`
	X1   float64 `json:"x1"`
	Y1   float64 `json:"y1"`
}

// A Sample is a place of the mouse, in fractions of the image, at a time in ms.
type Sample struct {
	T int64   `json:"t"`
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// An Event is a click, or a step with an icon.
type Event struct {
	Sample
	Kind string `json:"kind"` // click, add, move, remove
	Icon string `json:"icon,omitempty"`
	Last bool   `json:"last,omitempty"` // whether it is the final click, or the icon's point (C3)
	Hit  bool   `json:"hit,omitempty"`  // if Last: whether it is in a box, or on a mask
}

// ExampleOptions select examples.
type ExampleOptions struct {
	N      int      // number of each data set; 0 takes all of Images
	Images []string // ids of the images to take; empty takes any image
	Seed   uint64   // seed of the choice
	Hide   bool     // whether to replace worker ids by pseudonyms
	Jobs   int
}
