package freelist

import "sync"

// List keeps what is used again and again. sync.Pool would lose it at each collection of
// garbage, and making it anew makes more garbage.
type List[T any] struct {
	mu   sync.Mutex
	free []T
	Make func() T
}

func (l *List[T]) Get() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free)
	if n == 0 {
		return l.Make()
	}
	v := l.free[n-1]
	l.free = l.free[:n-1]
	return v
}

func (l *List[T]) Put(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, v)
}
