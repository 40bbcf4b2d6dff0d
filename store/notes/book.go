package notes

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"abtool/internal/usage"
	"abtool/store"
)

// Ending is what the name of a file of notes ends with, after the name of its store.
const Ending = ".notes.jsonl"

// FilesAt returns the files of notes of the stores at a place: one next to each store. New notes go into the first.
func FilesAt(place string) (files []string, err error) {
	dirs, err := store.Folders(place)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		if base := filepath.Base(filepath.Clean(dir)); base == "." || base == ".." {
			if dir, err = filepath.Abs(dir); err != nil {
				return nil, err
			}
		}
		files = append(files, filepath.Clean(dir)+Ending)
	}
	return files, nil
}

// A Book has the notes of one or several files. Several goroutines can use it.
type Book struct {
	files []string

	mu     sync.Mutex
	read   []stamp
	acts   []Act // in order
	broken []Broken
	things map[Thing]*Noted
}

// A stamp is what is known of a file since it was read.
type stamp struct {
	size int64
	time time.Time
}

// Broken is a line that is not used, or the part of a line.
type Broken struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
	Text string `json:"text"`
}

// Noted is what is noted about a thing.
type Noted struct {
	Tags  []Mark `json:"tags,omitempty"` // by name
	Notes []Mark `json:"notes,omitempty"`
}

// A Mark is a tag or a note.
type Mark struct {
	Text   string    `json:"text"`
	Who    string    `json:"who"`
	Time   time.Time `json:"time"`
	Filter string    `json:"filter,omitempty"`
}

// Open reads files of notes. A file that is missing has none; the first one is made with the first note.
func Open(files ...string) (*Book, error) {
	b := &Book{files: files}
	_, err := b.Refresh()
	return b, err
}

// At reads the notes of the stores at a place: from a file if one is named, or else from those next to the stores.
func At(place, file string) (*Book, error) {
	if file != "" {
		if _, err := os.Stat(filepath.Dir(file)); err != nil {
			return nil, usage.Errorf("--notes %s: the folder %s does not exist: make it first", file, filepath.Dir(file))
		}
		return Open(file)
	}
	files, err := FilesAt(place)
	if err != nil {
		return nil, err
	}
	return Open(files...)
}

// File returns the path of the file that new notes go into.
func (b *Book) File() string { return b.files[0] }

// Exists reports whether any of the files is there.
func (b *Book) Exists() bool {
	return slices.ContainsFunc(b.files, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})
}

// Refresh reads the files again if they have changed, and reports whether they have.
func (b *Book) Refresh() (changed bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refresh()
}

func (b *Book) refresh() (changed bool, err error) {
	stamps := make([]stamp, len(b.files))
	for i, path := range b.files {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return false, fmt.Errorf("the notes: %w", err)
		default:
			stamps[i] = stamp{info.Size(), info.ModTime()}
		}
	}
	if b.things != nil && slices.Equal(stamps, b.read) {
		return false, nil
	}
	var acts []Act
	var broken []Broken
	for _, path := range b.files {
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("the notes: %w", err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if line = strings.TrimSuffix(line, "\r"); strings.TrimSpace(line) == "" {
				continue
			}
			more, rest := parse(line)
			acts = append(acts, more...)
			if rest != "" {
				broken = append(broken, Broken{path, i + 1, rest})
			}
		}
	}
	slices.SortFunc(acts, func(x, y Act) int { return compare(&x, &y) })
	acts = slices.CompactFunc(acts, func(x, y Act) bool { return compare(&x, &y) == 0 })
	b.acts, b.broken, b.read, b.things = acts, broken, stamps, map[Thing]*Noted{}
	for i := range acts {
		b.apply(&acts[i])
	}
	return true, nil
}

// apply does what an act says.
func (b *Book) apply(a *Act) {
	m := Mark{Who: a.Who, Time: a.Time, Filter: a.Filter, Text: a.Tag}
	if a.Act == Note {
		m.Text = a.Text
	}
	for _, id := range a.Of {
		t := Thing{a.Set, a.Kind, id}
		n := b.things[t]
		if n == nil {
			if a.Act == Untag {
				continue
			}
			n = &Noted{}
			b.things[t] = n
		}
		at, has := slices.BinarySearchFunc(n.Tags, a.Tag, func(m Mark, tag string) int { return cmp.Compare(m.Text, tag) })
		switch {
		case a.Act == Note:
			n.Notes = append(n.Notes, m)
		case a.Act == Tag && !has:
			n.Tags = slices.Insert(n.Tags, at, m)
		case a.Act == Untag && has:
			n.Tags = slices.Delete(n.Tags, at, at+1)
		}
		if len(n.Tags)+len(n.Notes) == 0 {
			delete(b.things, t)
		}
	}
}

