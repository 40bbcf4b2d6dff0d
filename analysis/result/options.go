package result

import (
	"math"
	"runtime"
	"slices"
	"strings"

	"abtool/internal/pseudonym"
	"abtool/internal/usage"
)

// Keys are the keys by which statistics can be broken down (Options.By).
var Keys = []string{"worker", "class", "hit", "week", "arm"}

// Options select what is computed. The zero value selects every statistic of every data set of the store,
// with the defaults below.
type Options struct {
	Names     []string  `json:"names,omitempty"` // statistics, data sets, or the paper's ids of Catalogue; empty selects all
	Bootstrap int       `json:"bootstrap"`       // number of samples of annotators; 0 is DefaultBootstrap, < 0 gives no bootstrap intervals
	Seed      uint64    `json:"seed"`            // seed of the samples
	Sigmas    []float64 `json:"sigmas"`          // σ of random clicks, in fractions of each axis; nil is DefaultSigmas
	Rules     Rules     `json:"rules"`           // thresholds below which a HIT is flagged
	By        string    `json:"by,omitempty"`    // one of Keys: adds a table by it to Names; without Names, it is the only result
	Hide      bool      `json:"hide_workers"`    // whether to replace worker ids by stable pseudonyms

	Jobs     int                     `json:"-"` // goroutines; 0 is one per processor. Results do not depend on it.
	Tool     string                  `json:"-"` // version of abtool, for the document
	Progress func(done, total int64) `json:"-"` // rows; may be called from several goroutines
}

// DefaultBootstrap is the number of bootstrap samples of an interval.
const DefaultBootstrap = 1000

// DefaultSeed is the seed that commands take, so that all of them print the same intervals. A seed of 0 is another one.
const DefaultSeed = 1

// DefaultSigmas are the standard deviations of random clicks. The paper's figure C goes from 0, which always
// clicks the centre, to infinity, which clicks anywhere.
var DefaultSigmas = []float64{0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2}

// Rules are the thresholds of the paper's checks of HITs (appendix C; I18, C9). A HIT is flagged if it is
// below one of them. The zero value stands for DefaultRules.
type Rules struct {
	MinRecall    float64 `json:"min_recall"`     // 0.333: share of the true images, or classes, that were found
	MinSelected  int     `json:"min_selected"`   // ImageNet: 30 selections
	MinPages     int     `json:"min_pages"`      // ImageNet: 9 of 10 pages
	MinPrecision float64 `json:"min_precision"`  // COCO: 0.75 of icons on their masks
	MinCOCOPages int     `json:"min_coco_pages"` // COCO: 16 of 20 pages
}

// DefaultRules are the paper's thresholds.
var DefaultRules = Rules{MinRecall: 0.333, MinSelected: 30, MinPages: 9, MinPrecision: 0.75, MinCOCOPages: 16}

// Defaults fills in missing options and checks the others.
func (o *Options) Defaults() error {
	if o.Bootstrap == 0 {
		o.Bootstrap = DefaultBootstrap
	}
	o.Bootstrap = max(o.Bootstrap, 0)
	if o.Sigmas == nil {
		o.Sigmas = DefaultSigmas
	}
	for _, s := range o.Sigmas {
		if !(s > 0) || math.IsInf(s, 0) {
			return usage.Errorf("sigma %v: give a finite number above 0; 0 and infinity are always "+
				"included, as centre and uniform", s)
		}
	}
	if o.Rules == (Rules{}) {
		o.Rules = DefaultRules
	}
	if r := o.Rules; !(r.MinRecall >= 0 && r.MinRecall <= 1 && r.MinPrecision >= 0 && r.MinPrecision <= 1) {
		return usage.Errorf("minimum recall %v and minimum precision %v of a HIT: give fractions from 0 to 1",
			r.MinRecall, r.MinPrecision)
	}
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.By != "" && !slices.Contains(Keys, o.By) {
		return usage.Errorf("by %q: give one of %s", o.By, strings.Join(Keys, ", "))
	}
	return nil
}

// Show returns the name of a row: the id itself, or a pseudonym of a worker or HIT if Hide is set. The
// pseudonym depends only on the id, so that documents can be compared.
func (o *Options) Show(key, name string) string {
	if !o.Hide || key != pseudonym.Worker && key != pseudonym.HIT {
		return name
	}
	return pseudonym.Of(key, name)
}
