package synth

import "context"

// COCO simulates the annotation of a COCO-like data set and writes it in the release's or the
// front end's form, with the instances file. When it fails or ctx ends, nothing is left under a final name.
func COCO(ctx context.Context, o Options) (Result, error) {
	o, err := o.withDefaults(DefaultCOCOFormat, "jsonl", "pages", "dump")
	if err != nil {
		return Result{}, err
	}
	s := &cocoRun{opt: o}
	s.hits = (o.Images + cocoPages - 1) / cocoPages
	s.workers = newWorkers(o.Seed, max(8, s.hits*662/4140))
	for h := range s.hits {
		s.workers[pick(o.Seed, len(s.workers), h, 0)].HITs++
	}
	s.ids = newScatter(max(o.Images, lastCOCOID), 57869)
	return execute(ctx, o, s)
}

const (
	cocoPages  = 20     // of a HIT
	lastCOCOID = 581929 // greatest image id of COCO 2014
	cocoChunk  = 4      // HITs of a chunk

	cocoJSONName  = "coco_ab.json"
	cocoLinesName = "coco_ab.jsonl"
	instancesName = "instances_train2014.json"
)

// cocoRun is one run of COCO.
type cocoRun struct {
	opt             Options
	hits            int
	workers         []worker
	ids             scatter
	main, instances *sink
	pictures        *sink // nil unless images are rendered
}

// imageID of image i: COCO's range, in no order.
func (s *cocoRun) imageID(i int) int64 { return int64(s.ids.at(i)) + 1 }

func (s *cocoRun) pool() []worker { return s.workers }

func (s *cocoRun) chunks() int { return (s.hits + cocoChunk - 1) / cocoChunk }

func (s *cocoRun) open(outs *outputs) (err error) {
	switch s.opt.Format {
	case "json":
		if s.main, err = outs.open(cocoJSONName, false); err == nil {
			err = s.main.raw([]byte("["))
		}
	case "jsonl":
		s.main, err = outs.open(cocoLinesName, false)
	case "pages":
		s.main, err = outs.openFolder(pagesName)
	case "dump":
		s.main, err = outs.open(dumpName, false)
	}
	if err != nil {
		return err
	}
	if s.instances, err = outs.open(instancesName, false); err != nil {
		return err
	}
	if s.opt.ImagesOut != "" {
		if s.pictures, err = outs.openPictures(); err != nil {
			return err
		}
	}
	return s.listImages()
}

// listImages writes the head of the instances file: sizes come from a stream of their own,
// so that the images need not be drawn for it.
func (s *cocoRun) listImages() error {
	b := instancesHead()
	var sc scene
	d := newDice()
	for i := range s.opt.Images {
		sc.size(s.opt.Seed, i, d)
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendImage(b, s.imageID(i), sc.w, sc.h)
		if len(b) > 1<<18 {
			if err := s.instances.raw(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	return s.instances.raw(append(b, instancesMid()...))
}

// nested tells the formats that are written HIT by HIT.
func (s *cocoRun) nested() bool { return s.opt.Format == "pages" || s.opt.Format == "dump" }

func (s *cocoRun) commit(c *chunk) error {
	if err := s.instances.add(&c.boxes); err != nil {
		return err
	}
	if s.pictures != nil {
		if err := s.pictures.add(&c.pictures); err != nil {
			return err
		}
	}
	return s.main.add(&c.main)
}

func (s *cocoRun) finish() error {
	if err := s.instances.raw(instancesTail()); err != nil {
		return err
	}
	if s.opt.Format == "json" {
		return s.main.raw([]byte("]"))
	}
	return nil
}
