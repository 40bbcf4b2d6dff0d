package outputs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"

	"abtool/internal/filetype"
	"abtool/internal/replace"
)

// A Row has what a network answered for an image.
type Row struct {
	Set   string `parquet:"set_name,dict"`   // the set's name, as in About
	Group string `parquet:"group_name,dict"` // what the set's number groups by; "": nothing
	Path  string `parquet:"path"`            // of the image, relative to the set's root; unique within the set

	Labels     []int32 `parquet:"labels,list"` // accepted classes; empty: none is known
	Best       int32   `parquet:"best"`        // class of the largest logit, the lowest of equal ones; −1 if Unreadable
	Top5       []int32 `parquet:"top5,list"`   // classes of the five largest logits, or fewer, largest first
	Confidence float32 `parquet:"confidence"`  // softmax of Best among all classes

	// The best among the classes of a set with fewer classes; −1 if the network does not have ImageNet's 1,000.
	BestA         int32   `parquet:"best_a"`
	BestR         int32   `parquet:"best_r"`
	BestO         int32   `parquet:"best_o"`
	BestObjectNet int32   `parquet:"best_objectnet"`
	ConfidenceO   float32 `parquet:"confidence_o"` // softmax of BestO among the 200 classes of ImageNet-O; 0 if BestO is −1

	Unreadable bool      `parquet:"unreadable"`  // the image could not be read, and counts as wrong
	Logits     []float32 `parquet:"logits,list"` // by class; empty unless they were kept
}

// An About says how the rows of a file came about: all that is printed next to a number.
type About struct {
	Version string `json:"version"` // of the program
	Network string `json:"network"` // as it is printed: the run's or the file's name
	Arch    string `json:"arch"`
	Weights string `json:"weights"` // SHA-256 of the file of weights, in hexadecimal
	Engine  string `json:"engine"`

	Classes     int      `json:"classes"`
	ClassesHash string   `json:"classes_hash"`          // SHA-256 of the names in the order of the logits, each with a line feed
	ClassNames  []string `json:"class_names,omitempty"` // empty for ImageNet's 1,000
	ImageNet    bool     `json:"imagenet"`              // the classes are ImageNet's 1,000 in the order of their wnids
	Logits      bool     `json:"logits"`                // the rows have logits

	Sets []SetAbout `json:"sets"` // in the order of the rows
}

// A SetAbout says how a set was evaluated.
type SetAbout struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // as sets.Set has it
	Root       string   `json:"root"` // the last element of the folder's path
	View       string   `json:"view"`
	Images     int      `json:"images"`             // rows, with those that could not be read
	Expected   int      `json:"expected,omitempty"` // images of the published set; 0: unknown
	Unreadable int      `json:"unreadable,omitempty"`
	Files      string   `json:"files,omitempty"` // hash of the images' places, groups, labels, sizes and times of change
	Notes      []string `json:"notes,omitempty"`
	Protocol   []string `json:"protocol,omitempty"` // what else readers need to redo the numbers, such as a sample and its seed
}

// Set returns what is known about a set.
func (a *About) Set(name string) (SetAbout, bool) {
	i := slices.IndexFunc(a.Sets, func(s SetAbout) bool { return s.Name == name })
	if i < 0 {
		return SetAbout{}, false
	}
	return a.Sets[i], true
}

// aboutKey is the key of the About among the metadata of the file, as JSON.
const aboutKey = "abtool.eval"

// A Writer adds rows to a file.
type Writer struct {
	w      *parquet.GenericWriter[Row]
	values int // of the rows since the last row group began
}

// groupValues bounds the memory of a row group: 16 MiB of logits.
var groupValues = 1 << 22

// Write creates a file and calls write, which adds the rows and returns what is known about them. The file
// appears under its name when it is complete; after an error an older file of that name is unchanged.
func Write(path string, write func(*Writer) (*About, error)) error {
	var failed error // of write, which is not about the file
	err := replace.File(path, func(to io.Writer) error {
		w := &Writer{w: parquet.NewGenericWriter[Row](to, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("abtool", "", ""))}
		about, err := write(w)
		if err != nil {
			failed = err
			return err
		}
		text, err := json.Marshal(about)
		if err != nil {
			return err
		}
		w.w.SetKeyValueMetadata(aboutKey, string(text))
		return w.w.Close()
	})
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return fmt.Errorf("writing outputs to %s: %w", path, err)
	}
	return nil
}

