package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// A Target is a row of a file that abtool targets wrote: a point for an image, or for a class of it.
type Target struct {
	Image      string
	Class      string
	ClassIndex int // −1: unknown
	X, Y       float64
	Weight     float64 // 0: no point to learn from
	Label      bool    // multi label: the image has the class
	Rule       string
	Split      string
}

// columns that are read; the first three must be there.
var targetColumns = []string{"image_id", "x", "y", "class", "class_index", "weight", "label", "rule", "split"}

// ReadTargets reads a file of abtool targets, Parquet or CSV.
func ReadTargets(path string) ([]Target, error) {
	var out []Target
	add := func(get func(column string) string) error {
		t := Target{Image: get("image_id"), Class: get("class"), Rule: get("rule"), Split: get("split"), ClassIndex: -1, Weight: 1}
		number := func(column string, to *float64, missing float64) error {
			text := get(column)
			if text == "" {
				*to = missing
				return nil
			}
			v, err := strconv.ParseFloat(text, 64)
			*to = v
			return err
		}
		var index float64
		if err := errors.Join(number("x", &t.X, math.NaN()), number("y", &t.Y, math.NaN()), number("weight", &t.Weight, 1), number("class_index", &index, -1)); err != nil {
			return fmt.Errorf("row %d: %w", len(out), err)
		}
		t.ClassIndex = int(index)
		t.Label = get("label") == "" || get("label") == "1" || get("label") == "true"
		if t.Image == "" {
			return fmt.Errorf("row %d has no image_id", len(out))
		}
		if !(t.X >= 0 && t.X <= 1 && t.Y >= 0 && t.Y <= 1) {
			t.Weight = 0
		}
		out = append(out, t)
		return nil
	}
	var err error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".parquet":
		err = parquetRows(path, add)
	case ".csv":
		err = csvRows(path, add)
	default:
		err = errors.New("targets are read from .parquet or .csv, as abtool targets writes them")
	}
	if err == nil && len(out) == 0 {
		err = errors.New("it has no targets: the store that it was made of has none for its rules, or no records. abtool stats STORE counts says what it has")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

func csvRows(path string, add func(func(string) string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	head, err := r.Read()
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, name := range head {
		at[name] = i
	}
	if err := complete(func(name string) bool { _, ok := at[name]; return ok }); err != nil {
		return err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := add(func(name string) string {
			if i, ok := at[name]; ok {
				return row[i]
			}
			return ""
		}); err != nil {
			return err
		}
	}
}

func complete(has func(string) bool) error {
	for _, name := range targetColumns[:3] {
		if !has(name) {
			return fmt.Errorf("it has no column %s: give a file that abtool targets wrote", name)
		}
	}
	return nil
}

func parquetRows(path string, add func(func(string) string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	pq, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return err
	}
	at := map[string]int{} // leaf
	for _, name := range targetColumns {
		if leaf, ok := pq.Schema().Lookup(name); ok {
			at[name] = leaf.ColumnIndex
		}
	}
	if err := complete(func(name string) bool { _, ok := at[name]; return ok }); err != nil {
		return err
	}
	r := parquet.NewGenericReader[any](pq)
	defer r.Close()
	rows := make([]parquet.Row, 512)
	for {
		n, err := r.ReadRows(rows)
		for _, row := range rows[:n] {
			if err := add(func(name string) string {
				leaf, ok := at[name]
				if !ok {
					return ""
				}
				for _, v := range row {
					if v.Column() == leaf {
						return plain(v)
					}
				}
				return ""
			}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// plain is a value as text; empty for null.
func plain(v parquet.Value) string {
	switch {
	case v.IsNull():
		return ""
	case v.Kind() == parquet.Double:
		if f := v.Double(); !math.IsNaN(f) {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
		return ""
	case v.Kind() == parquet.ByteArray:
		return string(v.ByteArray())
	}
	return v.String()
}
