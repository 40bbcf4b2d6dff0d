package compat

import (
	"errors"
	"testing"

	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
)

type clock struct{ Host }

func (clock) Now() int64 { return 1 }

// The id of who was erased while the header was being stored is not kept.
func TestIdentify(t *testing.T) {
	dir := t.TempDir()
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	identities, err := storage.OpenIdentities(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer identities.Close()
	storagetest.NewPeople(t, db, 1, 1).Agree("ann")
	f := &Front{Host: clock{}, DB: db, Identities: identities}
	for _, worker := range []string{"ann", "bob"} {
		if err := f.identify(t.Context(), worker, "the id of "+worker); err != nil {
			t.Fatal(err)
		}
	}
	if _, id, err := identities.Find(t.Context(), "ann"); id != "the id of ann" || err != nil {
		t.Errorf("ann, who is stored: %q %v", id, err)
	}
	if _, id, err := identities.Find(t.Context(), "bob"); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("bob, who is not stored: %q %v", id, err)
	}
}
