// Package targetfile reads the files of targets that package features writes, for those who learn from them.
package targetfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"abtool/internal/filetype"
)

// A Target is a row of a file of targets: a point for an image, or for a class of it.
type Target struct {
	Image      string
	Class      string
	ClassIndex int     // −1: unknown
	X, Y       float64 // fractions of the image, y down; NaN: no point
	Weight     float64 // 0: no point to learn from
	Label      bool    // multi label: the image has the class
	Rule       string
	Split      string
}

// column is a column that is read; set puts a cell of it into a Target.
type column struct {
	name string
	set  func(*Target, cell) error
}

// columns are in the order in which a row's faults are reported. The first three must be there.
var columns = []column{
	{"image_id", func(t *Target, c cell) error { t.Image = c.text(); return nil }},
	{"x", func(t *Target, c cell) error { return c.number(&t.X) }},
	{"y", func(t *Target, c cell) error { return c.number(&t.Y) }},
	{"weight", func(t *Target, c cell) error { return c.number(&t.Weight) }},
	{"class_index", func(t *Target, c cell) error {
		index := float64(t.ClassIndex)
		err := c.number(&index)
		t.ClassIndex = int(index)
		return err
	}},
	{"label", func(t *Target, c cell) error { return c.truth(&t.Label) }},
	{"class", func(t *Target, c cell) error { t.Class = c.text(); return nil }},
	{"rule", func(t *Target, c cell) error { t.Rule = c.text(); return nil }},
	{"split", func(t *Target, c cell) error { t.Split = c.text(); return nil }},
}

const required = 3

// empty is a row whose cells are all missing.
func empty() Target {
	return Target{ClassIndex: -1, X: math.NaN(), Y: math.NaN(), Weight: 1, Label: true}
}

// put sets a column of row i, counted from 0.
func (c *column) put(t *Target, v cell, i int) error {
	if err := c.set(t, v); err != nil {
		return fmt.Errorf("row %d, column %s: %w", i+1, c.name, err)
	}
	if c.name == "image_id" && t.Image == "" {
		return fmt.Errorf("row %d has no image_id", i+1)
	}
	return nil
}

// Read reads the rows of a file of targets, Parquet or CSV, whatever its ending. CSV can begin with a
// byte-order mark. A point outside of the image gets the weight 0. Errors name the file, the row, counted
// from 1, and the column; a file without rows is one.
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
		return nil, errors.New("it has no targets: the store that it was made of has none for its rules, or no records. " +
			"abtool stats STORE counts says what it has")
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

// present returns the place of each column by has, −1 for none. It reports a required one that is missing.
func present(has func(name string) (place int, ok bool)) ([]int, error) {
	at := make([]int, len(columns))
	for i := range columns {
		place, ok := has(columns[i].name)
		if !ok && i < required {
			return nil, fmt.Errorf("it has no column %s: give a file that abtool targets wrote", columns[i].name)
		}
		if at[i] = place; !ok {
			at[i] = -1
		}
	}
	return at, nil
}
