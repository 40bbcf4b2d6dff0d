package replace

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// File writes a file next to path, flushes it to the disk and renames it to path. Other users can read it.
func File(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = Move(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// Move flushes a complete file to the disk and renames it to a path on the same disk.
func Move(tmp, path string) error {
	f, err := os.OpenFile(tmp, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// Bytes writes b to a file as File does.
func Bytes(path string, b []byte) error {
	return File(path, func(w io.Writer) error { _, err := w.Write(b); return err })
}

// Copy copies a file to a path and flushes it to the disk.
func Copy(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}
