package analysis_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/teststore"
	"abtool/internal/usage"
)

// sampleStore is a store of both data sets, made once.
func sampleStore(t testing.TB) string {
	t.Helper()
	sampleOnce.Do(func() {
		dir, err := os.MkdirTemp("", "abtool-analysis-")
		if err != nil {
			t.Fatal(err)
		}
		sampleDir = dir
		samplePath, err = teststore.Make(context.Background(), dir,
			teststore.Options{Images: 3000, Pages: 400, Seed: 5, Dirty: 0.02})
		if err != nil {
			t.Fatal(err)
		}
	})
	if samplePath == "" {
		t.Fatal("the sample store could not be made")
	}
	return samplePath
}

var (
	sampleOnce            sync.Once
	sampleDir, samplePath string
)

func TestMain(m *testing.M) {
	code := m.Run()
	if sampleDir != "" {
		os.RemoveAll(sampleDir)
	}
	os.Exit(code)
}

func run(t testing.TB, store string, o result.Options) *result.Document {
	t.Helper()
	d, err := analysis.Run(context.Background(), store, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A result does not depend on the number of goroutines.
func TestJobs(t *testing.T) {
	var want string
	for _, jobs := range []int{1, 2, 5} {
		text, err := json.Marshal(run(t, sampleStore(t), result.Options{Jobs: jobs, Bootstrap: 50}))
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(text)
		}
		if string(text) != want {
			t.Errorf("%d goroutines give another document than one", jobs)
		}
	}
}

// A statistic is the same whether it is asked for alone or with all others.
func TestAlone(t *testing.T) {
	all := run(t, sampleStore(t), result.Options{Bootstrap: 50})
	for _, set := range all.DataSets {
		for _, s := range set.Statistics {
			alone := run(t, sampleStore(t), result.Options{Bootstrap: 50, Names: []string{set.Name + "." + s.Name}})
			want, _ := json.Marshal(s)
			have, _ := json.Marshal(alone.DataSets[0].Statistics[0])
			if string(want) != string(have) {
				t.Errorf("%s.%s differs when it is computed alone", set.Name, s.Name)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	ctx, store := context.Background(), sampleStore(t)
	for _, c := range []struct {
		names []string
		by    string
		want  string
	}{
		{[]string{"I1"}, "", "imagenet: click_accuracy"},
		{[]string{"i7", "coco.hits"}, "", "imagenet: trace_quantiles; coco: hits"},
		{[]string{"hits"}, "", "imagenet: hits; coco: hits"},
		{[]string{"click-accuracy"}, "", "imagenet: click_accuracy"},
		{nil, "worker", "imagenet: by_worker; coco: by_worker"},
		{[]string{"coco"}, "hit", "coco: by_hit"},
		{[]string{"I1"}, "class", "imagenet: click_accuracy by_class"},
	} {
		d, err := analysis.Run(ctx, store, result.Options{Names: c.names, By: c.by, Bootstrap: -1})
		if err != nil {
			t.Errorf("%v by %q: %v", c.names, c.by, err)
			continue
		}
		var sets []string
		for _, set := range d.DataSets {
			text := set.Name + ":"
			for _, s := range set.Statistics {
				text += " " + s.Name
			}
			sets = append(sets, text)
		}
		if have := strings.Join(sets, "; "); have != c.want {
			t.Errorf("%v by %q are %s, want %s", c.names, c.by, have, c.want)
		}
	}
	for _, o := range []result.Options{{Names: []string{"acuracy"}}, {By: "month"}, {Sigmas: []float64{0}}} {
		if _, err := analysis.Run(ctx, store, o); err == nil || !usage.Is(err) {
			t.Errorf("%+v: %v is not an error of wrong use", o, err)
		}
	}
	if _, err := analysis.Run(ctx, filepath.Join(store, "no"), result.Options{}); err == nil || usage.Is(err) {
		t.Errorf("no store: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := analysis.Run(ended, store, result.Options{}); err == nil {
		t.Error("an interrupted run gives a document")
	}
}

// Hidden ids are stable, and nothing of the ids is left in the document.
func TestHide(t *testing.T) {
	open := run(t, sampleStore(t), result.Options{Bootstrap: -1})
	hidden := run(t, sampleStore(t), result.Options{Bootstrap: -1, Hide: true})
	again := run(t, sampleStore(t), result.Options{Bootstrap: -1, Hide: true, Names: []string{"workers"}})
	text, _ := json.Marshal(hidden)
	for _, set := range open.DataSets {
		for _, name := range []string{"workers", "hits"} {
			rows := table(t, open, set.Name, name, 0).Rows
			if len(rows) < 5 {
				t.Fatalf("%s.%s has %d rows", set.Name, name, len(rows))
			}
			for _, row := range rows {
				if id := row[0].(string); strings.Contains(string(text), id) {
					t.Fatalf("%s.%s: %s is in the document", set.Name, name, id)
				}
			}
		}
		a, b := table(t, hidden, set.Name, "workers", 0), table(t, again, set.Name, "workers", 0)
		for i := range a.Rows {
			if a.Rows[i][0] != b.Rows[i][0] {
				t.Errorf("%s: the pseudonym %v is %v in another run", set.Name, a.Rows[i][0], b.Rows[i][0])
			}
		}
	}
}

func statistic(t testing.TB, d *result.Document, set, name string) *result.Statistic {
	t.Helper()
	for _, s := range d.DataSets {
		for i := range s.Statistics {
			if s.Name == set && s.Statistics[i].Name == name {
				return &s.Statistics[i]
			}
		}
	}
	t.Fatalf("the document lacks %s.%s", set, name)
	return nil
}

func table(t testing.TB, d *result.Document, set, name string, i int) *result.Table {
	t.Helper()
	return &statistic(t, d, set, name).Tables[i]
}
