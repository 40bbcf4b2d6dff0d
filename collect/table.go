package collect

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"abtool/internal/closest"
)

// A table reads a CSV file whose first line names the columns.
type table struct {
	csv *csv.Reader
	at  map[string]int
}

// openTable reads the names of the columns. Each has to be one of columns, and needed has to be there.
func openTable(from io.Reader, columns []string, needed string) (*table, error) {
	t := &table{csv: csv.NewReader(from), at: map[string]int{}}
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the file is empty; its first line names the columns, such as %s", strings.Join(columns[:min(3, len(columns))], ","))
	}
	if err != nil {
		return nil, err
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		return nil, errors.New("the columns are separated by semicolons or tabs: save the file with commas")
	}
	for i, name := range header {
		column := strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(columns, column) {
			return nil, fmt.Errorf("there is no column %q%s (the columns are %s)", name, closest.DidYouMean(name, columns), strings.Join(columns, ", "))
		}
		t.at[column] = i
	}
	if !t.has(needed) {
		return nil, fmt.Errorf("the column %s is missing", needed)
	}
	return t, nil
}

// has reports whether the file has a column.
func (t *table) has(column string) bool {
	_, ok := t.at[column]
	return ok
}

// next returns the number of the next line and its values by column, "" for columns that the file does not have.
// The error is io.EOF after the last line.
func (t *table) next() (line int, get func(column string) string, err error) {
	row, err := t.csv.Read()
	if err != nil {
		return 0, nil, err
	}
	line, _ = t.csv.FieldPos(0)
	return line, func(column string) string {
		if i, ok := t.at[column]; ok {
			return strings.TrimSpace(row[i])
		}
		return ""
	}, nil
}

// names returns the names by which files of classes and of truth may call an image.
func (m *Image) names() []string { return []string{m.ID, m.Path, filepath.Base(m.Path)} }

// addTruth reads a CSV file with the columns image, known and gold: whether the class of an image is known to be in
// it (true, false, or empty if nobody knows), and whether the image checks annotators (true, or empty). It returns
// how many lines are about images that the study does not have.
func addTruth(images []Image, path string) (others int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	rows, err := openTable(f, []string{"image", "known", "gold"}, "image")
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	by := map[string][]*Image{}
	for i := range images {
		m := &images[i]
		for _, name := range m.names() {
			if !slices.Contains(by[name], m) {
				by[name] = append(by[name], m)
			}
		}
	}
	for {
		line, get, err := rows.next()
		if errors.Is(err, io.EOF) {
			return others, nil
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		called := by[get("image")]
		switch {
		case len(called) == 0:
			others++
			continue
		case len(called) > 1:
			return 0, fmt.Errorf("%s: line %d: the study has %d images %q: give the path in the folder of images", path, line, len(called), get("image"))
		}
		m := called[0]
		known, err := truthValue(get("known"))
		if err != nil {
			return 0, fmt.Errorf("%s: line %d: known: %w", path, line, err)
		}
		gold, err := truthValue(get("gold"))
		if err != nil {
			return 0, fmt.Errorf("%s: line %d: gold: %w", path, line, err)
		}
		m.Known, m.Gold = known, gold != nil && *gold
		if m.Gold && m.Known == nil {
			return 0, fmt.Errorf("%s: line %d: the image %q is to check annotators, and whether it shows its class is not known", path, line, get("image"))
		}
	}
}

// truthValue reads a value that is true, false or empty.
func truthValue(text string) (*bool, error) {
	var value bool
	switch strings.ToLower(text) {
	case "":
		return nil, nil
	case "true", "1", "yes":
		value = true
	case "false", "0", "no":
	default:
		return nil, fmt.Errorf("%q is none of true, false and empty", text)
	}
	return &value, nil
}
