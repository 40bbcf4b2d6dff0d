// Package scan reads numbers, integers and JSON from bytes, without an allocation per value.
//
// [Number] equals strconv.ParseFloat for every input, in JSON's grammar or the one that XML files may
// use. A [Scanner] walks over JSON of a plain form and gives up on everything else, which encoding/json
// then reads. [ValueEnd] and [Skipper] find where a value ends, faulty or not.
package scan
