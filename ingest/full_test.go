//go:build unix

package ingest

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"abtool/ingest/source"
	"abtool/internal/synth"
)

// A run that cannot write any more, as on a full disk, fails wherever that happens. It leaves the old store and
// no other files.
func TestCannotWrite(t *testing.T) {
	if source := os.Getenv("ABTOOL_TEST_SOURCE"); source != "" {
		writeWithLimit(t, source)
		return
	}
	work := t.TempDir()
	store := filepath.Join(work, "store")
	small := filepath.Join(simulate(t, "imagenet", synth.Options{Images: 20, Seed: 1}), "imagenet_ab.tar.gz")
	large := filepath.Join(simulate(t, "imagenet", synth.Options{Images: 3000, Seed: 1}), "imagenet_ab.tar.gz")
	mustRun(t, Options{Sources: []string{small}, Out: store})
	before := contents(t, store)
	for _, limit := range []string{"100", "30000", "200000"} { // bytes of a file
		c := exec.Command(os.Args[0], "-test.run", "^TestCannotWrite$")
		c.Env = append(os.Environ(), "ABTOOL_TEST_SOURCE="+large, "ABTOOL_TEST_OUT="+store, "ABTOOL_TEST_LIMIT="+limit)
		out, err := c.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "file too large") || strings.Contains(string(out), "panic") {
			t.Errorf("limit %s: %v\n%s", limit, err, out)
		}
		if diff := cmp.Diff(before, contents(t, store)); diff != "" {
			t.Errorf("limit %s changed the store: %s", limit, diff)
		}
		if names := list(t, work); !slices.Equal(names, []string{"store"}) {
			t.Errorf("limit %s left behind: %v", limit, names)
		}
	}
}

func writeWithLimit(t *testing.T, from string) {
	signal.Ignore(syscall.SIGXFSZ)
	var n uint64
	for _, c := range os.Getenv("ABTOOL_TEST_LIMIT") {
		n = n*10 + uint64(c-'0')
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), Options{Sources: []string{from}, Out: os.Getenv("ABTOOL_TEST_OUT"), Force: true})
	if err == nil || errors.Is(err, source.ErrDamaged) {
		os.Exit(0) // the parent wants a failure
	}
	t.Fatal(err)
}
