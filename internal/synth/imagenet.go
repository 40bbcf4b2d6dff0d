package synth

import "context"

// ImageNet simulates the annotation of an ImageNet-like data set and writes it in the release's or
// the front end's form. When it fails or ctx ends, nothing is left under a final name.
func ImageNet(ctx context.Context, o Options) (Result, error) {
	o, err := o.withDefaults(DefaultImageNetFormat, "tar", "folder", "jsonl", "pages", "dump")
	if err != nil {
		return Result{}, err
	}
	s := &imagenetRun{opt: o, plan: newPlan(o)}
	return execute(ctx, o, s)
}

// imagenetRun is one run of ImageNet.
type imagenetRun struct {
	opt         Options
	plan        *plan
	main, boxes *sink
	pictures    *sink // nil unless images are rendered
}

// Names of the files under Out.
const (
	targzName  = "imagenet_ab.tar.gz"
	tarName    = "imagenet_ab.tar"
	folderName = "train_xml"
	jsonlName  = "imagenet_ab.jsonl"
	pagesName  = "pages"
	dumpName   = "dump.jsonl"
	boxesName  = "boxes.tar.gz"
)

func (s *imagenetRun) open(outs *outputs) (err error) {
	switch s.opt.Format {
	case "targz":
		s.main, err = outs.open(targzName, true)
	case "tar":
		s.main, err = outs.open(tarName, false)
	case "folder":
		s.main, err = outs.openFolder(folderName)
	case "jsonl":
		s.main, err = outs.open(jsonlName, false)
	case "pages":
		s.main, err = outs.openFolder(pagesName)
	case "dump":
		s.main, err = outs.open(dumpName, false)
	}
	if err == nil && s.opt.Boxes {
		s.boxes, err = outs.open(boxesName, true)
	}
	if err == nil && s.opt.ImagesOut != "" {
		s.pictures, err = outs.openPictures()
	}
	return err
}

func (s *imagenetRun) pool() []worker { return s.plan.workers }

// chunks: one a group of pages; the front end's forms append the HITs behind them.
func (s *imagenetRun) chunks() int {
	if s.nested() {
		return len(s.plan.groups) + s.plan.allHITs
	}
	return len(s.plan.groups)
}

// nested tells the formats that are written HIT by HIT.
func (s *imagenetRun) nested() bool { return s.opt.Format == "pages" || s.opt.Format == "dump" }

// defects are those of the format's records.
func (s *imagenetRun) defects() []defect {
	switch s.opt.Format {
	case "targz", "tar", "folder":
		return xmlDefects
	}
	return jsonDefects
}

func (s *imagenetRun) commit(c *chunk) error {
	if s.boxes != nil {
		if err := s.boxes.add(&c.boxes); err != nil {
			return err
		}
	}
	if s.pictures != nil {
		if err := s.pictures.add(&c.pictures); err != nil {
			return err
		}
	}
	return s.main.add(&c.main)
}

// finish closes the archives.
func (s *imagenetRun) finish() error {
	if s.boxes != nil {
		if err := s.boxes.raw(tarEnd); err != nil {
			return err
		}
	}
	if s.opt.Format == "tar" || s.opt.Format == "targz" {
		return s.main.raw(tarEnd)
	}
	return nil
}
