package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"abtool/eval/cam"
	"abtool/internal/replace"
	"abtool/internal/stat"
	"abtool/train/arch"
	"abtool/train/data"
	"abtool/train/engine"
	"abtool/train/loss"
	"abtool/train/run"
	"abtool/train/weights"
)

// Options say where an experiment is kept and how it is run.
type Options struct {
	Out      string // folder; results that it already has of the same experiment are used
	New      func(engine.Config) (engine.Engine, error)
	Ingest   Ingest
	Jobs     int            // arms that run at the same time, each on one thread; 0: one per processor. Results do not depend on it
	Tool     string         // version of the program
	Notice   func(string)   // gets what users should know; may be nil
	Progress func(Progress) // called when an arm begins or ends and now and then between, from several goroutines; may be nil
}

// Ingest reads simulated byproducts and their boxes, two archives, into a new store. It returns an error if
// a record is rejected.
type Ingest func(ctx context.Context, byproducts, boxes, store string) error

// Progress says how far an experiment has come.
type Progress struct {
	Arm        Arm
	Done, Arms int           // finished arms, all arms
	Epoch      int           // of the arm
	Epochs     int           // of each arm
	Left       time.Duration // estimated time left; 0: not known yet
	Result     *ArmResult    // set when the arm has ended
	Kept       bool          // the result is from an earlier call
}

// ArmResult has the measurements of an arm's network.
type ArmResult struct {
	Arm
	Seconds     float64                 `json:"seconds"` // training and evaluation, since the last interruption
	Evaluations map[string]*run.Metrics `json:"evaluations"`
	Measures    map[string]*run.Measure `json:"measures,omitempty"` // that are not of one evaluation alone: gap and cam
}

// material is what the arms of a seed are trained and evaluated on.
type material struct {
	train       func(Arm) (*data.Set, error)
	evaluations []evaluation
}

type evaluation struct {
	name  string
	set   *data.Set
	truth run.Truth
	boxes func(image int) []cam.Box // of the objects, for class activation maps; nil: no maps
}

// Run trains all arms that have no result yet, and returns the comparison. If ctx ends, the error wraps
// run.ErrStopped and the progress so far is kept.
func Run(ctx context.Context, p *Plan, o Options) (*Result, error) {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if err := claim(p, o.Out); err != nil {
		return nil, err
	}
	x := &runner{p: p, o: o, began: time.Now(), materials: map[uint64]*shared{}}
	if err := x.arms(ctx, p.first()); err != nil {
		return nil, err
	}
	lambda := choose(p, x.results)
	if err := x.arms(ctx, p.second(lambda)); err != nil {
		return nil, err
	}
	r := summarise(p, lambda, x.results)
	return r, r.write(o.Out)
}

const planName = "experiment.toml"

// claim writes the plan into the folder out, or checks that the folder has the same plan.
func claim(p *Plan, out string) error {
	path := filepath.Join(out, planName)
	text := p.TOML()
	old, err := os.ReadFile(path)
	switch {
	case err == nil && string(old) == text:
		return nil
	case err == nil:
		return fmt.Errorf("%s holds another experiment (see %s): give another folder for this one", out, path)
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	if entries, err := os.ReadDir(out); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s has files that do not belong to an experiment: give a folder that does not exist yet", out)
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	return replace.Bytes(path, []byte(text))
}

// A runner trains the arms of an experiment.
type runner struct {
	p     *Plan
	o     Options
	began time.Time

	mu        sync.Mutex
	materials map[uint64]*shared
	results   []*ArmResult
	done      int
	trained   int // arms that were trained in this call
}

// shared is the material of a seed, and the number of arms that still need it.
type shared struct {
	once sync.Once
	m    *material
	err  error
	left int // arms
}

// arms trains some arms, several at a time.
func (x *runner) arms(ctx context.Context, arms []Arm) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, a := range arms {
		s := x.materials[a.Seed]
		if s == nil {
			s = &shared{}
			x.materials[a.Seed] = s
		}
		s.left++
	}
	results := make([]*ArmResult, len(arms))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(x.o.Jobs, max(len(arms), 1)) {
		wg.Go(func() {
			for i := range next {
				r, err := x.arm(ctx, arms[i])
				if err != nil {
					cancel(fmt.Errorf("%s: %w", arms[i].Name(), err))
					continue
				}
				results[i] = r
				x.leave(arms[i].Seed)
			}
		})
	}
	for i := range arms {
		if ctx.Err() != nil {
			break
		}
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, run.ErrStopped) {
			return err
		}
		return run.ErrStopped
	}
	x.results = append(x.results, results...)
	return nil
}

