package sets

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/view"
	"abtool/internal/stat"
)

// A siKind is a set of SI-Score.
type siKind struct {
	kind     string
	folder   string   // the beginning of the names that its folder may have
	bucket   string   // the folder of its metadata.csv among the published files
	columns  []string // of metadata.csv, with the factor
	expected int
}

var siKinds = []siKind{
	{SISize, "area", "object_size", []string{"area"}, 92884},
	{SILocation, "location", "object_location", []string{"x_coord", "y_coord"}, 0},
	{SIRotation, "rotation", "object_rotation", []string{"rotation"}, 0},
}

// The files of SI-Score next to the folders of classes.
const (
	siMetadata = "metadata.csv"
	siClasses  = "foreground_classes.csv"
)

// siFolders returns the folders of a listing that are sets of SI-Score by their names, by kind.
func siFolders(l listing) map[string]string {
	found := map[string]string{}
	for _, d := range l.dirs {
		for _, k := range siKinds {
			if d == k.folder || strings.HasPrefix(d, k.folder) && strings.Contains(d, "_area") {
				found[k.kind] = d
			}
		}
	}
	return found
}

// openAllSI opens the sets of SI-Score in a folder.
func (o *opener) openAllSI(place string) (all []*Set, err error) {
	l, err := list(place)
	if err != nil {
		return nil, err
	}
	folders := siFolders(l)
	for _, k := range siKinds {
		if folders[k.kind] == "" {
			continue
		}
		s, err := o.openAs(k.kind, k.kind, filepath.Join(place, folders[k.kind]))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has none of the folders of SI-Score: area, rotation, location20_area02_min0pc",
			place)
	}
	return all, nil
}

// looksLikeSI returns the kind of a folder that is one set of SI-Score, or "".
func looksLikeSI(place string, l listing) string {
	known := 0
	for _, d := range l.dirs {
		if _, ok := entry(classes.SIScore(), d); ok {
			known++
		}
	}
	if known == 0 || 2*known < len(l.dirs) && !l.hasFile(siMetadata) {
		return ""
	}
	base := folderName(place)
	for _, k := range siKinds {
		if strings.HasPrefix(base, k.folder) || base == k.kind || base == k.bucket {
			return k.kind
		}
	}
	m, err := readSI(filepath.Join(place, siMetadata))
	if err != nil {
		return ""
	}
	several := func(columns ...string) bool {
		first := ""
		for _, row := range m.rows {
			v := m.value(row, columns)
			if first == "" {
				first = v
			}
			if v != first {
				return true
			}
		}
		return false
	}
	switch {
	case several("x_coord", "y_coord"):
		return SILocation
	case several("rotation"): // the released images have four areas, too
		return SIRotation
	}
	return SISize
}

// openSI opens one set of SI-Score.
func openSI(kind, name, place string) (*Set, error) {
	k := siKinds[slices.IndexFunc(siKinds, func(k siKind) bool { return k.kind == kind })]
	l, err := list(place)
	if err != nil {
		return nil, err
	}
	if d := siFolders(l)[kind]; d != "" {
		place = filepath.Join(place, d)
	}
	dir, l, err := descend(place)
	if err != nil {
		return nil, err
	}
	s := &Set{Kind: kind, Name: name, Root: dir, Expected: k.expected, Geometry: view.ResizeCrop}
	labels, err := siLabels(s, dir)
	if err != nil {
		return nil, err
	}
	meta, err := findSI(filepath.Join(dir, siMetadata), filepath.Join(place, siMetadata),
		filepath.Join(filepath.Dir(dir), k.bucket, siMetadata))
	if err != nil {
		return nil, err
	}
	g, without := gatherer{set: s}, 0
	for _, d := range l.dirs {
		if labels[d] == nil {
			g.unknown = append(g.unknown, d)
			continue
		}
		err := g.folder(d, labels[d], func(file string) string {
			group, ok := meta.group(stem(file), k.columns)
			without += int(stat.One(!ok))
			return group
		})
		if err != nil {
			return nil, err
		}
	}
	g.finish()
	if len(s.Images) == 0 {
		return nil, fmt.Errorf("%s has no folder of SI-Score's classes with images, such as ambulance: found %s",
			dir, found(l))
	}
	switch {
	case meta == nil:
		s.note("%s is missing, so that only the mean over images can be computed, not the mean over values of the "+
			"factor: it is %s/%s of the published files", filepath.Join(dir, siMetadata), k.bucket, siMetadata)
	case without > 0:
		s.note("the mean over values of the factor leaves out %s without a line in %s", number(without, "image"), meta.file)
	}
	s.count()
	return s, nil
}

// siLabels returns the class of each folder: by the set's own file, or as published.
func siLabels(s *Set, dir string) (map[string][]int32, error) {
	labels := map[string][]int32{}
	for _, e := range classes.SIScore() {
		labels[e.Name] = e.Classes
	}
	for _, file := range []string{filepath.Join(dir, siClasses), filepath.Join(filepath.Dir(dir), siClasses)} {
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil || len(rows) == 0 {
			return nil, fmt.Errorf("reading %s: %w", file, errors.Join(err))
		}
		index, text := slices.Index(rows[0], "int"), slices.Index(rows[0], "label")
		if index < 0 || text < 0 {
			return nil, fmt.Errorf("reading %s: it needs the columns int and label, and has %s", file,
				strings.Join(rows[0], ", "))
		}
		read, other := map[string][]int32{}, 0
		for n, row := range rows[1:] {
			k, err := strconv.Atoi(row[index])
			if err != nil || k < 0 || k >= classes.Count {
				return nil, fmt.Errorf("reading %s, line %d: %q is not the index of a class of ImageNet-1k",
					file, n+2, row[index])
			}
			read[row[text]] = own[k]
			if known := labels[row[text]]; known != nil && known[0] != int32(k) {
				other++
			}
		}
		if other > 0 {
			s.note("%s has other classes than the published ones for %s; they are used", file,
				number(other, "folder"))
		}
		return read, nil
	}
	return labels, nil
}

// A siTable has metadata.csv of a set of SI-Score, by image id.
type siTable struct {
	file    string
	columns map[string]int
	rows    map[string][]string
}

// findSI reads the first file that is there. It returns nil if none is.
func findSI(files ...string) (*siTable, error) {
	for _, file := range files {
		if _, err := os.Stat(file); err == nil {
			return readSI(file)
		}
	}
	return nil, nil
}

func readSI(file string) (*siTable, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	t := &siTable{file: file, columns: map[string]int{}, rows: map[string][]string{}}
	for i, c := range header {
		t.columns[strings.TrimSpace(c)] = i
	}
	for _, c := range []string{"image_id", "x_coord", "y_coord", "area", "rotation"} {
		if _, ok := t.columns[c]; !ok {
			return nil, fmt.Errorf("reading %s: column %s is missing: found %s", file, c, strings.Join(header, ", "))
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		t.rows[row[t.columns["image_id"]]] = row
	}
}

// group returns the value of the factor for an image. ok is false if the table does not have the image.
func (t *siTable) group(id string, columns []string) (value string, ok bool) {
	if t == nil {
		return "", false
	}
	row, ok := t.rows[id]
	if !ok {
		return "", false
	}
	return t.value(row, columns), true
}

// value returns the value of columns in a row: numbers as they are usually written, so that 0.10 and 0.1 are one.
func (t *siTable) value(row, columns []string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = row[t.columns[c]]
		if v, err := strconv.ParseFloat(parts[i], 64); err == nil {
			parts[i] = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	return strings.Join(parts, ",")
}
