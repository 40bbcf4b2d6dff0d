package store

import (
	"slices"

	"abtool/store/columnar"
)

// ColumnSize says how many bytes of its file a column takes.
type ColumnSize struct {
	Table string `json:"table"` // such as imagenet/annotations
	columnar.Size
}

// ColumnSizes returns the size of each column of the store at a place, or of its stores together, in the order
// of the schema. It reads the footers of the Parquet files.
func ColumnSizes(place string) (sizes []ColumnSize, err error) {
	dirs, err := Folders(place)
	if err != nil {
		return nil, err
	}
	accounts := make([]*Account, len(dirs))
	for i, dir := range dirs {
		if accounts[i], err = readOne(dir); err != nil {
			return nil, err
		}
	}
	for _, set := range Sets {
		for _, table := range slices.Concat(Tables, StudyTables) {
			var parts []columnar.Part
			for i, dir := range dirs {
				if d := accounts[i].DataSet(set); d != nil && slices.Contains(TablesOf(d.Rows), table) {
					parts = append(parts, columnar.Part{Path: columnar.PathOf(dir, set, table)})
				}
			}
			t, err := columnar.Join(parts...)
			if err != nil {
				return nil, err
			}
			for _, size := range t.Sizes() {
				sizes = append(sizes, ColumnSize{set + "/" + table, size})
			}
			if err := t.Close(); err != nil {
				return nil, err
			}
		}
	}
	return sizes, nil
}
