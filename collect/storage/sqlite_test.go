package storage_test

import (
	"testing"

	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
)

func open(t testing.TB) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.TempDir(), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestSQLite(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) *storage.DB { return open(t) })
}
