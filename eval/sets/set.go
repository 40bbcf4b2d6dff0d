// Package sets opens the benchmarks that networks are evaluated on. It finds out which benchmark a folder is,
// lists its images with the classes that each accepts, and says what differs from the published set.
package sets

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"abtool/eval/view"
)

// Kinds of sets.
const (
	ImageNet    = "imagenet" // the validation images of ImageNet-1k
	V2          = "v2"
	A           = "a"
	R           = "r"
	O           = "o"
	Sketch      = "sketch"
	C           = "c"
	Occlusion   = "occlusion" // the images of ImageNet, with a hole in the middle
	ObjectNet   = "objectnet"
	SISize      = "si-size"
	SILocation  = "si-location"
	SIRotation  = "si-rotation"
	Backgrounds = "backgrounds"
	Folder      = "folder" // a folder for each class of the network
)

// An Image is an image of a set. ImageNet-C has 3,750,000, so that an image has only what the others of its folder do
// not have.
type Image struct {
	*Shared
	name string // of the file
}

// Shared has what images of a folder with the same group share.
type Shared struct {
	Labels []int32 // accepted classes; nobody may modify them
	Group  string  // the set's number groups by it: "fog/3", a factor's value, a variant, a rendition; or ""

	folder string // relative to the set's root, with slashes; "": the root
}

// NewImage returns an image that shares nothing with others.
func NewImage(path string, labels []int32, group string) Image {
	folder, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		folder, name = path[:i], path[i+1:]
	}
	return Image{&Shared{labels, group, folder}, name}
}

// Path returns the path relative to the set's root, with slashes. It identifies the image within the set.
func (im Image) Path() string {
	if im.folder == "" {
		return im.name
	}
	return im.folder + "/" + im.name
}

// A Set has the images of a benchmark.
type Set struct {
	Kind     string // one of the constants above
	Name     string // as the user calls it, such as v2-threshold-0.7
	Root     string
	Images   []Image
	Expected int           // number of images of the published set; 0 if it is not known
	Geometry view.Geometry // how the benchmark's images become the network's input
	Border   int           // pixels to cut off every side first
	Notes    []string      // what users should know: unexpected counts, and what was left out

	read func(i int, to *bytes.Buffer) error // nil: files of a folder
}

// Read appends the file of the i-th image to a buffer. Several goroutines may call it.
func (s *Set) Read(i int, to *bytes.Buffer) error {
	if s.read != nil {
		return s.read(i, to)
	}
	f, err := os.Open(filepath.Join(s.Root, filepath.FromSlash(s.Images[i].Path())))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = to.ReadFrom(f)
	return err
}

// Occluded returns the images of the set for a view with a hole of some pixels in the middle: set occlusion-112 with
// group "112" for 112.
func (s *Set) Occluded(hole int) *Set {
	o := *s
	o.Kind, o.Name, o.Notes = Occlusion, Occlusion+"-"+strconv.Itoa(hole), nil
	o.Images = slices.Clone(s.Images)
	shared := map[*Shared]*Shared{}
	for i := range o.Images {
		im := &o.Images[i]
		if shared[im.Shared] == nil {
			other := *im.Shared
			other.Group = strconv.Itoa(hole)
			shared[im.Shared] = &other
		}
		im.Shared = shared[im.Shared]
	}
	return &o
}
