package coco

import (
	"testing"

	"abtool/store"
)

// Ids ascend with gaps, and every name occurs once.
func TestCategories(t *testing.T) {
	seen := map[string]bool{}
	last := int64(0)
	for _, c := range Categories {
		if c.ID <= last || c.ID > 90 || seen[c.Name] {
			t.Errorf("%d %s follows %d", c.ID, c.Name, last)
		}
		last, seen[c.Name] = c.ID, true
	}
	if len(Categories) != 80 || Categories[0].Name != "person" || Categories[79].ID != 90 {
		t.Errorf("%d classes, from %s to %d", len(Categories), Categories[0].Name, Categories[79].ID)
	}
}

// A store without ground truth has COCO's classes; a store with ground truth has the classes that it lists.
func TestCategoriesOf(t *testing.T) {
	own := []store.Category{{ID: 7, Name: "hat"}}
	if have := CategoriesOf(&store.DataSet{Categories: own}); len(have) != 1 || have[0] != own[0] {
		t.Errorf("the classes of a store are %v", have)
	}
	if have := CategoriesOf(&store.DataSet{}); len(have) != 80 {
		t.Errorf("%d classes without ground truth", len(have))
	}
}
