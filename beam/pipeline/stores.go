package pipeline

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"abtool/beam/remote"
	"abtool/internal/usage"
	"abtool/store"
)

// Stores returns the stores at places, in the order in which abtool takes them: a store, a folder of stores, or
// a pattern.
func Stores(ctx context.Context, places []string, parents int) (all []Input, err error) {
	for _, place := range places {
		place = strings.TrimRight(place, "/")
		pattern := place
		if !strings.ContainsAny(place, "*?[") {
			there, err := complete(ctx, place)
			if err != nil {
				return nil, err
			}
			if there {
				all = append(all, Input{Name: shardName(place, parents), Path: place})
				continue
			}
			pattern = remote.Join(place, "*")
		}
		found, err := remote.List(ctx, remote.Join(pattern, store.File))
		if err != nil {
			return nil, err
		}
		var folders []string
		for _, file := range found {
			if folder := strings.TrimSuffix(file, "/"+store.File); !strings.HasPrefix(path.Base(folder), ".") {
				folders = append(folders, folder)
			}
		}
		if len(folders) == 0 {
			return nil, fmt.Errorf("%s: there is no store: %w", place, store.ErrNotStore)
		}
		slices.Sort(folders) // of the folders, not of the files: a-1 comes after a
		for _, folder := range folders {
			all = append(all, Input{Name: shardName(folder, parents), Path: folder})
		}
	}
	seen := map[string]bool{}
	for _, in := range all {
		if seen[in.Path] {
			return nil, usage.Errorf("the store %s is given twice", in.Path)
		}
		seen[in.Path] = true
	}
	return all, nil
}

// fetchStore returns a folder on this machine from which a store can be read: its own, or that of a copy in dir.
func fetchStore(ctx context.Context, in Input, dir string) (string, error) {
	if remote.Local(in.Path) {
		return in.Path, nil
	}
	tables, err := remote.List(ctx, remote.Join(in.Path, "*", "*"))
	if err != nil {
		return "", err
	}
	made := filepath.Join(dir, in.Name)
	for _, file := range append(tables, remote.Join(in.Path, store.File)) {
		below := filepath.FromSlash(path.Dir(strings.TrimPrefix(file, in.Path+"/")))
		if _, err := remote.Fetch(ctx, file, filepath.Join(made, below)); err != nil {
			return "", err
		}
	}
	return made, nil
}
