// Package store opens, replaces and describes the folder of a store.
//
// A store is a folder. It has a subfolder for each data set, with the tables as Parquet files, and the
// account store.json: sources, options, counts of rows and rejects. Read returns the account. A Writer
// replaces a whole store: it writes into a temporary folder next to the store, and Commit exchanges the
// names of the two, so that after a crash the folder has either the old store or the new one.
package store
