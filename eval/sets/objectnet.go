package sets

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/view"
)

// The files of ObjectNet's folder mappings.
const (
	folderNames = "folder_to_objectnet_label.json"
	nameTexts   = "objectnet_to_imagenet_1k.json"
	textLines   = "imagenet_to_label_2012_v2"
	indexLines  = "pytorch_to_imagenet_2012_id.json"
)

// isObjectNet reports whether a folder is ObjectNet: by its mappings, or because many of its folders have names
// that only ObjectNet has.
func isObjectNet(place string, l listing) bool {
	for _, at := range []string{place, filepath.Dir(place)} {
		if _, err := os.Stat(filepath.Join(at, "mappings", folderNames)); err == nil &&
			(at == place || folderName(place) == "images") {
			return true
		}
	}
	if l.hasDir("images") {
		if in, err := list(filepath.Join(place, "images")); err == nil {
			l = in
		}
	}
	own := 0
	for _, e := range classes.ObjectNet() {
		_, si := entry(classes.SIScore(), e.Name)
		if !si && l.hasDir(e.Name) {
			own++
		}
	}
	return own >= 20
}

// entry returns the classes of a name in a table.
func entry(table []classes.Entry, name string) ([]int32, bool) {
	i := slices.IndexFunc(table, func(e classes.Entry) bool { return e.Name == name })
	if i < 0 {
		return nil, false
	}
	return table[i].Classes, true
}

// mappingsOf returns the folder of ObjectNet's mappings in or next to a folder, or "".
func mappingsOf(place string) string {
	for _, at := range []string{place, filepath.Join(place, "objectnet-1.0"), filepath.Dir(place)} {
		m := filepath.Join(at, "mappings")
		if _, err := os.Stat(filepath.Join(m, folderNames)); err == nil {
			return m
		}
	}
	return ""
}

// objectNetImages is the number of images of the folders that are classes of ImageNet-1k.
const objectNetImages = 18574

// openObjectNet opens the folders of ObjectNet that are classes of ImageNet-1k.
func openObjectNet(name, place string) (*Set, error) {
	dir, l, err := descend(place, "images", "objectnet-1.0/images")
	if err != nil {
		return nil, err
	}
	s := &Set{Kind: ObjectNet, Name: name, Root: dir, Expected: objectNetImages, Geometry: view.ResizeCrop, Border: 2}
	accepted := map[string][]int32{}
	for _, e := range classes.ObjectNet() {
		accepted[e.Name] = e.Classes
	}
	if m := mappingsOf(place); m != "" {
		read, err := readMappings(m)
		if err != nil {
			return nil, fmt.Errorf("reading the mappings in %s: %w", m, err)
		}
		if n := differences(read, accepted); n > 0 {
			s.note("the mappings in %s accept other classes than the published ones for %s; they are used, and "+
				"the answer among ObjectNet's classes is among the 125 published ones", m, number(n, "folder"))
		}
		accepted = read
	}
	g := gatherer{set: s}
	left, used := 0, 0
	for _, d := range l.dirs {
		labels := accepted[d]
		if labels == nil {
			left++
			continue
		}
		used++
		if err := g.folder(d, labels, func(string) string { return d }); err != nil {
			return nil, err
		}
	}
	g.finish()
	if len(s.Images) == 0 {
		return nil, fmt.Errorf("%s has no folder of ObjectNet that is a class of ImageNet-1k, such as alarm_clock: "+
			"found %s",
			dir, found(l))
	}
	if used < len(accepted) {
		var missing []string
		for d := range accepted {
			if !l.hasDir(d) {
				missing = append(missing, d)
			}
		}
		slices.Sort(missing)
		s.note("%d of the %d folders that are classes of ImageNet-1k %s missing: %s", len(missing), len(accepted),
			are(len(missing)), some(missing))
	}
	if left > 0 {
		s.note("%s that ImageNet-1k has no class for %s left out, as in the benchmark", number(left, "folder"),
			are(left))
	}
	s.count()
	return s, nil
}

// differences returns the number of names for which two tables accept other classes.
func differences(a, b map[string][]int32) (n int) {
	sorted := func(v []int32) []int32 { return slices.Sorted(slices.Values(v)) }
	for name, list := range a {
		if !slices.Equal(sorted(list), sorted(b[name])) {
			n++
		}
	}
	for name := range b {
		if a[name] == nil {
			n++
		}
	}
	return n
}

// readMappings returns the classes that each folder of ObjectNet accepts, by its mapping files.
func readMappings(dir string) (map[string][]int32, error) {
	var names, texts map[string]string
	var lines map[string]int
	for _, f := range []struct {
		name string
		to   any
	}{{folderNames, &names}, {nameTexts, &texts}, {indexLines, &lines}} {
		data, err := os.ReadFile(filepath.Join(dir, f.name))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, f.to); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, textLines))
	if err != nil {
		return nil, err
	}
	at := map[int]int32{} // class by line, from 0
	for key, line := range lines {
		k, err := strconv.Atoi(key)
		if err != nil || k < 0 || k >= classes.Count {
			return nil, fmt.Errorf("%s: %q is not the index of a class", indexLines, key)
		}
		at[line] = int32(k)
	}
	byText := map[string][]int32{} // two classes have the text "crane"
	for n, text := range strings.Split(string(data), "\n") {
		if k, ok := at[n]; ok {
			text = strings.TrimSpace(text)
			byText[text] = append(byText[text], k)
		}
	}
	accepted := map[string][]int32{}
	for folder, name := range names {
		joined, ok := texts[name]
		if !ok {
			continue
		}
		for _, text := range strings.Split(joined, ";") {
			text = strings.TrimSpace(text)
			if byText[text] == nil {
				return nil, fmt.Errorf("%s: %q of folder %s is not a line of %s", nameTexts, text, folder, textLines)
			}
			accepted[folder] = append(accepted[folder], byText[text]...)
		}
	}
	return accepted, nil
}
