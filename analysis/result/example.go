package result

// An Example is one image as it was annotated: what a person did, in time.
type Example struct {
	Set     string   `json:"data_set"`
	Image   string   `json:"image"`
	Class   string   `json:"class,omitempty"` // ImageNet: that was asked for
	Worker  string   `json:"worker,omitempty"`
	Width   float64  `json:"width"` // displayed, px; 0: unknown
	Height  float64  `json:"height"`
	Boxes   []Box    `json:"boxes"`
	Samples []Sample `json:"samples"` // of the mouse, with a place and a time, in order
	Events  []Event  `json:"events"`  // in order of time
	Hits    int64    `json:"hits"`    // clicks in a box, or icons on a mask; 0 as Misses without ground truth
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
	Last bool   `json:"last,omitempty"` // it is the final click, or the icon's point (C3)
	Hit  bool   `json:"hit,omitempty"`  // of it: whether it is in a box, or on a mask
}

// ExampleOptions say which examples to take.
type ExampleOptions struct {
	N      int      // of each data set; 0 with Images: all of them
	Images []string // take no others; none: any image
	Seed   uint64   // of the choice
	Hide   bool     // replace worker ids by pseudonyms
	Jobs   int
}
