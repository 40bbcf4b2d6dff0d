package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/store"
)

// severalStores says in the help of a command what STORE can be.
const severalStores = `Several stores are read as the one store that abtool ingest makes of all their sources: give
several, a folder of stores, or a pattern in quotes. docs/guide/data.md says more.`

// stores returns a check that there is at least one argument. Its error begins with wanted, which says what the
// command takes.
func stores(wanted string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage.Errorf("%s: got 0", wanted)
		}
		return nil
	}
}

// leadingStores returns the place of the stores that the arguments begin with, and the other arguments. The
// first argument is a store. So is each after it that is the folder of a store and no name that the command
// knows.
func leadingStores(args []string, known func(name string) bool) (place string, rest []string, err error) {
	n := 1
	for n < len(args) && store.IsStore(args[n]) && !known(args[n]) {
		n++
	}
	for _, arg := range args[n:] {
		if store.IsStore(arg) && !known(arg) {
			return "", nil, usage.Errorf("%s is a store: give the stores before everything else", arg)
		}
	}
	place, err = store.List(args[:n]...)
	return place, args[n:], err
}

// isStatistic reports whether abtool stats knows a name: of a statistic, a definition or a data set.
func isStatistic(name string) bool {
	return slices.Contains(store.Sets, name) ||
		slices.ContainsFunc(analysis.Catalogue(), func(e *result.Entry) bool { return e.Is(name) })
}

// noteStores says what is to be known about the stores at a place: which are older than an erasure, and what
// several of them have.
func noteStores(ctx context.Context, w io.Writer, place string) {
	dirs, err := store.Folders(place)
	if err != nil {
		return // the command says it
	}
	for _, dir := range dirs {
		noteOutdated(ctx, w, dir)
	}
	noteRepeats(w, place)
}

// noteRepeats says what several of the stores at a place have.
func noteRepeats(w io.Writer, place string) {
	j, err := store.Join(place)
	if err != nil || j == nil {
		return
	}
	for _, text := range j.Notes() {
		ui.Note(w, text)
	}
}
