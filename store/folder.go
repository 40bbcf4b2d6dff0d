package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"abtool/internal/filetype"
	"abtool/internal/replace"
	"abtool/internal/usage"
	"abtool/schema"
)

// File is the name of the account within a store.
const File = "store.json"

// Tables are the tables of every data set.
var Tables = []string{"annotations", "images", "rejects"}

// Sets are the names of the data sets, in the order of the account.
var Sets = []string{"imagenet", "coco"}

// Title returns the name of a data set as people write it: ImageNet-AB or COCO-AB.
func Title(set string) string {
	return map[string]string{"imagenet": "ImageNet-AB", "coco": "COCO-AB"}[set]
}

// Errors for what stands where a store should be.
var (
	ErrNotStore = errors.New("not a store")
	ErrLocked   = errors.New("another ingest is writing this store")
	ErrNoSpace  = errors.New("not enough free space")
)

// Read reads the account of the store in a folder. The error for a folder that is no
// store wraps ErrNotStore, for one of a later format schema.ErrNewer.
func Read(dir string) (*Account, error) {
	data, err := os.ReadFile(filepath.Join(dir, File))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) {
		info, e := os.Stat(dir)
		if e != nil {
			return nil, fmt.Errorf("%s: there is no such folder: %w", dir, ErrNotStore)
		}
		if !info.IsDir() {
			return nil, fileForStore(dir)
		}
		return nil, fmt.Errorf("%s has no %s: %w: make one with abtool ingest SOURCE --out %s", dir, File, ErrNotStore, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	var s Account
	if err := json.Unmarshal(data, &s); err != nil {
		if named := filetype.Check(filepath.Join(dir, File), data); named != nil {
			return nil, fmt.Errorf("%w: %w", named, ErrNotStore)
		}
		return nil, fmt.Errorf("%s: %w: %w", filepath.Join(dir, File), ErrNotStore, err)
	}
	if err := schema.CheckVersion(s.FormatVersion); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return &s, nil
}

// fileForStore returns the error of a file that is given for a store: what it is, and how it becomes one.
func fileForStore(file string) error {
	kind := filetype.OfFile(file)
	switch kind.Name {
	case "Parquet":
		return fmt.Errorf("%s is a Parquet file: %w: give the folder of the store that it is of", file, ErrNotStore)
	case "", "gzip", "a tar archive":
		return fmt.Errorf("%s is a file: %w: make one with abtool ingest %s --out STORE", file, ErrNotStore, file)
	}
	return fmt.Errorf("%s is %s: %w: a store is a folder that abtool ingest writes", file, kind, ErrNotStore)
}

// A Writer replaces the store in a folder as a whole: it holds the lock of the folder, new or to
// be replaced, and a temporary folder next to it, which takes its place with Commit.
type Writer struct {
	out, tmp string
	lock     io.Closer
	old      *Account // nil: there is no store yet
}

// Create locks the place of a store and clears what an interrupted run left there. The errors
// wrap ErrLocked while another process writes the store, ErrNotStore for a folder of other files,
// and schema.ErrNewer for a store of a later format.
func Create(out string) (_ *Writer, err error) {
	if real, err := filepath.EvalSymlinks(out); err == nil {
		out = real
	}
	if out, err = filepath.Abs(out); err != nil {
		return nil, err
	}
	parent, base := filepath.Split(out)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("creating the store: %w", err)
	}
	if inside, err := within(out); err == nil && inside {
		return nil, usage.Errorf("wrong use: you are in %s, which a new folder will take the place of: change to another folder, or give another --out", out)
	}
	w := &Writer{out: out}
	if w.lock, err = lockFile(filepath.Join(parent, ".abtool-"+base+".lock")); err != nil {
		return nil, fmt.Errorf("%s: %w", out, err)
	}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	if _, e := os.Lstat(out); errors.Is(e, fs.ErrNotExist) { // interrupted between two renames, perhaps
		if err := os.Rename(w.aside(), out); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("putting the old store back in its place: %w", err)
		}
	}
	if w.old, err = readTarget(out); err != nil {
		return nil, err
	}
	left, err := filepath.Glob(filepath.Join(quoteGlob(parent), ".abtool-"+quoteGlob(base)+".tmp-*"))
	if err != nil {
		return nil, err
	}
	for _, dir := range append(left, w.aside()) {
		if err := os.RemoveAll(dir); err != nil {
			return nil, fmt.Errorf("clearing what an interrupted run left: %w", err)
		}
	}
	if w.tmp, err = os.MkdirTemp(parent, ".abtool-"+base+".tmp-*"); err != nil {
		return nil, fmt.Errorf("creating the store: %w", err)
	}
	return w, os.Chmod(w.tmp, 0o755)
}

// within reports whether the working folder is dir or below it.
func within(dir string) (bool, error) {
	wd, err := os.Getwd()
	if err != nil {
		return false, err
	}
	if wd, err = filepath.EvalSymlinks(wd); err != nil {
		return false, err
	}
	rel, err := filepath.Rel(dir, wd)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), err
}

