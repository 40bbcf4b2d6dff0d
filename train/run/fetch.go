package run

import (
	"context"
	"iter"
	"time"

	"abtool/train/data"
	"abtool/train/engine"
)

// fetched is a batch that is ready for a step, or the end of an epoch.
type fetched struct {
	*engine.Batch             // nil: the epoch has ended
	of            *data.Batch // the loader's, which gets it back after the step
	err           error       // from copying it ahead
	unread        unread      // at the end of an epoch
}

// unread says how often images could not be read so far, and why.
type unread struct {
	times   int64
	reasons []string
}

// A feed reads the batches of a run ahead of the steps that use them.
type feed struct {
	ready  chan fetched
	cancel func()
}

// feed starts reading, beginning with a batch of an epoch. While a step computes with one batch, the next one
// is read, and copied to the device if the engine can do that ahead. After the last batch of an epoch come the
// first ones of the next, so that they are ready when validation and checkpoints are done.
func (t *trainer) feed(ctx context.Context, epoch, from int) *feed {
	ctx, cancel := context.WithCancel(ctx)
	f := &feed{make(chan fetched, 1), cancel}
	send := func(x fetched) bool {
		select {
		case f.ready <- x:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(f.ready)
		for ; epoch < t.o.Recipe.Epochs && ctx.Err() == nil; epoch, from = epoch+1, 0 {
			t.read(ctx, epoch, from, send)
			times, reasons := t.loader.Corrupt()
			if !send(fetched{unread: unread{times, reasons}}) {
				return
			}
		}
	}()
	return f
}

// read sends the batches of an epoch, beginning with number from. It leaves out batches at the end that do not
// make a whole step.
func (t *trainer) read(ctx context.Context, epoch, from int, send func(fetched) bool) {
	left := t.steps*t.perStep - from
	if left < 1 {
		return
	}
	for b := range t.loader.Epoch(ctx, epoch, from) {
		x := fetched{Batch: &engine.Batch{Pixels: b.Pixels, Target: b.Target}, of: b}
		if e, ok := t.e.(engine.Ahead); ok {
			x.err = e.Ahead(x.Batch)
		}
		if !send(x) {
			return
		}
		if left--; left == 0 {
			return
		}
	}
}

// stop returns when the feed does not use the engine and the loader any more.
func (f *feed) stop() {
	f.cancel()
	for range f.ready {
	}
}

// fetch yields the rest of an epoch's batches. It ends early if ctx ends.
func (t *trainer) fetch(ctx context.Context, f *feed) iter.Seq[fetched] {
	return func(yield func(fetched) bool) {
		for {
			began := time.Now()
			x, ok := <-f.ready
			t.waited += time.Since(began)
			if !ok || ctx.Err() != nil {
				return
			}
			if x.Batch == nil {
				t.unread = x.unread
				return
			}
			if !yield(x) {
				return
			}
		}
	}
}
