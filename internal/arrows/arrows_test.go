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
// other. A name that ends with /... stands for a folder and all folders below it.
type rule struct {
	of     string
	may    []string
	reason string
}

var rules = []rule{
	{"schema", nil, "the format does not depend on the rest of the module"},
	{"store/columnar", nil, "columns do not depend on tables"},
	{"store/notes", []string{"store", "store/columnar", "internal/..."}, "notes lie next to a store, and know it by its rows"},
	{"store", []string{"schema", "store/columnar", "internal/..."}, "the folder of a store depends only on the format"},
	{"byproduct/...", []string{"schema", "store", "store/columnar", "internal/..."},
		"byproducts are read from a store; they do not depend on statistics or targets"},
	{"ingest/study", []string{"schema", "store", "collect", "collect/derive", "collect/recording", "collect/records", "collect/storage", "internal/..."},
		"the folder of a study is read in one place"},
	{"ingest/...", []string{"schema", "store", "store/columnar", "internal/..."}, "ingest only writes a store"},
	{"analysis/result", []string{"internal/..."}, "results do not depend on stores or data sets"},
	{"analysis/internal/partial/...", []string{"byproduct/plane", "internal/..."}, "files of accumulators do not depend on statistics"},
	{"analysis/internal/pass", []string{"analysis/result", "analysis/internal/partial", "store/columnar", "byproduct", "byproduct/plane", "internal/..."},
		"what the data sets share does not depend on either of them"},
	{"analysis/imagenet", []string{"analysis/result", "analysis/internal/partial", "analysis/internal/pass", "store", "store/columnar", "byproduct",
		"byproduct/plane", "byproduct/imagenet", "internal/..."}, "statistics count the byproducts of their data set only"},
	{"analysis/coco", []string{"analysis/result", "analysis/internal/partial", "analysis/internal/pass", "store", "store/columnar", "byproduct",
		"byproduct/plane", "byproduct/coco", "internal/..."}, "statistics count the byproducts of their data set only"},
	{"analysis/rows", []string{"analysis/result", "internal/..."}, "queries are text, and are run elsewhere"},
	{"analysis/text", []string{"analysis", "analysis/result", "analysis/rows", "internal/..."}, "the printer of statistics does not compute any"},
	{"analysis", []string{"analysis/...", "store", "internal/..."}, "only analysis joins the data sets"},
	{"features/targetfile", []string{"schema", "store/columnar", "internal/..."}, "columns of targets do not depend on rules"},
	{"features/format", []string{"features/targetfile", "schema", "store", "store/columnar", "internal/..."}, "formats depend on columns, not on rules"},
	{"features/...", []string{"schema", "store", "store/columnar", "store/notes", "byproduct/...", "internal/..."},
		"targets are derived from byproducts"},
	{"query/...", []string{"schema", "store", "store/notes", "byproduct/...", "internal/..."}, "SQL reads a store without the statistics"},
	{"reports/chart", []string{"analysis/result", "internal/..."}, "charts do not depend on data sets or pages"},
	{"reports/imagenet", []string{"reports/chart", "analysis/result", "internal/..."}, "figures of a data set do not depend on the page or the other data set"},
	{"reports/coco", []string{"reports/chart", "analysis/result", "internal/..."}, "figures of a data set do not depend on the page or the other data set"},
	{"internal/synth/evalsets", []string{"eval/classes", "internal/..."}, "image sets are drawn from facts about classes"},
	{"reports/...", []string{"analysis/...", "eval/...", "schema", "store", "internal/..."}, "reports draw what analysis and eval compute"},
	{"eval/classes", nil, "facts about classes depend on nothing"},
	{"eval/view", []string{"internal/..."}, "views see pixels, not sets or networks"},
	{"eval/outputs", []string{"internal/..."}, "outputs do not depend on networks or sets"},
	{"eval/metric", []string{"eval/classes", "eval/sets", "eval/outputs", "internal/..."}, "metrics are computed from outputs, without images"},
	{"eval/cam", []string{"train/...", "byproduct/...", "internal/..."}, "maps are compared with the boxes and masks of a store"},
	{"eval/removal", []string{"train/...", "byproduct/...", "store", "internal/..."}, "objects are removed by the masks of a store"},
	{"eval", []string{"eval/...", "schema", "train/...", "features", "byproduct/coco", "internal/..."},
		"evaluation runs networks over images, and compares them with the ground truth of a store"},
	{"eval/...", []string{"schema", "train/...", "features", "byproduct/plane", "store", "store/columnar", "internal/..."},
		"evaluation runs networks over images, and does not depend on byproducts"},
	{"collect/recording", nil, "recordings depend on nothing"},
	{"collect/derive", []string{"collect/recording"}, "records are derived from recordings, not from databases"},
	{"collect/records", []string{"collect", "collect/derive", "collect/recording", "collect/storage"},
		"only here do databases and derivation meet"},
	{"internal/...", []string{"schema", "byproduct/...", "collect/recording", "internal/..."}, "internal packages serve the others"},
	{"collect/storage/...", []string{"collect", "collect/recording", "internal/..."}, "the database keeps plans and recordings as they come"},
	{"collect/quality", []string{"collect", "collect/derive", "collect/platform", "collect/recording", "collect/records", "collect/storage", "byproduct/...",
		"store/columnar", "internal/..."}, "work is judged by the code of the statistics, from the records that ingest stores"},
	{"collect/compat", []string{"collect", "collect/derive", "collect/records", "collect/recording", "collect/storage", "internal/..."},
		"the original front ends are answered from the plan and the database"},
	{"collect/server", []string{"explore/replay/scene", "explore/web", "collect", "collect/compat", "collect/derive", "collect/platform", "collect/quality", "collect/recording", "collect/storage",
		"internal/..."},
		"the server gives out and stores; what recordings mean is for collect/quality"},
	{"collect/platform", nil, "platforms are known by their addresses, and depend on nothing"},
	{"collect", []string{"collect/platform", "internal/..."}, "the folder of a study does not depend on its database"},
	{"collect/page", nil, "the files of the page depend on nothing"},
	{"explore/web", nil, "the files of the explorer depend on nothing"},
	{"explore/view", []string{"query", "store/notes", "internal/..."}, "filters become SQL without HTTP"},
	{"explore/replay/scene", []string{"collect/recording", "byproduct/...", "store/columnar"}, "scenes are made from rows and recordings, wherever these are kept"},
	{"explore/replay", []string{"explore/replay/scene", "explore/view", "query", "schema", "collect/recording"}, "what is replayed is read by SQL"},
	{"explore", []string{"docs", "explore/...", "query", "query/shell", "analysis", "analysis/result", "analysis/rows", "reports", "reports/chart", "schema", "store", "store/notes", "internal/..."},
		"the explorer shows what query and analysis compute"},
	{"docs", nil, "the documentation has only tests"},
}

