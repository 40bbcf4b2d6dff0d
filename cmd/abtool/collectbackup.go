package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"abtool/collect"
	"abtool/collect/storage"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

type collectBackupOptions struct {
	to         string
	identities bool
}

func collectBackupCommand(s streams) *cobra.Command {
	var o collectBackupOptions
	c := &cobra.Command{
		Use:   "backup DIR --to DIR|FILE.db",
		Short: "Copy a study while it is served, and check the copy",
		Long: `Copy the database of a study as it is at one moment, and compare everything in the copy as collect
check does. A server may run meanwhile. --to names a folder, which gets the settings, texts and
lists of the study too, or a file that ends in .db, which gets the database only. An earlier copy
of the same study is replaced when the new one is complete and right. Nothing else is replaced.

Not copied: images; the keys in secrets, which never change and of which you keep a copy in another
place; and what platforms call the annotators, unless --identities asks for it. A backup keeps who
is erased later: delete old ones, and erase again after restoring one.

Of a study in PostgreSQL, pg_dump makes the copy.`,
		Example: `  abtool collect backup birds --to /backup/birds
  abtool collect backup birds --to /backup/birds-$(date +%F).db`,
		Args: exactly(1, "collect backup takes one argument, the folder of the study"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	c.Flags().StringVar(&o.to, "to", "", "folder `DIR`, or FILE.db, of the copy")
	c.Flags().BoolVar(&o.identities, "identities", false, "copy what platforms call the annotators too")
	return c
}

func (o *collectBackupOptions) run(ctx context.Context, s streams, dir string) error {
	file, isFile := o.to, strings.HasSuffix(o.to, ".db")
	switch {
	case o.to == "":
		return usage.Errorf("--to is missing: the folder, or file FILE.db, of the copy")
	case isFile && o.identities:
		return usage.Errorf("--identities needs a folder for the copy: %s has room for one database", o.to)
	}
	if _, err := collect.Open(dir); err != nil {
		return err
	}
	if parent := filepath.Dir(filepath.Clean(o.to)); !isFolder(parent) { // perhaps of a disk that is not there
		return fmt.Errorf("--to %s: there is no folder %s: make it first", o.to, parent)
	}
	h := home(ctx, dir)
	shared, err := h.Shared()
	if err != nil {
		return err
	}
	if shared {
		return fmt.Errorf("%s is in PostgreSQL: copy its two schemas with pg_dump, restore them in another database, and check them there; the guide collect-server has the commands", dir)
	}
	made := false
	if !isFile {
		file = filepath.Join(o.to, storage.File)
		if made, err = copyFolder(dir, o.to); err != nil {
			return err
		}
	}
	if sameFile(file, filepath.Join(dir, storage.File)) {
		return usage.Errorf("--to %s: this is the study itself", o.to)
	}
	if folder := filepath.Dir(file); filepath.Base(file) == storage.File && collect.HasKeys(folder) {
		return fmt.Errorf("%s has the keys of a study, so that it is not a copy: give a new folder", folder)
	}
	c, err := h.Backup(ctx, file)
	if err != nil {
		if made {
			os.Remove(o.to) // if nothing is in it
		}
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s was never served, so that there is nothing to copy", dir)
		}
		return err
	}
	if !isFile {
		if err := copyFiles(dir, o.to); err != nil {
			return err
		}
	}
	if o.identities {
		if err := h.BackupIdentities(ctx, filepath.Join(o.to, storage.IdentityFile)); err != nil {
			return err
		}
		ui.Note(s.err, fmt.Sprintf("%s says what platforms call the annotators: keep it as safe as the study, and no longer", filepath.Join(o.to, storage.IdentityFile)))
	}
	fmt.Fprintf(s.out, "%s: %s, %s, %s, %s, all as they were acknowledged\n", o.to, plural(int(c.Assignments), "assignment"),
		plural(int(c.Pages), "page"), plural(int(c.Chunks), "chunk"), plural(int(c.Events), "event"))
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// sameFile reports whether two paths are of the same file.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	y, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(x, y)
}

// copyFolder makes a folder for a copy of a study. One that is there has an earlier copy, or nothing.
func copyFolder(dir, to string) (made bool, err error) {
	list, err := os.ReadDir(to)
	list = slices.DeleteFunc(list, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), half) })
	switch {
	case errors.Is(err, os.ErrNotExist):
		return true, os.Mkdir(to, 0o700)
	case err != nil:
		return false, err
	case sameFile(to, dir):
		return false, usage.Errorf("--to %s: this is the study itself", to)
	case len(list) > 0 && !slices.ContainsFunc(list, func(e os.DirEntry) bool { return e.Name() == storage.File }) && !collect.HasKeys(to):
		return false, fmt.Errorf("%s has other files than a copy of a study: give a new folder", to)
	}
	return false, nil
}

// copyFiles copies the files of a study into the folder of a copy.
func copyFiles(dir, to string) error {
	for _, name := range collect.Files() {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(to, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// half ends the names of files that are not complete.
const half = ".half"

// copyFile copies a file for its owner only: study.toml may have a password.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to+half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(to+half, to)
}
