// Package decode makes rows of a chunk of input: annotation files in XML, and JSON.
//
// A [Batch] has the result for one chunk: the rows of both data sets by column, and the [Log] of records and
// rejects. Its memory is used again for the next chunk. It cuts the chunk into files, lines and elements, and
// has an xmlReader and a jsonReader, which read one of these at a time. A table of keys (keys.go) says to
// which column a value goes, and by which rule (rules.go). A sheet puts the values of one record into columns
// by that table. At the end of the record, a showing of ImageNet or a page of COCO adds the columns that are
// particular to its data set.
//
// Every format has two readers. The fast one reads the spelling that nearly all input has, and leaves any
// other spelling, and all faults, to the slow one. The slow one reads with encoding/xml or encoding/json, and
// decides what is wrong. If the fast reader reads a record, the slow one would read it with the same result;
// fuzz tests compare the two.
//
// Chunks of JSON values are cut where a record probably begins. A [Joiner] gets the chunks in order, and
// reads those again that do not begin with a record.
package decode
