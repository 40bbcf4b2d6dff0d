package source

import (
	"context"
	"io"
)

// aside reads in a separate goroutine, so that waiting for a pipe can be interrupted.
type aside struct {
	ctx  context.Context
	in   chan piece
	free chan []byte
	cur  piece
	at   int // bytes of cur that have been read
}

type piece struct {
	data []byte
	err  error
}

const asideBytes = 256 << 10

func newAside(ctx context.Context, r io.Reader) *aside {
	a := &aside{ctx: ctx, in: make(chan piece), free: make(chan []byte, 2)}
	a.free <- make([]byte, asideBytes)
	a.free <- make([]byte, asideBytes)
	go a.run(r)
	return a
}

func (a *aside) run(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-a.ctx.Done():
			return
		}
		n, err := r.Read(buf)
		select {
		case a.in <- piece{buf[:n], err}:
		case <-a.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (a *aside) Read(p []byte) (int, error) {
	for a.at == len(a.cur.data) {
		if a.cur.err != nil {
			return 0, a.cur.err
		}
		if a.cur.data != nil {
			a.free <- a.cur.data[:cap(a.cur.data)]
		}
		select {
		case a.cur = <-a.in:
			a.at = 0
		case <-a.ctx.Done():
			a.cur, a.at = piece{err: a.ctx.Err()}, 0
		}
	}
	n := copy(p, a.cur.data[a.at:])
	a.at += n
	return n, nil
}
