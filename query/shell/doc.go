// Package shell prints the results of SQL over a store as DuckDB's own shell does: of a text of
// statements (Runner), or line by line with a person (Shell, with dot commands such as .tables). Results
// are printed in one of the Modes, in boxes that fit the terminal or row by row in forms for programs, or
// are written to a Parquet, CSV or Arrow file (Export).
package shell
