package synth

import "context"

// COCO simulates the annotation of a COCO-like data set and writes it in the release's or the
// front end's form, with the instances file. When it fails or ctx ends, nothing is left under a final name.
func COCO(ctx context.Context, o Options) (Result, error) {
	o, err := o.withDefaults(DefaultCOCOFormat, "jsonl", "pages", "dump")
	if err != nil {
		return Result{}, err
	}
	s := &cocoRun{common: common{opt: o}}
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
)

var cocoForms = map[string]form{
	"json":  {name: "coco_ab.json"},
	"jsonl": {name: "coco_ab.jsonl"},
	"pages": {name: pagesName, folder: true},
	"dump":  {name: dumpName},
}

// cocoRun is one run of COCO.
type cocoRun struct {
	common
	hits    int
	workers []worker
	ids     scatter
}

// imageID returns the id of image i: in COCO's range, and in no order.
func (s *cocoRun) imageID(i int) int64 { return int64(s.ids.at(i)) + 1 }

func (s *cocoRun) pool() []worker { return s.workers }

func (s *cocoRun) chunks() int { return (s.hits + cocoChunk - 1) / cocoChunk }

func (s *cocoRun) open(outs *outputs) error {
	if err := s.openForms(outs, cocoForms[s.opt.Format], form{name: "instances_train2014.json"}); err != nil {
		return err
	}
	if s.opt.Format == "json" {
		if err := s.main.raw([]byte("[")); err != nil {
			return err
		}
	}
	return s.listImages()
}

// listImages writes the head of the instances file: sizes come from a separate stream,
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
			if err := s.ground.raw(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	return s.ground.raw(append(b, instancesMid()...))
}

func (s *cocoRun) finish() error {
	if err := s.ground.raw(instancesTail()); err != nil {
		return err
	}
	if s.opt.Format == "json" {
		return s.main.raw([]byte("]"))
	}
	return nil
}
