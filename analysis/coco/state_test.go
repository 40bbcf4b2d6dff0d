package coco

import (
	"testing"

	"abtool/analysis/internal/partial/visited"
)

// No field of what is gathered is left out of files.
func TestColumns(t *testing.T) {
	visited.Check(t, (*profile).Columns)
	visited.Check(t, (*longIcon).columns)
	visited.Check(t, (*superclass).columns)
	visited.Check(t, (*hitPage).columns)
}
