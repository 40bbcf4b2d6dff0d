// Package replace puts a complete file or folder in the place of an old one: under its name is the old or
// the new, whenever the process ends.
package replace

import (
	"errors"
	"io/fs"
	"os"
)

// Dir makes the folder tmp be called out. What was called so before is then called tmp, and is the
// caller's to remove, or is gone. Where two names cannot be exchanged in one step, it is called aside for
// a moment: after a crash it has to be put back.
func Dir(tmp, out, aside string) error {
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
