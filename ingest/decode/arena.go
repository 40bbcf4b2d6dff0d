package decode

import "unsafe"

// An arena allocates slices that stay valid until reset. Then it uses their memory again.
type arena[T any] struct {
	blocks [][]T
	cur    int // the block in use
}

const arenaBytes = 64 << 10 // of a block

// alloc returns a slice of n zero values. A slice that is larger than a block is not used again.
func (a *arena[T]) alloc(n int) []T {
	var v T
	block := arenaBytes / max(int(unsafe.Sizeof(v)), 1)
	if n > block {
		return make([]T, n)
	}
	for ; a.cur < len(a.blocks); a.cur++ {
		b := a.blocks[a.cur]
		if cap(b)-len(b) >= n {
			a.blocks[a.cur] = b[:len(b)+n]
			return b[len(b) : len(b)+n : len(b)+n]
		}
	}
	a.blocks = append(a.blocks, make([]T, n, block))
	a.cur = len(a.blocks) - 1
	return a.blocks[a.cur][:n:n]
}

// keep copies s into the arena.
func (a *arena[T]) keep(s []T) []T {
	if len(s) == 0 {
		return nil
	}
	d := a.alloc(len(s))
	copy(d, s)
	return d
}

// reset makes all slices invalid. It clears them, so that they keep no other memory alive.
func (a *arena[T]) reset() {
	for i, b := range a.blocks {
		clear(b)
		a.blocks[i] = b[:0]
	}
	a.cur = 0
}

// text keeps the strings of a batch. The strings are bytes of the arena, so they are wrong after the reset of
// the arena: code that needs a string for longer has to copy it.
type text struct {
	bytes  arena[byte]
	recent [256]string // common strings, which stay valid after a reset
}

// common returns a string, as keep does. If the same strings recur, it saves memory.
func (t *text) common(b []byte) string {
	n := len(b)
	if n == 0 || n > 32 {
		return t.keep(b)
	}
	s := &t.recent[(n+3*int(b[0])+5*int(b[n/2])+7*int(b[n-1]))%len(t.recent)]
	switch *s {
	case string(b):
		return *s
	case "":
		*s = string(b)
		return *s
	}
	return t.keep(b)
}

// keep returns a copy of b as a string.
func (t *text) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	k := t.bytes.keep(b)
	return unsafe.String(&k[0], len(k))
}

// view returns b as a string without a copy. It is valid as long as b does not change.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
