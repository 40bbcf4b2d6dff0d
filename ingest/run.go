package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"abtool/ingest/decode"
	"abtool/ingest/source"
	"abtool/ingest/study"
	"abtool/internal/usage"
	"abtool/schema"
	"abtool/store"
)

// Options say what to ingest, and how. Out and at least one source are required. The zero value of every
// other field is its default.
type Options struct {
	Sources   []string // files, folders, archives; "-" is standard input
	Boxes     []string // ILSVRC boxes (Pascal VOC): folders, archives
	Instances []string // COCO's instances_*.json
	Out       string   // the store: a folder
	As        string   // imagenet or coco: the data set of JSON that does not show its data set; or ""
	Format    string   // "" or parquet; or arrow, which also writes Arrow IPC files
	Jobs      int      // workers; 0: one for each processor. The store does not depend on it
	Strict    bool     // stop at the first reject
	// MaxRejects stops the run when more records than this are rejected; 0: no limit.
	MaxRejects int64
	Force      bool // replace data sets that the store already has
	MayEmpty   bool // also by data sets without annotations
	Limits     store.Limits
	Stdin      io.Reader
	Version    string         // version of the program, for store.json
	Progress   func(Progress) // called a few times a second, from one goroutine; may be nil

	groupRows int // rows of a row group of annotations, for tests; 0: the number for the data set
}

// Progress says how far a run is.
type Progress struct {
	Stage    string        `json:"stage"`  // reading, images, converting, finishing
	Source   string        `json:"source"` // the source being read
	Bytes    int64         `json:"bytes"`  // bytes read from all sources, before decompression
	Total    int64         `json:"total"`  // bytes of all sources, 0 if unknown
	Records  int64         `json:"records"`
	Rejected int64         `json:"rejected"`
	Elapsed  time.Duration `json:"elapsed_ns"`
}

// Errors that Run wraps, in addition to source.ErrUnknownInput and source.ErrDamaged.
var (
	ErrStrict  = errors.New("--strict stops at the first reject")
	ErrTooMany = errors.New("more records were rejected")
)

// Run reads the sources into the store at Options.Out, and returns the account of the run. When everything
// has been written, the new data sets replace the old ones of the store in one step. Until then, and if Run
// fails, the old store stays as it is. With an error, the account has the records up to the error. If ctx is
// cancelled, Run stops and removes its files.
func Run(ctx context.Context, o Options) (*store.Account, error) {
	r, err := newRunner(ctx, o)
	if err != nil {
		return nil, err
	}
	t, err := store.Create(r.o.Out)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	defer r.closeStudies()
	t.MayEmpty = o.MayEmpty
	r.target = t
	if err := t.CheckSpace(r.estimate()); err != nil {
		return nil, err
	}
	stop := r.report()
	err = r.run(ctx)
	if err == nil {
		err = r.finish(ctx)
	}
	stop()
	for _, d := range r.ordered() {
		d.abort()
	}
	return r.summary(err == nil), r.explain(err)
}

// runner has the state of one run.
type runner struct {
	o       Options
	target  *store.Writer
	sources []*input
	inputs  map[*source.Source]*input
	feeder  *source.Feeder

	particular [decode.COCO + 1]particular
	limits     store.Limits
	studies    map[*source.Source]*study.Study
	studied    decode.Studies

	mu       sync.Mutex
	sets     [decode.COCO + 1]*dataset // nil until the first record
	examples []store.Example

	joiner   decode.Joiner
	records  atomic.Int64
	rejected atomic.Int64
	stage    atomic.Pointer[string]
	reading  atomic.Pointer[source.Source]
}

func newRunner(ctx context.Context, o Options) (*runner, error) {
	o.Limits = o.Limits.WithDefaults()
	if o.Jobs == 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Format == "" {
		o.Format = "parquet"
	}
	switch {
	case o.Format != "parquet" && o.Format != "arrow":
		return nil, usage.Errorf("the format is %q: give parquet or arrow", o.Format)
	case o.As != "" && decode.SetOf(o.As) == 0:
		return nil, usage.Errorf("the data set is %q: give imagenet or coco", o.As)
	case o.Jobs < 0 || o.MaxRejects < 0:
		return nil, usage.Errorf("jobs and max-rejects have to be 0 or more")
	case o.Out == "":
		return nil, usage.Errorf("the store to write to is missing")
	case len(o.Sources)+len(o.Boxes)+len(o.Instances) == 0:
		return nil, usage.Errorf("there is no source to read")
	}
	r := &runner{o: o, limits: o.Limits}
	stdin := false
	for _, in := range []struct {
		paths []string
		as    string
		role  source.Role
	}{{o.Sources, o.As, source.Byproducts}, {o.Boxes, "", source.Boxes}, {o.Instances, "", source.Instances}} {
		for _, path := range in.paths {
			if path == "-" {
				if stdin || o.Stdin == nil {
					return nil, usage.Errorf("standard input can be read only once")
				}
				stdin = true
			}
			s, err := source.New(path, in.as, in.role)
			if err != nil {
				return nil, err
			}
			r.sources = append(r.sources, newInput(s))
		}
	}
	if err := r.addParts(ctx); err != nil {
		return nil, err
	}
	r.nameSources()
	if err := r.openStudies(ctx); err != nil {
		return nil, err
	}
	k := &coco{r: r}
	r.particular[decode.ImageNet] = newImageNet(r.sourcesOf(source.Byproducts) > 1, r.sourcesOf(source.Boxes) > 0)
	r.particular[decode.COCO] = k
	r.feeder = source.NewFeeder(o.Limits, o.Stdin, r.studied)
	r.feeder.Instances = k.read
	r.feeder.Study = r.feedStudy
	return r, nil
}

