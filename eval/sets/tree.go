package sets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"abtool/schema"
)

// A listing has the names of the folders and files in a folder, in order. Names that begin with a point, and
// folders that systems make, are not in it. Links are followed.
type listing struct {
	dirs, files []string
}

func list(dir string) (l listing, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return l, err
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || name == "__MACOSX" || name == "@eaDir" || name == "lost+found" {
			continue
		}
		mode := e.Type()
		if mode&fs.ModeSymlink != 0 {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				if errors.Is(err, fs.ErrNotExist) {
					l.files = append(l.files, name) // a link to nothing, which reading reports
					continue
				}
				return l, err
			}
			mode = info.Mode().Type()
		}
		if mode.IsDir() {
			l.dirs = append(l.dirs, name)
		} else {
			l.files = append(l.files, name)
		}
	}
	return l, nil
}

// folderName returns the name of a folder, also of "." and of one that ends with a slash.
func folderName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Base(dir)
}

// images returns the names of files that are images by their names.
func (l listing) images() (names []string) {
	for _, f := range l.files {
		if isImage(f) {
			names = append(names, f)
		}
	}
	return names
}

func (l listing) hasDir(name string) bool  { return slices.Contains(l.dirs, name) }
func (l listing) hasFile(name string) bool { return slices.Contains(l.files, name) }

func isImage(name string) bool {
	_, ok := schema.CutImageExtension(name)
	return ok
}

// A gatherer collects the images of a set, folder by folder.
type gatherer struct {
	set     *Set
	empty   []string // folders without images
	others  []string // files that are not images, in folders of images
	deeper  []string // folders in folders of images
	unknown []string // folders without a class
	loose   []string // images next to the folders of classes

	names map[string]string // of files: folders of ImageNet-C have the same ones
}

// folder adds all images of a folder, given relative to the set's root, with one list of labels. group
// returns the group of a file's name; nil puts all in group "".
func (g *gatherer) folder(rel string, labels []int32, group func(name string) string) error {
	l, err := list(filepath.Join(g.set.Root, filepath.FromSlash(rel)))
	if err != nil {
		return err
	}
	n := 0
	if g.names == nil {
		g.names = map[string]string{}
	}
	groups := map[string]*Shared{}
	for _, f := range l.files {
		if !isImage(f) {
			g.others = append(g.others, path.Join(rel, f))
			continue
		}
		in := ""
		if group != nil {
			in = group(f)
		}
		if groups[in] == nil {
			groups[in] = &Shared{labels, in, rel}
		}
		if g.names[f] == "" {
			g.names[f] = f
		}
		g.set.Images = append(g.set.Images, Image{groups[in], g.names[f]})
		n++
	}
	for _, d := range l.dirs {
		g.deeper = append(g.deeper, path.Join(rel, d))
	}
	if n == 0 {
		g.empty = append(g.empty, rel)
	}
	return nil
}

// finish writes the notes about what was left out.
func (g *gatherer) finish() {
	for _, x := range []struct {
		names      []string
		noun, what string
	}{
		{g.unknown, "folder", "no class of the set"}, {g.empty, "folder", "no images"},
		{g.others, "file", "no name of an image"}, {g.deeper, "folder", "a place within a folder of images"},
		{g.loose, "image", "no folder of a class"},
	} {
		if n := len(x.names); n > 0 {
			g.set.note("%s with %s %s left out: %s", number(n, x.noun), x.what, are(n), some(x.names))
		}
	}
}

// number returns a count with its noun, and are the verb for it.
func number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// note adds a note to a set.
func (s *Set) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// count notes that the number of images is not the published one.
func (s *Set) count() {
	if s.Expected > 0 && len(s.Images) != s.Expected {
		s.note("expected %s images, found %s", thousands(s.Expected), thousands(len(s.Images)))
	}
}

// some returns at most five names, and how many more there are.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(names[:most], ", "), thousands(len(names)-most))
}
