package synth

import (
	"context"
	"sync"

	"github.com/klauspost/compress/flate"
)

// chunk is what one step of a simulation makes, and the unit of parallel work.
type chunk struct {
	number   int
	main     piece
	ground   piece // ground truth: boxes of ImageNet, instances of COCO
	truth    piece
	pictures piece // rendered images
	damage   []injury
	images   int64
	showings int64
}

func (c *chunk) reset(number int) {
	c.number = number
	c.main.reset()
	c.ground.reset()
	c.truth.reset()
	c.pictures.reset()
	c.damage = c.damage[:0]
	c.images, c.showings = 0, 0
}

// maker fills chunks; each goroutine has its own.
type maker interface {
	make(ctx context.Context, c *chunk) error
}

// run makes n chunks on several goroutines and hands them to commit in order, on the calling
// goroutine. At most three chunks a worker exist at a time.
func run(ctx context.Context, workers, n int, newMaker func() maker, commit func(*chunk) error) error {
	type job struct {
		c    *chunk
		done chan error
	}
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()

	free := make(chan *chunk, 3*workers)
	for range 3 * workers {
		free <- new(chunk)
	}
	work, order := make(chan *job), make(chan *job, 3*workers)
	group.Go(func() {
		defer close(order)
		defer close(work)
		for i := range n {
			select {
			case <-ctx.Done():
				return
			case c := <-free:
				c.reset(i)
				j := &job{c, make(chan error, 1)}
				order <- j // has room: there are no more jobs than chunks
				select {
				case <-ctx.Done():
					j.done <- ctx.Err()
					return
				case work <- j:
				}
			}
		}
	})
	for range workers {
		group.Go(func() {
			m := newMaker()
			for j := range work {
				if err := ctx.Err(); err != nil {
					j.done <- err
					continue
				}
				j.done <- m.make(ctx, j.c)
			}
		})
	}
	for j := range order {
		if err := <-j.done; err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := commit(j.c); err != nil {
			return err
		}
		free <- j.c
	}
	return ctx.Err()
}

// packer deflates pieces; one a goroutine.
type packer struct{ w *flate.Writer }

func newPacker() *packer {
	w, err := flate.NewWriter(nil, gzipLevel)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &packer{w}
}
