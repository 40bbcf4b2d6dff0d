package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"abtool/internal/filetype"
	"abtool/internal/replace"
	"abtool/internal/stat"
	"abtool/train/arch"
	"abtool/train/data"
	"abtool/train/engine"
	"abtool/train/weights"
)

// Files of a run.
const (
	recipeName = "recipe.toml"
	infoName   = "run.json"
	logName    = "log.jsonl"
	eventsName = "events.out.tfevents.0.abtool"
	lastName   = "last.safetensors"
	bestName   = "best.safetensors"
)

// ErrStopped is the error of a run that was interrupted, and can be continued.
var ErrStopped = errors.New("stopped; the run can be continued with --resume")

// Options say what is trained, and where the run is kept.
type Options struct {
	Out     string // folder of the run
	Recipe  Recipe
	Train   *data.Set
	Val     *data.Set // nil: nothing is measured
	Truth   Truth     // of Val; nil: none
	New     func(engine.Config) (engine.Engine, error)
	Resume  bool   // go on with the run in Out
	Init    string // weights to begin with, a .safetensors file
	Workers int    // that compute and decode; 0: one a processor
	Tool    string // version

	LogEvery time.Duration  // time between lines of steps in the log's progress; 0: a second
	Progress func(Progress) // is called at most every LogEvery
	Notice   func(string)   // of what a person should know
}

// Progress is how far a run is.
type Progress struct {
	Step, Steps   int
	Epoch, Epochs int
	Images        float64 // a second, since the last
	Loader        float64 // images a second that one processor decodes
	Waited        float64 // share of the time that training waited for images
	LR            float64
	Loss          float64
	Class, Point  float64
	Left          time.Duration
}

// Info is what run.json holds.
type Info struct {
	Tool      string   `json:"tool"`
	Engine    string   `json:"engine"`
	Arch      string   `json:"arch"`
	Size      int      `json:"size"`
	Weights   int      `json:"weights"` // parameters, without the point head
	Classes   []string `json:"classes"`
	Multi     bool     `json:"multi"`
	Images    int      `json:"images"`     // of training
	Points    int      `json:"points"`     // of them, with a point to learn from
	ValImages int      `json:"val_images"` // of validation
}

// A trainer is a run under way.
type trainer struct {
	o       Options
	a       *arch.Arch
	e       engine.Engine
	loader  *data.Loader
	log     *logFile
	perStep int // batches
	steps   int // of an epoch

	step, epoch, batch int // done: updates; epochs; batches of the epoch
	best               float64
	since              tally // the last line of the log
	shown              tally // the last progress
	shownAt            time.Time
	shownWait          time.Duration
	waited             time.Duration // for batches
	noted              bool          // images of validation that cannot be read
}

// tally sums the results of steps.
type tally struct {
	n, images                int
	loss, class, point, norm float64
	valid                    int
}

func (t *tally) add(r engine.Result) {
	t.n++
	t.images += r.N
	t.loss += r.Total
	t.class += r.Class
	t.point += r.Point * float64(r.N)
	t.valid += r.Valid
	t.norm += r.GradNorm
}

func (t *tally) line(step, epoch int, lr float64) Line {
	n := float64(t.n)
	return Line{Step: step, Epoch: epoch, LR: lr, Loss: stat.Number(t.loss / n), Class: stat.Number(t.class / n), Point: stat.Number(t.point / float64(t.valid)), Norm: stat.Number(t.norm / n)}
}

