package pipeline

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"abtool/beam/remote"
	"abtool/ingest"
	"abtool/internal/synth"
)

func TestMain(m *testing.M) { os.Exit(ptest.MainRet(m)) }

// parts writes simulated records, dealt by image to n files of JSON Lines, and returns their paths.
func parts(t testing.TB, n, images int) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	from := filepath.Join(dir, "from")
	if _, err := synth.ImageNet(t.Context(), synth.Options{Images: images, Seed: 5, Dirty: 0.1, Format: "jsonl", Out: from}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(from, "imagenet_ab.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	files := make([]bytes.Buffer, n)
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Buffer(nil, len(data)+1); lines.Scan(); {
		var r struct {
			ID string `json:"imageID"`
		}
		json.Unmarshal(lines.Bytes(), &r) // of a damaged record, the image does not matter
		h := fnv.New32a()
		h.Write([]byte(r.ID))
		f := &files[h.Sum32()%uint32(n)]
		f.Write(lines.Bytes())
		f.WriteByte('\n')
	}
	for i := range files {
		at := filepath.Join(dir, fmt.Sprintf("part-%02d.jsonl", i))
		if err := os.WriteFile(at, files[i].Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, at)
	}
	return paths
}

// runIngest runs the pipeline on Prism.
func runIngest(t testing.TB, inputs []Input, o IngestOptions) (*Account, map[string]int64, error) {
	t.Helper()
	p, s := beam.NewPipelineWithRoot()
	Ingest(s, inputs, o)
	result, err := ptest.RunWithMetrics(p)
	if err != nil {
		return nil, nil, err
	}
	counts := map[string]int64{}
	for _, c := range result.Metrics().AllMetrics().Counters() {
		if c.Namespace() == "abtool" {
			counts[c.Name()] += c.Result()
		}
	}
	a, err := ReadAccount(t.Context(), remote.Join(o.Out, IngestAccount))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Check(inputs); err != nil {
		t.Error(err)
	}
	return a, counts, nil
}

func inputsOf(t testing.TB, patterns ...string) []Input {
	t.Helper()
	all, err := Inputs(t.Context(), patterns, 0)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tree returns the files below a folder, with their contents.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(at)
		name, _ := filepath.Rel(dir, at)
		all[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameTree reports the files in which two folders differ.
func sameTree(t testing.TB, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s has %d bytes, want other %d", name, len(got[name]), len(want[name]))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s should not be there", name)
		}
	}
}

