package analysis_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/docgen"
)

var update = flag.Bool("update", false, "write the generated part of docs/reference/stats.md")

// docs/reference/stats.md has every statistic that is computed, with its values and tables.
func TestDoc(t *testing.T) {
	var p docgen.Page
	for _, set := range run(t, sampleStore(t), result.Options{}).DataSets {
		p.Printf("## Statistics of %s\n", map[string]string{"imagenet": "ImageNet-AB", "coco": "COCO-AB"}[set.Name])
		for i := range set.Statistics {
			describe(&p, set.Name, &set.Statistics[i])
		}
		p.Printf("\n")
	}
	docgen.Check(t, "../docs/reference/stats.md", *update, map[string]string{"statistics": p.String()})
}

// describe writes what a statistic says of itself; its numbers are not used.
func describe(p *docgen.Page, set string, s *result.Statistic) {
	at := slices.IndexFunc(analysis.Catalogue(), func(e *result.Entry) bool { return e.Set == set && e.Name == s.Name })
	if at < 0 {
		return // a table by group
	}
	ids := ""
	if e := analysis.Catalogue()[at]; len(e.IDs) > 0 {
		ids = " (" + strings.Join(e.IDs, ", ") + ")"
	}
	p.Printf("\n### %s.%s%s\n\n%s. %s\n\nDefinitions: %s.", set, s.Name, ids, s.Title, s.Definition, linked(s.Rules))
	if s.Paper != "" {
		p.Printf(" Paper: %s.", s.Paper)
	}
	p.Printf("\n")
	if len(s.Values) > 0 {
		p.Printf("\n")
		p.Head("value", "unit", "what it is", "published")
	}
	for _, v := range s.Values {
		published := ""
		if x := v.Published; x != nil {
			published = strings.TrimSpace(x.Relation+" "+fmt.Sprint(x.Value)) + ", " + x.Where
		}
		p.Row(docgen.Code(v.Name), v.Unit, v.Title+"; over "+v.Of, published)
	}
	for _, t := range s.Tables {
		p.Printf("\nTable `%s`: %s.\n\n", t.Name, t.Title)
		p.Head("column", "unit", "what it is")
		for _, c := range t.Columns {
			p.Row(docgen.Code(c.Name), c.Unit, c.Title)
		}
	}
	for _, h := range s.Histograms {
		p.Printf("\nMap `%s`: %s, %d × %d cells.\n", h.Name, h.Title, len(h.Counts), len(h.Counts[0]))
	}
}

// linked makes links of the numbers of definitions.
func linked(rules string) string {
	return definition.ReplaceAllStringFunc(rules, func(id string) string {
		return "[" + id + "](../design/definitions.md#" + strings.ToLower(id) + ")"
	})
}

var definition = regexp.MustCompile(`\b[RICL][0-9]+\b`)

// Rules name definitions that are written down, and statistics or targets follow every one of ImageNet and
// COCO.
func TestRules(t *testing.T) {
	page, err := os.ReadFile("../docs/design/definitions.md")
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllSubmatch(page, -1) {
		defined[string(m[1])] = true
	}
	used := map[string]bool{}
	for _, e := range analysis.Catalogue() {
		for _, id := range strings.Split(e.Rules, ", ") {
			used[id] = true
			if !defined[id] {
				t.Errorf("%s.%s follows %s, which is defined nowhere", e.Set, e.Name, id)
			}
		}
	}
	for id := range defined {
		if (id[0] == 'I' || id[0] == 'C') && !used[id] {
			t.Errorf("no statistic follows %s", id)
		}
	}
}

// The document fits docs/reference/stats.schema.json, which forbids keys that it does not describe.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../docs/reference/stats.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(d *result.Document) {
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
	d := run(t, sampleStore(t), result.Options{})
	check(d)
	check(run(t, sampleStore(t), result.Options{By: "week", Bootstrap: -1}))
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
	for _, set := range run(t, sampleStore(t), result.Options{}).DataSets {
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
						t.Fatalf("%s.%s: a row of %s has %d cells for %d columns", set.Name, s.Name, x.Name,
							len(row), len(x.Columns))
					}
				}
			}
		}
	}
}
