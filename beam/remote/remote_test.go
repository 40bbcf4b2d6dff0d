package remote

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
)

// A file that is not there is told from one of which nothing can be known.
func TestExists(t *testing.T) {
	dir := t.TempDir()
	here, bucket := filepath.Join(dir, "a"), "memfs://exists/a"
	if err := os.WriteFile(here, []byte("1"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := PutBytes(t.Context(), []byte("1"), bucket); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{here: true, filepath.Join(dir, "b"): false, filepath.Join(here, "b"): false, bucket: true, "memfs://exists/b": false} {
		there, err := Exists(t.Context(), file)
		if there != want || err != nil {
			t.Errorf("%s: %v, %v", file, there, err)
		}
		if _, err := Stat(t.Context(), file); err == nil != want {
			t.Errorf("Stat of %s: %v", file, err)
		}
	}
	for _, file := range []string{filepath.Join(dir, "b"), "memfs://exists/b"} {
		if _, err := Stat(t.Context(), file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Stat of %s: %v", file, err)
		}
	}
	if there, err := Exists(t.Context(), filepath.Join(dir, strings.Repeat("x", 300))); there || err == nil {
		t.Errorf("a name that no file can have: %v, %v", there, err)
	}
}
