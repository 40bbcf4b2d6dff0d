package ingest_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"abtool/schema"
)

var update = flag.Bool("update", false, "write docs/store.md and golden files anew")

// docs/store.md is what the schema says.
func TestStoreDoc(t *testing.T) {
	const path = "../docs/store.md"
	var b bytes.Buffer
	if err := schema.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/store.md is not what the schema says (%v): run go test ./ingest -run TestStoreDoc -update", err)
	}
}
