package result

import (
	"slices"
	"strings"
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

// Statistic returns an empty result of the entry.
func (e *Entry) Statistic() Statistic {
	return Statistic{Name: e.Name, Title: e.Title, Rules: e.Rules, Paper: e.Paper, Definition: e.Definition}
}

// Is reports whether a user's name means the entry: its own, with or without the data set, the
// data set's, or the paper's id.
func (e *Entry) Is(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	return name == e.Name || name == e.Set || name == e.Set+"."+e.Name ||
		slices.ContainsFunc(e.IDs, func(id string) bool { return strings.ToLower(id) == name })
}
