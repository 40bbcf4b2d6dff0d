package imagefile

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"abtool/internal/filetype"
)

// readShards lists the images of WebDataset shards. Members with the same key belong together; a key is the
// name up to the first dot of its last part. A .cls member has the class as digits.
func (m *Images) readShards(paths []string) error {
	slices.Sort(paths)
	found := 0
	members := account{}
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		m.shards = append(m.shards, f)
		s := shard{images: m, file: f, members: &members, classes: map[string]string{}, first: len(m.list)}
		if err := s.read(); err != nil {
			return fmt.Errorf("reading the shard %s: %w", p, err)
		}
		found += s.found
	}
	if found == 0 {
		text := members.otherFiles()
		if text == "" {
			text = "they are empty"
		}
		return fmt.Errorf("the shards of %s hold no images: %s", m.Place, text)
	}
	return nil
}

// A shard is a shard that is being listed.
type shard struct {
	images  *Images
	file    *os.File
	members *account          // members that are not images
	classes map[string]string // by image id
	first   int               // index of the shard's first image
	found   int               // number of images, wanted or not
}

// read lists the members. Concatenated archives are one shard.
func (s *shard) read() error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	for at := int64(0); at < info.Size(); {
		if _, err := s.file.Seek(at, io.SeekStart); err != nil {
			return err
		}
		if err := s.archive(); err != nil {
			return s.refused(err, at)
		}
		if at, err = s.next(info.Size()); err != nil {
			return err
		}
	}
	for i := s.first; i < len(s.images.list); i++ {
		it := &s.images.list[i]
		it.class = s.classes[it.id]
	}
	return nil
}

// refused returns the error for an archive that cannot be read. For the first archive of a file it says
// what the file is.
func (s *shard) refused(err error, at int64) error {
	if kind := filetype.OfFile(s.file.Name()); at == 0 && kind.Name != "" && kind.Name != tarName {
		return fmt.Errorf("it is %s", kind)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends too early (%w): get it again", err)
	}
	return err
}

// archive lists the members of an archive from the current position of the file on.
func (s *shard) archive() error {
	r := tar.NewReader(s.file)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.member(h, r); err != nil {
			return err
		}
	}
}

// member adds an image or a class, or counts another member.
func (s *shard) member(h *tar.Header, r io.Reader) error {
	m, base := s.images, path.Base(h.Name)
	key, _, _ := strings.Cut(base, ".")
	switch {
	case hidden(base) || h.Typeflag == tar.TypeDir:
	case h.Typeflag == tar.TypeLink || h.Typeflag == tar.TypeSymlink:
		m.account.members.add(s.file.Name() + ":" + h.Name)
	case h.Typeflag != tar.TypeReg:
	case isImage(base):
		s.found++
		id := fileID(key + path.Ext(base))
		if m.wanted != nil && !m.wanted(id) {
			return nil
		}
		offset, err := s.file.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		m.list = append(m.list, item{id: id, name: h.Name, shard: int32(len(m.shards) - 1), offset: offset,
			size: h.Size})
	case strings.HasSuffix(base, ".cls") && h.Size < 256:
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		s.classes[fileID(key+".jpg")] = strings.TrimSpace(string(text))
	default:
		s.members.other(h.Name, "")
		if foreign(base) {
			m.account.other(path.Base(s.file.Name())+":"+h.Name, "")
		}
	}
	return nil
}

// foreignEndings are extensions of image formats that cannot be read.
var foreignEndings = []string{".avif", ".heic", ".heif", ".jxl", ".jp2", ".ppm", ".pgm", ".npy", ".psd"}

// foreign reports whether a name has the extension of an image format that cannot be read.
func foreign(name string) bool {
	return slices.Contains(foreignEndings, strings.ToLower(path.Ext(name)))
}

// next returns where another archive begins after the end of one, or the size of the file if no other follows.
// Zeros pad the end of an archive.
func (s *shard) next(size int64) (int64, error) {
	at, err := s.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	const block = 512
	buffer := make([]byte, 128*block)
	for at < size {
		n, err := io.ReadFull(s.file, buffer[:min(int64(len(buffer)), size-at)])
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		rest := bytes.TrimLeft(buffer[:n], "\x00")
		if len(rest) == 0 {
			at += int64(n)
			continue
		}
		at += int64(n-len(rest)) / block * block
		if _, err := tar.NewReader(io.NewSectionReader(s.file, at, size-at)).Next(); err == nil {
			return at, nil
		}
		s.images.account.after.add(fmt.Sprintf("%s at byte %d", s.file.Name(), at))
		return size, nil
	}
	return size, nil
}
