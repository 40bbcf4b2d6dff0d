package coco

import "testing"

// Ids ascend with gaps, and names are there once.
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
