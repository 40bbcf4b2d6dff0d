// Package decode makes the rows of a chunk of input: annotation files in XML, and JSON.
//
// A [Batch] holds what one chunk holds: records, the rows of both data sets, and the rejects. Its memory
// is used again for the next chunk. Every format has two readers. The fast one takes the spelling that
// nearly all input has, and gives up on everything else, faults included; the slow one reads with
// encoding/xml or encoding/json and decides what is wrong. What the fast one takes, the slow one would
// take with the same result; fuzz tests compare them.
//
// The rules that make a value of the input a value of a column, or null, are in rules.go.
//
// Chunks of JSON values are cut where a record probably begins. A [Joiner] takes the chunks in order
// and reads again those that did not begin there.
package decode
