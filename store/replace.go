package store

import (
	"errors"
	"io/fs"
	"os"
)

// replaceDir makes the folder tmp be called out. What was called so before is then called tmp,
// or, where two names cannot be exchanged in one step, aside for a moment: Create puts it
// back if the process ends just then.
func replaceDir(tmp, out, aside string) error {
	if _, err := os.Lstat(out); errors.Is(err, fs.ErrNotExist) {
		return os.Rename(tmp, out)
	}
	if exchange(tmp, out) == nil {
		return nil
	}
	if err := os.Rename(out, aside); err != nil {
		return err
	}
	if err := os.Rename(tmp, out); err != nil {
		return errors.Join(err, os.Rename(aside, out))
	}
	return os.RemoveAll(aside)
}
