package analysis

import (
	"context"
	"slices"
	"strings"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/usage"
	"abtool/store"
)

// Run computes the statistics of a store.
func Run(ctx context.Context, store string, o result.Options) (*result.Document, error) {
	p, err := gather(ctx, store, o, false)
	if err != nil {
		return nil, err
	}
	return p.Document(), nil
}

// setsOf returns the data sets of a store that can be broken down by a key, in the order of the store.
func setsOf(dir, by string) (sets []*dataSet, err error) {
	sum, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	for _, d := range sum.DataSets {
		for i := range dataSets {
			if dataSets[i].name == d.Name && (by != "arm" || len(d.Studies) > 0) {
				sets = append(sets, &dataSets[i])
			}
		}
	}
	if len(sets) == 0 && len(sum.DataSets) > 0 {
		return nil, usage.Errorf("%s was not made from a study of abtool collect: only annotators of a study have arms", dir)
	}
	return sets, nil
}

// entriesOf returns the wanted statistics, by data set. With By, the name of a data set selects the data set to
// break down, instead of all of its statistics.
func entriesOf(o *result.Options, sets []*dataSet) (map[string][]pass.Entry, error) {
	var have []string
	for _, set := range sets {
		have = append(have, set.name)
	}
	if o.By == "" {
		return choose(o.Names, have)
	}
	var named, only []string
	for _, name := range o.Names {
		if slices.ContainsFunc(dataSets, func(d dataSet) bool { return d.name == name }) {
			only = append(only, name)
		} else {
			named = append(named, name)
		}
	}
	wanted := map[string][]pass.Entry{}
	if len(named) > 0 {
		var err error
		if wanted, err = choose(named, have); err != nil {
			return nil, err
		}
	}
	for _, set := range sets {
		switch {
		case len(only) > 0 && !slices.Contains(only, set.name):
			delete(wanted, set.name)
		case len(only) > 0 || len(named) == 0 || len(wanted[set.name]) > 0:
			wanted[set.name] = append(wanted[set.name], set.by(o.By))
		}
	}
	if len(wanted) == 0 && len(only) > 0 {
		return nil, usage.Errorf("%s belongs to a data set that the store does not have: it has %s", only[0],
			strings.Join(have, " and "))
	}
	return wanted, nil
}