// Train trains, or goes on. It returns the metrics of the last epoch's validation. What can be known to fail is found before the first step.
func Train(ctx context.Context, o Options) (*Metrics, error) {
	if o.LogEvery == 0 {
		o.LogEvery = time.Second
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if err := o.Recipe.Check(); err != nil {
		return nil, err
	}
	t := &trainer{o: o, best: math.Inf(-1), perStep: o.Recipe.Accumulate}
	if err := t.prepare(); err != nil {
		return nil, err
	}
	defer t.e.Close()
	defer t.log.close()
	m, err := t.run(ctx)
	if errors.Is(err, ErrStopped) {
		if saved := t.save(lastName); saved != nil {
			return nil, errors.Join(err, saved)
		}
	}
	return m, err
}

// load makes the network and the loader and counts the steps: everything that can be wrong with the recipe and the images.
func (t *trainer) load() (err error) {
	r := t.o.Recipe
	if t.a, err = r.network(len(t.o.Train.Classes)); err != nil {
		return err
	}
	if t.loader, err = data.NewLoader(t.o.Train, r.loader(t.a, true, t.o.Workers)); err != nil {
		return err
	}
	if t.o.Val != nil {
		if _, err := data.NewLoader(t.o.Val, r.loader(t.a, false, t.o.Workers)); err != nil {
			return fmt.Errorf("validation: %w", err)
		}
	}
	t.steps = t.loader.Batches() / t.perStep
	if t.steps < 1 {
		return fmt.Errorf("%d images are not enough for a step of %d batches of %d", len(t.o.Train.Images), t.perStep, r.Batch)
	}
	return r.schedule(t.steps).Check()
}

func (t *trainer) prepare() (err error) {
	if err := t.load(); err != nil {
		return err
	}
	last := filepath.Join(t.o.Out, lastName)
	_, found := os.Stat(last)
	switch {
	case t.o.Resume && found != nil:
		return fmt.Errorf("there is no run to continue in %s: %w", t.o.Out, found)
	case !t.o.Resume && found == nil: // what ended before its first checkpoint is begun anew
		return fmt.Errorf("%s holds a run already: give --resume to go on with it, or another --out", t.o.Out)
	}
	if t.e, err = t.o.New(t.o.Recipe.engine(t.a, t.o.Workers)); err != nil {
		return err
	}
	if err := t.weights(last); err != nil {
		t.e.Close()
		return err
	}
	if err := t.folder(); err != nil {
		t.e.Close()
		return err
	}
	return nil
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// weights sets the weights of the checkpoint, of Init, or by chance.
func (t *trainer) weights(last string) error {
	set := t.a.Init(t.o.Recipe.Seed)
	if t.o.Resume {
		return t.restore(last, set)
	}
	if t.o.Init != "" {
		from, err := weights.ReadFile(t.o.Init)
		if err != nil {
			return err
		}
		report := weights.Fit(set, from)
		if report.Loaded == 0 {
			return fmt.Errorf("%s has no weight of %s: %s", t.o.Init, t.a.Name, report)
		}
		t.o.Notice(fmt.Sprintf("weights of %s: %s", t.o.Init, report))
	}
	return t.e.SetWeights(set)
}

// folder makes the files of the run.
func (t *trainer) folder() (err error) {
	if err := os.MkdirAll(t.o.Out, 0o777); err != nil {
		return err
	}
	points := 0
	for _, im := range t.o.Train.Images {
		if len(im.Points) > 0 {
			points++
		}
	}
	info := Info{Tool: t.o.Tool, Engine: t.e.Name(), Arch: t.a.Name, Size: t.a.Size, Weights: t.a.Count(false), Classes: t.o.Train.Classes, Multi: t.o.Train.Multi, Images: len(t.o.Train.Images), Points: points}
	if t.o.Val != nil {
		info.ValImages = len(t.o.Val.Images)
	}
	text, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return err
	}
	if err := replace.Bytes(filepath.Join(t.o.Out, infoName), append(text, '\n')); err != nil {
		return err
	}
	if err := replace.Bytes(filepath.Join(t.o.Out, recipeName), []byte(t.o.Recipe.TOML())); err != nil {
		return err
	}
	t.log, err = openLog(t.o.Out, t.step)
	return err
}

func (t *trainer) run(ctx context.Context) (m *Metrics, err error) {
	r := t.o.Recipe
	schedule := r.schedule(t.steps)
	t.shownAt = time.Now()
	for ; t.epoch < r.Epochs; t.epoch++ {
		var group []*engine.Batch
		var ids []string
		left := t.steps*t.perStep - t.batch // batches that do not make a whole step are left out
		before := t.step
		for b := range t.fetch(ctx, t.epoch, t.batch, left) {
			if b.err != nil {
				return nil, b.err
			}
			group, ids = append(group, b.Batch), append(ids, b.ids...)
			t.batch++
			if len(group) < t.perStep {
				continue
			}
			lr := schedule.At(t.step)
			result, err := t.e.Step(lr, group...)
			if err != nil {
				return nil, t.failed(err, lr, ids)
			}
			t.step++
			t.since.add(result)
			t.show(result, lr)
			group, ids = group[:0], ids[:0]
		}
		if ctx.Err() != nil {
			t.batch -= len(group) // of a step that was not made
			return nil, ErrStopped
		}
		if t.step == before && left > 0 {
			_, reasons := t.loader.Corrupt()
			return nil, fmt.Errorf("epoch %d made no step, as images could not be read: %s", t.epoch+1, strings.Join(reasons, "; "))
		}
		t.batch = 0
		if m, err = t.endEpoch(ctx, schedule.At(t.step-1)); err != nil {
			if ctx.Err() != nil { // validation was interrupted: the epoch's training is done
				t.batch = t.steps * t.perStep
				return nil, ErrStopped
			}
			return nil, err
		}
	}
	return m, nil
}

// failed returns the error of a step with what to try: for a step that diverged, with its images; for one without memory, with the batch
// that makes the same update in half of it.
func (t *trainer) failed(err error, lr float64, ids []string) error {
	switch {
	case errors.Is(err, engine.ErrMemory):
		return noMemory(err, t.o.Recipe.Batch, t.perStep)
	case !errors.Is(err, engine.ErrNotFinite):
		return err
	}
	shown := ids[:min(len(ids), 8)]
	return fmt.Errorf("step %d (epoch %d, learning rate %.3g): %w. The batch: %s%s. Try a lower lr, clip = 1, a longer warm-up, or a lower lambda; the last checkpoint stands",
		t.step+1, t.epoch+1, lr, err, strings.Join(shown, ", "), map[bool]string{true: ", …"}[len(ids) > len(shown)])
}

// noMemory returns the error of a step with less memory than its batches need.
func noMemory(err error, batch, accumulate int) error {
	if batch < 2 {
		return fmt.Errorf("%w: the batch is a single image: take a smaller network or size", err)
	}
	half := (batch + 1) / 2
	return fmt.Errorf("%w. Smaller batches with more of them for each update need less: --batch %d --set accumulate=%d", err, half, 2*accumulate)
}

// show tells the progress, now and then.
func (t *trainer) show(r engine.Result, lr float64) {
	t.shown.add(r)
	passed := time.Since(t.shownAt)
	if t.o.Progress == nil || passed < t.o.LogEvery {
		return
	}
	total := t.steps * t.o.Recipe.Epochs
	l := t.shown.line(t.step, t.epoch+1, lr)
	t.o.Progress(Progress{
		Step: t.step, Steps: total, Epoch: t.epoch + 1, Epochs: t.o.Recipe.Epochs, Images: float64(t.shown.images) / passed.Seconds(), Loader: t.loader.Rate().PerCPU,
		Waited: (t.waited - t.shownWait).Seconds() / passed.Seconds(), LR: lr, Loss: float64(l.Loss), Class: float64(l.Class), Point: float64(l.Point),
		Left: time.Duration(float64(passed) / float64(t.shown.n) * float64(total-t.step)),
	})
	t.shown, t.shownAt, t.shownWait = tally{}, time.Now(), t.waited
}

// endEpoch validates, logs and saves.
func (t *trainer) endEpoch(ctx context.Context, lr float64) (*Metrics, error) {
	line := t.since.line(t.step, t.epoch+1, lr)
	line.Event = "epoch"
	score := -float64(line.Loss)
	if t.o.Val != nil {
		how := t.o.Recipe.Evaluation(t.a, t.o.Workers)
		how.Average, how.Truth = t.o.Recipe.EMA > 0, t.o.Truth
		m, err := Evaluate(ctx, t.e, t.o.Val, how)
		if err != nil {
			return nil, err
		}
		line.Val = m
		score = float64(Score(m))
		if note := m.Note(); note != "" && !t.noted {
			t.o.Notice("validation: " + note)
			t.noted = true
		}
	}
	if n, reasons := t.loader.Corrupt(); n > 0 {
		t.o.Notice(fmt.Sprintf("%d times an image could not be read, and another took its place: %s", n, strings.Join(reasons, "; ")))
	}
	if line.Best = score > t.best; line.Best {
		t.best = score
	}
	t.since = tally{}
	if err := t.log.write(line); err != nil {
		return nil, err
	}
	done := *t
	done.epoch++ // the checkpoint is of the finished epoch
	if line.Best {
		if err := t.export(bestName); err != nil {
			return nil, err
		}
	}
	if k := t.o.Recipe.SaveEvery; k > 0 && done.epoch%k == 0 {
		if err := t.export(fmt.Sprintf("epoch-%04d.safetensors", done.epoch)); err != nil {
			return nil, err
		}
	}
	return line.Val, done.save(lastName)
}

// Score is what the best epoch has most of: top-1 accuracy, or mAP.
func Score(m *Metrics) stat.Number {
	switch {
	case m == nil:
		return stat.Number(math.NaN())
	case m.MAP != nil:
		return m.MAP.Value
	case m.Top1 != nil:
		return m.Top1.Value
	}
	return -m.Loss.Value
}

// export writes the weights, or their moving average if one is kept.
func (t *trainer) export(name string) error {
	set, err := t.e.Average()
	if err == nil && set == nil {
		set, err = t.e.Weights()
	}
	if err != nil {
		return err
	}
	set.Metadata = t.metadata()
	return weights.WriteFile(filepath.Join(t.o.Out, name), set)
}

func (t *trainer) metadata() map[string]string {
	classes, _ := json.Marshal(t.o.Train.Classes)
	return map[string]string{"format": "pt", "abtool.arch": t.a.Name, "abtool.size": strconv.Itoa(t.a.Size), "abtool.classes": string(classes), "abtool.multi": strconv.FormatBool(t.o.Train.Multi), dataKey: t.o.Train.Digest()}
}

// dataKey is the key of the digest of what was trained on.
const dataKey = "abtool.data"

// statePrefix begins the names of what a checkpoint has besides weights.
const statePrefix = "state/"

// save writes all that is needed to go on.
func (t *trainer) save(name string) error {
	set, err := t.e.Weights()
	if err != nil {
		return err
	}
	state, err := t.e.State()
	if err != nil {
		return err
	}
	set.Metadata = t.metadata()
	for _, x := range state.Tensors() {
		x.Name = statePrefix + x.Name
		set.Put(x)
	}
	for k, v := range state.Metadata {
		set.Metadata[statePrefix+k] = v
	}
	progress, err := json.Marshal(checkpoint{t.step, t.epoch, t.batch, stat.Number(t.best), t.since.saved()})
	if err != nil {
		return err
	}
	set.Metadata["abtool.progress"], set.Metadata["abtool.recipe"] = string(progress), t.o.Recipe.TOML()
	return weights.WriteFile(filepath.Join(t.o.Out, name), set)
}

// checkpoint is how far a run was.
type checkpoint struct {
	Step  int         `json:"step"`
	Epoch int         `json:"epoch"` // done
	Batch int         `json:"batch"` // of the next epoch, done
	Best  stat.Number `json:"best"`
	Since savedTally  `json:"since"`
}

type savedTally struct {
	N, Images, Valid         int
	Loss, Class, Point, Norm float64
}

func (t *tally) saved() savedTally {
	return savedTally{t.n, t.images, t.valid, t.loss, t.class, t.point, t.norm}
}

// restore sets the engine to a checkpoint.
func (t *trainer) restore(path string, set *weights.Set) error {
	from, err := weights.ReadFile(path)
	if err != nil {
		return err
	}
	var c checkpoint
	if err := json.Unmarshal([]byte(from.Metadata["abtool.progress"]), &c); err != nil {
		return fmt.Errorf("%s is not a checkpoint of a run: weights alone are given with --init", path)
	}
	if text := from.Metadata["abtool.recipe"]; text != t.o.Recipe.TOML() {
		return fmt.Errorf("the run in %s was begun with another recipe: %s. --resume goes on with the run as it was begun; for another recipe begin a run with --init", t.o.Out, differs(text, t.o.Recipe.TOML()))
	}
	if classes, _ := json.Marshal(t.o.Train.Classes); string(classes) != from.Metadata["abtool.classes"] {
		return fmt.Errorf("the run in %s was begun with other classes", t.o.Out)
	}
	if digest := from.Metadata[dataKey]; digest != "" && digest != t.o.Train.Digest() { // before this was kept there is none
		return fmt.Errorf("the run in %s was begun with other images, labels or points (these are %d images): give the --images, --targets, --rule, --split, --val-split, --val-images, --holdout and --partial that it was begun with", t.o.Out, len(t.o.Train.Images))
	}
	state := weights.NewSet()
	state.Metadata = map[string]string{}
	for _, x := range from.Tensors() {
		if name, ok := strings.CutPrefix(x.Name, statePrefix); ok {
			x.Name = name
			state.Put(x)
		}
	}
	for k, v := range from.Metadata {
		if name, ok := strings.CutPrefix(k, statePrefix); ok {
			state.Metadata[name] = v
		}
	}
	if report := weights.Fit(set, from); !report.Complete() {
		return fmt.Errorf("%s does not fit %s: %s", path, t.a.Name, report)
	}
	if err := t.e.SetWeights(set); err != nil {
		return err
	}
	if err := t.e.SetState(state); err != nil {
		return err
	}
	t.step, t.epoch, t.batch, t.best = c.Step, c.Epoch, c.Batch, float64(c.Best)
	if math.IsNaN(t.best) {
		t.best = math.Inf(-1)
	}
	s := c.Since
	t.since = tally{n: s.N, images: s.Images, valid: s.Valid, loss: s.Loss, class: s.Class, point: s.Point, norm: s.Norm}
	return nil
}

// differs names the first line in which two recipes differ.
func differs(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			other := "nothing"
			if i < len(y) {
				other = y[i]
			}
			return fmt.Sprintf("%q where this is %q", x[i], other)
		}
	}
	return "a longer one"
}

