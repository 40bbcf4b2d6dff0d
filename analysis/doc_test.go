package analysis_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"abtool/analysis"
)

var update = flag.Bool("update", false, "write docs/stats.md anew")

// docs/stats.md has every statistic that is computed, with its values and tables.
func TestDoc(t *testing.T) {
	const path = "../docs/stats.md"
	var b bytes.Buffer
	if err := analysis.WriteDoc(&b, run(t, sampleStore(t), analysis.Options{})); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/stats.md is not what the statistics say (%v): run go test ./analysis -run TestDoc -update", err)
	}
}

// Rules name definitions that are written down, and every definition is used.
func TestRules(t *testing.T) {
	var defined []string
	for _, d := range analysis.Definitions {
		defined = append(defined, d.ID)
	}
	store, err := os.ReadFile("../docs/store.md")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, e := range analysis.Catalogue() {
		for _, id := range strings.Split(e.Rules, ", ") {
			used[id] = true
			if !slices.Contains(defined, id) && !bytes.Contains(store, []byte("| "+id+" |")) {
				t.Errorf("%s.%s follows %s, which is defined nowhere", e.Set, e.Name, id)
			}
		}
	}
	for _, id := range defined {
		if !used[id] {
			t.Errorf("no statistic follows %s", id)
		}
	}
}

// The document fits docs/stats.schema.json, which forbids keys that it does not describe.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../docs/stats.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(d *analysis.Document) {
		t.Helper()
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Error(err)
		}
	}
	d := run(t, sampleStore(t), analysis.Options{})
	check(d)
	check(run(t, sampleStore(t), analysis.Options{By: "week", Bootstrap: -1}))
	d.Schema = "abtool.stats/2"
	text, _ := json.Marshal(d)
	value, _ := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if schema.Validate(value) == nil {
		t.Error("another version passes")
	}
}

// Names of values, tables and columns are fit for programs, and unique.
func TestNames(t *testing.T) {
	fit := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)?$`)
	for _, set := range run(t, sampleStore(t), analysis.Options{}).DataSets {
		for _, s := range set.Statistics {
			seen := map[string]bool{}
			name := func(kind, n string) {
				if !fit.MatchString(n) || seen[kind+n] {
					t.Errorf("%s.%s: %s %q is unfit, or twice there", set.Name, s.Name, kind, n)
				}
				seen[kind+n] = true
			}
			for _, v := range s.Values {
				name("value", v.Name)
				if v.Of == "" || v.Title == "" {
					t.Errorf("%s.%s: %s has no title or unit of n", set.Name, s.Name, v.Name)
				}
			}
			for _, x := range s.Tables {
				name("table", x.Name)
				for _, c := range x.Columns {
					name("table "+x.Name+" column", c.Name)
				}
				for _, row := range x.Rows {
					if len(row) != len(x.Columns) {
						t.Fatalf("%s.%s: a row of %s has %d cells for %d columns", set.Name, s.Name, x.Name, len(row), len(x.Columns))
					}
				}
			}
		}
	}
}