// addParts adds the sources that are inside folders, such as archives, after their folder.
func (r *runner) addParts(ctx context.Context) error {
	var given []fs.FileInfo
	for _, s := range r.sources {
		if info, err := os.Stat(s.Path); s.Path != "-" && err == nil && !info.IsDir() {
			given = append(given, info)
		}
	}
	var all []*input
	for _, s := range r.sources {
		all = append(all, s)
		if info, err := os.Stat(s.Path); s.Path == "-" || err != nil || !info.IsDir() {
			continue
		}
		parts, err := s.Parts(ctx, given)
		if err != nil {
			return err
		}
		for _, p := range parts {
			all = append(all, newInput(p))
		}
	}
	r.sources, r.inputs = all, map[*source.Source]*input{}
	for _, s := range all {
		r.inputs[s.Source] = s
	}
	return nil
}

// nameSources adds a number to the second and later sources of the same name, for example pages#2.
func (r *runner) nameSources() {
	names := map[string]int{}
	for _, s := range r.sources {
		if names[s.Name]++; names[s.Name] > 1 {
			s.Name = fmt.Sprintf("%s#%d", s.Name, names[s.Name])
		}
	}
}

// sourcesOf returns the number of sources in a role.
func (r *runner) sourcesOf(in source.Role) (n int) {
	for _, s := range r.sources {
		if s.Role == in {
			n++
		}
	}
	return n
}

// estimate returns about how many bytes the store will need. It is more often too large than too small.
func (r *runner) estimate() (n int64) {
	for _, s := range r.sources {
		n += s.Size / 2
	}
	return n
}

// run reads all sources. One goroutine cuts them into units, several decode the units, and this one accepts
// the decoded units in the order of the input. After an error it drains the channels, so that the other
// goroutines end.
func (r *runner) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan *source.Unit, r.o.Jobs)
	order := make(chan *source.Unit, r.o.Jobs+2)
	r.feeder.Send = func(ctx context.Context, u *source.Unit) error {
		select {
		case order <- u:
		case <-ctx.Done():
			return ctx.Err()
		}
		if u.Ready {
			return nil
		}
		select {
		case work <- u:
			return nil
		case <-ctx.Done():
			close(u.Done)
			return ctx.Err()
		}
	}
	var workers sync.WaitGroup
	for range r.o.Jobs {
		workers.Go(func() {
			for u := range work {
				u.Batch.Read(&u.Chunk)
				close(u.Done)
			}
		})
	}
	var fed error
	go func() {
		fed = r.feedAll(ctx)
		close(work)
		close(order)
	}()
	var err error
	for u := range order {
		<-u.Done
		if err == nil && ctx.Err() == nil {
			if err = r.accept(u); err != nil {
				cancel()
			}
		}
	}
	workers.Wait()
	if err == nil {
		err = fed
	}
	return err
}

func (r *runner) feedAll(ctx context.Context) error {
	for _, s := range r.sources {
		r.reading.Store(s.Source)
		if err := s.Feed(ctx, r.feeder); err != nil {
			return err
		}
	}
	return nil
}

// dataset returns a data set. The first call for a data set creates its files.
func (r *runner) dataset(set decode.Set) (*dataset, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.sets[set]; d != nil {
		return d, nil
	}
	if r.target.Holds(set.String()) && !r.o.Force {
		return nil, fmt.Errorf("%s already has %s: give --force to replace it, or another --out", r.o.Out, set)
	}
	names := make([]string, len(r.sources))
	for i, s := range r.sources {
		names[i] = s.Name
	}
	d, err := newDataset(set, r.particular[set], r.target.Dir(), names, r.studied[set], &r.o)
	if err != nil {
		return nil, err
	}
	r.sets[set] = d
	return d, nil
}

