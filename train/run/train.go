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

// Names of the files of a run.
const (
	recipeName = "recipe.toml"
	infoName   = "run.json"
	logName    = "log.jsonl"
	timesName  = "times.jsonl"
	eventsName = "events.out.tfevents.0.abtool"
	lastName   = "last.safetensors"
	bestName   = "best.safetensors"
)

// ErrStopped is the error of a run that was interrupted and can be continued.
var ErrStopped = errors.New("stopped; the run can be continued with --resume")

// Options say what is trained and where the run is kept.
type Options struct {
	Out     string // folder of the run
	Recipe  Recipe
	Train   *data.Set
	Val     *data.Set // nil: no validation
	Truth   Truth     // ground truth of Val; may be nil
	New     func(engine.Config) (engine.Engine, error)
	Resume  bool   // continue the run in Out
	Init    string // initial weights, a .safetensors file
	Workers int    // goroutines that compute, and that decode; 0: one per processor
	Tool    string // version of the program

	LogEvery time.Duration  // time between two calls of Progress; 0: a second
	Progress func(Progress) // called at most every LogEvery, from another goroutine than Train's
	Notice   func(string)   // gets what users should know, from the goroutine of Progress
}

// Progress says how far a run has come.
type Progress struct {
	Step, Steps   int
	Epoch, Epochs int
	Images        float64 // images per second since the last call
	Loader        float64 // images per second that one processor decodes
	Waited        float64 // share of the time that training waited for images
	LR            float64
	Loss          float64
	Class, Point  float64
	Left          time.Duration
}

// Info is the content of run.json.
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

// A trainer is a run in progress.
type trainer struct {
	o       Options
	a       *arch.Arch
	e       engine.Engine
	loader  *data.Loader
	log     *logFile
	perStep int // batches in a step
	steps   int // steps in an epoch

	step, epoch, batch int // finished: updates, epochs, batches of the current epoch
	best               float64
	since              tally // since the last line of the log
	shown              tally // since the last call of Progress
	shownAt            time.Time
	shownWait          time.Duration
	waited             time.Duration // time that training waited for batches
	unread             unread        // images, up to the end of the last epoch
	tell               *teller       // calls Progress
	noted              bool          // a notice about unreadable validation images was given
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

// Train trains, or continues a run. It returns the metrics of the last epoch's validation. It checks as
// much as possible before the first step.
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
	tell := newTeller()
	defer tell.close()
	notice := o.Notice
	o.Notice = func(text string) { tell.tell(func() { notice(text) }) }
	t := &trainer{o: o, best: math.Inf(-1), perStep: o.Recipe.Accumulate, tell: tell}
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

// load makes the network and the loader and counts the steps. It finds everything that can be wrong with
// the recipe and the images.
func (t *trainer) load() (err error) {
	r := t.o.Recipe
	notice := t.o.Notice
	if notice == nil {
		notice = func(string) {}
	}
	if r.Supervision == string(data.None) && (r.Guide > 0 || r.AttendLoss > 0) {
		notice("guide and attend_lambda need points, and supervision none has none: they change nothing. " +
			"Give supervision luab or rand; with lambda = 0 there is no loss of points")
	}
	if r.Fraction > 0 && r.Fraction < 1 {
		all := len(t.o.Train.Images)
		t.o.Train = t.o.Train.Fraction(r.Fraction, r.Seed)
		notice(fmt.Sprintf("fraction %v: %d of %d training images are used, %d with a point",
			r.Fraction, len(t.o.Train.Images), all, t.o.Train.Pointed()))
	}
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
		return fmt.Errorf("%d images are too few for a step of %d batches of %d", len(t.o.Train.Images), t.perStep, r.Batch)
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
		return fmt.Errorf("%s has no run to continue: there is no %s in it. Leave out --resume to start a run there", t.o.Out, lastName)
	case !t.o.Resume && found == nil: // a run that never reached a checkpoint is started again instead
		return fmt.Errorf("%s already holds a run: give --resume to continue it, or another --out", t.o.Out)
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

// weights sets the engine's weights from the checkpoint, from Init, or at random.
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
			return fmt.Errorf("%s has none of the weights of %s: %s", t.o.Init, t.a.Name, report)
		}
		t.o.Notice(fmt.Sprintf("weights of %s: %s", t.o.Init, report))
	}
	return t.e.SetWeights(set)
}

// folder creates the files of the run.
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
	t.log, err = openLog(t.o.Out, t.step, t.epoch+1)
	return err
}

