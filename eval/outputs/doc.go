// Package outputs writes and reads what a network answered for the images of benchmarks, as a Parquet file. Every
// number of an evaluation is computed from such a file, so that it can be computed again, by this program or with
// SQL, without the images and the network.
package outputs
