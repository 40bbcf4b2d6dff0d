// Package targetfile defines the columns of targets. It writes tables as Parquet and CSV, a batch of rows at
// a time, and reads targets for training.
package targetfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"

	"abtool/internal/filetype"
)

// A Target is a row of a file of targets: the point that a rule gives for an image (ImageNet), or for a class
// of an image (COCO). It has the fields that training needs; Row has the other fields.
type Target struct {
	Image      string  // id; COCO: its digits
	Class      string  // WordNet id, or name of the category; "": unknown
	ClassIndex int     // ImageNet: place among the store's classes by name, from 0; COCO: category id, 1…90; −1: unknown
	X, Y       float64 // fractions of the image, y down; NaN: no point (Weight is 0)
	Weight     float64 // 1: learn from the point; 0: it is outside of the image, or there is no point
	Label      bool    // COCO: the image has the class, or, without ground truth, it was placed
	Rule       string  // one of the rules of package features
	Split      string  // "": there are no splits
}

// columns returns the columns that Read reads, in their order. A file must have image_id, x and y.
var columns = sync.OnceValue(func() Fields[Row] {
	return slices.DeleteFunc(Layout{COCO: true, Splits: true}.Fields(), func(f Field[Row]) bool { return f.set == nil })
})

// empty returns the target of a row in which all cells are missing.
func empty() Target {
	return Target{ClassIndex: -1, X: math.NaN(), Y: math.NaN(), Weight: 1, Label: true}
}

// put sets the value of a column in t, the target of row i, counted from 0.
func put(c *Field[Row], t *Target, v cell, i int) error {
	if err := c.set(t, v); err != nil {
		return fmt.Errorf("row %d, column %s: %w", i+1, c.Name, err)
	}
	if c.Name == "image_id" && t.Image == "" {
		return fmt.Errorf("row %d has no image_id", i+1)
	}
	return nil
}

// Read reads the rows of a file of targets. It recognises Parquet and CSV by content; CSV can begin with a
// byte-order mark. A point outside of the image gets weight 0. Errors name the file, the row, counted from 1,
// and the column. A file without rows is an error.
func Read(path string) (list []Target, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("reading targets from %s: %w", path, err)
		}
	}()
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if list, err = read(f); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("it has no targets: the store that it was made from has no points for these rules, or no records. " +
			"abtool stats STORE counts shows what the store has")
	}
	for i := range list {
		if t := &list[i]; !(t.X >= 0 && t.X <= 1 && t.Y >= 0 && t.Y <= 1) {
			t.Weight = 0
		}
	}
	return list, nil
}

func read(f *os.File) ([]Target, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder: give the .parquet or .csv file that abtool targets wrote")
	}
	head := make([]byte, filetype.HeadBytes)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch kind := filetype.Of(head[:n]); {
	case kind.Name == "Parquet":
		return readParquet(f, info.Size())
	case kind.Name != "":
		return nil, fmt.Errorf("it is %s. Targets are read from .parquet or .csv, as abtool targets writes them", kind)
	case bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("{")), bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("[")):
		return nil, errors.New("it is JSON: targets are read from .parquet or .csv, as abtool targets writes them")
	}
	return readCSV(f)
}

// present returns the place of each column in the file, −1 for a missing one; has looks a column up by name.
// The error names a required column that is missing.
func present(has func(name string) (place int, ok bool)) ([]int, error) {
	cols := columns()
	at := make([]int, len(cols))
	for i := range cols {
		name := cols[i].Name
		place, ok := has(name)
		if !ok && (name == "image_id" || name == "x" || name == "y") {
			return nil, fmt.Errorf("it has no column %s: give a file that abtool targets wrote", name)
		}
		if at[i] = place; !ok {
			at[i] = -1
		}
	}
	return at, nil
}
