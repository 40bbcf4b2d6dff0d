// Package source cuts files, folders, archives and standard input into units of work.
//
// A [Source] is one input of a run. A [Feeder] opens it, decompresses it and looks at its beginning; it
// cuts archives between members, JSON Lines between lines, and other JSON where a record probably
// begins. How a source is cut depends on its bytes alone.
package source
