// Package source cuts files, folders, archives and standard input into units of work.
//
// A [Source] is one input of a run. A [Feeder] opens it, decompresses it and examines its beginning. It
// cuts archives between members, JSON Lines between lines, and other JSON where a record probably begins.
// Where a source is cut depends only on its bytes.
package source
