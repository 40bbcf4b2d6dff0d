package query

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"abtool/store"
)

// coco_categories lists the classes of store.json and every class that has an instance, or COCO's 80 classes if
// store.json lists none.
func TestCategories(t *testing.T) {
	made, err := demoStore()
	if err != nil {
		t.Fatal(err)
	}
	const q = "SELECT category_id, category FROM coco_categories WHERE instances = 0 ORDER BY ALL"
	for _, c := range []struct {
		name string
		list []store.Category
		want []string
	}{
		{"a list", []store.Category{{ID: 5, Name: "it's new"}, {ID: 1, Name: "person"},
			{ID: 95, Name: "new; too"}, {ID: 96, Name: "new; too"}}, []string{"5 it's new", "95 new; too"}},
		{"no list", nil, nil},
	} {
		dir := filepath.Join(t.TempDir(), "store")
		if err := os.CopyFS(dir, os.DirFS(made)); err != nil {
			t.Fatal(err)
		}
		sum, err := store.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(sum.DataSet("coco").Categories) != 80 {
			t.Errorf("the simulation lists %d", len(sum.DataSet("coco").Categories))
		}
		sum.DataSet("coco").Categories = c.list
		account, err := json.Marshal(sum)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "store.json"), account, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openStore(t, dir, Options{})
		if c.list == nil {
			if n := query(t, s, "SELECT count(*), count(DISTINCT category) FROM coco_categories"); n[0] != "80 80" {
				t.Errorf("%s: %s", c.name, n)
			}
		} else if got := query(t, s, q); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if n := query(t, s, "SELECT count(*) FROM coco_categories WHERE category = 'person' AND "+
			"category_id = 1 AND instances > 0"); n[0] != "1" {
			t.Errorf("%s: no person", c.name)
		}
	}
}