// leave releases a seed's material after the last arm that needs it.
func (x *runner) leave(seed uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s := x.materials[seed]; s != nil {
		if s.left--; s.left == 0 {
			delete(x.materials, seed)
		}
	}
}

func (x *runner) material(ctx context.Context, seed uint64) (*material, error) {
	x.mu.Lock()
	s := x.materials[seed]
	x.mu.Unlock()
	s.once.Do(func() {
		if x.p.Garments != nil {
			dir := filepath.Join(x.o.Out, "data", fmt.Sprintf("seed-%d", seed))
			if s.err = os.MkdirAll(dir, 0o777); s.err == nil {
				s.m, s.err = x.p.Garments.material(ctx, dir, seed, x.o)
			}
			return
		}
		s.m, s.err = x.p.files(seed)
	})
	return s.m, s.err
}

const (
	resultName = "result.json"
	lastName   = "last.safetensors"
)

// arm trains and evaluates an arm, or continues where an earlier call stopped.
func (x *runner) arm(ctx context.Context, a Arm) (*ArmResult, error) {
	dir := filepath.Join(x.o.Out, "arms", a.Name())
	p := Progress{Arm: a, Arms: x.p.count(), Epochs: x.p.Recipe.Epochs}
	if text, err := os.ReadFile(filepath.Join(dir, resultName)); err == nil {
		r := &ArmResult{}
		if err := json.Unmarshal(text, r); err != nil || r.Arm != a {
			return nil, fmt.Errorf("%s belongs to another arm: remove it, and the arm is evaluated again", filepath.Join(dir, resultName))
		}
		p.Result, p.Kept = r, true
		x.report(p)
		return r, nil
	}
	began := time.Now()
	m, err := x.material(ctx, a.Seed)
	if err != nil {
		return nil, err
	}
	if err := x.train(ctx, dir, a, m, p); err != nil {
		return nil, err
	}
	r := &ArmResult{Arm: a, Evaluations: map[string]*run.Metrics{}, Measures: map[string]*run.Measure{}}
	if err := x.evaluate(ctx, dir, m, r); err != nil {
		return nil, err
	}
	r.Seconds = time.Since(began).Seconds()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := replace.Bytes(filepath.Join(dir, resultName), append(text, '\n')); err != nil {
		return nil, err
	}
	p.Result = r
	x.report(p)
	return r, nil
}

// report counts the arms that have ended, and calls the Progress of the options.
func (x *runner) report(p Progress) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if p.Result != nil {
		x.done++
		if !p.Kept {
			x.trained++
		}
	}
	p.Done = x.done
	if x.trained > 0 {
		p.Left = time.Duration(float64(time.Since(x.began)) / float64(x.trained) * float64(p.Arms-x.done))
	}
	x.o.Progress(p)
}

func (x *runner) train(ctx context.Context, dir string, a Arm, m *material, p Progress) error {
	recipe := x.p.recipe(a)
	recipe.SaveEvery = recipe.Epochs // keep only the network of the last epoch, or its moving average
	if _, err := os.Stat(filepath.Join(dir, finalName(recipe))); err == nil {
		return nil
	}
	set, err := m.train(a)
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(dir, lastName))
	resume := err == nil
	if !resume { // interrupted before its first checkpoint, if it began at all: start again
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	epoch := -1
	_, err = run.Train(ctx, run.Options{
		Out: dir, Recipe: recipe, Train: set, New: x.o.New, Resume: resume, Workers: 1, Tool: x.o.Tool,
		Notice: func(text string) { x.o.Notice(a.Name() + ": " + text) },
		Progress: func(at run.Progress) {
			if at.Epoch != epoch {
				epoch, p.Epoch = at.Epoch, at.Epoch
				x.report(p)
			}
		},
	})
	return err
}