// free lists packages without a rule: programs, helpers of tests, and train, which begins with files of
// targets.
var free = []string{"cmd/...", "notebooks/...", "train/...", "internal/bench", "internal/teststore", "internal/teststudy", "internal/gpucheck"}

// evalFor lists the packages that may import eval.
var evalFor = []string{"cmd/...", "eval/...", "reports/...", "train/experiment", "internal/synth/evalsets", "internal/bench"}

// ingestFor lists the packages that may import ingest: the program and helpers of tests.
var ingestFor = []string{"cmd/...", "ingest/...", "internal/teststore", "notebooks/..."}

func TestArrows(t *testing.T) {
	checked := 0
	for pkg, imports := range graph(t) {
		for _, path := range imports {
			checked++
			if matches(path, "ingest/...") && !matchesAny(pkg, ingestFor) {
				t.Errorf("%s imports %s: only cmd and tests may import ingest, which writes stores; read a store with package store", pkg, path)
			}
			if matches(path, "eval/...") && !matchesAny(pkg, evalFor) {
				t.Errorf("%s imports %s: nothing but programs, reports and experiments may import eval", pkg, path)
			}
			if matches(path, "cmd/...") {
				t.Errorf("%s imports %s: nothing may import a command", pkg, path)
			}
		}
		if matchesAny(pkg, free) {
			continue
		}
		at := slices.IndexFunc(rules, func(r rule) bool { return matches(pkg, r.of) })
		if at < 0 {
			t.Errorf("no rule says which packages %s may import: add one here and to docs/design/architecture.md", pkg)
			continue
		}
		for _, path := range imports {
			if r := rules[at]; !matches(path, r.of) && !matchesAny(path, r.may) {
				t.Errorf("%s imports %s: %s (it may import: %s)", pkg, path, r.reason, strings.Join(r.may, ", "))
			}
		}
	}
	if checked < 50 {
		t.Errorf("found only %d imports within the module: go list may have failed", checked)
	}
}

// graph returns the imports of each package of the module, without the imports of its tests.
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

// matches reports whether a pattern names a package or, with /..., a folder that contains it.
func matches(pkg, pattern string) bool {
	folder, below := strings.CutSuffix(pattern, "/...")
	return pkg == folder || below && strings.HasPrefix(pkg, folder+"/")
}

// A pattern must not match packages that only begin with the same letters, or TestArrows would miss imports.
func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pkg, pattern string
		want         bool
	}{
		{"ingest/source", "ingest/...", true}, {"ingest", "ingest/...", true}, {"ingested", "ingest/...", false},
		{"store/columnar", "store", false}, {"store", "store", true},
	} {
		if matches(c.pkg, c.pattern) != c.want {
			t.Errorf("matches(%q, %q) = %v, want %v", c.pkg, c.pattern, !c.want, c.want)
		}
	}
}
