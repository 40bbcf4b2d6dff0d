package analysis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"abtool/internal/usage"
	"abtool/store"
)

// Options say what is computed. The zero value takes every statistic of every data set of the
// store with the defaults below.
type Options struct {
	Names     []string  `json:"names,omitempty"` // statistics, data sets, or the paper's ids of Catalogue; none: all
	Bootstrap int       `json:"bootstrap"`       // samples of annotators; 0: DefaultBootstrap, < 0: no bootstrap intervals
	Seed      uint64    `json:"seed"`            // of the samples
	Sigmas    []float64 `json:"sigmas"`          // of random clicks, in fractions of each axis; none: DefaultSigmas
	Rules     Rules     `json:"rules"`           // when a HIT is flagged
	By        string    `json:"by,omitempty"`    // one of Keys: a table by them, beside Names, or alone without Names
	Hide      bool      `json:"hide_workers"`    // replaces worker ids by stable pseudonyms

	Jobs     int                     `json:"-"` // goroutines; 0: one a processor. Results do not depend on it.
	Tool     string                  `json:"-"` // version for the document
	Progress func(done, total int64) `json:"-"` // rows; may be called from several goroutines
}

// DefaultBootstrap is the number of samples that intervals are made of.
const DefaultBootstrap = 1000

// DefaultSigmas are the widths of random clicks: the paper's figure C goes from 0, always the
// centre, to infinity, anywhere.
var DefaultSigmas = []float64{0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2}

// Rules are the thresholds of the paper's checks of HITs (appendix C; I18, C9). A HIT is
// flagged when it is below one of them. The zero value stands for the paper's.
type Rules struct {
	MinRecall    float64 `json:"min_recall"`     // 0.333: share of the true images, or classes, that were found
	MinSelected  int     `json:"min_selected"`   // ImageNet: 30 selections
	MinPages     int     `json:"min_pages"`      // ImageNet: 9 of 10 pages
	MinPrecision float64 `json:"min_precision"`  // COCO: 0.75 of icons on their masks
	MinCOCOPages int     `json:"min_coco_pages"` // COCO: 16 of 20 pages
}

// DefaultRules are the paper's thresholds.
var DefaultRules = Rules{MinRecall: 0.333, MinSelected: 30, MinPages: 9, MinPrecision: 0.75, MinCOCOPages: 16}

// defaults fills in what was left out.
func (o *Options) defaults() error {
	if o.Bootstrap == 0 {
		o.Bootstrap = DefaultBootstrap
	}
	o.Bootstrap = max(o.Bootstrap, 0)
	if o.Sigmas == nil {
		o.Sigmas = DefaultSigmas
	}
	for _, s := range o.Sigmas {
		if !(s > 0) || math.IsInf(s, 0) {
			return usage.Errorf("sigma %v: it is above 0 and finite; 0 and infinity are always there, as centre and uniform", s)
		}
	}
	if o.Rules == (Rules{}) {
		o.Rules = DefaultRules
	}
	if r := o.Rules; !(r.MinRecall >= 0 && r.MinRecall <= 1 && r.MinPrecision >= 0 && r.MinPrecision <= 1) {
		return usage.Errorf("the least recall %v and precision %v of a HIT are fractions, 0 to 1", r.MinRecall, r.MinPrecision)
	}
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.By != "" && !slices.Contains(Keys, o.By) {
		return usage.Errorf("by %q: it is one of %s", o.By, strings.Join(Keys, ", "))
	}
	return nil
}

// Run computes the statistics of a store.
func Run(ctx context.Context, store string, o Options) (*Document, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	sets, err := setsOf(store)
	if err != nil {
		return nil, err
	}
	wanted, err := entriesOf(&o, sets)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", store, err)
	}
	d := &Document{Schema: Schema, Tool: o.Tool, Store: store, Options: o}
	for _, set := range sets {
		if len(wanted[set.name]) == 0 {
			continue
		}
		result, err := set.run(ctx, store, o, wanted[set.name])
		if err != nil {
			return nil, err
		}
		d.DataSets = append(d.DataSets, result)
	}
	return d, nil
}

// setsOf returns the data sets of a store, in its order.
func setsOf(dir string) (sets []*dataSet, err error) {
	sum, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	for _, d := range sum.DataSets {
		for i := range dataSets {
			if dataSets[i].name == d.Name {
				sets = append(sets, &dataSets[i])
			}
		}
	}
	return sets, nil
}

// entriesOf returns the statistics that are asked for, by data set. With By, a name of a data set says which
// one to break down, and not all of its statistics.
func entriesOf(o *Options, sets []*dataSet) (map[string][]entry, error) {
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
	wanted := map[string][]entry{}
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
	if len(wanted) == 0 {
		return nil, usage.Errorf("%s is of a data set that the store does not hold: it has %s", only[0], strings.Join(have, " and "))
	}
	return wanted, nil
}

// show is the name of a row: the key's own, but a pseudonym of a worker or HIT if they are
// hidden. The pseudonym depends on the id alone, so that documents can be held side by side.
func (o *Options) show(key, name string) string {
	if !o.Hide || key != "worker" && key != "hit" {
		return name
	}
	h := sha256.Sum256([]byte("abtool " + key + " " + name))
	return key[:1] + hex.EncodeToString(h[:6])
}
