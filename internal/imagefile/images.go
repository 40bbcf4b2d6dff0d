package imagefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"abtool/internal/filetype"
	"abtool/schema"
)

// Images are the images at a place, in the order of their names. Several goroutines can call its methods.
type Images struct {
	Place string // as it was given

	list    []item
	root    string     // folder that names are relative to, except those in shards
	shards  []*os.File // indexed by item.shard
	account account
	wanted  func(id string) bool // nil: all ids
}

// An item is an image.
type item struct {
	id, class    string
	name         string // within root, with slashes, or within its shard
	shard        int32
	offset, size int64 // in a shard
}

// Open finds the images at a place. If two images have the same id, the error names both.
func Open(place string) (*Images, error) {
	m, err := open(place, nil)
	if err != nil {
		return nil, err
	}
	if err := m.unique(); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func open(place string, wanted func(id string) bool) (_ *Images, err error) {
	m := &Images{Place: place, wanted: wanted}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	paths, err := Places(place)
	if err != nil {
		return nil, err
	}
	f := finder{images: m}
	if err := f.all(paths); err != nil {
		return nil, fmt.Errorf("finding images in %s: %w", place, err)
	}
	switch {
	case f.found > 0 && len(f.tars) > 0:
		return nil,
			fmt.Errorf("%s holds shards (%s) and images (such as %s): give the shards by a pattern such as %s, "+
				"or move them out of the folder of the images", place, &m.account.shards, f.example,
				filepath.Join(place, "*.tar"))
	case len(f.tars) > 0:
		if err := m.readShards(f.tars); err != nil {
			return nil, err
		}
	case f.found == 0:
		return nil, m.nothing(paths)
	}
	m.raiseClasses()
	return m, nil
}

// nothing returns the error for a place without images.
func (m *Images) nothing(paths []string) error {
	if len(paths) == 1 {
		if info, err := os.Stat(paths[0]); err == nil && info.Mode().IsRegular() {
			return notImages(paths[0])
		}
	}
	text := "nothing is there"
	if notes := m.Notes(); len(notes) > 0 {
		text = strings.Join(notes, "; ")
	}
	return fmt.Errorf("%s holds no images (%s): %s", m.Place, strings.Join(schema.ImageExtensions, " "), text)
}

// notImages returns the error for a file that is given as a place of images.
func notImages(file string) error {
	const want = "give a folder of images, WebDataset shards (.tar), or an idx file (…-images-idx3-ubyte)"
	if k := filetype.OfFile(file); k.Name != "" {
		return fmt.Errorf("%s is %s. Images are needed: %s", file, k, want)
	}
	return fmt.Errorf("%s has no images: %s", file, want)
}

// Len returns the number of images.
func (m *Images) Len() int { return len(m.list) }

// ID returns the id of the i-th image, which the function ID derives from its name.
func (m *Images) ID(i int) string { return m.list[i].id }

// Class returns the class of the i-th image by its folder or shard, or "" if they give no class.
func (m *Images) Class(i int) string { return m.list[i].class }

// Name returns the path of the i-th image within its place, or the shard and the name in it.
func (m *Images) Name(i int) string {
	it := &m.list[i]
	if m.shards == nil {
		return it.name
	}
	return filepath.Base(m.shards[it.shard].Name()) + ":" + it.name
}

// Read appends the file of the i-th image to a buffer.
func (m *Images) Read(i int, to *bytes.Buffer) error {
	it := &m.list[i]
	if m.shards != nil {
		n, err := to.ReadFrom(io.NewSectionReader(m.shards[it.shard], it.offset, it.size))
		if err == nil && n < it.size {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	f, err := os.Open(m.path(it.name))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = to.ReadFrom(f)
	return err
}

// path returns the path of a name within the root.
func (m *Images) path(name string) string { return filepath.Join(m.root, filepath.FromSlash(name)) }

// Close closes the shards.
func (m *Images) Close() (err error) {
	for _, f := range m.shards {
		err = errors.Join(err, f.Close())
	}
	return err
}

// ID returns the image id for the name of a file: schema.ImageID, or for COCO's files the number without
// leading zeros ("9" for COCO_train2014_000000000009.jpg and for 000000000009.jpg).
func ID(name string) string {
	id := schema.ImageID(name)
	rest, coco := strings.CutPrefix(id, "COCO_")
	if coco {
		id = rest[strings.LastIndexByte(rest, '_')+1:]
	}
	digits := strings.TrimLeft(id, "0")
	if (coco || len(id) == 12) && digits != "" && strings.Trim(digits, "0123456789") == "" {
		return digits
	}
	return id
}

// fileID returns the image id for the name of a file. Characters that are special in an address or a
// template are not special in the name of a file.
func fileID(base string) string {
	if strings.ContainsAny(base, `?%\`) {
		stem, _ := schema.CutImageExtension(base)
		return stem
	}
	return ID(base)
}

func isImage(name string) bool {
	_, ok := schema.CutImageExtension(name)
	return ok
}

// hiddenNames are folders that systems create next to the folders of users.
var hiddenNames = []string{"__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found"}

// hidden reports whether a file or folder of that name is skipped.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(hiddenNames, name)
}

// unique returns an error if two images have the same id. The error names both.
func (m *Images) unique() error {
	seen := make(map[string]int32, len(m.list))
	for i := range m.list {
		id := m.list[i].id
		if other, ok := seen[id]; ok {
			return m.twice(int(other), i)
		}
		seen[id] = int32(i)
	}
	return nil
}

// twice returns the error for two images with the same id.
func (m *Images) twice(a, b int) error {
	why := "an id is the name without folder and extension, and must belong to one image: rename one of them"
	if m.shards != nil {
		why = "an id is the name up to its first dot, and must belong to one image: rename one of them"
	}
	return fmt.Errorf("%s and %s have the same id %s: %s", m.Name(a), m.Name(b), m.list[a].id, why)
}

// raiseClasses makes the folders above the images' folders the classes, if all images are in folders with
// the same name and the folders above differ, as in n01443537/images/… and n01629819/images/….
func (m *Images) raiseClasses() {
	if m.shards != nil || len(m.list) == 0 {
		return
	}
	first := m.list[0].class
	above := make([]string, len(m.list))
	differ := false
	for i := range m.list {
		if m.list[i].class != first {
			return
		}
		if above[i] = base(path.Dir(path.Dir(m.list[i].name))); above[i] == "" {
			return
		}
		differ = differ || above[i] != above[0]
	}
	for i := range above {
		if differ {
			m.list[i].class = above[i]
		}
	}
}

// base returns the last part of the path of a folder within a place, or "" for the place itself.
func base(folder string) string {
	if folder == "." || folder == "" {
		return ""
	}
	return path.Base(folder)
}

// Folders returns the folders at the top of a place that have images, in order, and whether the images are
// in subfolders of those.
func (m *Images) Folders() (names []string, deeper bool) {
	seen := map[string]bool{}
	last := ""
	for i := range m.list {
		top, rest, ok := strings.Cut(m.list[i].name, "/")
		deeper = deeper || strings.Contains(rest, "/")
		if m.shards != nil || !ok || top == last {
			continue
		}
		if last = top; !seen[top] {
			seen[top] = true
			names = append(names, top)
		}
	}
	return names, deeper
}

// A finder searches places for images.
type finder struct {
	images  *Images
	tars    []string
	found   int    // number of images, wanted or not
	example string // name of one of them
}

// all searches folders and adds files. If there are several, names are relative to the folder that contains
// all.
func (f *finder) all(paths []string) error {
	f.images.root = commonFolder(paths)
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		mode := info.Mode().Type()
		if len(paths) == 1 && mode.IsDir() {
			f.images.root = p
			_, err := f.folder("", nil)
			return err
		}
		name, err := filepath.Rel(f.images.root, p)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case mode.IsDir():
			_, err = f.folder(name, nil)
		case mode.IsRegular() && !isImage(p) && filetype.OfFile(p).Name == tarName:
			f.tar(name)
		default:
			f.file(name, base(path.Dir(name)), mode)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tarName is the name of tar archives in package filetype.
const tarName = "a tar archive"

// commonFolder returns the deepest folder that contains all of some files and folders.
func commonFolder(paths []string) string {
	common := filepath.Dir(paths[0])
	for _, p := range paths[1:] {
		for !within(filepath.Dir(p), common) && filepath.Dir(common) != common {
			common = filepath.Dir(common)
		}
	}
	return common
}

// within reports whether dir is folder or inside it.
func within(dir, folder string) bool {
	rel, err := filepath.Rel(folder, dir)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// folder searches a folder within the root. above has the folders around it, so that a link to one of them
// is not followed. It returns the number of images and shards in the folder.
func (f *finder) folder(rel string, above []fs.FileInfo) (found int, err error) {
	m := f.images
	dir := m.path(rel)
	info, err := os.Stat(dir)
	if err != nil {
		return 0, err
	}
	for _, a := range above {
		if os.SameFile(a, info) {
			m.account.loops.add(rel)
			return 0, nil
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	above = append(above, info)
	empty := m.account.empty
	for _, e := range entries {
		name := path.Join(rel, e.Name())
		mode := e.Type()
		switch {
		case hidden(e.Name()):
			if mode.IsDir() {
				m.account.hidden.add(name)
			}
			continue
		case mode&fs.ModeSymlink != 0:
			if mode, err = m.follow(name); err != nil {
				return 0, err
			}
		}
		n := 0
		if mode.IsDir() {
			n, err = f.folder(name, above)
		} else {
			n = f.file(name, base(rel), mode)
		}
		if err != nil {
			return 0, err
		}
		found += n
	}
	if found == 0 && rel != "" {
		m.account.empty = empty // do not name the empty folders in an empty folder one by one
		m.account.empty.add(rel)
	}
	return found, nil
}

// follow returns the type of a link's target, or fs.ModeSymlink if the target does not exist.
func (m *Images) follow(name string) (fs.FileMode, error) {
	info, err := os.Stat(m.path(name))
	if errors.Is(err, fs.ErrPermission) {
		return 0, err
	}
	if err != nil {
		return fs.ModeSymlink, nil
	}
	return info.Mode().Type(), nil
}

// file adds an image or a shard, or counts another file. It returns 1 for an image or a shard.
func (f *finder) file(name, class string, mode fs.FileMode) int {
	m := f.images
	switch {
	case mode&fs.ModeSymlink != 0:
		m.account.dead.add(name)
	case !mode.IsRegular():
		m.account.special.add(name)
	case isImage(name):
		f.take(item{id: fileID(name[strings.LastIndexByte(name, '/')+1:]), class: class, name: name})
		return 1
	case strings.EqualFold(path.Ext(name), ".tar"):
		f.tar(name)
		return 1
	default:
		m.account.other(name, m.path(name))
	}
	return 0
}

func (f *finder) take(it item) {
	if f.found == 0 {
		f.example = it.name
	}
	f.found++
	if m := f.images; m.wanted == nil || m.wanted(it.id) {
		m.list = append(m.list, it)
	}
}

func (f *finder) tar(name string) {
	f.images.account.shards.add(name)
	f.tars = append(f.tars, f.images.path(name))
}
