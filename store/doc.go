// Package store opens, replaces and describes the folder that a store is.
//
// A store is a folder with one folder for each data set, which holds its tables as Parquet files,
// and the account store.json: sources, options, counts of rows and rejects. Read returns the
// account. A Writer replaces a store as a whole: it writes into a temporary folder next to the
// store, whose name Commit exchanges with that of the store, so that after a crash the folder
// holds the old store or the new one.
package store