// checkRun says what stands where a run should be.
func checkRun(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		const want = "give the folder that abtool train --out wrote"
		if kind := filetype.OfFile(dir); kind.Name != "" {
			return fmt.Errorf("it is %s; %s", kind, want)
		}
		return fmt.Errorf("it is a file; %s", want)
	}
	if !exists(filepath.Join(dir, recipeName)) {
		return fmt.Errorf("it has no %s: give the folder that abtool train --out wrote", recipeName)
	}
	return nil
}

// Open reads a run: its recipe, what is known of it, and its weights by the name of the file ("": best, else last), put on its network.
func Open(dir, name string) (Recipe, Info, *arch.Arch, *weights.Set, error) {
	fail := func(err error) (Recipe, Info, *arch.Arch, *weights.Set, error) {
		return Recipe{}, Info{}, nil, nil, fmt.Errorf("%s is not a run: %w", dir, err)
	}
	if err := checkRun(dir); err != nil {
		return fail(err)
	}
	text, err := filetype.ReadText(filepath.Join(dir, recipeName))
	if err != nil {
		return fail(err)
	}
	r := Default()
	if err := r.Set(string(text)); err != nil {
		return fail(err)
	}
	var info Info
	if text, err = filetype.ReadText(filepath.Join(dir, infoName)); err == nil {
		if err = json.Unmarshal(text, &info); err != nil {
			err = fmt.Errorf("%s: %w", infoName, err)
		}
	}
	if err != nil {
		return fail(err)
	}
	a, err := r.network(len(info.Classes))
	if err != nil {
		return fail(err)
	}
	if name == "" {
		name = bestName
		if !exists(filepath.Join(dir, name)) {
			name = lastName
		}
	}
	file := filepath.Join(dir, name)
	if !exists(file) && exists(name) {
		file = name // a path, not a name within the run
	}
	from, err := weights.ReadFile(file)
	if err != nil {
		return Recipe{}, Info{}, nil, nil, err
	}
	set := a.Init(0)
	if report := weights.Fit(set, from); !report.Complete() {
		return Recipe{}, Info{}, nil, nil, fmt.Errorf("%s does not fit %s: %s", file, a.Name, report)
	}
	return r, info, a, set, nil
}
