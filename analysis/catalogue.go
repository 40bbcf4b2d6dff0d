package analysis

import (
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

	imagenet maker[*imagenetEngine]
	coco     maker[*cocoEngine]
}

// Catalogue lists every statistic, in the order of documents.
func Catalogue() []*Entry { return slices.Concat(imagenetCatalogue, cocoCatalogue) }

// statistic is an empty result of the entry.
func (e *Entry) statistic() Statistic {
	return Statistic{Name: e.Name, Title: e.Title, Rules: e.Rules, Paper: e.Paper, Definition: e.Definition}
}

// Is tells whether a user's name means the entry: its own, with or without the data set, the
// data set's, or the paper's id.
func (e *Entry) Is(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	return name == e.Name || name == e.Set || name == e.Set+"."+e.Name ||
		slices.ContainsFunc(e.IDs, func(id string) bool { return strings.ToLower(id) == name })
}

// choose are the entries that names mean, by data set; all of a store's sets without names.
func choose(wanted, sets []string) (map[string][]*Entry, error) {
	out := map[string][]*Entry{}
	missing := slices.Clone(wanted)
	elsewhere := ""
	for _, e := range Catalogue() {
		mine := len(wanted) == 0
		for _, name := range wanted {
			if e.Is(name) {
				if !slices.Contains(sets, e.Set) {
					elsewhere = name
					continue
				}
				mine = true
				missing = slices.DeleteFunc(missing, func(m string) bool { return m == name })
			}
		}
		if mine && slices.Contains(sets, e.Set) {
			out[e.Set] = append(out[e.Set], e)
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

// groupsEntry is the table by a key (Options.By).
func groupsEntry(set, key string) *Entry {
	e := &Entry{Set: set, Name: "by_" + key, Title: "By " + key, imagenet: gathers(newGroups), coco: gathers(newCOCOGroups)}
	if set == "coco" {
		e.Rules, e.Definition = "C3, C4, C7, C8", "Over the pages of each "+key+": recall, precision, where icons are put, actions, time, steps and mouse."
		if key == "class" {
			e.Definition = "Over the icons of each class, and the annotated images that have it: recall, precision, where icons are put, actions."
		}
		return e
	}
	e.Rules, e.Definition = "I4, I6, I19", "Over the showings of each "+key+": recall, accuracy of the last valid click of each selected showing on boxed images, where it lies, speed, hesitation, times; and the accuracy of the final clicks of images that are among them."
	return e
}
