package synth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Defaults of Options.
const (
	DefaultImages         = 1000
	DefaultImageNetFormat = "targz"
	DefaultCOCOFormat     = "json"
)

// Options chooses what is simulated. The zero value of each field has a stated default.
type Options struct {
	Images      int                          // images (ImageNet) or pages (COCO); 0 = DefaultImages
	Seed        uint64                       // the same seed gives the same bytes; 0 is a seed like any other
	Out         string                       // folder to make; must not exist or be empty unless Force; no default
	Format      string                       // ImageNet: "targz" (default), "tar", "folder", "jsonl", "pages", "dump"; COCO: "json" (default), "jsonl", "pages", "dump"
	Dirty       float64                      // share of records damaged, 0..1; default 0
	ImagesOut   string                       // folder for rendered JPEGs; "" = none
	Workers     int                          // goroutines, 0 = GOMAXPROCS; never changes the bytes
	Boxes       bool                         // ImageNet: also write boxes.tar.gz, the ILSVRC CLS-LOC annotations of all images
	AppleDouble bool                         // ImageNet archives and folders: sprinkle ._ companions
	Classes     []string                     // ImageNet: names of the classes, at least one a page; nil = WordNet ids, as many as the size gives
	Scene       func(image, class int) Scene // ImageNet: what an image shows, instead of a simulated photograph; nil = simulated. Called from several goroutines, several times an image
	Diligence   float64                      // ImageNet: chance that a click is aimed at the object, 0..1; 0 = each annotator's own, 0.68 on average
	Force       bool                         // write into a folder that has files, replacing the files of an earlier run
	Progress    func(done, total int)        // images so far and in all; may be nil; called from one goroutine
}

// Scene is an image that exists: annotators are simulated on it. Its class is the plan's.
type Scene struct {
	ID            string // of letters, digits, - and _
	Width, Height int    // pixels
	Box           [4]int // of the object: xmin, ymin, xmax, ymax in pixels, as ILSVRC counts
}

// File is one file, or one folder of small files, that a run wrote.
type File struct {
	Path    string `json:"path"`    // as opened: Out joined with the name
	Bytes   int64  `json:"bytes"`   // on disk; of a folder, the sum over its files
	Records int64  `json:"records"` // members, records or lines; of COCO's ground truth, objects
}

// Result lists what a run wrote.
type Result struct {
	Images   int64  `json:"images"`   // images simulated
	Records  int64  `json:"records"`  // records in the main file: XML members, JSON records (of pages and dumps: records nested in them)
	Showings int64  `json:"showings"` // times an image was shown to an annotator, duplicates injected by Dirty included
	Damaged  int64  `json:"damaged"`  // records with an injected defect = lines of truth/damage.jsonl
	Files    []File `json:"files"`
}

// ErrOutNotEmpty is wrapped by the error for an output folder that has files in it.
var ErrOutNotEmpty = errors.New("the output folder is not empty")

// withDefaults checks o for the data set whose formats are given, the default first.
func (o Options) withDefaults(formats ...string) (Options, error) {
	if o.Images == 0 {
		o.Images = DefaultImages
	}
	if o.Format == "" {
		o.Format = formats[0]
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	switch {
	case o.Images < 0:
		return o, fmt.Errorf("simulating %d images: the number must be positive", o.Images)
	case o.Images > maxImages:
		return o, fmt.Errorf("simulating %d images: at most %d are possible", o.Images, maxImages)
	case o.Out == "":
		return o, errors.New("simulating annotators: no output folder given; name one that does not exist yet")
	case len(o.Classes) > maxClasses(o.Images):
		return o, fmt.Errorf("simulating %d images of %d classes: they fill %d pages, and a page has one class", o.Images, len(o.Classes), maxClasses(o.Images))
	case o.Scene != nil && o.ImagesOut != "":
		return o, errors.New("simulating annotators of images that exist: they cannot be rendered")
	case !(o.Dirty >= 0 && o.Dirty <= 1):
		return o, fmt.Errorf("simulating damage at rate %v: the rate is a share from 0 to 1", o.Dirty)
	case !slices.Contains(formats, o.Format):
		return o, fmt.Errorf("simulating format %q: unknown; choose one of %s", o.Format, strings.Join(formats, ", "))
	}
	return o, nil
}

// maxImages keeps image numbers and record counts within their ranges.
const maxImages = 1 << 30

// prepareOut makes the output folder and reports whether it did not exist before.
func (o Options) prepareOut() (made bool, err error) {
	entries, err := os.ReadDir(o.Out)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(o.Out, 0o777); err != nil {
			return false, fmt.Errorf("making the output folder %s: %w; "+
				"choose a folder that can be written", o.Out, err)
		}
		return true, nil
	case err != nil:
		return false, fmt.Errorf("looking into the output folder %s: %w; give a folder, not a file", o.Out, err)
	case len(entries) > 0 && !o.Force:
		return false, fmt.Errorf("simulating into %s: %w; choose another folder, "+
			"or use force to replace what an earlier run left", o.Out, ErrOutNotEmpty)
	}
	return false, nil
}

func (o Options) path(parts ...string) string {
	return filepath.Join(append([]string{o.Out}, parts...)...)
}
