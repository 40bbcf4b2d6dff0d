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

// File is the name of the account in the folder of a store.
const File = "store.json"

// Tables lists the tables of every data set.
var Tables = []string{"annotations", "images", "rejects"}

// StudyTables lists the tables of data sets that a study is among the sources of.
var StudyTables = []string{"pages", "sessions", "reviews"}

// TablesOf lists the tables of a data set with these rows, by table.
func TablesOf(rows map[string]int64) []string {
	all := slices.Clone(Tables)
	for _, t := range StudyTables {
		if _, ok := rows[t]; ok {
			all = append(all, t)
		}
	}
	return all
}

// GroupRows returns the number of rows in a row group of a data set's annotations.
func GroupRows(set string) int { return map[string]int{"imagenet": 16384, "coco": 4096}[set] }

// GroupEntries is the number of entries of lists at which a row group of annotations ends early, so that it fits
// into memory.
const GroupEntries = 1 << 20

// Sets lists the names of the data sets, in the order of the account.
var Sets = []string{"imagenet", "coco"}

// Title returns the name of a data set as people write it: ImageNet-AB or COCO-AB.
func Title(set string) string {
	return map[string]string{"imagenet": "ImageNet-AB", "coco": "COCO-AB"}[set]
}

// Errors about a folder that is not a store or cannot be written.
var (
	ErrNotStore = errors.New("not a store")
	ErrLocked   = errors.New("another ingest is writing this store")
	ErrNoSpace  = errors.New("not enough free space")
)

// Read reads the account of the store at a place, or of its stores as one. If a folder is not a store, the
// error wraps ErrNotStore; if a store has a later format, it wraps schema.ErrNewer.
func Read(place string) (*Account, error) {
	dirs, err := Folders(place)
	if err != nil {
		return nil, err
	}
	if len(dirs) == 1 {
		return readOne(dirs[0])
	}
	j, err := Join(place)
	if err != nil {
		return nil, err
	}
	return j.Account, nil
}

// readOne reads the account of the store in a folder.
func readOne(dir string) (*Account, error) {
	data, err := os.ReadFile(filepath.Join(dir, File))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) {
		info, e := os.Stat(dir)
		if e != nil {
			return nil, fmt.Errorf("%s: there is no such folder: %w", dir, ErrNotStore)
		}
		if !info.IsDir() {
			return nil, fileForStore(dir)
		}
		return nil, fmt.Errorf("%s has no %s: %w: make one with abtool ingest SOURCE --out %s", dir,
			File, ErrNotStore, dir)
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

// fileForStore returns the error for a file that was given as a store: it says what the file is and what to
// do.
func fileForStore(file string) error {
	kind := filetype.OfFile(file)
	switch kind.Name {
	case "Parquet":
		return fmt.Errorf("%s is a Parquet file: %w: give the folder of the store that it belongs to", file, ErrNotStore)
	case "", "gzip", "a tar archive":
		return fmt.Errorf("%s is a file: %w: make one with abtool ingest %s --out STORE", file, ErrNotStore, file)
	}
	return fmt.Errorf("%s is %s: %w: a store is a folder that abtool ingest writes", file, kind, ErrNotStore)
}

// A Writer replaces the store in a folder as a whole. It holds the lock of the folder, and a temporary
// folder next to it, which takes its place with Commit.
type Writer struct {
	// MayEmpty lets a data set without annotations replace one with annotations.
	MayEmpty bool

	out, tmp string
	lock     io.Closer
	old      *Account // nil if there is no store yet
}

// Create locks the folder of a store, which need not exist, and removes the remains of an interrupted run.
// The error wraps ErrLocked if another process is writing the store, ErrNotStore if the folder has other
// files, and schema.ErrNewer if the store has a later format.
func Create(out string) (_ *Writer, err error) {
	if out, err = absolute(out); err != nil {
		return nil, err
	}
	parent, base := filepath.Split(out)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("creating the store: %w", err)
	}
	if inside, err := within(out); err == nil && inside {
		return nil, usage.Errorf("the working folder is in %s, which a new folder will replace: change to "+
			"another folder, or give another --out", out)
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
	if _, e := os.Lstat(out); errors.Is(e, fs.ErrNotExist) { // perhaps a run was interrupted between two renames
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
			return nil, fmt.Errorf("removing the remains of an interrupted run: %w", err)
		}
	}
	if w.tmp, err = os.MkdirTemp(parent, ".abtool-"+base+".tmp-*"); err != nil {
		return nil, fmt.Errorf("creating the store: %w", err)
	}
	return w, os.Chmod(w.tmp, 0o755)
}

