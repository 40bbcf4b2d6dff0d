package run

// A teller calls functions that show something to users, one after another in a goroutine, so that a slow
// terminal does not hold up the training.
type teller struct {
	queue chan func()
	done  chan struct{}
}

func newTeller() *teller {
	t := &teller{make(chan func(), 16), make(chan struct{})}
	go func() {
		defer close(t.done)
		for f := range t.queue {
			f()
		}
	}()
	return t
}

// tell calls f later. It waits only if many functions are waiting.
func (t *teller) tell(f func()) { t.queue <- f }

// offer calls f later, or not at all if anything is waiting.
func (t *teller) offer(f func()) {
	if len(t.queue) == 0 {
		t.queue <- f
	}
}

// close returns when all functions have returned.
func (t *teller) close() {
	close(t.queue)
	<-t.done
}
