package features

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"abtool/features/targetfile"
	"abtool/internal/closest"
	"abtool/internal/usage"
)

// Data sets of a store.
const (
	ImageNet = "imagenet"
	COCO     = "coco"
)

// sets are the facts about each data set that messages and defaults need.
var sets = map[string]struct {
	rule  string // the paper's rule
	truth string // the name of its ground truth, and how to get it into a store
}{
	ImageNet: {"final-click", "boxes: ingest with --boxes"},
	COCO:     {"final-add", "instances: ingest with --instances"},
}

// A Rule chooses the point to learn from: one of the annotation, or one of the ground truth.
type Rule = targetfile.Rule

// A rule is a Rule with its requirements. The functions that compute points are in imagenetPoints and
// cocoPoints.
type rule struct {
	Rule
	Needs []string // boxes, masks, calibration
}

// needs reports whether the rule has a requirement.
func (r *rule) needs(what string) bool { return slices.Contains(r.Needs, what) }

// has reports whether a data set has the rule.
func (r *rule) has(set string) bool { return slices.Contains(r.Sets, set) }

// Rules returns the point rules, in the order of docs/reference/targets.md.
func Rules() (out []Rule) {
	for _, r := range rules() {
		out = append(out, r.Rule)
	}
	return out
}

//go:embed rules.toml
var rulesText string

var rules = sync.OnceValue(func() []rule { return parse[struct{ Rule []rule }](rulesText).Rule })

//go:embed columns.toml
var columnsText string

// columnDocs describe the columns of signals and of the tables other than targets.
type columnDocs struct{ Signals, Crops, Pairs, Classes targetfile.Docs }

var docs = sync.OnceValue(func() columnDocs { return parse[columnDocs](columnsText) })

// parse decodes a TOML text that is embedded in the package.
func parse[T any](text string) (v T) {
	if err := toml.Unmarshal([]byte(text), &v); err != nil {
		panic("features: " + err.Error())
	}
	return v
}

// AllRules stands for every rule of the data set.
const AllRules = "all"

// chooseRules returns the rules of the given names.
func chooseRules(names []string, set string) ([]*rule, error) {
	var out []*rule
	all := rules()
	if slices.Contains(names, AllRules) {
		for i := range all {
			if all[i].has(set) {
				out = append(out, &all[i])
			}
		}
		return out, nil
	}
	for _, name := range names {
		i := ruleNamed(name)
		switch {
		case i < 0:
			return nil, usage.Errorf("no such rule %q: abtool targets --list explains them all%s", name, closest.DidYouMean(name, ruleNames(set)))
		case !all[i].has(set):
			return nil, usage.Errorf("the rule %s is for %s, not for %s", name, strings.Join(all[i].Sets, " and "), set)
		case !slices.Contains(out, &all[i]):
			out = append(out, &all[i])
		}
	}
	return out, nil
}

// ruleNamed returns the index of a rule, −1 for an unknown name.
func ruleNamed(name string) int {
	return slices.IndexFunc(rules(), func(r rule) bool { return r.Name == name })
}

func ruleNames(set string) (names []string) {
	for _, r := range rules() {
		if r.has(set) {
			names = append(names, r.Name)
		}
	}
	return names
}

// DefaultRule returns the paper's rule for a data set.
func DefaultRule(set string) string { return sets[set].rule }
