package synth

import "context"

// ImageNet simulates the annotation of an ImageNet-like data set and writes it in the release's or
// the front end's form. When it fails or ctx ends, nothing is left under a final name.
func ImageNet(ctx context.Context, o Options) (Result, error) {
	o, err := o.withDefaults(DefaultImageNetFormat, "tar", "folder", "jsonl", "pages", "dump")
	if err != nil {
		return Result{}, err
	}
	s := &imagenetRun{common{opt: o}, newPlan(o)}
	return execute(ctx, o, s)
}

// imagenetRun is one run of ImageNet.
type imagenetRun struct {
	common
	plan *plan
}

// Folders and files that more than one format has.
const (
	folderName = "train_xml"
	pagesName  = "pages"
	dumpName   = "dump.jsonl"
)

var imagenetForms = map[string]form{
	"targz":  {name: "imagenet_ab.tar.gz", packed: true},
	"tar":    {name: "imagenet_ab.tar"},
	"folder": {name: folderName, folder: true},
	"jsonl":  {name: "imagenet_ab.jsonl"},
	"pages":  {name: pagesName, folder: true},
	"dump":   {name: dumpName},
}

func (s *imagenetRun) open(outs *outputs) error {
	var boxes form
	if s.opt.Boxes {
		boxes = form{name: "boxes.tar.gz", packed: true}
	}
	return s.openForms(outs, imagenetForms[s.opt.Format], boxes)
}

func (s *imagenetRun) pool() []worker { return s.plan.workers }

// chunks: one a group of pages; the front end's forms append the HITs after them.
func (s *imagenetRun) chunks() int {
	if s.nested() {
		return len(s.plan.groups) + s.plan.allHITs
	}
	return len(s.plan.groups)
}

// defects returns the defects that the format's records can have.
func (s *imagenetRun) defects() []defect[*showing] {
	switch s.opt.Format {
	case "targz", "tar", "folder":
		return xmlDefects
	}
	return jsonDefects
}

// finish closes the archives.
func (s *imagenetRun) finish() error {
	if s.ground != nil {
		if err := s.ground.raw(tarEnd); err != nil {
			return err
		}
	}
	if s.opt.Format == "tar" || s.opt.Format == "targz" {
		return s.main.raw(tarEnd)
	}
	return nil
}