func (t *trainer) run(ctx context.Context) (m *Metrics, err error) {
	r := t.o.Recipe
	schedule := r.schedule(t.steps)
	t.shownAt = time.Now()
	feed := t.feed(ctx, t.epoch, t.batch)
	defer feed.stop()
	for ; t.epoch < r.Epochs; t.epoch++ {
		var group []*engine.Batch
		var used []*data.Batch // those of group
		before, all := t.step, t.steps*t.perStep
		trained := t.batch == all // the run was stopped in validation
		epoch := clock{began: time.Now(), waited: t.waited}
		for b := range t.fetch(ctx, feed) {
			if b.err != nil {
				return nil, b.err
			}
			group, used = append(group, b.Batch), append(used, b.of)
			t.batch++
			if len(group) < t.perStep {
				continue
			}
			lr := schedule.At(t.step)
			result, err := t.e.Step(lr, group...)
			if err != nil {
				return nil, t.failed(err, lr, used)
			}
			t.step++
			epoch.images += result.N
			t.since.add(result)
			t.show(result, lr)
			for _, b := range used {
				t.loader.Reuse(b)
			}
			group, used = group[:0], used[:0]
		}
		passed := t.passed(epoch)
		passed.Steps = t.step - before
		if ctx.Err() != nil {
			t.batch -= len(group) // the step was not made, so its batches are not done
			return nil, errors.Join(ErrStopped, t.log.time(passed))
		}
		if t.step == before && !trained {
			return nil, fmt.Errorf("epoch %d made no step, because images could not be read: %s", t.epoch+1, strings.Join(t.unread.reasons, "; "))
		}
		t.batch = 0
		if m, err = t.endEpoch(ctx, schedule.At(t.step-1), passed); err != nil {
			if ctx.Err() != nil { // validation was interrupted, after the training of the epoch
				t.batch = all
				return nil, errors.Join(ErrStopped, t.log.time(passed))
			}
			return nil, err
		}
	}
	return m, nil
}

// A clock has what is needed to measure the training of an epoch.
type clock struct {
	began  time.Time
	waited time.Duration // of the run, before the epoch
	images int           // since began
}

// passed returns the times of the training of an epoch.
func (t *trainer) passed(c clock) Time {
	passed := Time{Epoch: t.epoch + 1, Images: c.images, Seconds: time.Since(c.began).Seconds(), Loader: t.loader.Rate().PerCPU}
	passed.Waited = min(1, (t.waited-c.waited).Seconds()/passed.Seconds)
	return passed
}

// failed returns the error of a step with advice: if the step diverged, it names the images of the batch;
// if memory was short, it names the options that make the same update with half the images at a time.
func (t *trainer) failed(err error, lr float64, batches []*data.Batch) error {
	switch {
	case errors.Is(err, engine.ErrMemory):
		return noMemory(err, t.o.Recipe.Batch, t.perStep)
	case !errors.Is(err, engine.ErrNotFinite):
		return err
	}
	var ids []string
	for _, b := range batches {
		ids = append(ids, b.IDs...)
	}
	shown := ids[:min(len(ids), 8)]
	return fmt.Errorf("step %d (epoch %d, learning rate %.3g): %w. The batch was %s%s. %s",
		t.step+1, t.epoch+1, lr, err, strings.Join(shown, ", "), map[bool]string{true: ", …"}[len(ids) > len(shown)], t.diverged())
}

// diverged returns the advice for a run whose loss is not finite, and what is left of the run.
func (t *trainer) diverged() string {
	advice := "Try a lower lr, clip = 1, a longer warm-up, or a lower lambda; "
	if _, err := os.Stat(filepath.Join(t.o.Out, lastName)); err == nil {
		return advice + "the last checkpoint is intact"
	}
	return advice + "there is no checkpoint yet, and the same command starts the run again"
}

// noMemory adds advice to the error of a step whose batches need more memory than there is.
func noMemory(err error, batch, accumulate int) error {
	if batch < 2 {
		return fmt.Errorf("%w: the batch has only one image: use a smaller network or size", err)
	}
	half := (batch + 1) / 2
	return fmt.Errorf("%w. To make the same update with less memory: --batch %d --set accumulate=%d", err, half, 2*accumulate)
}

// show calls Progress if LogEvery has passed since the last call.
func (t *trainer) show(r engine.Result, lr float64) {
	t.shown.add(r)
	passed := time.Since(t.shownAt)
	if t.o.Progress == nil || passed < t.o.LogEvery {
		return
	}
	total := t.steps * t.o.Recipe.Epochs
	l := t.shown.line(t.step, t.epoch+1, lr)
	p := Progress{
		Step: t.step, Steps: total, Epoch: t.epoch + 1, Epochs: t.o.Recipe.Epochs, Images: float64(t.shown.images) / passed.Seconds(), Loader: t.loader.Rate().PerCPU,
		Waited: (t.waited - t.shownWait).Seconds() / passed.Seconds(), LR: lr, Loss: float64(l.Loss), Class: float64(l.Class), Point: float64(l.Point),
		Left: time.Duration(float64(passed) / float64(t.shown.n) * float64(total-t.step)),
	}
	t.tell.offer(func() { t.o.Progress(p) })
	t.shown, t.shownAt, t.shownWait = tally{}, time.Now(), t.waited
}

