// Package columnar writes and reads the tables of a store by column, a row group at a time.
//
// It handles the part of Parquet that a store and a file of targets need:
//
//	file      PAR1  row group…  footer (schema, places of the chunks, keys and values)  PAR1
//	group     one chunk for each leaf column, all of the same rows
//	chunk     [page of the dictionary]  pages of values, compressed with zstd
//	page      repetition levels, definition levels, values
//	column    one value per row, a list of values, or a list of structs; reading also allows lists of lists
//
//	writer    values               encoding                          limits in the footer
//	Ints      INT64                DELTA_BINARY_PACKED               yes
//	Numbers   DOUBLE, INT64, INT32 dictionary if it is worth one     yes
//	Plain     numbers              PLAIN                             yes, but not of FLOAT
//	Texts     strings              dictionary                        yes, cut
//	IDs       strings              DELTA_BYTE_ARRAY                  yes, cut
//	Bools     BOOLEAN              PLAIN, bits                       no
//
// A writer takes values one by one through the typed columns of a Group, or as whole Rows. It encodes the
// group in memory and appends it to the file. The reader reads a chunk into Values: flat slices, with
// offsets for lists and one fixed value for null (Null, NaN, -1), without an allocation for each value. It
// reads the files of this writer, and the same tables if parquet-go wrote them.
package columnar
