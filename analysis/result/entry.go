package result

import (
	"slices"
	"strings"
)

// An Entry describes a statistic.
type Entry struct {
	Set        string // imagenet or coco
	Name       string
	IDs        []string // ids of the paper's statistics, for example I1
	Title      string
	Rules      string // definitions that the statistic follows, for example "I4, I6"
	Paper      string // place in the paper, or "" if the paper does not have the statistic
	Definition string
}

// Statistic returns an empty result of the entry.
func (e *Entry) Statistic() Statistic {
	return Statistic{Name: e.Name, Title: e.Title, Rules: e.Rules, Paper: e.Paper, Definition: e.Definition}
}

// Is reports whether a name that a user gives matches the entry: the statistic's name, with or without the
// data set, the data set's name, or the paper's id.
func (e *Entry) Is(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	return name == e.Name || name == e.Set || name == e.Set+"."+e.Name ||
		slices.ContainsFunc(e.IDs, func(id string) bool { return strings.ToLower(id) == name })
}
