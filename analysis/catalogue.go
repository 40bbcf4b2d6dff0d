package analysis

import (
	"context"
	"slices"
	"strings"

	"abtool/internal/closest"
	"abtool/internal/usage"
)

// An Entry describes a statistic that can be asked for.
type Entry struct {
	Set        string // imagenet or coco
	Name       string
	IDs        []string // of the paper's statistics, as I1
	Title      string
	Rules      string // definitions that it follows
	Paper      string // where the paper has it; empty: it has not
	Definition string
}

// An entry is a statistic with what makes it.
type entry struct {
	Entry
	make maker
}

// dataSets are joined here, in the order of Catalogue.
var dataSets = []dataSet{
	{"imagenet", imagenetCatalogue, imagenetBy, runImageNet, imagenetExamplesOf},
	{"coco", cocoCatalogue, cocoBy, runCOCO, cocoExamplesOf},
}

// A dataSet is the statistics of a data set and how they are computed of a store.
type dataSet struct {
	name       string
	statistics []entry
	by         func(key string) entry // the table by a key (Options.By)
	run        func(ctx context.Context, store string, o Options, entries []entry) (DataSet, error)
	examples   func(ctx context.Context, store string, o ExampleOptions) ([]Example, error)
}

// Catalogue lists every statistic, in the order of documents.
func Catalogue() (all []*Entry) {
	for _, d := range dataSets {
		for _, e := range d.statistics {
			e.Set = d.name
			all = append(all, &e.Entry)
		}
	}
	return all
}

// statistic is an empty result of the entry.
func (e *Entry) statistic() Statistic {
	return Statistic{Name: e.Name, Title: e.Title, Rules: e.Rules, Paper: e.Paper, Definition: e.Definition}
}

// Is reports whether a user's name means the entry: its own, with or without the data set, the
// data set's, or the paper's id.
func (e *Entry) Is(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	return name == e.Name || name == e.Set || name == e.Set+"."+e.Name ||
		slices.ContainsFunc(e.IDs, func(id string) bool { return strings.ToLower(id) == name })
}

// choose returns the entries that names mean, by data set; without names all of a store's sets.
func choose(wanted, sets []string) (map[string][]entry, error) {
	out := map[string][]entry{}
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
		return nil, usage.Errorf("%s is of a data set that the store does not hold: it has %s", missing[0], strings.Join(sets, " and "))
	case len(missing) > 0:
		return nil, usage.Errorf("no such statistic %q: abtool stats --list names them all%s", missing[0], closest.DidYouMean(missing[0], entryNames(sets)))
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