// finalName returns the name of the file with the network after the last epoch.
func finalName(r run.Recipe) string { return fmt.Sprintf("epoch-%04d.safetensors", r.Epochs) }

func (x *runner) evaluate(ctx context.Context, dir string, m *material, r *ArmResult) error {
	recipe, _, a, set, err := run.Open(dir, finalName(x.p.Recipe))
	if err != nil {
		return err
	}
	e, err := x.o.New(engine.Config{Arch: a, Loss: recipe.Loss(), Workers: 1})
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.SetWeights(set); err != nil {
		return err
	}
	for _, s := range m.evaluations {
		how := recipe.Evaluation(a, 1)
		how.Truth = s.truth
		got, err := run.Evaluate(ctx, e, s.set, how)
		if err != nil {
			return err
		}
		r.Evaluations[s.name] = got
		if s.boxes != nil {
			if r.Measures[camMeasure], err = x.look(ctx, a, set, recipe, s); err != nil {
				return err
			}
		}
	}
	if own, other := r.Evaluations[ownSet], r.Evaluations[otherSet]; x.p.Garments != nil && own != nil && other != nil {
		r.Measures[gapMeasure] = &run.Measure{Value: own.Top1.Value - other.Top1.Value, N: own.Top1.N}
	}
	return nil
}

// Measures that are not the score of one evaluation.
const (
	gapMeasure = "gap" // score on own minus score on other: the Backgrounds Challenge's BG-gap, lower is better
	camMeasure = "cam" // MaxBoxAccV2 of the class activation maps on same
)

// look compares the class activation maps of the images' classes with the objects' boxes.
func (x *runner) look(ctx context.Context, a *arch.Arch, set *weights.Set, recipe run.Recipe, s evaluation) (*run.Measure, error) {
	n, err := cam.Open(a, set, func(c engine.Config) (engine.Engine, error) {
		c.Workers = 1
		return x.o.New(c)
	})
	if err != nil {
		return nil, err
	}
	defer n.Close()
	how := recipe.Evaluation(a, 1).Loader
	how.Batch = lookBatch
	loader, err := data.NewLoader(s.set, how)
	if err != nil {
		return nil, err
	}
	var cutter cam.Cutter
	var found cam.Localisation
	for b := range loader.Epoch(ctx, 0, 0) {
		views, err := n.Look(&engine.Batch{Pixels: b.Pixels, Target: loss.Target{N: b.N}})
		if err != nil {
			return nil, err
		}
		for i := range views {
			class := int(b.Target.Labels[i])
			answer := run.Prediction{Logits: views[i].Logits}
			m := views[i].Map(class, n.Size(), n.Size())
			found.Add(b.IDs[i], cutter.Overlaps(m, s.boxes(b.Images[i])), answer.Best() == class)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := found.Result()
	return &run.Measure{Value: stat.Number(r.MaxBoxAccV2()), N: r.Images}, nil
}

// lookBatch is the number of images of which maps are computed together.
const lookBatch = 64

// files opens the images and targets that a plan names.
func (p *Plan) files(seed uint64) (*material, error) {
	open := func(f Images, o data.SetOptions) (*data.Set, error) {
		o.Multi, o.WithTarget, o.Rule, o.Split, o.Partial = p.Recipe.Multi, p.Recipe.Multi, f.Rule, f.Split, f.Partial
		return data.OpenSet(f.Images, f.Targets, o)
	}
	m := &material{}
	m.train = func(a Arm) (*data.Set, error) {
		return open(*p.Data, data.SetOptions{Supervision: a.Supervision, Seed: seed})
	}
	train, err := m.train(Arm{Supervision: data.None})
	if err != nil {
		return nil, err
	}
	for _, f := range p.Evaluation {
		supervision := data.None
		if f.Targets != "" {
			supervision = data.LUAB
		}
		set, err := open(f, data.SetOptions{Supervision: supervision, Classes: train.Classes})
		if err != nil {
			return nil, fmt.Errorf("evaluation %s: %w", f.Name, err)
		}
		truth, err := run.OpenTruth(f.Truth, set)
		if err != nil {
			return nil, fmt.Errorf("evaluation %s: %w", f.Name, err)
		}
		m.evaluations = append(m.evaluations, evaluation{name: f.Name, set: set, truth: truth})
	}
	return m, nil
}
