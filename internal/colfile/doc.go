// Package colfile writes Parquet files a column at a time.
//
// It is what ingest and targets need of Parquet and no more: flat columns and lists, of structs
// or of values, row groups that are encoded apart from the file, few ways to encode a column. It
// takes numbers rather than rows found out by reflection, and it knows nulls from zeros.
package colfile
