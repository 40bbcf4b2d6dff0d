// Package eval runs networks over benchmarks and writes what they answered (package outputs). The numbers come
// from these files (package metric).
package eval
