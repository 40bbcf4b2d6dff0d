package sets

import (
	"bufio"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"abtool/eval/classes"
)

// fileLabels has the labels of the validation images, by name or by number.
type fileLabels struct {
	file   string
	format string
	byName map[string]int32 // the file's name without its extension
	byLine []int32          // of image 1, 2, …
}

// of returns the label of an image by its file's name.
func (l *fileLabels) of(name string) (k int32, ok bool) {
	if l.byName != nil {
		k, ok = l.byName[stem(name)]
		return k, ok
	}
	n, ok := valNumber(name)
	if !ok || n > len(l.byLine) {
		return 0, false
	}
	return l.byLine[n-1], true
}

// stem returns the name of a file without folder and extension.
func stem(name string) string {
	base := path.Base(filepath.ToSlash(name))
	return strings.TrimSuffix(base, path.Ext(base))
}

// labelFiles are names that only files of these labels have, in the folder of the images or above it.
var labelFiles = []string{
	"LOC_val_solution.csv", "imagenet_2012_validation_synset_labels.txt", "ILSVRC2012_validation_ground_truth.txt",
	"Annotations/CLS-LOC/val",
}

// nearLabelFiles are names that other files may have, too, so that they are only looked for in the folder of the
// images and next to it.
var nearLabelFiles = []string{"class_labels.txt", "val.txt", "val.csv", "labels.txt", "labels.csv",
	"Annotation", "Annotations"}

// labelsFor reads the labels of images that are all in one folder.
func (o *opener) labelsFor(dir string, names []string) (*fileLabels, error) {
	file := o.labels
	// Kaggle's archive has the images in ILSVRC/Data/CLS-LOC/val, and the labels next to ILSVRC.
	for at, level := dir, 0; level < 5; at, level = filepath.Dir(at), level+1 {
		candidates := labelFiles
		if level < 2 {
			candidates = slices.Concat(labelFiles, nearLabelFiles)
		}
		for _, name := range candidates {
			found := filepath.Join(at, filepath.FromSlash(name))
			if _, err := os.Stat(found); err == nil && file == "" {
				file = found
			}
		}
	}
	if file == "" {
		return nil, fmt.Errorf("%s has images without class folders (such as %s), and no file of labels is near: "+
			"give one as --set labels=FILE, for example LOC_val_solution.csv, "+
			"imagenet_2012_validation_synset_labels.txt, "+
			"lines \"file,index\", or the folder of annotations in XML", dir, names[0])
	}
	return o.readLabels(file)
}

// readLabels reads labels in any format that the content shows.
func (o *opener) readLabels(file string) (*fileLabels, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("reading labels: %w", err)
	}
	if info.IsDir() {
		return readAnnotations(file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading labels: %w", err)
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	first, _, _ := strings.Cut(text, "\n")
	first = strings.TrimSpace(first)
	var l *fileLabels
	switch {
	case strings.HasPrefix(first, "ImageId,PredictionString"):
		l, err = readSolution(text)
	case len(strings.FieldsFunc(first, separator)) >= 2:
		l, err = readPairs(text)
	case isWnid(first):
		l, err = readSynsets(text)
	default:
		l, err = o.readNumbers(text, file)
	}
	if err != nil {
		return nil, fmt.Errorf("reading labels of %s: %w", file, err)
	}
	l.file = file
	return l, nil
}

func separator(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' }

func isWnid(s string) bool { _, ok := classes.Index(s); return ok }

// label reads a WordNet id, or an index from 0 to 999.
func label(s string) (int32, error) {
	if k, ok := classes.Index(s); ok {
		return k, nil
	}
	k, err := strconv.Atoi(s)
	if err != nil || k < 0 || k >= classes.Count {
		return 0, fmt.Errorf("%q is neither a WordNet id of ImageNet-1k nor an index from 0 to 999", s)
	}
	return int32(k), nil
}

// readSolution reads LOC_val_solution.csv: a line for each image, with boxes as "wnid x0 y0 x1 y1". The
// first WordNet id is the label.
func readSolution(text string) (*fileLabels, error) {
	l := &fileLabels{format: "LOC_val_solution.csv", byName: map[string]int32{}}
	r := csv.NewReader(strings.NewReader(text))
	for n := 1; ; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return nil, err
		}
		if n == 1 {
			continue
		}
		wnid, _, _ := strings.Cut(strings.TrimSpace(row[1]), " ")
		k, ok := classes.Index(wnid)
		if !ok {
			return nil, fmt.Errorf("line %d: %q is not a WordNet id of ImageNet-1k", n, wnid)
		}
		l.byName[stem(row[0]+".JPEG")] = k
	}
}

