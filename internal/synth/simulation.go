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
