package features

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"abtool/internal/replace"
)

// File is one that was written.
type File struct {
	Path   string `json:"path"` // of a folder's file, below the folder
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// output is a file or folder that is being written beside its place, and takes it when it is
// complete.
type output struct {
	place, temp string
	folder      bool
	force       bool
	files       []*outputFile
}

// outputFile is a file of an output. Its digest is taken as it is written.
type outputFile struct {
	*bufio.Writer
	name string
	file *os.File
	hash hash.Hash
	n    int64
}

func newOutput(place string, folder, force bool) (*output, error) {
	o := &output{place: filepath.Clean(place), folder: folder, force: force}
	if err := o.vacant(); err != nil {
		return nil, err
	}
	dir, name := filepath.Split(o.place)
	if dir == "" {
		dir = "."
	}
	temp, err := os.MkdirTemp(dir, "."+name+".tmp-*")
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", place, err)
	}
	o.temp = temp
	return o, os.Chmod(temp, 0o777&^umask())
}

// vacant tells whether the place can be taken.
func (o *output) vacant() error {
	info, err := os.Lstat(o.place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !o.force:
		return fmt.Errorf("%s %w: give --force to replace it, or another --out", o.place, ErrExists)
	case info.IsDir() != o.folder:
		return fmt.Errorf("%s %w, and is not a %s: give another --out", o.place, ErrExists, map[bool]string{true: "folder", false: "file"}[o.folder])
	case o.folder && !ours(o.place):
		return fmt.Errorf("%s %w, and was not written by abtool targets: give another --out", o.place, ErrExists)
	}
	return nil
}

// marker is in every folder that is written, so that --force replaces no other.
const marker = ".abtool-targets"

func ours(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, marker))
	return err == nil
}

// create begins a file; name is below the folder, and ignored for an output that is a file.
func (o *output) create(name string) (*outputFile, error) {
	if !o.folder {
		name = filepath.Base(o.place)
	}
	path := filepath.Join(o.temp, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	of := &outputFile{name: filepath.ToSlash(name), file: f, hash: sha256.New()}
	of.Writer = bufio.NewWriterSize(of.raw(), 1<<16)
	o.files = append(o.files, of)
	return of, nil
}

// side begins a file that is a help in writing another: see take.
func (o *output) side() (*outputFile, error) {
	f, err := os.CreateTemp(o.temp, "side-*")
	if err != nil {
		return nil, err
	}
	of := &outputFile{file: f, hash: sha256.New()}
	of.Writer = bufio.NewWriterSize(f, 1<<16)
	o.files = append(o.files, of)
	return of, nil
}

type rawFile struct{ f *outputFile }

func (f *outputFile) raw() rawFile { return rawFile{f} }

func (r rawFile) Write(p []byte) (int, error) {
	r.f.hash.Write(p)
	r.f.n += int64(len(p))
	return r.f.file.Write(p)
}

// finish ends a file and says what it is.
func (f *outputFile) finish() (File, error) {
	if err := f.Flush(); err != nil {
		return File{}, err
	}
	if err := f.file.Sync(); err != nil {
		return File{}, err
	}
	if err := f.file.Close(); err != nil {
		return File{}, err
	}
	return File{f.name, f.n, hex.EncodeToString(f.hash.Sum(nil))}, nil
}

// commit puts the output in its place. All files are finished.
func (o *output) commit() error {
	if err := o.vacant(); err != nil {
		return err
	}
	if !o.folder {
		if err := os.Rename(filepath.Join(o.temp, filepath.Base(o.place)), o.place); err != nil {
			return err
		}
		return os.Remove(o.temp)
	}
	if err := os.WriteFile(filepath.Join(o.temp, marker), nil, 0o666); err != nil {
		return err
	}
	if err := replace.Dir(o.temp, o.place, o.temp+".old"); err != nil {
		return err
	}
	return os.RemoveAll(o.temp)
}

// abandon removes what was written.
func (o *output) abandon() {
	for _, f := range o.files {
		f.file.Close()
	}
	os.RemoveAll(o.temp)
}

// overwrite writes over the beginning of a file. Its digest is then taken of all of it, again.
func (f *outputFile) overwrite(head []byte) error {
	if err := f.Flush(); err != nil {
		return err
	}
	if _, err := f.file.WriteAt(head, 0); err != nil {
		return err
	}
	f.hash.Reset()
	in, err := os.Open(f.file.Name())
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(f.hash, in)
	return err
}

// A sideReader reads a file that was a help in writing another, and removes it.
type sideReader struct {
	*bufio.Reader
	f *os.File
}

// take ends a file and opens it for reading; it is no longer part of the output.
func (o *output) take(f *outputFile) (*sideReader, error) {
	o.files = slices.DeleteFunc(o.files, func(g *outputFile) bool { return g == f })
	if err := f.Flush(); err != nil {
		return nil, err
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return &sideReader{bufio.NewReaderSize(f.file, 1<<16), f.file}, nil
}

// next reads n bytes into to.
func (r *sideReader) next(to []byte, n int) ([]byte, error) {
	to = slices.Grow(to[:0], n)[:n]
	_, err := io.ReadFull(r, to)
	return to, err
}

// Close removes the file.
func (r *sideReader) Close() error {
	r.f.Close()
	return os.Remove(r.f.Name())
}
