package main

import (
	"os"

	"github.com/spf13/pflag"

	"abtool/internal/usage"
	storenotes "abtool/store/notes"
)

// A notesFile is the flag --notes: a file of notes in place of those next to the stores.
type notesFile string

func (n *notesFile) flag(f *pflag.FlagSet, of string) {
	f.StringVar((*string)(n), "notes", "", "`FILE` of notes for "+of+" (default: STORE.notes.jsonl)")
}

// open returns the notes about the stores at a place, or nil if there are none. A file that is named must be there.
func (n notesFile) open(place string) (*storenotes.Book, error) {
	if n != "" {
		if _, err := os.Stat(string(n)); err != nil {
			return nil, usage.Errorf("--notes %s: %w", string(n), err)
		}
	}
	b, err := storenotes.At(place, string(n))
	if err != nil || !b.Exists() {
		return nil, err
	}
	return b, nil
}
