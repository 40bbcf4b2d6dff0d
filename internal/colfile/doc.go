// Package colfile writes Parquet files a column at a time.
//
// It is what ingest needs of Parquet and no more: flat columns and lists of structs, row
// groups that are encoded apart from the file, one way to encode each kind of column. It takes
// numbers rather than rows found out by reflection, and it knows nulls from zeros.
package colfile
