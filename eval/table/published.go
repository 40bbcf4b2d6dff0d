package table

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"abtool/internal/stat"
)

// Values that others published, in percent. The rows of the paper are of networks that are not published. Its column
// IN-O does not say which number it is.
//
//go:embed published.csv
var publishedText string

// A reference is a published value.
type reference struct {
	arch, id string
	Published
}

var references = sync.OnceValue(func() (all []reference) {
	rows, err := csv.NewReader(strings.NewReader(publishedText)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("published.csv: %v", err))
	}
	for n, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[4], 64)
		if err != nil {
			panic(fmt.Sprintf("published.csv, line %d: %v", n+2, err))
		}
		all = append(all, reference{row[0], row[3], Published{row[1], row[2], stat.Number(v / 100)}})
	}
	return all
})

// publish adds the values that were published for the architecture of the networks, if it is the same for all.
func (t *Table) publish() {
	for _, n := range t.Networks {
		if n.Arch != t.Networks[0].Arch || n.Classes != 1000 {
			return
		}
	}
	for _, r := range references() {
		if len(t.Networks) == 0 || r.arch != t.Networks[0].Arch {
			continue
		}
		for i := range t.Rows {
			if t.Rows[i].ID == r.id || t.Rows[i].usual == r.id {
				t.Rows[i].Published = append(t.Rows[i].Published, r.Published)
			}
		}
	}
}
