//go:build unix

package features

import (
	"io/fs"
	"syscall"
)

// umask is the process's mask of permissions: a temporary folder is private, and what becomes of
// it is not.
func umask() fs.FileMode {
	m := syscall.Umask(0)
	syscall.Umask(m)
	return fs.FileMode(m)
}