// endEpoch validates, logs and saves. It completes the times of the epoch and logs them too.
func (t *trainer) endEpoch(ctx context.Context, lr float64, passed Time) (*Metrics, error) {
	began := time.Now()
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
		if loss := float64(m.Loss.Value); math.IsNaN(loss) || math.IsInf(loss, 0) {
			return nil, fmt.Errorf("validation after epoch %d: %w (%g). %s", t.epoch+1, engine.ErrNotFinite, loss, t.diverged())
		}
		line.Val = m
		score = float64(Score(m))
		if note := m.Note(); note != "" && !t.noted {
			t.o.Notice("validation: " + note)
			t.noted = true
		}
	}
	passed.Validate = time.Since(began).Seconds()
	if u := t.unread; u.times > 0 {
		t.o.Notice(fmt.Sprintf("images could not be read, and others took their place, %d times: %s", u.times, strings.Join(u.reasons, "; ")))
	}
	if line.Best = score > t.best; line.Best {
		t.best = score
	}
	t.since = tally{}
	if err := t.log.write(line); err != nil {
		return nil, err
	}
	done := *t
	done.epoch++ // the checkpoint is at the end of the finished epoch
	began = time.Now()
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
	if err := done.save(lastName); err != nil {
		return nil, err
	}
	passed.Save = time.Since(began).Seconds()
	return line.Val, t.log.time(passed)
}

// Score returns the measure by which the best epoch is chosen: top-1 accuracy, or mAP.
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

// export writes the weights, or their moving average if there is one.
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

// dataKey is the key of the digest of the training data.
const dataKey = "abtool.data"

// statePrefix is the prefix of the names of everything in a checkpoint except weights.
const statePrefix = "state/"

// save writes a checkpoint: everything that is needed to continue the run.
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

// checkpoint says how far a run had come.
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

// restore sets the engine and the trainer to a checkpoint.
func (t *trainer) restore(path string, set *weights.Set) error {
	from, err := weights.ReadFile(path)
	if err != nil {
		return err
	}
	var c checkpoint
	if err := json.Unmarshal([]byte(from.Metadata["abtool.progress"]), &c); err != nil {
		return fmt.Errorf("%s is not a checkpoint of a run: to start from weights alone, give them with --init", path)
	}
	if text := from.Metadata["abtool.recipe"]; text != t.o.Recipe.TOML() {
		return fmt.Errorf("the run in %s was started with another recipe: %s. --resume continues the run with its recipe; to change the recipe, start a new run with --init", t.o.Out, differs(text, t.o.Recipe.TOML()))
	}
	if classes, _ := json.Marshal(t.o.Train.Classes); string(classes) != from.Metadata["abtool.classes"] {
		return fmt.Errorf("the run in %s was started with other classes", t.o.Out)
	}
	if digest := from.Metadata[dataKey]; digest != "" && digest != t.o.Train.Digest() { // old checkpoints have no digest
		return fmt.Errorf("the run in %s was started with other images, labels or points (these are %d images): give the --images, --targets, --rule, --split, --val-split, --val-images, --holdout and --partial that it was started with", t.o.Out, len(t.o.Train.Images))
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

// differs describes the first line in which two recipes differ.
func differs(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			other := "nothing"
			if i < len(y) {
				other = y[i]
			}
			return fmt.Sprintf("it has %q, this one has %q", x[i], other)
		}
	}
	return "this one is longer"
}

// checkRun returns an error that says what is in dir if it is not a run.
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

// Open reads a run. It returns its recipe, its run.json, its network and the weights, which are checked
// against the network. name is the file of the weights ("": the best, or the last if there is no best).
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
	if _, err := r.decode(string(text)); err != nil {
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
	file := WeightsFile(dir, name)
	from, err := weights.ReadFile(file)
	if err != nil {
		return Recipe{}, Info{}, nil, nil, err
	}
	set := a.Zeros()
	if report := weights.Fit(set, from); !report.Complete() {
		return Recipe{}, Info{}, nil, nil, fmt.Errorf("%s does not fit %s: %s", file, a.Name, report)
	}
	return r, info, a, set, nil
}

// WeightsFile returns the path of a run's file of weights. name is a name within the run, a path, or "" for
// best.safetensors, if the run has it, or last.safetensors.
func WeightsFile(dir, name string) string {
	if name == "" {
		name = bestName
		if !exists(filepath.Join(dir, name)) {
			name = lastName
		}
	}
	file := filepath.Join(dir, name)
	if !exists(file) && exists(name) {
		return name
	}
	return file
}
