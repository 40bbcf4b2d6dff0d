package run

import (
	"context"
	"iter"
	"time"

	"abtool/train/data"
	"abtool/train/engine"
)

// fetched is a batch that is ready for a step.
type fetched struct {
	*engine.Batch
	of  *data.Batch // the loader's, which gets it back after the step
	err error       // from copying it ahead
}

// fetch yields the batches of an epoch, beginning with number from, at most n of them. While a step
// computes with one batch, the next one is read, and copied to the device if the engine can do that ahead.
func (t *trainer) fetch(ctx context.Context, epoch, from, n int) iter.Seq[fetched] {
	return func(yield func(fetched) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ready := make(chan fetched, 1)
		go func() {
			defer close(ready)
			if n < 1 {
				return
			}
			for b := range t.loader.Epoch(ctx, epoch, from) {
				f := fetched{Batch: &engine.Batch{Pixels: b.Pixels, Target: b.Target}, of: b}
				if e, ok := t.e.(engine.Ahead); ok {
					f.err = e.Ahead(f.Batch)
				}
				select {
				case ready <- f:
				case <-ctx.Done():
					return
				}
				if n--; n == 0 {
					return
				}
			}
		}()
		defer func() {
			cancel()
			for range ready { // wait until the goroutine has stopped using the engine
			}
		}()
		for {
			began := time.Now()
			f, ok := <-ready
			t.waited += time.Since(began)
			if !ok || ctx.Err() != nil || !yield(f) {
				return
			}
		}
	}
}
