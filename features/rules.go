package features

import (
	"slices"
	"strings"

	"abtool/features/targetfile"
	"abtool/internal/closest"
	"abtool/internal/usage"
)

// Data sets of a store.
const (
	ImageNet = "imagenet"
	COCO     = "coco"
)

var titles = map[string]string{ImageNet: "ImageNet-AB", COCO: "COCO-AB"}

// A Rule says which point of an annotation, or of the ground truth, is learned from.
type Rule = targetfile.Rule

// A rule has its points in imagenetPoints and cocoPoints.
type rule struct {
	Rule
	needs needs
}

// needs say what a rule must be given.
type needs struct{ boxes, masks, calibration bool }

// has reports whether the rule is one of a data set.
func (r *rule) has(set string) bool { return slices.Contains(r.Sets, set) }

// Rules are the point rules, in the order of docs/reference/targets.md.
func Rules() []Rule {
	out := make([]Rule, len(rules))
	for i := range rules {
		out[i] = rules[i].Rule
	}
	return out
}

// AllRules stands for every rule of the data set.
const AllRules = "all"

var both = []string{ImageNet, COCO}

var rules = []rule{
	{Rule{
		Name: "final-click", Sets: []string{ImageNet}, From: "paper, section 5.1; I4",
		What: "The last click on the image: of its last selected showing, by submission of the HIT, the last click with a place.",
		Note: "What the paper speaks of as the click. The default for ImageNet.",
	}, needs{}},
	{Rule{
		Name: "final-click-document", Sets: []string{ImageNet}, From: "variant of I4",
		What: "As final-click, but the last selected showing is that which stands last in the input.",
		Note: "Differs where an image was shown again and the records are not in order of time.",
	}, needs{}},
	{Rule{
		Name: "first-click", Sets: []string{ImageNet}, From: "variant of I4",
		What: "The first click with a place, of the showing that final-click takes.",
		Note: "Differs where an image was selected, deselected and selected again.",
	}, needs{}},
	{Rule{
		Name: "loader-mean", Sets: []string{ImageNet}, From: "public ImageNet loader; L1",
		What: "The mean of the first clicks of all selected showings, in the order of the input.",
		Note: "The public loader stops at a selected showing whose first click has no place, or is missing: such an image has no row here.",
	}, needs{}},
	{Rule{
		Name: "loader-mean-valid", Sets: []string{ImageNet}, From: "variant of I4",
		What: "The mean of the first clicks with a place of all selected showings that have one.",
		Note: "As loader-mean, where that gives a point; and a point where the public loader stops.",
	}, needs{}},
	{Rule{
		Name: "final-add", Sets: []string{COCO}, From: "paper, section 5.1; public COCO loader; C3, L2",
		What: "The place of the last add of the class's icon, whatever follows; pixel_y and pixel_x are the loader's whole pixels.",
		Note: "Moves after it are ignored, and so is a last remove. The default for COCO.",
	}, needs{}},
	{Rule{
		Name: "final-position", Sets: []string{COCO}, From: "variant of C3; C7",
		What: "Where the icon lies in the end: the last add or move, of icons whose last action is no remove.",
		Note: "What the annotator left on the image.",
	}, needs{}},
	{Rule{
		Name: "random", Sets: both, From: "paper, section 5.2 (Rand); docs/reference/targets.md has the formula",
		What: "A point drawn uniformly, in place of each final-click or final-add: the paper's baseline.",
		Note: "Drawn from a hash of --seed, image and class, so that it depends on neither order nor other images.",
	}, needs{}},
	{Rule{
		Name: "calibrated", Sets: both, From: "suggested in section 4.1; here",
		What: "The final-click or final-add less the displacement that other annotators' clicks have from the centre of the box.",
		Note: "Median in the frame of the nearest box × mean box of the class, fitted on annotators of other parts (5, by hash).",
	}, needs{boxes: true, calibration: true}},
	{Rule{
		Name: "box-centre", Sets: both, From: "ground truth: an upper bound, not a byproduct", Truth: true,
		What: "The centre of the ground-truth box, of the largest if the image (COCO: the class) has several.",
		Note: "GROUND TRUTH: a bound of what points can teach. COCO: crowds only where the class has nothing else.",
	}, needs{boxes: true}},
	{Rule{
		Name: "mask-centroid", Sets: []string{COCO}, From: "ground truth: an upper bound, not a byproduct", Truth: true,
		What: "The centroid of the pixels of the ground-truth mask, of the largest by its area if the class has several.",
		Note: "GROUND TRUTH. It can lie outside of a mask that is bent. COCO: crowds only where the class has nothing else.",
	}, needs{boxes: true, masks: true}},
}

// chooseRules are the rules of the given names, and the data set that they are of.
func chooseRules(names []string, set string) ([]*rule, error) {
	var out []*rule
	if slices.Contains(names, AllRules) {
		for i := range rules {
			if rules[i].has(set) {
				out = append(out, &rules[i])
			}
		}
		return out, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.Name == name })
		switch {
		case i < 0:
			return nil, usage.Errorf("no such rule %q: abtool targets --list explains them all%s", name, closest.DidYouMean(name, ruleNames(set)))
		case !rules[i].has(set):
			return nil, usage.Errorf("the rule %s is of %s, not of %s", name, strings.Join(rules[i].Sets, " and "), set)
		case !slices.Contains(out, &rules[i]):
			out = append(out, &rules[i])
		}
	}
	return out, nil
}

func ruleNames(set string) (names []string) {
	for i := range rules {
		if rules[i].has(set) {
			names = append(names, rules[i].Name)
		}
	}
	return names
}

// DefaultRule is the paper's rule for a data set.
func DefaultRule(set string) string {
	if set == COCO {
		return "final-add"
	}
	return "final-click"
}

// pointsOf returns the points of rules, in their order.
func pointsOf[P any](rules []*rule, points map[string]P) []P {
	out := make([]P, len(rules))
	for i, r := range rules {
		out[i] = points[r.Name]
	}
	return out
}
