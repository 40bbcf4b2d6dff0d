// Package partial writes and reads the state of accumulators, so that statistics of parts can be merged.
//
// A file is compressed with gzip, whose checksum covers all of it. It has a line of JSON, the header, and then tables:
//
//	line     {"table": name, "rows": n, "columns": [{"name", "type", "of", "list", "delta", "bytes"}, …]}
//	columns  the bytes of each column, in the order of the line
//	…
//	line     {"end": true, "tables": n}
//
// A column has a value in each row or, with list, a list of values: then the lengths of the lists come first, as
// unsigned varints. Values follow one after the other:
//
//	int      varint with the sign in the lowest bit (zigzag), as in Protocol Buffers
//	float    8 bytes, IEEE 754, the lowest first
//	text     its length in bytes as an unsigned varint, then UTF-8
//
// With delta, an int, or the 64 bits of a float as an int, is stored as a zigzag varint of its difference from the value
// before, from 0 at first; differences wrap around. The writer takes it if it is shorter. With of, ints number the rows of
// another table: the names of annotators, HITs, classes and so on. −1 stands for no row.
//
// A Visitor writes, reads or renumbers an accumulator, which lists its columns once for the three. Equal states give equal
// bytes: rows without an order are sorted, and names are numbered in their order.
package partial
