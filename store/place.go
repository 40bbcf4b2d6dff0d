package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"abtool/internal/usage"
)

// Folders returns the folders of the stores at a place, which is one of these:
//
//	a store
//	a folder of stores, which are taken in the order of their names
//	a pattern such as stores/2024-*, whose matches are taken in the order of their names
//	several of these, with commas between them
//
// A path that exists is never a pattern or a list. Whether a single folder is a store is not checked.
func Folders(place string) (dirs []string, err error) {
	if dirs, err = foldersAt(place); err != nil || len(dirs) < 2 {
		return dirs, err
	}
	var infos []fs.FileInfo
	for i, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil {
			return nil, fmt.Errorf("%s: there is no such folder: %w", dir, ErrNotStore)
		}
		for k, before := range infos {
			switch {
			case !os.SameFile(before, info):
			case dirs[k] == dir:
				return nil, usage.Errorf("the store %s is given twice", dir)
			default:
				return nil, usage.Errorf("%s and %s are the same store: give it once", dirs[k], dirs[i])
			}
		}
		infos = append(infos, info)
	}
	return dirs, nil
}

func foldersAt(place string) (dirs []string, err error) {
	info, err := os.Stat(place)
	switch {
	case err == nil && info.IsDir() && !isStore(place):
		return storesIn(place)
	case err == nil:
		return []string{place}, nil
	case strings.Contains(place, ","):
		for _, one := range strings.Split(place, ",") {
			if one == "" {
				return nil, usage.Errorf("%q: there is nothing before or after a comma", place)
			}
			more, err := foldersAt(one)
			if err != nil {
				return nil, err
			}
			dirs = append(dirs, more...)
		}
		return dirs, nil
	case strings.ContainsAny(place, `*?[`):
		return matching(place)
	}
	return []string{place}, nil
}

// List returns the place of several stores, folders of stores or patterns.
func List(places ...string) (string, error) {
	for _, p := range places {
		if _, err := os.Stat(p); err == nil && len(places) > 1 && strings.Contains(p, ",") {
			return "", usage.Errorf("%s: a name with a comma can only be given alone: rename the folder", p)
		}
	}
	return strings.Join(places, ","), nil
}

// IsStore reports whether a path is the folder of a store.
func IsStore(path string) bool { return isStore(path) }

func isStore(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, File))
	return err == nil
}

// storesIn returns the stores in a folder that is not a store. If it has none, it returns the folder.
func storesIn(dir string) (all []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	other := ""
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case strings.HasPrefix(e.Name(), ".") || err != nil || !info.IsDir():
		case isStore(path):
			all = append(all, path)
		default:
			other = path
		}
	}
	switch {
	case len(all) == 0:
		return []string{dir}, nil
	case other != "":
		return nil, fmt.Errorf("%s has stores in it, and %s, which has no %s: %w: give a pattern that leaves it out, "+
			"or list the stores with commas", dir, other, File, ErrNotStore)
	}
	return all, nil
}

// matching returns the stores that match a pattern. Files, and names that begin with a dot, are left out.
func matching(pattern string) (all []string, err error) {
	found, err := filepath.Glob(pattern)
	if errors.Is(err, filepath.ErrBadPattern) {
		return nil, usage.Errorf("%s is not a pattern: a [ has no ]", pattern)
	}
	if err != nil {
		return nil, err
	}
	hidden := strings.HasPrefix(filepath.Base(pattern), ".")
	for _, path := range found {
		info, err := os.Stat(path)
		switch {
		case err != nil || !info.IsDir() || strings.HasPrefix(filepath.Base(path), ".") && !hidden:
		case isStore(path):
			all = append(all, path)
		default:
			return nil, fmt.Errorf("%s matches %s, which has no %s: %w: give a pattern that leaves it out", pattern, path,
				File, ErrNotStore)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no store matches this pattern: %w", pattern, ErrNotStore)
	}
	return all, nil
}
