package ingest

import "sync"

// freelist keeps what is used again and again. sync.Pool would lose it at each collection of
// garbage, and making it anew makes more garbage.
type freelist[T any] struct {
	mu   sync.Mutex
	free []T
	make func() T
}

func (l *freelist[T]) get() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free)
	if n == 0 {
		return l.make()
	}
	v := l.free[n-1]
	l.free = l.free[:n-1]
	return v
}

func (l *freelist[T]) put(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, v)
}
