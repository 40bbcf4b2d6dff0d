// Package shell runs SQL over a store and prints the results like DuckDB's shell. A Runner runs a text of
// statements; a Shell is interactive and has dot commands such as .tables. Results are printed in one of the
// Modes, in boxes that fit the terminal or row by row in forms for programs, or written to a Parquet, CSV or
// Arrow file (Export).
package shell
