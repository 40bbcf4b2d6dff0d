package eval

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"abtool/eval/metric"
	"abtool/eval/outputs"
	"abtool/eval/sets"
)

const extension = ".parquet"

// Keep runs a network over the sets whose outputs a folder does not have yet, and returns the files of all sets.
// Each set has a file, so that an evaluation that was interrupted continues with the set that it had not
// finished; sets that differ only by a hole share one. A file is used again if it is of the same weights, images,
// labels and view. o.Out is not used.
func Keep(ctx context.Context, n *Network, list []*sets.Set, dir string, o Options) (files []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	for len(list) > 0 {
		same := 1
		for same < len(list) && alike(list[0], list[same]) {
			same++
		}
		o.Out = filepath.Join(dir, fileName(list[0].Name))
		if !n.has(o.Out, list[:same], &o) {
			if _, err := Run(ctx, n, list[:same], o); err != nil {
				return files, err
			}
		}
		files = append(files, o.Out)
		list = list[same:]
	}
	return files, nil
}

// fileName returns the name of the file of a set.
func fileName(set string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, set) + extension
}

// has reports whether a file has the outputs that Run would write for sets with the same images.
func (n *Network) has(file string, list []*sets.Set, o *Options) bool {
	f, err := outputs.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	want := n.about(o)
	if a := f.About; a.Weights != want.Weights || a.Arch != want.Arch || a.ClassesHash != want.ClassesHash || a.Version != want.Version ||
		a.Logits != want.Logits || len(a.Sets) != len(list) {
		return false
	}
	images := map[string]uint64{}
	for i, s := range list {
		v, err := n.viewOf(s, o)
		a := f.About.Sets[i]
		if err != nil || a.Name != s.Name || a.Kind != s.Kind || a.View != v.String() || a.Expected != s.Expected ||
			a.Unreadable > 0 && !o.Unreadable || !sampled(s, a.Protocol, o) {
			return false
		}
		for k := range s.Images {
			images[s.Name] += hashOf(s.Images[k].Group, s.Images[k].Path, s.Images[k].Labels)
		}
	}
	for r, err := range f.Rows() {
		if err != nil {
			return false
		}
		if r.Group != Challenge {
			images[r.Set] -= hashOf(r.Group, r.Path, r.Labels)
		}
	}
	for _, left := range images {
		if left != 0 {
			return false
		}
	}
	return true
}

// sampled reports whether a set's protocol is of the foregrounds that the options choose.
func sampled(s *sets.Set, protocol []string, o *Options) bool {
	text := strings.Join(protocol, "; ")
	switch {
	case s.Kind != sets.Backgrounds || o.Foregrounds == 0:
		return text == ""
	case o.Foregrounds < 0:
		return strings.Contains(text, ": all ")
	}
	return strings.Contains(text, ": all ") || strings.Contains(text, fmt.Sprintf(" %d of ", o.Foregrounds)) && strings.Contains(text, fmt.Sprintf("(seed %d)", o.Seed))
}

// hashOf returns a hash of what identifies an image. The sum of the hashes of images does not depend on their
// order.
func hashOf(group, path string, labels []int32) uint64 {
	h := fnv.New64a()
	h.Write([]byte(group + "\n" + path + "\n"))
	for _, k := range labels {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(k)))
	}
	return h.Sum64()
}

// Read reads the outputs at some places and returns the numbers of their networks: a file of outputs, the folder
// of a network as Keep writes it, or a folder of such folders. real has ReaL's labels; it may be nil.
func Read(places []string, real metric.Real) ([]*metric.Network, error) {
	var out []*metric.Network
	for _, place := range places {
		networks, err := find(place)
		if err != nil {
			return nil, err
		}
		for _, files := range networks {
			n, err := readNetwork(files, real)
			if err != nil {
				return nil, err
			}
			out = append(out, n)
		}
	}
	return out, nil
}

// find returns the files of outputs at a place, by network.
func find(place string) (networks [][]string, err error) {
	info, err := os.Stat(place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist: give a file or folder that abtool eval --out wrote", place)
	}
	if err != nil || !info.IsDir() {
		return [][]string{{place}}, err
	}
	entries, err := os.ReadDir(place)
	if err != nil {
		return nil, err
	}
	var own []string
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == extension {
			own = append(own, filepath.Join(place, e.Name()))
		}
	}
	if len(own) > 0 {
		return [][]string{own}, nil
	}
	for _, e := range entries {
		files, _ := filepath.Glob(filepath.Join(place, e.Name(), "*"+extension))
		if e.IsDir() && len(files) > 0 {
			networks = append(networks, files)
		}
	}
	if len(networks) == 0 {
		return nil, fmt.Errorf("%s has no outputs of networks (%s files): give a file or folder that abtool eval --out wrote", place, extension)
	}
	return networks, nil
}

// readNetwork reads the files of a network.
func readNetwork(paths []string, real metric.Real) (*metric.Network, error) {
	var files []*outputs.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	var about outputs.About
	for i, path := range paths {
		f, err := outputs.Open(path)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		if i == 0 {
			about = f.About
			about.Sets = nil
		}
		if f.About.Weights != about.Weights || f.About.ClassesHash != about.ClassesHash {
			return nil, fmt.Errorf("%s and %s are of different networks (%s and %s): put the files of each network into a folder of its own", paths[0], path, about.Network, f.About.Network)
		}
		for _, s := range f.About.Sets {
			k := slices.IndexFunc(about.Sets, func(x outputs.SetAbout) bool { return x.Name == s.Name })
			if k < 0 {
				about.Sets = append(about.Sets, s)
				continue
			}
			// The same images with holes of several sizes.
			x := &about.Sets[k]
			x.Images, x.Unreadable, x.View = x.Images+s.Images, x.Unreadable+s.Unreadable, x.View+"; "+s.View
		}
	}
	n := metric.NewNetwork(about, real)
	for i, f := range files {
		for row, err := range f.Rows() {
			if err == nil {
				err = n.Add(row)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", paths[i], err)
			}
		}
	}
	return n, n.Finish()
}
