// Package freelist keeps values that are expensive to make, to use them again.
package freelist

import "sync"

// A List keeps values that are not in use. A sync.Pool would lose them in every garbage collection, and
// making new ones makes more garbage.
type List[T any] struct {
	mu   sync.Mutex
	free []T
	Make func() T
}

// Get returns a value of the list, or a new one from Make if the list is empty.
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

// Put returns a value to the list.
func (l *List[T]) Put(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, v)
}
