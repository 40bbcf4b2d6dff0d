package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/internal/usage"
)

func TestFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, file := range []string{"stores/a/store.json", "stores/b/store.json", "stores/README", "stores/.abtool-c.tmp-1/store.json",
		"mixed/a/store.json", "mixed/logs/today", "odd,name/store.json", "odd[1]/store.json", "a/store.json", "a/inside/store.json", "a/imagenet/images.parquet"} {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("stores/a", "link"); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]string{
		"a":                   "a",
		"none":                "none",
		"stores":              "stores/a stores/b",
		"stores/*":            "stores/a stores/b",
		"stores/b,stores/a":   "stores/b stores/a",
		"stores/b,a":          "stores/b a",
		"a,stores":            "a stores/a stores/b",
		"a,a/inside":          "a a/inside",
		"[ab]":                "a",
		"odd,name":            "odd,name",
		"odd[1]":              "odd[1]",
		"a,none":              "error none: there is no such folder",
		"mixed":               "error mixed has stores in it, and mixed/logs, which has no store.json",
		"mixed/*":             "error mixed/* matches mixed/logs, which has no store.json",
		"a/*":                 "error a/* matches a/imagenet, which has no store.json",
		"stores/x*":           "error no store matches this pattern",
		"stores/[":            "error a [ has no ]",
		"a,a":                 "wrong the store a is given twice",
		"stores,stores/b":     "wrong the store stores/b is given twice",
		"a,./a":               "wrong a and ./a are the same store: give it once",
		"link,stores":         "wrong link and stores/a are the same store",
		"a,,stores":           "wrong there is nothing before or after a comma",
		"stores/.abtool-c.t*": "stores/.abtool-c.tmp-1",
	} {
		got, err := Folders(place)
		kind, message, isError := strings.Cut(want, " ")
		if isError && (kind == "error" || kind == "wrong") {
			if err == nil || !strings.Contains(err.Error(), message) || kind == "wrong" && !usage.Is(err) {
				t.Errorf("%s: %v, %v, want %s", place, got, err, want)
			}
			continue
		}
		if err != nil || !slices.Equal(got, strings.Fields(want)) && got[0] != want {
			t.Errorf("%s: %v, %v, want %s", place, got, err, want)
		}
	}
	if _, err := List("a", "odd,name"); !usage.Is(err) {
		t.Errorf("a name with a comma in a list: %v", err)
	}
	if got, err := List("odd,name"); err != nil || got != "odd,name" {
		t.Errorf("a name with a comma: %q, %v", got, err)
	}
}
