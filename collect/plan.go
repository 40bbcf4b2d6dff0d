package collect

// An Image is an image of a study, a line of images.jsonl.
type Image struct {
	ID     string `json:"id"`
	Class  string `json:"class,omitempty"` // the class that the image is a candidate for; "" on tag pages
	Path   string `json:"path"`            // relative to the folder of images
	Width  int    `json:"width"`
	Height int    `json:"height"`
	SHA256 string `json:"sha256"`
	Known  *bool  `json:"known"`          // whether the class is known to be in the image; null if nobody knows
	Gold   bool   `json:"gold,omitempty"` // whether the image checks annotators
}

// A HIT is a list of pages for one annotator, a line of plan.jsonl.
type HIT struct {
	ID       string `json:"hit"`
	Task     string `json:"task"`               // browse, tag
	K        int    `json:"k"`                  // how many annotators it needs
	Priority int    `json:"priority,omitempty"` // HITs of larger priority are given first
	Pages    []Page `json:"pages"`
}

// A Page is a page of a HIT.
type Page struct {
	Class string `json:"class,omitempty"` // of a browse page
	Slots []Slot `json:"slots"`
}

// A Slot is a place on a page that shows an image.
type Slot struct {
	Image string `json:"image"`
	Role  string `json:"role,omitempty"` // "" for a candidate; other: an image of another class; gold: checks annotators; repeat: comes again
	Known *bool  `json:"known"`          // whether the page's class is known to be in the image
}