// Add adds rows. It does not keep them.
func (w *Writer) Add(rows ...Row) error {
	for i := range rows {
		if _, err := w.w.Write(rows[i : i+1]); err != nil {
			return err
		}
		if w.values += 64 + len(rows[i].Logits); w.values >= groupValues {
			if err := w.w.Flush(); err != nil {
				return err
			}
			w.values = 0
		}
	}
	return nil
}

// A File is an open file of outputs. Close it after use.
type File struct {
	About About

	path string
	f    *os.File
	rows *parquet.File
}

// Open opens a file that Write wrote.
func Open(path string) (_ *File, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading outputs: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			err = fmt.Errorf("reading outputs from %s: %w", path, err)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("it is a folder: give the .parquet file that abtool eval wrote")
	}
	rows, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		if kind := filetype.OfFile(path); kind.Name != "" && kind.Name != "a Parquet file" {
			return nil, fmt.Errorf("it is %s, not a Parquet file of abtool eval", kind.Name)
		}
		return nil, err
	}
	text, ok := rows.Lookup(aboutKey)
	if !ok {
		return nil, errors.New("it is a Parquet file, but not of abtool eval: its metadata do not say what was evaluated")
	}
	o := &File{path: path, f: f, rows: rows}
	if err := json.Unmarshal([]byte(text), &o.About); err != nil {
		return nil, fmt.Errorf("its metadata: %w", err)
	}
	return o, nil
}

// Len returns the number of rows.
func (f *File) Len() int64 { return f.rows.NumRows() }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// Rows yields the rows in the order of the file, without their logits, which are most of the file and are not
// read. A row is valid until the loop asks for the next. After an error the sequence ends. It can be read several
// times, one after the other.
func (f *File) Rows() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		var row Row
		read(f, func(r *reduced) bool {
			row = r.row()
			return yield(&row, nil)
		}, func(err error) { yield(nil, err) })
	}
}

// WithLogits yields the rows as Rows does, with their logits.
func (f *File) WithLogits() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		read(f, func(r *Row) bool { return yield(r, nil) }, func(err error) { yield(nil, err) })
	}
}

// read calls row for each row of a file until it returns false, or fail for an error.
func read[T any](f *File, row func(*T) bool, fail func(error)) {
	r := parquet.NewGenericReader[T](f.rows)
	defer r.Close()
	buf := make([]T, 256)
	for {
		n, err := r.Read(buf)
		for i := range buf[:n] {
			if !row(&buf[i]) {
				return
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			fail(fmt.Errorf("reading outputs from %s: %w", f.path, err))
			return
		}
	}
}

// A reduced row has the columns of a Row but its logits.
type reduced struct {
	Set           string  `parquet:"set_name"`
	Group         string  `parquet:"group_name"`
	Path          string  `parquet:"path"`
	Labels        []int32 `parquet:"labels,list"`
	Best          int32   `parquet:"best"`
	Top5          []int32 `parquet:"top5,list"`
	Confidence    float32 `parquet:"confidence"`
	BestA         int32   `parquet:"best_a"`
	BestR         int32   `parquet:"best_r"`
	BestO         int32   `parquet:"best_o"`
	BestObjectNet int32   `parquet:"best_objectnet"`
	ConfidenceO   float32 `parquet:"confidence_o"`
	Unreadable    bool    `parquet:"unreadable"`
}

func (r *reduced) row() Row {
	return Row{
		Set: r.Set, Group: r.Group, Path: r.Path, Labels: r.Labels, Best: r.Best, Top5: r.Top5, Confidence: r.Confidence,
		BestA: r.BestA, BestR: r.BestR, BestO: r.BestO, BestObjectNet: r.BestObjectNet, ConfidenceO: r.ConfidenceO,
		Unreadable: r.Unreadable,
	}
}

// All returns all rows with their logits.
func (f *File) All() ([]Row, error) {
	list := make([]Row, 0, f.Len())
	for r, err := range f.WithLogits() {
		if err != nil {
			return nil, err
		}
		c := *r
		c.Labels, c.Top5, c.Logits = slices.Clone(r.Labels), slices.Clone(r.Top5), slices.Clone(r.Logits)
		list = append(list, c)
	}
	return list, nil
}
