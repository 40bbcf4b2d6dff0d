// Package collect makes and reads the folder of a study: what is asked of whom, the texts, the keys, and the
// plan of HITs.
package collect
