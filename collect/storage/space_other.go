//go:build !unix

package storage

import "errors"

// Space would return the number of bytes that can be written below a folder.
func Space(string) (free, all uint64, err error) {
	return 0, 0, errors.New("the space on the disk is not known on this system")
}
