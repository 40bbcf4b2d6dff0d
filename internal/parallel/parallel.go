// Package parallel calls a function for each of a range of numbers from several goroutines.
package parallel

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// Workers returns the number of goroutines for a number of jobs.
func Workers(jobs int) int {
	if jobs <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return jobs
}

// For calls f for 0 … n − 1 in several goroutines.
func For(jobs, n int, f func(i int)) {
	Each(context.Background(), jobs, n, func(_, i int) error { f(i); return nil })
}

// Each calls f for 0 … n − 1 in several goroutines until an error. worker is the number of the goroutine.
func Each(ctx context.Context, jobs, n int, f func(worker, i int) error) error {
	workers := min(Workers(jobs), n)
	errs := make([]error, workers)
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for !failed.Load() && ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				if errs[w] = f(w, i); errs[w] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// InOrder makes 0 … n − 1 in several goroutines and takes the results one by one, in order. At most two per
// goroutine are in progress. After an error nothing more is taken.
func InOrder[T any](
	ctx context.Context, jobs, n int, produce func(worker, i int) (T, error), take func(i int, v T) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := min(Workers(jobs), n)
	type made struct {
		v   T
		err error
	}
	slots := make([]chan made, n)
	for i := range slots {
		slots[i] = make(chan made, 1)
	}
	room := make(chan struct{}, 2*workers)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for {
				select {
				case room <- struct{}{}:
				case <-ctx.Done():
					return
				}
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				v, err := produce(w, i)
				slots[i] <- made{v, err}
			}
		})
	}
	defer wg.Wait()
	defer cancel()
	for i := range n {
		select {
		case m := <-slots[i]:
			if m.err != nil {
				return m.err
			}
			if err := take(i, m.v); err != nil {
				return err
			}
			slots[i] = nil
			<-room
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
