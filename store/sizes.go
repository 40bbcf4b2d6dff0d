package store

import "abtool/store/columnar"

// ColumnSize says how many bytes of its file a column takes.
type ColumnSize struct {
	Table string `json:"table"` // such as imagenet/annotations
	columnar.Size
}

// ColumnSizes returns the size of each column of a store, in the order of the schema. It reads the footers
// of the Parquet files.
func ColumnSizes(store string, s *Account) (sizes []ColumnSize, err error) {
	for _, d := range s.DataSets {
		for _, table := range TablesOf(d.Rows) {
			t, err := columnar.Open(store, d.Name, table)
			if err != nil {
				return nil, err
			}
			for _, size := range t.Sizes() {
				sizes = append(sizes, ColumnSize{d.Name + "/" + table, size})
			}
			if err := t.Close(); err != nil {
				return nil, err
			}
		}
	}
	return sizes, nil
}
