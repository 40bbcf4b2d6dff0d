// Package scan reads numbers, integers and JSON from bytes, without an allocation per value.
//
// [Number] returns the same as strconv.ParseFloat for every input, in JSON's grammar or in the wider one of
// XML files. A [Scanner] reads JSON of a simple form and fails on everything else, which encoding/json then
// reads. [ValueEnd] and [Skipper] find where a value ends, even a faulty one.
package scan
