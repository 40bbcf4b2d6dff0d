package imagenet

import (
	"testing"

	"abtool/analysis/internal/partial/visited"
)

// No field of what is gathered is left out of files.
func TestColumns(t *testing.T) {
	visited.Check(t, (*profile).Columns)
	visited.Check(t, (*deed).columns)
	visited.Check(t, (*boxedClick).columns)
	visited.Check(t, (*timedClick).columns)
	visited.Check(t, (*placedClick).columns)
}
