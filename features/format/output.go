package format

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

	"abtool/features/targetfile"
	"abtool/internal/replace"
)

// ErrExists is wrapped by the error for an output that already exists.
var ErrExists = errors.New("already exists")

// An Output is a file or folder that is written in a temporary folder next to its place, and moved to its
// place when it is complete.
type Output struct {
	format  *Format
	options Options
	place   string
	temp    string // the temporary folder
	made    string // within temp: the folder to be moved, or the folder that holds the file to be moved
	files   []*outputFile
	writer  targetfile.Writer
	account Account
}

// An outputFile is a file of an output. Its digest is computed while it is written.
type outputFile struct {
	*bufio.Writer
	name string
	file *os.File
	hash hash.Hash
	n    int64
}

// Create begins an output. It returns an error for a place that cannot be written. An existing output is
// replaced only with Force; without it, the error wraps ErrExists.
func Create(place string, options Options) (*Output, error) {
	f, err := options.choose(place)
	if err != nil {
		return nil, err
	}
	o := &Output{format: f, options: options, place: filepath.Clean(place)}
	if err := o.vacant(); err != nil {
		return nil, err
	}
	dir, name := filepath.Split(o.place)
	if dir == "" {
		dir = "."
	}
	if o.temp, err = os.MkdirTemp(dir, "."+name+".tmp-*"); err != nil {
		return nil, fmt.Errorf("creating %s: %w", place, err)
	}
	o.made = filepath.Join(o.temp, "new")
	return o, os.Mkdir(o.made, 0o777)
}

// Format returns the name of the format.
func (o *Output) Format() string { return o.format.Name }

// Begin begins the table t, and returns the writer of its rows.
func (o *Output) Begin(t *Table) (w targetfile.Writer, err error) {
	o.writer, err = o.format.open(o, t)
	return o.writer, err
}

// Close writes the rest of the table and moves the output to its place.
func (o *Output) Close() (*Account, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("writing %s: %w", o.place, err)
	}
	return &o.account, o.commit()
}

func (o *Output) complete() error {
	if err := o.writer.Close(); err != nil {
		return err
	}
	for _, f := range o.files {
		file, err := f.finish()
		if err != nil {
			return err
		}
		o.account.Files = append(o.account.Files, file)
	}
	return nil
}

// vacant returns an error if the output cannot be moved to its place.
func (o *Output) vacant() error {
	info, err := os.Lstat(o.place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !o.options.Force:
		return fmt.Errorf("%s %w: give --force to replace it, or another --out", o.place, ErrExists)
	case info.IsDir() != o.format.Folder:
		return fmt.Errorf("%s %w, and is not a %s: give another --out", o.place, ErrExists, map[bool]string{true: "folder", false: "file"}[o.format.Folder])
	case o.format.Folder && !ours(o.place):
		return fmt.Errorf("%s %w, and was not written by abtool targets: give another --out", o.place, ErrExists)
	}
	return nil
}

// marker is the name of a file in every folder that abtool targets writes. Force replaces only folders that
// have it.
const marker = ".abtool-targets"

func ours(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, marker))
	return err == nil
}

// create begins a file. name is relative to the folder, and is ignored if the output is a file.
func (o *Output) create(name string) (*outputFile, error) {
	if !o.format.Folder {
		name = filepath.Base(o.place)
	}
	path := filepath.Join(o.made, name)
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

// side begins a temporary file from which another file is written later. See take.
func (o *Output) side() (*outputFile, error) {
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

// finish closes a file and returns its size and digest.
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

// commit moves the output to its place. All files must be finished.
func (o *Output) commit() error {
	if err := o.vacant(); err != nil {
		return err
	}
	if !o.format.Folder {
		return replace.Move(filepath.Join(o.made, filepath.Base(o.place)), o.place)
	}
	if err := os.WriteFile(filepath.Join(o.made, marker), nil, 0o666); err != nil {
		return err
	}
	return replace.Dir(o.made, o.place, filepath.Join(o.temp, "old"))
}

// Discard removes the temporary files. If the output was not closed, nothing of it remains.
func (o *Output) Discard() {
	for _, f := range o.files {
		f.file.Close()
	}
	os.RemoveAll(o.temp)
}

// overwrite replaces the beginning of a file, and computes the digest of the whole file again.
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

// A sideReader reads a temporary file of side, and removes it when closed.
type sideReader struct {
	*bufio.Reader
	f *os.File
}

// take finishes a file of side and opens it for reading. The file is then no longer part of the output.
func (o *Output) take(f *outputFile) (*sideReader, error) {
	o.files = slices.DeleteFunc(o.files, func(g *outputFile) bool { return g == f })
	if err := f.Flush(); err != nil {
		return nil, err
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return &sideReader{bufio.NewReaderSize(f.file, 1<<16), f.file}, nil
}

// next reads n bytes into to, which it grows if necessary, and returns them.
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
