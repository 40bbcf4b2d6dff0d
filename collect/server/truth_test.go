package server

import (
	"path/filepath"
	"strings"
	"testing"

	"abtool/byproduct/coco"
	"abtool/collect"
	"abtool/collect/storage"
	"abtool/ingest"
	"abtool/internal/teststudy"
)

// With ground truth, the rules of a tag study that need it are judged on the administrator's pages, too.
func TestTruth(t *testing.T) {
	dir, store := t.TempDir(), filepath.Join(t.TempDir(), "store")
	if _, err := teststudy.Make(t.Context(), dir, collect.Tag); err != nil {
		t.Fatal(err)
	}
	instances, err := teststudy.Truth(dir, collect.Tag)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{dir}, Instances: []string{instances}, Out: store}); err != nil {
		t.Fatal(err)
	}
	truth, err := coco.ReadTruth(store, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, collect.Tag, nil)
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.opened = append(r.opened, db)
	r.server.DB = db // of the study with the truth
	get, _ := r.browser()
	get("GET", "/?token="+r.server.keys.Admin, "", nil)
	_, without, _ := get("GET", "/assignments", "", nil)
	r.server.Truth = truth
	_, with, _ := get("GET", "/assignments", "", nil)
	for _, c := range []struct {
		page, text string
		want       bool
	}{{without, "icons lie on a mask of their class, at least", false}, {with, "icons lie on a mask of their class, at least", true}} {
		if strings.Contains(c.page, c.text) != c.want {
			t.Errorf("want %v of %q:\n%s", c.want, c.text, c.page)
		}
	}
}
