//go:build unix

package storage

import "golang.org/x/sys/unix"

// Space returns the number of bytes that can be written below a folder, and of all bytes of its file system.
func Space(dir string) (free, all uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	size := uint64(s.Bsize)
	return uint64(s.Bavail) * size, uint64(s.Blocks) * size, nil
}
