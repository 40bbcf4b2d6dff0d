package synth

import (
	"context"
	"fmt"
)

// simulation is what ImageNet and COCO have in common.
type simulation interface {
	open(outs *outputs) error
	chunks() int
	newMaker() maker
	commit(c *chunk) error
	finish() error
	pool() []worker
}

// common is what the runs of ImageNet and COCO have in common.
type common struct {
	opt      Options
	main     *sink
	ground   *sink // ground truth: boxes of ImageNet, instances of COCO; nil: not written
	pictures *sink // nil unless images are rendered
}

// form is how a file of a format is written.
type form struct {
	name           string // under Out
	packed, folder bool
}

// openForms opens the outputs; ground truth without a name is not written.
func (s *common) openForms(outs *outputs, main, ground form) (err error) {
	if main.folder {
		s.main, err = outs.openFolder(main.name)
	} else {
		s.main, err = outs.open(main.name, main.packed)
	}
	if err == nil && ground.name != "" {
		s.ground, err = outs.open(ground.name, ground.packed)
	}
	if err == nil && s.opt.ImagesOut != "" {
		s.pictures, err = outs.openPictures()
	}
	return err
}

// nested reports whether the format is written HIT by HIT.
func (s *common) nested() bool { return s.opt.Format == "pages" || s.opt.Format == "dump" }

// commit writes a chunk.
func (s *common) commit(c *chunk) error {
	for _, w := range []struct {
		s *sink
		p *piece
	}{{s.ground, &c.ground}, {s.pictures, &c.pictures}, {s.main, &c.main}} {
		if w.s != nil {
			if err := w.s.add(w.p); err != nil {
				return err
			}
		}
	}
	return nil
}

// execute opens the outputs, makes and writes all chunks, and renames or removes what was written.
func execute(ctx context.Context, o Options, s simulation) (res Result, err error) {
	made, err := o.prepareOut()
	if err != nil {
		return Result{}, err
	}
	outs := &outputs{opt: o, made: made}
	defer func() {
		if err != nil {
			outs.abort()
			res = Result{}
		}
	}()
	if err = s.open(outs); err != nil {
		return res, err
	}
	truth, err := openTruth(outs, s.pool())
	if err != nil {
		return res, err
	}
	err = run(ctx, o.Workers, s.chunks(), s.newMaker, func(c *chunk) error {
		if err := truth.commit(c, res.Records); err != nil {
			return err
		}
		res.Images += c.images
		res.Records += c.main.records
		res.Showings += c.showings
		res.Damaged += int64(len(c.damage))
		if err := s.commit(c); err != nil {
			return err
		}
		if o.Progress != nil {
			o.Progress(int(res.Images), o.Images)
		}
		return nil
	})
	if err != nil {
		return res, fmt.Errorf("simulating into %s: %w; nothing was kept", o.Out, err)
	}
	if err = s.finish(); err != nil {
		return res, err
	}
	res.Files, err = outs.commit()
	return res, err
}