// finish completes the data sets and replaces the old store.
func (r *runner) finish(ctx context.Context) error {
	if err := r.settleAll(); err != nil {
		return err
	}
	for _, d := range r.ordered() {
		r.setStage("images")
		if err := d.finish(ctx); err != nil {
			return err
		}
		if r.o.Format == "arrow" {
			r.setStage("converting")
			for _, table := range store.TablesOf(d.rows) {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := arrowFile(d.table(table), d.dir, d.sources, r.studied[d.set]); err != nil {
					return err
				}
			}
		}
		d.remarks = d.notes(r.sources)
		var err error
		if d.bytes, err = fileSizes(d.dir); err != nil {
			return err
		}
	}
	r.setStage("finishing")
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.target.Commit(r.summary(true))
}

// ordered returns the data sets that were begun.
func (r *runner) ordered() (all []*dataset) {
	for _, d := range r.sets {
		if d != nil {
			all = append(all, d)
		}
	}
	return all
}

// fileSizes returns the bytes of the files of a data set, by table. The Parquet and the Arrow file of a table
// count together.
func fileSizes(dir string) (map[string]int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		name := e.Name()
		sizes[name[:len(name)-len(filepath.Ext(name))]] += info.Size()
	}
	return sizes, nil
}

// summary returns the account up to now.
func (r *runner) summary(completed bool) *store.Account {
	s := &store.Account{FormatVersion: schema.FormatVersion, ToolVersion: r.o.Version, Completed: completed, DataSets: []store.DataSet{}, Examples: r.examples}
	for _, d := range r.ordered() {
		st := store.DataSet{
			Name: d.set.String(), Options: store.Options{Format: r.o.Format, As: r.o.As, Limits: r.limits},
			Rows: d.rows, Bytes: d.bytes, Rejected: d.rejects.counts(), Nulled: d.nulled.counts(),
			Categories: d.categories(), Notes: d.remarks, Studies: d.studies,
		}
		if len(d.studies) > 0 {
			st.Given = r.given()
		}
		for _, src := range r.sources {
			if k := src.accounts[d.set]; k != nil {
				k.Name, k.Role, k.Shape = src.Name, src.Role.String(), src.Shape
				k.Bytes = src.Read.Load()
				if completed {
					k.SHA256 = src.Sum()
				}
				if d.set == decode.COCO {
					k.Repaired = src.repaired
				}
				if src.home == d.set {
					k.AppleDouble, k.OtherFiles, k.Skipped = src.Skips.Apple, src.Skips.Other, src.skipped()
				}
				st.Sources = append(st.Sources, *k)
			}
		}
		s.DataSets = append(s.DataSets, st)
	}
	return s
}

// given returns the paths that the run was given.
func (r *runner) given() *store.Given {
	relative := func(paths []string) (all []string) {
		for _, p := range paths {
			all = append(all, r.target.Relative(p))
		}
		return all
	}
	return &store.Given{Sources: relative(r.o.Sources), Boxes: relative(r.o.Boxes), Instances: relative(r.o.Instances)}
}

func (r *runner) setStage(stage string) { r.stage.Store(&stage) }

const progressEvery = 200 * time.Millisecond

// report starts a goroutine that calls Options.Progress until stop is called.
func (r *runner) report() (stop func()) {
	r.setStage("reading")
	if r.o.Progress == nil {
		return func() {}
	}
	began := time.Now()
	total := int64(0)
	for _, s := range r.sources {
		if s.Size == 0 {
			total = 0
			break
		}
		total += s.Size
	}
	now := func() Progress {
		p := Progress{Stage: *r.stage.Load(), Total: total, Records: r.records.Load(), Rejected: r.rejected.Load(), Elapsed: time.Since(began)}
		for _, s := range r.sources {
			p.Bytes += s.Read.Load()
		}
		if s := r.reading.Load(); s != nil {
			p.Source = s.Name
		}
		return p
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.o.Progress(now())
			case <-quit:
				r.o.Progress(now())
				return
			}
		}
	}()
	return sync.OnceFunc(func() { close(quit); <-done })
}

// account returns the account of a source in a data set, and the data set. It creates both when they are
// first needed.
func (r *runner) account(s *input, set decode.Set) (*store.Source, *dataset, error) {
	d, err := r.dataset(set)
	if err != nil {
		return nil, nil, err
	}
	if s.accounts[set] == nil {
		s.accounts[set] = &store.Source{}
	}
	return s.accounts[set], d, nil
}

// explain adds to an error what became of the store, and what the user can do.
func (r *runner) explain(err error) error {
	outcome := "no store was written"
	if r.target.HasOld() {
		outcome = "the old store is unchanged"
	}
	switch {
	case err == nil:
		return nil
	case store.IsFull(err):
		return fmt.Errorf("%w: make room, or give another --out; %s", err, outcome)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted, %s: %w", outcome, err)
	case errors.Is(err, source.ErrDamaged):
		return fmt.Errorf("%w; %s", err, outcome)
	}
	return err
}
