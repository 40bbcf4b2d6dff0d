package columnar

import "strings"

// Size says how many bytes of its file a column takes.
type Size struct {
	Column string `json:"column"` // dotted, such as mouse.x
	Bytes  int64  `json:"bytes"`  // compressed
	Plain  int64  `json:"plain"`  // encoded, before compression
	Values int64  `json:"values"` // including nulls, and one for each empty list
}

// Sizes returns the size of each column, in the order of the schema, from the file's footer.
func (t *Table) Sizes() []Size {
	columns := t.file.Schema().Columns()
	sizes := make([]Size, len(columns))
	for i, path := range columns {
		sizes[i].Column = strings.ReplaceAll(strings.Join(path, "."), ".list.element", "")
	}
	for _, g := range t.file.Metadata().RowGroups {
		for i, c := range g.Columns {
			sizes[i].Bytes += c.MetaData.TotalCompressedSize
			sizes[i].Plain += c.MetaData.TotalUncompressedSize
			sizes[i].Values += c.MetaData.NumValues
		}
	}
	return sizes
}
