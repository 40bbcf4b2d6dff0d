//go:build unix

package imagefile

import (
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// A pipe among images must not be opened, because that would block without end.
func TestPipe(t *testing.T) {
	dir := tree(t, map[string]string{"n01/a.jpg": ""})
	if err := syscall.Mkfifo(filepath.Join(dir, "n01", "b.jpg"), 0o666); err != nil {
		t.Skip(err)
	}
	m, err := Open(dir)
	if err != nil || m.Len() != 1 || !slices.Equal(m.Notes(),
		[]string{"a pipe or device is left out: n01/b.jpg"}) {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := Open(filepath.Join(dir, "n01", "b.jpg")); err == nil {
		t.Error("Open accepts a pipe as a place of images")
	}
}
