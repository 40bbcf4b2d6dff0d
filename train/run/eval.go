package run

import (
	"context"

	"abtool/train/data"
	"abtool/train/engine"
)

// EvalOptions say on which images a run is evaluated, and how.
type EvalOptions struct {
	Weights         string // as for Open
	Images, Targets string // as for data.OpenSet; no targets: without points to compare with
	Rule, Split     string // of the targets, if the file has several
	Partial         bool   // leave out targets whose image is missing
	Truth           string // a store for OpenTruth; "": none
	Workers         int
	New             func(engine.Config) (engine.Engine, error)

	Notice func(text string)           // what to know of the images; may be nil
	Each   func(*data.Set, Prediction) // is called with every prediction; may be nil
}

// Eval evaluates the network of a run.
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
	if o.Notice != nil {
		for _, text := range images.Notes() {
			o.Notice(text)
		}
	}
	evaluation := r.Evaluation(a, o.Workers)
	if evaluation.Truth, err = OpenTruth(o.Truth, images); err != nil {
		return nil, err
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
	return Evaluate(ctx, e, images, evaluation)
}
