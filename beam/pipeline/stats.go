package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/beam/remote"
	"abtool/internal/ui"
)

// StatsOptions are the options of abtool stats.
type StatsOptions struct {
	Out     string // the file of the statistics
	State   string // the file of what was gathered, for abtool stats --merge; "": none
	Place   string // of all stores, as the document names it
	Version string // of the program
	Jobs    int
	Options result.Options
}

// Stats adds the pipeline to a scope: stores → what each gathers → all of them merged, in the order of the
// stores → the statistics at Out.
//
// They are merged twice: first blocks of neighbours, in parallel, and then the blocks.
func Stats(s beam.Scope, stores []Input, o StatsOptions) {
	s = s.Scope("stats")
	numbered := make([]numberedStore, len(stores))
	blocks := max(int(math.Sqrt(float64(len(stores)))), 1)
	for i, in := range stores {
		numbered[i] = numberedStore{Number: i, Block: i * blocks / len(stores), Store: in}
	}
	gathered := beam.ParDo(s.Scope("gather"), &gatherFn{packed(o)}, beam.Reshuffle(s, beam.CreateList(s, numbered)))
	merged := beam.CombinePerKey(s.Scope("blocks"), &mergeFn{}, gathered)
	all := beam.Combine(s.Scope("all"), &mergeFn{}, beam.DropKey(s, merged))
	beam.ParDo0(s.Scope("write"), &statsFn{packed(o), len(stores)}, all)
}

// numberedStore is a store with its place among all.
type numberedStore struct {
	Number, Block int
	Store         Input
}

// A Run is what stores next to each other have gathered.
type Run struct {
	First, Last int    // numbers of the stores
	State       []byte // of an analysis.Partial
}

// Runs are disjoint, in order, and not next to each other.
type Runs struct {
	All []Run
}

// gatherFn gathers the statistics of a store.
type gatherFn struct {
	Options []byte // StatsOptions
}

func (f *gatherFn) ProcessElement(ctx context.Context, in numberedStore, emit func(int, Runs)) error {
	began := time.Now()
	state, records, err := f.gather(ctx, in.Store)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Store.Path, err)
	}
	countDone.Inc(ctx, 1)
	countRecords.Inc(ctx, records)
	countStored.Inc(ctx, records)
	countBytes.Inc(ctx, int64(len(state)))
	shardBytes.Update(ctx, int64(len(state)))
	shardMillis.Update(ctx, time.Since(began).Milliseconds())
	emit(in.Block, Runs{[]Run{{in.Number, in.Number, state}}})
	return nil
}

func (f *gatherFn) gather(ctx context.Context, in Input) (state []byte, records int64, err error) {
	all, err := unpack[StatsOptions](f.Options)
	if err != nil {
		return nil, 0, err
	}
	dir, err := os.MkdirTemp("", "abtool-beam-")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(dir)
	folder, err := fetchStore(ctx, in, dir)
	if err != nil {
		return nil, 0, err
	}
	o := all.Options
	o.Jobs, o.Tool = all.Jobs, all.Version
	p, err := analysis.Gather(ctx, folder, o)
	if err != nil {
		return nil, 0, err
	}
	for _, s := range p.Stores() {
		records += s.Records
	}
	state, err = p.MarshalBinary()
	return state, records, err
}

// mergeFn merges what stores have gathered. A runner merges in any order. The order of the stores is kept by
// merging neighbours only: merging is associative.
type mergeFn struct{}

func (*mergeFn) CreateAccumulator() Runs { return Runs{} }

// waiting is the number of runs at which neighbours are merged before there are more.
const waiting = 16

func (f *mergeFn) AddInput(a, b Runs) (Runs, error) {
	if a.All = append(a.All, b.All...); len(a.All) < waiting {
		return a, nil
	}
	return joined(a)
}

func (f *mergeFn) MergeAccumulators(a, b Runs) (Runs, error) {
	a.All = append(a.All, b.All...)
	return joined(a)
}

func (f *mergeFn) ExtractOutput(a Runs) (Runs, error) { return joined(a) }

// joined merges runs that are next to each other.
func joined(a Runs) (Runs, error) {
	all := slices.Clone(a.All)
	slices.SortFunc(all, func(a, b Run) int { return cmp.Compare(a.First, b.First) })
	var out []Run
	for i := 0; i < len(all); {
		k := i + 1
		for k < len(all) && all[k].First == all[k-1].Last+1 {
			k++
		}
		if k < len(all) && all[k].First <= all[k-1].Last {
			return a, fmt.Errorf("store %d was gathered twice", all[k].First)
		}
		run := all[i]
		if k > i+1 {
			p := new(analysis.Partial)
			if err := p.UnmarshalBinary(run.State); err != nil {
				return a, err
			}
			for _, next := range all[i+1 : k] {
				q := new(analysis.Partial)
				if err := q.UnmarshalBinary(next.State); err != nil {
					return a, err
				}
				if err := p.Merge(q); err != nil {
					return a, err
				}
			}
			state, err := p.MarshalBinary()
			if err != nil {
				return a, err
			}
			run = Run{run.First, all[k-1].Last, state}
		}
		out = append(out, run)
		i = k
	}
	return Runs{out}, nil
}

// statsFn writes the statistics.
type statsFn struct {
	Options []byte // StatsOptions
	Stores  int
}

func (f *statsFn) ProcessElement(ctx context.Context, all Runs) error {
	if len(all.All) != 1 || all.All[0].First != 0 || all.All[0].Last != f.Stores-1 {
		return fmt.Errorf("of %d stores, not all were gathered", f.Stores)
	}
	o, err := unpack[StatsOptions](f.Options)
	if err != nil {
		return err
	}
	p, err := analysis.ReadPartial(bytes.NewReader(all.All[0].State), o.Jobs)
	if err != nil {
		return err
	}
	if o.State != "" {
		if err := remote.Put(ctx, bytes.NewReader(all.All[0].State), o.State); err != nil {
			return err
		}
	}
	d := p.Document()
	d.Store = o.Place
	var text strings.Builder
	if err := ui.PrintJSON(&text, d); err != nil {
		return err
	}
	return remote.Put(ctx, strings.NewReader(text.String()), o.Out)
}

func init() {
	beam.RegisterType(reflect.TypeFor[numberedStore]())
	beam.RegisterType(reflect.TypeFor[Runs]())
	beam.RegisterType(reflect.TypeFor[Run]())
	register.Emitter2[int, Runs]()
	register.DoFn3x1[context.Context, numberedStore, func(int, Runs), error](&gatherFn{})
	register.Combiner1[Runs](&mergeFn{})
	register.DoFn2x1[context.Context, Runs, error](&statsFn{})
}
