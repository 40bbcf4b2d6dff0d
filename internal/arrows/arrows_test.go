package arrows

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A rule says which packages of the module the packages of a folder may import, apart from each
// other. A name ends with /... where it stands for the folders below too.
type rule struct {
	of     string
	may    []string
	reason string
}

var rules = []rule{
	{"docs", nil, "pages import nothing"},
	{"schema", nil, "the format imports nothing"},
	{"store/columnar", nil, "columns know no table"},
	{"store", []string{"schema", "store/columnar", "internal/..."}, "the folder of a store knows the format"},
	{"byproduct/...", []string{"schema", "store", "store/columnar", "internal/..."},
		"what was recorded is read from a store, and knows nothing of what is counted or learned from it"},
	{"ingest/...", []string{"schema", "store", "store/columnar", "internal/..."}, "ingest writes a store"},
	{"analysis/result", []string{"internal/..."}, "what comes out knows no store and no data set"},
	{"analysis/internal/pass", []string{"analysis/result", "store/columnar", "byproduct", "byproduct/plane", "internal/..."},
		"what the data sets share knows neither"},
	{"analysis/imagenet", []string{"analysis/result", "analysis/internal/pass", "store/columnar", "byproduct",
		"byproduct/plane", "byproduct/imagenet", "internal/..."}, "statistics count what byproduct gives of their data set"},
	{"analysis/coco", []string{"analysis/result", "analysis/internal/pass", "store", "store/columnar", "byproduct",
		"byproduct/plane", "byproduct/coco", "internal/..."}, "statistics count what byproduct gives of their data set"},
	{"analysis/text", []string{"analysis", "analysis/result", "internal/..."}, "what prints statistics computes none"},
	{"analysis", []string{"analysis/...", "store", "internal/..."}, "the data sets are joined here"},
	{"features/targetfile", []string{"schema", "store/columnar", "internal/..."}, "columns of targets know no rule"},
	{"features/format", []string{"features/targetfile", "schema", "store", "store/columnar", "internal/..."}, "formats know columns, and no rule"},
	{"features/...", []string{"schema", "store", "store/columnar", "byproduct/...", "internal/..."},
		"targets are derived from what byproduct gives"},
	{"query/...", []string{"schema", "store", "byproduct/...", "internal/..."}, "SQL reads a store by itself"},
	{"reports/chart", []string{"analysis/result", "internal/..."}, "charts know no data set and no page"},
	{"reports/imagenet", []string{"reports/chart", "analysis/result", "internal/..."}, "figures of a data set know no page and no other data set"},
	{"reports/coco", []string{"reports/chart", "analysis/result", "internal/..."}, "figures of a data set know no page and no other data set"},
	{"reports/...", []string{"analysis/...", "schema", "store", "internal/..."}, "reports draw what analysis computes"},
	{"internal/...", []string{"schema", "byproduct/...", "internal/..."}, "what is internal serves the others"},
}

// Programs, tests' helpers and the training wing, which begins from files of targets, import what they need.
var free = []string{"cmd/...", "notebooks/...", "train/...", "internal/bench", "internal/teststore", "internal/gpucheck"}

// ingestFor are the packages that may import ingest: the program, and helpers of tests.
var ingestFor = []string{"cmd/...", "ingest/...", "internal/teststore", "notebooks/..."}

func TestArrows(t *testing.T) {
	checked := 0
	for pkg, imports := range graph(t) {
		for _, path := range imports {
			checked++
			if matches(path, "ingest/...") && !matchesAny(pkg, ingestFor) {
				t.Errorf("%s imports %s: nothing but cmd and tests imports ingest, the writer; read a store with package store", pkg, path)
			}
			if matches(path, "cmd/...") {
				t.Errorf("%s imports %s: a command is not a library", pkg, path)
			}
		}
		if matchesAny(pkg, free) {
			continue
		}
		at := slices.IndexFunc(rules, func(r rule) bool { return matches(pkg, r.of) })
		if at < 0 {
			t.Errorf("no rule says what %s may import: add one here and to docs/design/architecture.md", pkg)
			continue
		}
		for _, path := range imports {
			if r := rules[at]; !matches(path, r.of) && !matchesAny(path, r.may) {
				t.Errorf("%s imports %s: %s (it may import: %s)", pkg, path, r.reason, strings.Join(r.may, ", "))
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d imports within the module were found", checked)
	}
}

// graph returns the imports of each package of the module. Imports of tests are left out.
func graph(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "abtool/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return imports
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "abtool/")
		imports[name] = nil
		for _, path := range p.Imports {
			if path, ok := strings.CutPrefix(path, "abtool/"); ok {
				imports[name] = append(imports[name], path)
			}
		}
	}
}

func matchesAny(pkg string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(pkg, p) })
}

// matches reports whether a pattern names a package, or with /... a folder that it is in.
func matches(pkg, pattern string) bool {
	folder, below := strings.CutSuffix(pattern, "/...")
	return pkg == folder || below && strings.HasPrefix(pkg, folder+"/")
}

// A rule that never fails would be none: pretend some imports.
func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pkg, pattern string
		want         bool
	}{
		{"ingest/source", "ingest/...", true}, {"ingest", "ingest/...", true}, {"ingested", "ingest/...", false},
		{"store/columnar", "store", false}, {"store", "store", true},
	} {
		if matches(c.pkg, c.pattern) != c.want {
			t.Errorf("%s and %s: %v", c.pkg, c.pattern, !c.want)
		}
	}
}
