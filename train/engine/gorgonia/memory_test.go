package gorgonia

import (
	"errors"
	"testing"

	"abtool/train/engine"
)

// A batch that needs more memory than there is fails before it is computed. A smaller batch does not fail,
// and neither does one that needs no more memory than an earlier batch.
func TestMemory(t *testing.T) {
	free := freeMemory
	defer func() { freeMemory = free }()
	e := small(t, engine.Config{})
	two, forty := batch(e, "b", 2), batch(e, "c", 40)
	if _, err := e.Step(0.1, two); err != nil {
		t.Fatal(err)
	}
	each := e.train.perImage
	if most := 4 * int64(e.cfg.Arch.In().Len()); each < 2*most || each > 200*most {
		t.Fatalf("the network counts %d bytes for each image, want 2 to 200 times the %d bytes of the image", each, most)
	}
	before := weightsOf(t, e)
	freeMemory = func() int64 { return 30 * each }
	if _, err := e.Step(0.1, forty); !errors.Is(err, engine.ErrMemory) {
		t.Errorf("error %v", err)
	}
	if !same(before, weightsOf(t, e)) {
		t.Error("the weights changed")
	}
	if _, err := e.Step(0.1, two, batch(e, "d", 30)); err != nil {
		t.Error(err)
	}
	freeMemory = func() int64 { return 1 }
	if _, err := e.Step(0.1, two); err != nil {
		t.Errorf("the memory that a batch has taken was asked for again: %v", err)
	}
	if n := field([]byte("MemTotal:       24 kB\nMemAvailable:   12 kB\n"), "MemAvailable:"); n != 12 {
		t.Errorf("available: %d", n)
	}
	if n := inContainer(8<<30, 8<<30-4096, 7<<30); n != 7<<30+4096 {
		t.Errorf("in a container full of files %d are free", n)
	}
	if n := inContainer(1<<30, 2<<30, 0); n != 1 {
		t.Errorf("in a container beyond its limit %d are free", n)
	}
	if n := field([]byte("active_file 7\ninactive_file 1048576\n"), "inactive_file "); n != 1<<20 {
		t.Errorf("of files: %d", n)
	}
}