// readPairs reads lines "file,label" or "file label", where a label is an index from 0 or a WordNet id.
func readPairs(text string) (*fileLabels, error) {
	l := &fileLabels{format: "file and label", byName: map[string]int32{}}
	return l, eachLine(text, func(n int, line string) error {
		at := strings.LastIndexFunc(line, separator)
		if at < 0 {
			return fmt.Errorf("line %d: %q has no label after the name of a file", n, line)
		}
		k, err := label(line[at+1:])
		if err != nil && n > 1 {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err == nil { // the first line may be a header
			l.byName[stem(strings.TrimRightFunc(line[:at], separator))] = k
		}
		return nil
	})
}

// inStep returns an error if lines before line n of a file are empty: its number says which image it is about.
func inStep(n, before int) error {
	if n != before+1 {
		return fmt.Errorf("line %d is empty, and line n is about image n: remove the line, or get the file again", before+1)
	}
	return nil
}

// readSynsets reads a WordNet id a line. Line n is the label of image n.
func readSynsets(text string) (*fileLabels, error) {
	l := &fileLabels{format: "a WordNet id a line"}
	return l, eachLine(text, func(n int, line string) error {
		if err := inStep(n, len(l.byLine)); err != nil {
			return err
		}
		k, ok := classes.Index(line)
		if !ok {
			return fmt.Errorf("line %d: %q is not a WordNet id of ImageNet-1k", n, line)
		}
		l.byLine = append(l.byLine, k)
		return nil
	})
}

// readNumbers reads a number a line. ILSVRC's development kit numbers classes from 1 in another order, which
// needs a table; read as indices, its numbers would give an accuracy of 0.1 %.
func (o *opener) readNumbers(text, file string) (*fileLabels, error) {
	var numbers []int
	err := eachLine(text, func(n int, line string) error {
		if err := inStep(n, len(numbers)); err != nil {
			return err
		}
		v, err := strconv.Atoi(line)
		if err != nil || v < 0 || v > classes.Count {
			return fmt.Errorf("line %d: %q is not the number of a class", n, line)
		}
		numbers = append(numbers, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	l := &fileLabels{format: "an index a line"}
	if slices.Contains(numbers, 0) && !slices.Contains(numbers, classes.Count) {
		for _, v := range numbers {
			l.byLine = append(l.byLine, int32(v))
		}
		return l, nil
	}
	ids, err := o.readIDs(file)
	if err != nil {
		return nil, err
	}
	l.format = "ILSVRC2012_ID a line, by " + ids.file
	for i, v := range numbers {
		k, ok := ids.index[v]
		if !ok {
			return nil, fmt.Errorf("line %d: %s has no WordNet id for number %d", i+1, ids.file, v)
		}
		l.byLine = append(l.byLine, k)
	}
	return l, nil
}

// idTable says which class a number of ILSVRC's development kit is.
type idTable struct {
	file  string
	index map[int]int32
}

// readIDs reads the table that a file of ILSVRC2012_ID needs: lines with a number and a WordNet id.
func (o *opener) readIDs(labels string) (*idTable, error) {
	t := &idTable{file: o.ids, index: map[int]int32{}}
	for _, name := range []string{"ilsvrc2012_ids.txt", "map_clsloc.txt"} {
		if at := filepath.Join(filepath.Dir(labels), name); t.file == "" {
			if _, err := os.Stat(at); err == nil {
				t.file = at
			}
		}
	}
	if t.file == "" {
		return nil, errors.New("its numbers from 1 to 1000 are ILSVRC2012_ID of the development kit, which are in " +
			"another order than the classes of a network (1 is n02119789, a fox). To use it, give a table with " +
			"lines \"ILSVRC2012_ID wnid\" as --set ids=FILE, made from meta.mat of the kit; or give other " +
			"labels, such as " +
			"LOC_val_solution.csv")
	}
	data, err := os.ReadFile(t.file)
	if err != nil {
		return nil, err
	}
	return t, eachLine(string(data), func(n int, line string) error {
		id, k := 0, int32(-1)
		for _, f := range strings.FieldsFunc(line, separator) {
			if v, err := strconv.Atoi(f); err == nil && id == 0 {
				id = v
			} else if c, ok := classes.Index(f); ok && k < 0 {
				k = c
			}
		}
		if id > 0 && k >= 0 {
			t.index[id] = k
		}
		return nil
	})
}

// eachLine calls f with every line that is not empty, without spaces around it.
func eachLine(text string, f func(n int, line string) error) error {
	s := bufio.NewScanner(strings.NewReader(text))
	s.Buffer(nil, 1<<20)
	for n := 1; s.Scan(); n++ {
		if line := strings.TrimSpace(s.Text()); line != "" {
			if err := f(n, line); err != nil {
				return err
			}
		}
	}
	return s.Err()
}

// readAnnotations reads a folder of ILSVRC's annotations in XML, a file for each image. The name of the first
// object is the label.
func readAnnotations(dir string) (*fileLabels, error) {
	l := &fileLabels{file: dir, format: "annotations in XML", byName: map[string]int32{}}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.EqualFold(filepath.Ext(p), ".xml") ||
			!strings.Contains(d.Name(), "_val_") {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		var a struct {
			Object []struct {
				Name string `xml:"name"`
			} `xml:"object"`
		}
		if err := xml.Unmarshal(data, &a); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if len(a.Object) == 0 {
			return nil
		}
		k, ok := classes.Index(a.Object[0].Name)
		if !ok {
			return fmt.Errorf("%s: the object %q is not a WordNet id of ImageNet-1k", p, a.Object[0].Name)
		}
		l.byName[stem(p)] = k
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading labels: %w", err)
	}
	if len(l.byName) == 0 {
		return nil, fmt.Errorf("reading labels: %s has no annotations ILSVRC2012_val_….xml", dir)
	}
	return l, nil
}
