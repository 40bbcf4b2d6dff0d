package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// For a file that is given as a store, the error says what it is and how to make a store.
func TestFileForStore(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"annotations.parquet": {"PAR1",
			"is a Parquet file: not a store: give the folder of the store that it belongs to"},
		"coco_ab.json":       {"[{}]", "coco_ab.json --out STORE"},
		"imagenet_ab.tar.gz": {"\x1f\x8b\x08", "is a file: not a store: make one with abtool ingest"},
		"page.html":          {"<html>", "a page of HTML, not the data: the download failed"},
		"imagenet_ab.zip":    {"PK\x03\x04", "a zip archive: unpack it and give the folder"},
		"cut/store.json":     {"<html>", "store.json is a page of HTML, not the data"},
		"notes.txt":          {"x", "is a file: not a store"},
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == File {
			path = filepath.Dir(path)
		}
		if _, err := Read(path); !errors.Is(err, ErrNotStore) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
