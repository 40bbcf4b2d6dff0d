// Package decode makes the rows of a chunk of input: annotation files in XML, and JSON.
//
// A [Batch] holds what one chunk holds: the rows of both data sets by column, and the [Log] of records and
// rejects. Its memory is used again for the next chunk. It cuts the chunk into files, lines and elements,
// and has an xmlReader and a jsonReader, which read one of them. A table of keys (keys.go) says to which
// column a value goes, and by which rule (rules.go). A sheet takes the values of one record by that table;
// a showing of ImageNet and a page of COCO add what is particular to them at the record's end.
//
// Every format is read in two ways. The fast one takes the spelling that nearly all input has,
// and gives up on everything else, faults included; the slow one reads with encoding/xml or encoding/json
// and decides what is wrong. What the fast one takes, the slow one would take with the same result; fuzz
// tests compare them.
//
// Chunks of JSON values are cut where a record probably begins. A [Joiner] takes the chunks in order
// and reads again those that did not begin there.
package decode
