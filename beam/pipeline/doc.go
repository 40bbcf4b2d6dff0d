// Package pipeline has the pipelines of abtool-beam: ingest makes a store of each input, stats computes the
// statistics of all stores, targets derives
// targets from each store. Each calls the library of the program on one machine, so that the files are the
// same bytes.
//
// A runner may execute the work for an element several times, also at the same time, and may lose what a
// worker has done. So the files of a shard are a function of its input and its options, a marker written
// last says that they are complete, and the account is made of one row for each name.
package pipeline