// oneMachine ingests each input with the library, and returns the files of the stores.
func oneMachine(t testing.TB, paths []string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range paths {
		if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{p}, Out: filepath.Join(dir, shardName(p, 0)), Version: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	return tree(t, dir)
}

// storesIn returns the files of stores, without the markers and the account.
func storesIn(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := tree(t, dir)
	for name := range all {
		if filepath.Base(name) == ingestMarker || name == IngestAccount {
			delete(all, name)
		}
	}
	return all
}

func TestIngest(t *testing.T) {
	paths := parts(t, 4, 300)
	o := IngestOptions{Out: filepath.Join(t.TempDir(), "stores"), Version: "test"}
	inputs := inputsOf(t, filepath.Join(filepath.Dir(paths[0]), "part-*.jsonl"))
	a, counts, err := runIngest(t, inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	want := oneMachine(t, paths)
	sameTree(t, storesIn(t, o.Out), want)
	if a.Done != 4 || a.Failed != 0 || a.Rejected == 0 || a.Records < 300 {
		t.Errorf("account: %+v", a)
	}
	if counts["shards_done"] != 4 || counts["records"] != a.Records || counts["stored"] != a.Stored || counts["rejected"] != a.Rejected ||
		counts["bytes"] != a.Bytes {
		t.Errorf("metrics %v, account %+v", counts, a)
	}

	t.Run("again", func(t *testing.T) {
		before := tree(t, o.Out)
		os.Remove(filepath.Join(o.Out, "part-02", "store.json")) // as if the run had ended there
		_, counts, err := runIngest(t, inputs, o)
		if err != nil {
			t.Fatal(err)
		}
		sameTree(t, tree(t, o.Out), before)
		if counts["shards_done"] != 1 || counts["shards_kept"] != 3 {
			t.Errorf("metrics %v, want one shard done and three kept", counts)
		}
	})
	t.Run("other options", func(t *testing.T) {
		before := storesIn(t, o.Out)
		o := o
		o.As = "imagenet"
		a, _, err := runIngest(t, inputs, o)
		if err != nil {
			t.Fatal(err)
		}
		if a.Failed != 4 {
			t.Errorf("account %+v: stores of other options were taken", a)
		}
		sameTree(t, storesIn(t, o.Out), before)
		if err := Replace(t.Context(), inputs, o); err != nil {
			t.Fatal(err)
		}
		if a, _, err = runIngest(t, inputs, o); err != nil || a.Done != 4 {
			t.Errorf("with --force: %+v, %v", a, err)
		}
	})
}

// TestBucket reads from and writes to a file system without folders or renames.
func TestBucket(t *testing.T) {
	paths := parts(t, 2, 60)
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := remote.Put(t.Context(), f, "memfs://in/"+filepath.Base(p)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := runIngest(t, inputsOf(t, "memfs://in/*"), IngestOptions{Out: "memfs://out/", Version: "test"}); err != nil {
		t.Fatal(err)
	}
	found, err := remote.List(t.Context(), "memfs://out/*/*/*")
	if err != nil {
		t.Fatal(err)
	}
	more, err := remote.List(t.Context(), "memfs://out/*/store.json")
	if err != nil {
		t.Fatal(err)
	}
	want := oneMachine(t, paths)
	got := map[string]string{}
	for _, file := range append(found, more...) {
		data, err := remote.Read(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		got[file[len("memfs://out/"):]] = string(data)
	}
	sameTree(t, got, want)
}

// TestDamage has an input that ends early. The others are not affected, unless Strict is set.
func TestDamage(t *testing.T) {
	paths := parts(t, 3, 60)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	whole, err := os.ReadFile(paths[1])
	if err != nil {
		t.Fatal(err)
	}
	w.Write(whole)
	w.Close()
	if err := os.WriteFile(paths[1], packed.Bytes()[:packed.Len()/2], 0o644); err != nil {
		t.Fatal(err)
	}
	inputs := inputsOf(t, paths...)
	for _, strict := range []bool{false, true} {
		o := IngestOptions{Out: filepath.Join(t.TempDir(), "stores"), Version: "test", Strict: strict}
		a, _, err := runIngest(t, inputs, o)
		if strict {
			if err == nil {
				t.Error("strict: the run did not fail")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if a.Done != 2 || a.Failed != 1 || !strings.Contains(a.Shards[1].Error, "damaged") {
			t.Errorf("account: %+v", a)
		}
		sameTree(t, storesIn(t, o.Out), oneMachine(t, []string{paths[0], paths[2]}))
	}
}

// TestLost has a worker that is lost after it has written a store, and before it says so. The next run counts
// its records once.
func TestLost(t *testing.T) {
	paths := parts(t, 3, 60)
	inputs := inputsOf(t, paths...)
	o := IngestOptions{Out: filepath.Join(t.TempDir(), "stores"), Version: "test"}
	var once sync.Once
	afterStore = func(in Input) (err error) {
		if in.Name == "part-01" {
			once.Do(func() { err = errors.New("the worker is lost") })
		}
		return err
	}
	defer func() { afterStore = func(Input) error { return nil } }()
	if _, _, err := runIngest(t, inputs, o); err == nil {
		t.Fatal("the run did not fail")
	}
	a, _, err := runIngest(t, inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	fresh := o
	fresh.Out = filepath.Join(t.TempDir(), "stores")
	want, _, err := runIngest(t, inputs, fresh)
	if err != nil {
		t.Fatal(err)
	}
	if a.Records != want.Records || a.Stored != want.Stored || a.Done != 3 {
		t.Errorf("account after a loss: %+v, want %+v", a, want)
	}
	sameTree(t, tree(t, o.Out), tree(t, fresh.Out))
}

// TestAttempts makes the same shard several times at once, as a runner does that takes a slow worker for lost.
func TestAttempts(t *testing.T) {
	paths := parts(t, 1, 60)
	f := &ingestFn{IngestOptions{Out: filepath.Join(t.TempDir(), "stores"), Version: "test"}}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			row, _, err := f.shard(context.WithoutCancel(t.Context()), Input{"part-00", paths[0]})
			if err != nil || row.Error != "" || row.Records < 60 {
				t.Logf("an attempt failed, which a runner repeats: %+v, %v", row, err)
			}
		})
	}
	wait.Wait()
	if row, kept, err := f.shard(t.Context(), Input{"part-00", paths[0]}); err != nil || !kept || row.Records < 60 {
		t.Errorf("after all attempts: %+v, kept %v, %v", row, kept, err)
	}
	sameTree(t, storesIn(t, f.O.Out), oneMachine(t, paths))
}

func TestInputs(t *testing.T) {
	for file, want := range map[string]string{
		"parts/day-1.jsonl.gz":       "day-1",
		"gs://bucket/2024/x.tar.gz":  "x",
		"s3://bucket/.hidden":        ".hidden",
		"/data/v1.0/imagenet_ab.tar": "imagenet_ab",
	} {
		if got := shardName(file, 0); got != want {
			t.Errorf("name of %s: %s, want %s", file, got, want)
		}
	}
	if got := shardName("gs://bucket/2024/05/x.json", 2); got != "2024-05-x" {
		t.Errorf("with two folders: %s", got)
	}
	if _, err := Inputs(t.Context(), []string{"a/x.json", "b/x.json"}, 0); err == nil {
		t.Error("two inputs with the same name were taken")
	}
	if _, err := Inputs(t.Context(), []string{"a/x.json", "b/x.json"}, 1); err != nil {
		t.Error(err)
	}
	if _, err := Inputs(t.Context(), []string{"a/x.json", "a/x.json"}, 1); err == nil {
		t.Error("an input was taken twice")
	}
	if _, err := Inputs(t.Context(), []string{filepath.Join(t.TempDir(), "*.json")}, 0); err == nil {
		t.Error("a pattern without matches was taken")
	}
}
