package analysis

import (
	"context"
	"slices"
	"strings"

	"abtool/analysis/coco"
	"abtool/analysis/imagenet"
	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/closest"
	"abtool/internal/usage"
)

// dataSets lists the data sets in the order of Catalogue.
var dataSets = []dataSet{
	{"imagenet", imagenet.Statistics, imagenet.By, imagenet.Gather, imagenet.Read, imagenet.Examples},
	{"coco", coco.Statistics, coco.By, coco.Gather, coco.Read, coco.Examples},
}

// A dataSet holds the statistics of a data set and the functions that compute them from a store.
type dataSet struct {
	name       string
	statistics []pass.Entry
	by         func(key string) pass.Entry // the table that Options.By asks for
	gather     func(ctx context.Context, store string, o result.Options, entries []pass.Entry, travels bool) (pass.State, error)
	read       func(r *partial.Reader, o result.Options, entries []pass.Entry) (pass.State, error)
	examples   func(ctx context.Context, store string, o result.ExampleOptions) ([]result.Example, error)
}

// Catalogue lists every statistic, in the order of documents.
func Catalogue() (all []*result.Entry) {
	for _, d := range dataSets {
		for _, e := range d.statistics {
			e.Set = d.name
			all = append(all, &e.Entry)
		}
	}
	return all
}

// choose returns the entries that the wanted names match, by data set. Without names it returns all entries
// of the store's data sets. A name that matches nothing there is an error of wrong use.
func choose(wanted, sets []string) (map[string][]pass.Entry, error) {
	out := map[string][]pass.Entry{}
	missing := slices.Clone(wanted)
	elsewhere := ""
	for _, d := range dataSets {
		for _, e := range d.statistics {
			e.Set = d.name
			mine := len(wanted) == 0
			for _, name := range wanted {
				if e.Is(name) {
					if !slices.Contains(sets, d.name) {
						elsewhere = name
						continue
					}
					mine = true
					missing = slices.DeleteFunc(missing, func(m string) bool { return m == name })
				}
			}
			if mine && slices.Contains(sets, d.name) {
				out[d.name] = append(out[d.name], e)
			}
		}
	}
	switch {
	case len(missing) > 0 && missing[0] == elsewhere:
		return nil, usage.Errorf("%s belongs to a data set that the store does not have: it has %s",
			missing[0], strings.Join(sets, " and "))
	case len(missing) > 0:
		return nil, usage.Errorf("there is no statistic %q: abtool stats --list lists all statistics%s",
			missing[0], closest.DidYouMean(missing[0], entryNames(sets)))
	}
	return out, nil
}

func entryNames(sets []string) (out []string) {
	for _, e := range Catalogue() {
		if slices.Contains(sets, e.Set) {
			out = append(out, e.Name)
		}
	}
	return out
}
