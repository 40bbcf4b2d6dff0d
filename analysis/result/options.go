package result

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"runtime"
	"slices"
	"strings"

	"abtool/internal/usage"
)

// Keys are what statistics can be broken down by (Options.By).
var Keys = []string{"worker", "class", "hit", "week"}

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

// Defaults fills in what was left out.
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

// Show returns the name of a row: the key's own, but a pseudonym of a worker or HIT if they are
// hidden. The pseudonym depends on the id alone, so that documents can be held side by side.
func (o *Options) Show(key, name string) string {
	if !o.Hide || key != "worker" && key != "hit" {
		return name
	}
	h := sha256.Sum256([]byte("abtool " + key + " " + name))
	return key[:1] + hex.EncodeToString(h[:6])
}
