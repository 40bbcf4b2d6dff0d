package eval

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"abtool/eval/metric"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/internal/usage"
)

const extension = ".parquet"

// ErrAnotherNetwork is returned for a folder that has the answers of a network with other weights.
var ErrAnotherNetwork = errors.New("another network")

// Keep runs a network over the sets whose outputs a folder does not have yet. It returns the names of the sets
// that the folder had. Each set has a file, so that an evaluation that was interrupted continues with the set that
// it had not finished; sets that differ only by a hole share one. A file is used again if it is of the same weights,
// view and options, and of the same image files: their places, sizes and times of change. A file of another
// network is an error. o.Out is not used.
func Keep(ctx context.Context, n *Network, list []*sets.Set, dir string, o Options) (had []string, err error) {
	names := map[string]string{}
	for _, s := range list { // before the first set takes hours
		if err := n.check(s); err != nil {
			return nil, err
		}
		if _, err := n.viewOf(s, &o); err != nil {
			return nil, err
		}
		if other, ok := names[fileName(s.Name)]; ok {
			return nil, fmt.Errorf("the sets %s and %s would share the file %s: name one of them differently", other, s.Name, fileName(s.Name))
		}
		names[fileName(s.Name)] = s.Name
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	for len(list) > 0 {
		same := 1
		for same < len(list) && alike(list[0], list[same]) {
			same++
		}
		o.Out = filepath.Join(dir, fileName(list[0].Name))
		has, err := n.has(o.Out, list[:same], &o)
		if err != nil {
			return had, err
		}
		if has {
			for _, s := range list[:same] {
				had = append(had, s.Name)
			}
		} else if _, err := Run(ctx, n, list[:same], o); err != nil {
			return had, err
		}
		list = list[same:]
	}
	return had, nil
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

// has reports whether a file has the outputs that Run would write for sets with the same images. It returns an
// error if the file is of another network.
func (n *Network) has(file string, list []*sets.Set, o *Options) (bool, error) {
	f, err := outputs.Open(file)
	if err != nil {
		return false, nil
	}
	defer f.Close()
	want := n.about(o)
	a := f.About
	if a.Weights != want.Weights || a.Arch != want.Arch || a.ClassesHash != want.ClassesHash {
		return false, fmt.Errorf("%s has the answers of %w of the name %s: give another --out, or remove the file", file, ErrAnotherNetwork, a.Network)
	}
	if a.Version != want.Version || a.Engine != want.Engine || a.Logits != want.Logits || len(a.Sets) != len(list) {
		return false, nil
	}
	for i, s := range list {
		v, err := n.viewOf(s, o)
		if err != nil {
			return false, err
		}
		with, err := contestOf(s, o)
		if err != nil {
			return false, err
		}
		if a := a.Sets[i]; a.Name != s.Name || a.Kind != s.Kind || a.View != v.String() || a.Expected != s.Expected ||
			a.Unreadable > 0 || !slices.Equal(a.Protocol, with.protocol) || a.Files != filesHash(s, &with) {
			return false, nil
		}
	}
	return true, nil
}

// filesHash returns a hash of the files of a set and of its contest, and what is known of them: places, groups,
// labels, sizes and times of change.
func filesHash(s *sets.Set, with *contest) string {
	root, err := filepath.Abs(s.Root)
	if err != nil {
		root = s.Root
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", root)
	stat := func(path string) (size, changed int64) {
		if info, err := os.Stat(path); err == nil {
			return info.Size(), info.ModTime().UnixNano()
		}
		return 0, 0 // within an archive, whose folder or file is the root
	}
	size, changed := stat(root)
	fmt.Fprintf(h, "%d %d\n", size, changed)
	for i := range s.Images {
		im := &s.Images[i]
		size, changed = stat(filepath.Join(root, filepath.FromSlash(im.Path())))
		fmt.Fprintf(h, "%s\n%s\n%d %d %d\n", im.Group, im.Path(), im.Labels, size, changed)
	}
	for _, f := range with.foregrounds {
		for _, file := range []string{f.mask, f.image} {
			size, changed = stat(filepath.Join(root, filepath.FromSlash(file)))
			fmt.Fprintf(h, "%s\n%d %d %d\n", file, f.class, size, changed)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Read reads the outputs at some places and returns the numbers of their networks: a file of outputs, the folder
// of a network as Keep writes it, or a folder of such folders. A network whose name another one has, or which is in
// taken, is named by its place. real has ReaL's labels; it may be nil.
func Read(places, taken []string, real metric.Real) ([]*metric.Network, error) {
	var out []*metric.Network
	var found []string
	times := map[string]int{}
	for _, name := range taken {
		times[name]++
	}
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
			at := filepath.Dir(files[0])
			if files[0] == place {
				at = place
			}
			if at = filepath.Clean(at); slices.Contains(found, at) {
				return nil, usage.Errorf("the answers in %s are given twice", at)
			}
			out, found = append(out, n), append(found, at)
			times[n.About.Network]++
		}
	}
	for i, n := range out {
		if times[n.About.Network] > 1 {
			n.About.Network = found[i]
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
	own, err := filesIn(place)
	if err != nil || len(own) > 0 {
		return [][]string{own}, err
	}
	entries, err := os.ReadDir(place)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		files, err := filesIn(filepath.Join(place, e.Name()))
		if err != nil {
			return nil, err
		}
		if len(files) > 0 {
			networks = append(networks, files)
		}
	}
	if len(networks) == 0 {
		return nil, fmt.Errorf("%s has no outputs of networks (%s files): give a file or folder that abtool eval --out wrote", place, extension)
	}
	return networks, nil
}

// CheckFolder returns an error if a folder exists and has files, but none of an evaluation, or those of an evaluation
// whose table has another title.
func CheckFolder(dir, title string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if text, err := os.ReadFile(filepath.Join(dir, "table.json")); err == nil {
		var had struct{ Title string }
		if json.Unmarshal(text, &had) == nil && had.Title != "" && had.Title != title {
			return fmt.Errorf("%s has the table %q of another evaluation: give a new folder", dir, had.Title)
		}
		return nil
	}
	for _, e := range entries { // an evaluation that was stopped has outputs only
		if files, err := filesIn(filepath.Join(dir, e.Name())); !e.IsDir() || err != nil || len(files) == 0 {
			return fmt.Errorf("%s has other files than an evaluation writes, such as %s: give a new folder", dir, e.Name())
		}
	}
	return nil
}

// filesIn returns the files of outputs in a folder.
func filesIn(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == extension {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
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
