package decode

import "unsafe"

// arena hands out values and slices that stay where they are until reset.
type arena[T any] struct {
	blocks [][]T
	cur    int // block in use
}

const arenaBytes = 64 << 10 // of a block

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

func (a *arena[T]) reset() {
	for i, b := range a.blocks {
		clear(b)
		a.blocks[i] = b[:0]
	}
	a.cur = 0
}

// text holds strings.
type text struct {
	bytes  arena[byte]
	recent [256]string // of the common ones: they outlive a reset
}

// common is keep for strings of which a few recur: it decides nothing, and saves memory.
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

func (t *text) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	k := t.bytes.keep(b)
	return unsafe.String(&k[0], len(k))
}

// view is b as a string, valid as long as b is.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
