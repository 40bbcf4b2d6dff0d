// Package remote copies files between a worker and the file systems of Beam: local folders, gs:// and s3://.
//
// A file there appears whole or not at all. Buckets show an object when its writer is closed; in a folder,
// Put writes a temporary file next to the place and renames it.
package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"   // gs://
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local" // paths
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/s3"    // s3://
)

// A File identifies the content of a file without reading it.
type File struct {
	Path     string `json:"path"`
	Bytes    int64  `json:"bytes"`
	Modified string `json:"modified,omitempty"` // RFC 3339 in UTC; "" where the file system has no such time
}

// Join returns the path of a file below a folder.
func Join(folder string, names ...string) string {
	if folder = strings.TrimRight(folder, "/"); len(names) == 0 {
		return folder
	}
	return folder + "/" + path.Join(names...)
}

// Local reports whether a path is in a folder of this machine, and not in a bucket.
func Local(file string) bool { return !strings.Contains(file, "://") }

// List returns the files that match a pattern, in the order of their names. A path without a wildcard is
// returned as it is.
func List(ctx context.Context, pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}, nil
	}
	files, err := filesystem.New(ctx, pattern)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	found, err := files.List(ctx, pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	slices.Sort(found)
	return found, nil
}

// Exists reports whether a file is there. An error says nothing of that.
func Exists(ctx context.Context, file string) (bool, error) {
	if Local(file) {
		_, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return false, nil
		}
		return err == nil, err
	}
	files, err := filesystem.New(ctx, file)
	if err != nil {
		return false, err
	}
	defer files.Close()
	found, err := files.List(ctx, file) // an error of Size does not say why
	if err != nil {
		return false, fmt.Errorf("%s: %w", file, err)
	}
	return slices.Contains(found, file), nil
}

// Stat returns what identifies a file. The error of one that is not there is fs.ErrNotExist, and of a folder
// fs.ErrInvalid.
func Stat(ctx context.Context, file string) (File, error) {
	f := File{Path: file}
	if Local(file) {
		info, err := os.Stat(file)
		if err != nil {
			return f, err
		}
		if !info.Mode().IsRegular() {
			return f, fmt.Errorf("%s is not a file: %w", file, fs.ErrInvalid)
		}
		f.Bytes, f.Modified = info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano)
		return f, nil
	}
	files, err := filesystem.New(ctx, file)
	if err != nil {
		return f, err
	}
	defer files.Close()
	if f.Bytes, err = files.Size(ctx, file); err != nil {
		if there, failed := Exists(ctx, file); failed == nil && !there {
			err = fs.ErrNotExist
		}
		return f, fmt.Errorf("%s: %w", file, err)
	}
	if at, ok := files.(filesystem.LastModifiedGetter); ok {
		t, err := at.LastModified(ctx, file)
		if err != nil {
			return f, fmt.Errorf("%s: %w", file, err)
		}
		f.Modified = t.UTC().Format(time.RFC3339Nano)
	}
	return f, nil
}

// Read returns the content of a file.
func Read(ctx context.Context, file string) ([]byte, error) {
	files, err := filesystem.New(ctx, file)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	data, err := filesystem.Read(ctx, files, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return data, nil
}

// Fetch returns a path on this machine from which a file can be read: its own path, or that of a copy in dir.
func Fetch(ctx context.Context, file, dir string) (string, error) {
	if Local(file) {
		return file, nil
	}
	files, err := filesystem.New(ctx, file)
	if err != nil {
		return "", err
	}
	defer files.Close()
	r, err := files.OpenRead(ctx, file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	defer r.Close()
	to := filepath.Join(dir, path.Base(file))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return "", err
	}
	w, err := os.Create(to)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(w, r)
	if err := errors.Join(err, w.Close()); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return to, nil
}

// temporary is in the names of files that Put has not completed.
const temporary = ".tmp-"

// Put writes what r has to a file. If it fails, the file is as it was.
func Put(ctx context.Context, r io.Reader, file string) (err error) {
	files, err := filesystem.New(ctx, file)
	if err != nil {
		return err
	}
	defer files.Close()
	to := file
	if Local(file) {
		folder, name := filepath.Split(file)
		to = folder + "." + name + temporary + rand.Text()
		defer func() {
			if err != nil {
				os.Remove(to)
			}
		}()
	}
	// To cancel the context is the only way to close the writer of an object without completing it.
	writing, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := files.OpenWrite(writing, to)
	if err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	if _, err = io.Copy(w, r); err != nil {
		cancel()
		w.Close()
		return fmt.Errorf("writing %s: %w", file, err)
	}
	if f, ok := w.(*os.File); ok {
		if err = f.Sync(); err != nil {
			w.Close()
			return fmt.Errorf("writing %s: %w", file, err)
		}
	}
	if err = w.Close(); err == nil && to != file {
		err = os.Rename(to, file)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return nil
}

// PutFolder copies the files below the folder dir to a folder. It copies the files that last names after all
// others, in that order. It removes what interrupted calls have left there.
func PutFolder(ctx context.Context, dir, folder string, last ...string) error {
	var names []string
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, at)
		if name = filepath.ToSlash(name); !slices.Contains(last, name) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range append(names, last...) {
		f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		err = Put(ctx, f, Join(folder, name))
		f.Close()
		if err != nil {
			return err
		}
	}
	if !Local(folder) {
		return nil
	}
	return filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(d.Name(), ".") && strings.Contains(d.Name(), temporary) {
			err = os.Remove(at)
		}
		if errors.Is(err, fs.ErrNotExist) { // another attempt has completed it
			return nil
		}
		return err
	})
}

// Remove removes a file; ok is false if the file system cannot.
func Remove(ctx context.Context, file string) error {
	files, err := filesystem.New(ctx, file)
	if err != nil {
		return err
	}
	defer files.Close()
	r, ok := files.(filesystem.Remover)
	if !ok {
		return fmt.Errorf("%s: files cannot be removed there", file)
	}
	return r.Remove(ctx, file)
}

// PutBytes writes a file with this content.
func PutBytes(ctx context.Context, data []byte, file string) error {
	return Put(ctx, bytes.NewReader(data), file)
}
