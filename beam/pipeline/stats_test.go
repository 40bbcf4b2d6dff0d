package pipeline

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/beam/remote"
	"abtool/features"
	"abtool/ingest"
	"abtool/internal/ui"
)

// storesOf ingests parts and returns the folder of their stores.
func storesOf(t testing.TB, paths []string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stores")
	for _, p := range paths {
		if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{p}, Out: filepath.Join(dir, shardName(p, 0)), Version: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var someStatistics = result.Options{Seed: 1, Bootstrap: 50, Rules: result.DefaultRules}

func TestStats(t *testing.T) {
	dir := storesOf(t, parts(t, 5, 300))
	o := someStatistics
	o.Tool = "test"
	d, err := analysis.Run(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	if err := ui.PrintJSON(&want, d); err != nil {
		t.Fatal(err)
	}
	stores, err := Stores(t.Context(), []string{dir}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(stores) != 5 {
		t.Fatalf("stores: %v", stores)
	}
	for range 2 {
		out := filepath.Join(t.TempDir(), "stats.json")
		p, s := beam.NewPipelineWithRoot()
		Stats(s, stores, StatsOptions{Out: out, State: out + ".partial", Place: dir, Version: "test", Options: someStatistics})
		if err := ptest.Run(p); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want.String() {
			t.Errorf("the statistics have %d bytes, want %d of one machine", len(got), want.Len())
		}
		if q, err := analysis.ReadPartialFile(out+".partial", 0); err != nil || len(q.Stores()) != 5 {
			t.Errorf("what was gathered: %v", err)
		}
	}
}

// TestMerge merges in random orders and groups, as runners do.
func TestMerge(t *testing.T) {
	stores, err := Stores(t.Context(), []string{storesOf(t, parts(t, 6, 120))}, 0)
	if err != nil {
		t.Fatal(err)
	}
	g := gatherFn{packed(StatsOptions{Version: "test", Options: someStatistics})}
	var runs []Runs
	for i, in := range stores {
		state, _, err := g.gather(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, Runs{[]Run{{i, i, state}}})
	}
	var f mergeFn
	var want []byte
	r := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		var accumulators []Runs
		for _, i := range r.Perm(len(runs)) {
			a := f.CreateAccumulator()
			if k := len(accumulators); k > 0 && r.IntN(2) == 0 {
				a, accumulators = accumulators[k-1], accumulators[:k-1]
			}
			if a, err = f.AddInput(a, runs[i]); err != nil {
				t.Fatal(err)
			}
			accumulators = append(accumulators, a)
		}
		all := f.CreateAccumulator()
		for _, i := range r.Perm(len(accumulators)) {
			if all, err = f.MergeAccumulators(all, accumulators[i]); err != nil {
				t.Fatal(err)
			}
		}
		if all, err = f.ExtractOutput(all); err != nil {
			t.Fatal(err)
		}
		if len(all.All) != 1 {
			t.Fatalf("%d runs remain", len(all.All))
		}
		if got := all.All[0].State; want == nil {
			want = got
		} else if !bytes.Equal(got, want) {
			t.Error("the order of merging changes the bytes")
		}
	}
	if _, err := f.MergeAccumulators(runs[2], Runs{slices.Concat(runs[1].All, runs[2].All)}); err == nil {
		t.Error("a store was counted twice")
	}
}

func TestStores(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "a-1", "b", ".hidden"} {
		if err := remote.PutBytes(t.Context(), []byte("{}"), filepath.Join(dir, name, "store.json")); err != nil {
			t.Fatal(err)
		}
	}
	for place, want := range map[string][]string{
		dir: {"a", "a-1", "b"}, dir + "/a*": {"a", "a-1"}, dir + "/b/": {"b"},
	} {
		found, err := Stores(t.Context(), []string{place}, 0)
		if err != nil {
			t.Error(err)
		}
		var names []string
		for _, in := range found {
			names = append(names, in.Name)
		}
		if !reflect.DeepEqual(names, want) {
			t.Errorf("stores at %s: %v, want %v", place, names, want)
		}
	}
	if _, err := Stores(t.Context(), []string{dir, dir + "/a"}, 0); err == nil {
		t.Error("a store was taken twice")
	}
}

// TestTargets derives targets from stores in a bucket, twice.
func TestTargets(t *testing.T) {
	dir := storesOf(t, parts(t, 3, 90))
	for _, name := range []string{"part-00", "part-01", "part-02"} {
		if err := remote.PutFolder(t.Context(), filepath.Join(dir, name), "memfs://stores/"+name, "store.json"); err != nil {
			t.Fatal(err)
		}
	}
	stores, err := Stores(t.Context(), []string{"memfs://stores/part-*"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	o := TargetsOptions{Out: "memfs://targets", Version: "test", Options: features.Options{Seed: 1}}
	run := func() map[string]int64 {
		p, s := beam.NewPipelineWithRoot()
		Targets(s, stores, o)
		result, err := ptest.RunWithMetrics(p)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int64{}
		for _, c := range result.Metrics().AllMetrics().Counters() {
			counts[c.Name()] += c.Result()
		}
		return counts
	}
	for i, want := range []string{"shards_done", "shards_kept"} {
		counts := run()
		a, err := ReadAccount(t.Context(), "memfs://targets/"+TargetsAccount)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Check(stores); err != nil {
			t.Error(err)
		}
		if counts[want] != 3 || a.Done != 3 || a.Stored == 0 || counts["stored"] != a.Stored {
			t.Errorf("run %d: metrics %v, account %+v", i, counts, a)
		}
		for _, in := range stores {
			one := filepath.Join(t.TempDir(), "targets.parquet")
			wo := features.WriteOptions{Options: o.Options}
			wo.Tool = "test"
			if _, err := features.Write(t.Context(), filepath.Join(dir, in.Name), one, wo); err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(one)
			if err != nil {
				t.Fatal(err)
			}
			got, err := remote.Read(t.Context(), "memfs://targets/"+in.Name+".parquet")
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, want other %d: %v", in.Name, len(got), len(want), err)
			}
		}
	}
}
