package records

import (
	"testing"

	"abtool/collect"
	"abtool/schema"
)

// An image on the pages of two classes is two candidates, whose ids stay different in a store.
func TestImageID(t *testing.T) {
	for _, c := range []struct{ id, of, page, want string }{
		{"robin_01", "robin", "robin", "robin_01"},
		{"robin_01", "robin", "goldfish", "robin_01@goldfish"},
		{"robin_01", "robin", "fish / cat", "robin_01@fish - cat"},
		{"17", "", "", "17"},
	} {
		got := ImageID(c.page, &collect.Image{ID: c.id, Class: c.of})
		if stored := schema.ImageID(c.page + "/" + got); got != c.want || stored != c.want && c.page != "fish / cat" {
			t.Errorf("%s on a page of %q: %s, stored as %s; want %s", c.id, c.page, got, stored, c.want)
		}
	}
}
