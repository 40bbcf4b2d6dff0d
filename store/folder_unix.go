//go:build unix

package store

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

var (
	errNotDir error = unix.ENOTDIR
	errFull   error = unix.ENOSPC
	errQuota  error = unix.EDQUOT
)

// heldLock is a locked file, which is removed when the lock is released.
type heldLock struct{ *os.File }

func (l heldLock) Close() error {
	os.Remove(l.Name())
	return l.File.Close()
}

// lockFile takes a lock that the system releases when the process ends in any way.
func lockFile(path string) (io.Closer, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			return nil, fmt.Errorf("locking the store: %w", err)
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			f.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, fmt.Errorf("%w: wait for it to end", ErrLocked)
			}
			return nil, fmt.Errorf("locking the store: %w", err)
		}
		held, err1 := f.Stat()
		there, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(held, there) {
			return heldLock{f}, nil
		}
		f.Close() // the previous holder removed the file just before it was locked here
	}
}

// freeSpace returns the number of bytes that can be written below dir.
func freeSpace(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, unix.EINVAL) { // the file system does not support it
		err = nil
	}
	return errors.Join(err, f.Close())
}
