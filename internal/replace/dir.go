// Package replace puts a complete file or folder in the place of an old one. Whenever the process ends, the
// name refers to either the old or the new one.
package replace

import (
	"errors"
	"io/fs"
	"os"
)

// Dir renames the folder tmp to out. The folder that was called out before is then called tmp, which the
// caller must remove, or is gone. Where two names cannot be exchanged in one step, it is called aside for a
// moment; after a crash it must be renamed back.
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
