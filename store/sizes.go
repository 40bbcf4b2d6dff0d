package store

import "abtool/store/columnar"

// ColumnSize is what a column takes of its file.
type ColumnSize struct {
	Table string `json:"table"` // as imagenet/annotations
	columnar.Size
}

// ColumnSizes reads from the footers of a store's Parquet files what each column takes, in the
// order of the schema.
func ColumnSizes(store string, s *Account) (sizes []ColumnSize, err error) {
	for _, d := range s.DataSets {
		for _, table := range Tables {
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
