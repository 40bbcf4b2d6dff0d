package run

import (
	"context"
	"slices"

	"abtool/train/data"
	"abtool/train/engine"
)

// EvalOptions choose the images on which a run is evaluated, and how.
type EvalOptions struct {
	Weights         string // as Open takes it
	Images, Targets string // as data.OpenSet takes them; no targets: there are no points to compare with
	Rule, Split     string // rule and split of the targets, if the file has several
	Partial         bool   // leave out targets whose image is missing
	Truth           string // store that OpenTruth opens; "": no ground truth
	Unreadable      bool   // count images that cannot be read as wrong; otherwise the first one is an error
	Workers         int
	New             func(engine.Config) (engine.Engine, error)

	Notice func(text string)           // gets what users should know about the images; may be nil
	Each   func(*data.Set, Prediction) // called with every prediction; may be nil
}

// Eval evaluates the network of a run. Metrics.LeftOut has what Notice does not get: which images were left out or could
// not be read.
func Eval(ctx context.Context, dir string, o EvalOptions) (*Metrics, error) {
	r, info, a, set, err := Open(dir, o.Weights)
	if err != nil {
		return nil, err
	}
	how := data.SetOptions{
		Multi: info.Multi, Rule: o.Rule, Split: o.Split, Classes: info.Classes,
		Partial: o.Partial, WithTarget: info.Multi,
	}
	if how.Supervision = data.None; o.Targets != "" {
		how.Supervision = data.LUAB
	}
	images, err := data.OpenSet(o.Images, o.Targets, how)
	if err != nil {
		return nil, err
	}
	left := images.LeftOut()
	if o.Notice != nil {
		for _, text := range images.Notes() {
			if !slices.Contains(left, text) {
				o.Notice(text)
			}
		}
	}
	evaluation := r.Evaluation(a, o.Workers)
	if evaluation.Truth, err = OpenTruth(o.Truth, images); err != nil {
		return nil, err
	}
	if evaluation.Unreadable = Refuse; o.Unreadable {
		evaluation.Unreadable = CountWrong
	}
	if o.Each != nil {
		evaluation.Each = func(p Prediction) { o.Each(images, p) }
	}
	e, err := o.New(engine.Config{Arch: a, Loss: r.Loss(), Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.SetWeights(set); err != nil {
		return nil, err
	}
	m, err := Evaluate(ctx, e, images, evaluation)
	if err != nil {
		return nil, err
	}
	m.Unlisted, m.Missing, m.left = images.Unlisted, images.MissingImages, left
	return m, nil
}
