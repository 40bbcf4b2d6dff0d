package kernel

import "sync"

// Team is a fixed number of workers with scratch memory that is kept between calls. Calls must not overlap.
type Team struct {
	size    int
	scratch [][]float32 // one per worker
	shared  []float32
	panels  []float32 // of the last prepared operand
}

// NewTeam returns a team of size ≥ 1 workers.
func NewTeam(size int) *Team {
	return &Team{size: max(1, size), scratch: make([][]float32, max(1, size))}
}

// Size returns the number of workers.
func (t *Team) Size() int { return t.size }

// Do runs f once for each worker and waits.
func (t *Team) Do(f func(worker int)) {
	var wait sync.WaitGroup
	for w := 1; w < t.size; w++ {
		wait.Go(func() { f(w) })
	}
	f(0)
	wait.Wait()
}

// Split runs f on consecutive parts [from, to) of [0, n), one per worker, and waits. It does not call f for
// workers without a part.
func (t *Team) Split(n int, f func(worker, from, to int)) {
	t.Do(func(w int) {
		if from, to := t.part(n, w); from < to {
			f(w, from, to)
		}
	})
}

func (t *Team) part(n, w int) (int, int) { return n * w / t.size, n * (w + 1) / t.size }

// own returns n floats of the worker's scratch memory. Their values are arbitrary.
func (t *Team) own(worker, n int) []float32 {
	t.scratch[worker] = grown(t.scratch[worker], n)
	return t.scratch[worker]
}

// common returns n floats of the scratch memory that the team shares. Their values are arbitrary.
func (t *Team) common(n int) []float32 {
	t.shared = grown(t.shared, n)
	return t.shared
}

func grown(b []float32, n int) []float32 {
	if cap(b) < n {
		return make([]float32, n)
	}
	return b[:n]
}
