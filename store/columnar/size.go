package columnar

import (
	"slices"
	"strings"
)

// Size says how many bytes of its file a column takes.
type Size struct {
	Column string `json:"column"` // dotted, such as mouse.x
	Bytes  int64  `json:"bytes"`  // compressed
	Plain  int64  `json:"plain"`  // encoded, before compression
	Values int64  `json:"values"` // including nulls, and one for each empty list
}

// Sizes returns the size of each column, in the order of the schema, from the footers of the files.
func (t *Table) Sizes() (sizes []Size) {
	for _, f := range t.files {
		at := make([]int, len(f.file.Schema().Columns()))
		for i, path := range f.file.Schema().Columns() {
			name := strings.ReplaceAll(strings.Join(path, "."), ".list.element", "")
			at[i] = slices.IndexFunc(sizes, func(s Size) bool { return s.Column == name })
			if at[i] < 0 {
				at[i], sizes = len(sizes), append(sizes, Size{Column: name})
			}
		}
		for _, g := range f.file.Metadata().RowGroups {
			for i, c := range g.Columns {
				s := &sizes[at[i]]
				s.Bytes += c.MetaData.TotalCompressedSize
				s.Plain += c.MetaData.TotalUncompressedSize
				s.Values += c.MetaData.NumValues
			}
		}
	}
	return sizes
}
