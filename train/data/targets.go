package data

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"abtool/internal/filetype"
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

// ReadTargets reads a file of abtool targets, Parquet or CSV, whatever its ending. CSV can begin with a byte-order mark. Errors name the row,
// counted from 1, and the column.
func ReadTargets(path string) (list []Target, err error) {
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
		err = parquetRows(f, info.Size(), func(get func(string) string) error { return addTarget(&list, get) })
	case kind.Name != "":
		return nil, fmt.Errorf("it is %s. Targets are read from .parquet or .csv, as abtool targets writes them", kind)
	case bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("{")):
		return nil, errors.New("it is JSON: targets are read from .parquet or .csv, as abtool targets writes them")
	default:
		err = csvRows(f, func(get func(string) string) error { return addTarget(&list, get) })
	}
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("it has no targets: the store that it was made of has none for its rules, or no records. abtool stats STORE counts says what it has")
	}
	return list, nil
}

// addTarget appends the target of a row, whose values get returns.
func addTarget(list *[]Target, get func(column string) string) error {
	row := len(*list) + 1
	t := Target{Image: get("image_id"), Class: get("class"), Rule: get("rule"), Split: get("split")}
	if t.Image == "" {
		return fmt.Errorf("row %d has no image_id", row)
	}
	var index float64
	for _, c := range []struct {
		column  string
		to      *float64
		missing float64
	}{{"x", &t.X, math.NaN()}, {"y", &t.Y, math.NaN()}, {"weight", &t.Weight, 1}, {"class_index", &index, -1}} {
		*c.to = c.missing
		if text := get(c.column); text != "" {
			var err error
			if *c.to, err = number(text); err != nil {
				return fmt.Errorf("row %d, column %s: %w", row, c.column, err)
			}
		}
	}
	t.ClassIndex = int(index)
	switch text := strings.ToLower(get("label")); text {
	case "", "1", "1.0", "true":
		t.Label = true
	case "0", "0.0", "false":
	default:
		return fmt.Errorf("row %d, column label: %q is neither 1 nor 0", row, text)
	}
	if !(t.X >= 0 && t.X <= 1 && t.Y >= 0 && t.Y <= 1) {
		t.Weight = 0
	}
	*list = append(*list, t)
	return nil
}

// number returns the value of a text.
func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err == nil {
		return v, nil
	}
	if _, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil {
		return 0, fmt.Errorf("%q has a decimal comma: write numbers with a point, as abtool targets does", text)
	}
	return 0, fmt.Errorf("%q is not a number", text)
}

func csvRows(f io.Reader, add func(func(string) string) error) error {
	in := bufio.NewReader(f)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		in.Discard(len(mark))
	}
	r := csv.NewReader(in)
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	if err != nil {
		return err
	}
	if err := separated(head); err != nil {
		return err
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.TrimSpace(name)] = i
	}
	if err := complete(func(name string) bool { _, ok := at[name]; return ok }); err != nil {
		return err
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, csv.ErrFieldCount) {
			line, _ := r.FieldPos(0)
			return fmt.Errorf("line %d has %d values and the first line %d: are there decimal commas, or commas in texts without quotes?", line, len(row), len(head))
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

// separated reports names of columns that are not separated by commas.
func separated(head []string) error {
	line := strings.Join(head, ",")
	for _, s := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "vertical bars"}} {
		if strings.Contains(line, "image_id"+s.mark) || strings.Contains(line, s.mark+"image_id") || strings.EqualFold(line, "sep="+s.mark) {
			return fmt.Errorf("its columns are separated by %s: abtool targets writes commas, and numbers with a decimal point. Save it so, or write it again", s.name)
		}
	}
	if strings.Contains(line, "\r") {
		return errors.New("its lines end in a carriage return alone: save it with line feeds")
	}
	return nil
}

func complete(has func(string) bool) error {
	for _, name := range targetColumns[:3] {
		if !has(name) {
			return fmt.Errorf("it has no column %s: give a file that abtool targets wrote", name)
		}
	}
	return nil
}

func parquetRows(f io.ReaderAt, size int64, add func(func(string) string) error) error {
	pq, err := parquet.OpenFile(f, size)
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