// Add appends an act to the first file, and returns when it is on the disk. Time and Who are set if they are not.
func (b *Book) Add(a Act) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.refresh(); err != nil {
		return err
	}
	if a.Time.IsZero() {
		a.Time = time.Now().UTC().Truncate(time.Microsecond)
		if n := len(b.acts); n > 0 && !a.Time.After(b.acts[n-1].Time) { // by another computer, whose clock is ahead
			a.Time = b.acts[n-1].Time.Add(time.Microsecond)
		}
	}
	if a.Who == "" {
		a.Who = Who()
	}
	slices.Sort(a.Of)
	a.Of = slices.Compact(a.Of)
	line, err := a.line()
	if err != nil {
		return err
	}
	n, err := appendTo(b.files[0], line)
	if err != nil {
		return fmt.Errorf("the note was not kept: %w", err)
	}
	if info, err := os.Stat(b.files[0]); err == nil && info.Size() == b.read[0].size+n && (len(b.acts) == 0 || compare(&a, &b.acts[len(b.acts)-1]) > 0) {
		b.read[0] = stamp{info.Size(), info.ModTime()} // nobody else wrote, so that the file need not be read
		b.acts = append(b.acts, a)
		b.apply(&a)
		return nil
	}
	_, err = b.refresh()
	return err
}

// appendTo appends a line to a file, flushes it to the disk, and returns the number of bytes. If the file does not end
// with a line feed, one is written first, so that what is broken stays as it is.
func appendTo(path string, line []byte) (n int64, err error) {
	_, missing := os.Stat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if size := info.Size(); size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil && err != io.EOF {
			return 0, err
		}
		if !bytes.Equal(last, []byte("\n")) {
			line = append([]byte("\n"), line...)
		}
	}
	if _, err := f.Write(line); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	if missing == nil {
		return int64(len(line)), nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	dir.Sync() // the name of the file; some file systems cannot
	return int64(len(line)), dir.Close()
}

// Who returns the name of the system's user.
func Who() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return cmp.Or(os.Getenv("USER"), os.Getenv("USERNAME"), "unknown")
}

// Of returns what is noted about a thing.
func (b *Book) Of(t Thing) Noted {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.things[t]; n != nil {
		return Noted{slices.Clone(n.Tags), slices.Clone(n.Notes)}
	}
	return Noted{}
}

// Broken lists the lines that are not used.
func (b *Book) Broken() []Broken {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.broken)
}

// Last returns the last acts, the latest first.
func (b *Book) Last(n int) (acts []Act) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.acts) - 1; i >= 0 && len(acts) < n; i-- {
		acts = append(acts, b.acts[i])
	}
	return acts
}

// A Row is a tag or a note of a thing.
type Row struct {
	Thing
	Tag, Note string // one of them is empty
	Who       string
	Time      time.Time
	Filter    string
}

// Rows lists all tags and notes, in the order of their things.
func (b *Book) Rows() (rows []Row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for t, n := range b.things {
		for _, m := range n.Tags {
			rows = append(rows, Row{t, m.Text, "", m.Who, m.Time, m.Filter})
		}
		for _, m := range n.Notes {
			rows = append(rows, Row{t, "", m.Text, m.Who, m.Time, m.Filter})
		}
	}
	slices.SortFunc(rows, func(x, y Row) int {
		return cmp.Or(cmp.Compare(x.Set, y.Set), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID), cmp.Compare(x.Tag, y.Tag),
			x.Time.Compare(y.Time), cmp.Compare(x.Note, y.Note))
	})
	return rows
}

// Tags lists all tags that something has.
func (b *Book) Tags() []string {
	tags := []string{}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.things {
		for _, m := range n.Tags {
			if at, has := slices.BinarySearch(tags, m.Text); !has {
				tags = slices.Insert(tags, at, m.Text)
			}
		}
	}
	return tags
}
