//go:build !unix

package storage

import (
	"errors"
	"io"
	"os"
)

// Lock would reserve the folder of a study for one server.
func Lock(dir string) (io.Closer, error) { return os.Open(dir) }

// Space would return the number of bytes that can be written below a folder.
func Space(string) (free, all uint64, err error) {
	return 0, 0, errors.New("the space on the disk is not known on this system")
}