// within reports whether the working folder is dir or a folder below it.
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

// readTarget returns the account of the store at out, or nil if there is nothing or an empty folder.
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
	old, err := readOne(out)
	if err == nil {
		return old, nil
	}
	if entries, e := os.ReadDir(out); e == nil && len(entries) == 0 {
		return nil, nil
	}
	if errors.Is(err, schema.ErrNewer) {
		return nil, err
	}
	return nil, fmt.Errorf("%s has other files in it and is %w: nothing there was changed, give another --out", out, ErrNotStore)
}

func (w *Writer) aside() string {
	parent, base := filepath.Split(w.out)
	return filepath.Join(parent, ".abtool-"+base+".old")
}

// errEmptier is the error for a data set that would lose all its annotations.
var errEmptier = errors.New("this run has no annotations")

// guard returns an error if a data set with annotations would be replaced by one without.
func (w *Writer) guard(s *Account) error {
	for _, d := range s.DataSets {
		if w.MayEmpty || w.old == nil || d.Rows["annotations"] > 0 {
			continue
		}
		if old := w.old.DataSet(d.Name); old != nil && old.Rows["annotations"] > 0 {
			return fmt.Errorf("%w, and %s has %d of %s that it would replace: give their source too "+
				"(ground truth is joined while ingesting), or another --out",
				errEmptier, w.out, old.Rows["annotations"], d.Name)
		}
	}
	return nil
}

// Dir returns the temporary folder. Each data set is written into a subfolder with its name.
func (w *Writer) Dir() string { return w.tmp }

// Relative returns a path relative to the folder of the store, or an absolute one on another disk of Windows.
func (w *Writer) Relative(path string) string {
	if path == "-" { // standard input
		return path
	}
	path, err := absolute(path)
	if err == nil {
		if rel, err := filepath.Rel(w.out, path); err == nil {
			path = rel
		}
	}
	return filepath.ToSlash(path)
}

// Resolve returns the path that Relative has made relative to the store in dir.
func Resolve(dir, path string) string {
	if path = filepath.FromSlash(path); filepath.IsAbs(path) || path == "-" {
		return path
	}
	if at, err := absolute(dir); err == nil {
		dir = at
	}
	return filepath.Join(dir, path)
}

// absolute returns an absolute path without symbolic links.
func absolute(path string) (string, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return filepath.Abs(path)
}

// HasOld reports whether the folder already has a store.
func (w *Writer) HasOld() bool { return w.old != nil }

// Holds reports whether the store already has a data set.
func (w *Writer) Holds(set string) bool { return w.old != nil && w.old.DataSet(set) != nil }

// CheckSpace returns an error if the disk certainly has less than n bytes of room.
func (w *Writer) CheckSpace(n int64) error {
	free, err := freeSpace(w.tmp)
	if err != nil || free >= n {
		return nil // if the free space is unknown, go on: writing fails if the disk is full
	}
	return fmt.Errorf("%w for the store: about %s are needed, %s are free on the disk of %s: make room, or "+
		"give another --out",
		ErrNoSpace, megabytes(n), megabytes(free), filepath.Dir(w.out))
}

// IsFull reports whether an error means that the disk, or the quota on it, is full.
func IsFull(err error) bool { return errors.Is(err, errFull) || errors.Is(err, errQuota) }

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }

// Commit puts the temporary folder, which has the new data sets, in the place of the store. Data sets of
// the old store that are not in the new one are kept.
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

// Close removes temporary files and releases the lock.
func (w *Writer) Close() {
	if w.tmp != "" {
		os.RemoveAll(w.tmp)
	}
	if w.lock != nil {
		w.lock.Close()
	}
}

// keep moves what the new store does not replace from the old store to the new one, including files that
// abtool did not write.
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

// keepForeign keeps the files next to the tables of a data set that is replaced.
func keepForeign(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		switch ext := filepath.Ext(name); {
		case slices.Contains(slices.Concat(Tables, StudyTables), strings.TrimSuffix(name, ext)) && (ext == ".parquet" || ext == ".arrow"):
			continue
		}
		if err := linkTree(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// linkTree makes hard links below to for all files below from, or copies the files where links are
// impossible.
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