// readTarget returns the account of the store at out, nil if nothing or an empty folder stands there.
func readTarget(out string) (*Account, error) {
	info, err := os.Stat(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the store: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file: %w: a store is a folder, give another --out", out, ErrNotStore)
	}
	old, err := Read(out)
	if err == nil {
		return old, nil
	}
	if entries, e := os.ReadDir(out); e == nil && len(entries) == 0 {
		return nil, nil
	}
	if errors.Is(err, schema.ErrNewer) {
		return nil, err
	}
	return nil, fmt.Errorf("%s holds other files and is %w: nothing there was touched, give another --out", out, ErrNotStore)
}

func (w *Writer) aside() string {
	parent, base := filepath.Split(w.out)
	return filepath.Join(parent, ".abtool-"+base+".old")
}

// errEmptier tells of a data set that would lose all its annotations.
var errEmptier = errors.New("this run has no annotations")

// guard fails where a data set with annotations would be replaced by one without.
func (w *Writer) guard(s *Account) error {
	for _, d := range s.DataSets {
		if w.old == nil || d.Rows["annotations"] > 0 {
			continue
		}
		if old := w.old.DataSet(d.Name); old != nil && old.Rows["annotations"] > 0 {
			return fmt.Errorf("%w, and %s has %d of %s that it would replace: give their source too (ground truth is joined while ingesting), or another --out",
				errEmptier, w.out, old.Rows["annotations"], d.Name)
		}
	}
	return nil
}

// Dir returns the temporary folder that the data sets are written into, each into a folder of its name.
func (w *Writer) Dir() string { return w.tmp }

// Holds reports whether the store has a data set already.
func (w *Writer) Holds(set string) bool { return w.old != nil && w.old.DataSet(set) != nil }

// CheckSpace fails when the disk surely has no room for n bytes.
func (w *Writer) CheckSpace(n int64) error {
	free, err := freeSpace(w.tmp)
	if err != nil || free >= n {
		return nil // unknown is no reason to stop: writing will tell
	}
	return fmt.Errorf("%w for the store: about %s are needed, %s are free on the disk of %s: make room, or give another --out",
		ErrNoSpace, megabytes(n), megabytes(free), filepath.Dir(w.out))
}

// IsFull reports whether err says that the disk, or the quota on it, is full.
func IsFull(err error) bool { return errors.Is(err, errFull) || errors.Is(err, errQuota) }

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }

// Commit puts the temporary folder, which holds the new data sets, into the store's place.
// The other data sets of an old store go with it.
func (w *Writer) Commit(s *Account) error {
	if err := w.guard(s); err != nil {
		return err
	}
	s = &Account{FormatVersion: s.FormatVersion, ToolVersion: s.ToolVersion, Completed: true, DataSets: s.DataSets}
	if w.old != nil {
		for _, d := range w.old.DataSets {
			if s.DataSet(d.Name) == nil {
				s.DataSets = append(s.DataSets, d)
			}
		}
		slices.SortFunc(s.DataSets, func(a, b DataSet) int {
			return slices.Index(Sets, a.Name) - slices.Index(Sets, b.Name)
		})
		if err := w.keep(); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(w.tmp, File), text.Bytes()); err != nil {
		return err
	}
	for _, d := range s.DataSets {
		if err := syncDir(filepath.Join(w.tmp, d.Name)); err != nil {
			return err
		}
	}
	if err := syncDir(w.tmp); err != nil {
		return err
	}
	if err := replace.Dir(w.tmp, w.out, w.aside()); err != nil {
		return fmt.Errorf("putting the store in its place: %w", err)
	}
	return syncDir(filepath.Dir(w.out))
}

// Close removes what is left over and gives back the lock.
func (w *Writer) Close() {
	if w.tmp != "" {
		os.RemoveAll(w.tmp)
	}
	if w.lock != nil {
		w.lock.Close()
	}
}

// keep gives what stands in the old store and is not written anew, also files that are not
// ours, its place in the new one.
func (w *Writer) keep() error {
	entries, err := os.ReadDir(w.out)
	if err != nil {
		return fmt.Errorf("keeping the rest of the store: %w", err)
	}
	if info, err := os.Stat(w.out); err == nil {
		if err := os.Chmod(w.tmp, info.Mode().Perm()|0o700); err != nil {
			return err
		}
	}
	for _, e := range entries {
		from, to := filepath.Join(w.out, e.Name()), filepath.Join(w.tmp, e.Name())
		if _, err := os.Lstat(to); err == nil {
			if err := keepForeign(from, to); err != nil {
				return fmt.Errorf("keeping the rest of %s: %w", e.Name(), err)
			}
		} else if e.Name() != File {
			if err := linkTree(from, to); err != nil {
				return fmt.Errorf("keeping %s: %w", e.Name(), err)
			}
		}
	}
	return nil
}

// keepForeign takes over what stands beside the tables of a data set that is written anew.
func keepForeign(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		switch ext := filepath.Ext(name); {
		case slices.Contains(Tables, strings.TrimSuffix(name, ext)) && (ext == ".parquet" || ext == ".arrow"):
			continue
		}
		if err := linkTree(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// linkTree gives all files below from a second name below to, or copies them where that cannot
// be.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		switch {
		case e.IsDir():
			info, err := e.Info()
			if err != nil {
				return err
			}
			return os.Mkdir(at, info.Mode().Perm()|0o700)
		case os.Link(path, at) == nil:
			return nil
		case e.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(target, at)
		}
		return replace.Copy(path, at)
	})
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func quoteGlob(s string) string {
	var b []byte
	for i := range len(s) {
		switch s[i] {
		case '*', '?', '[', '\\':
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}
