package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"abtool/ingest/decode"
	"abtool/ingest/scan"
	"abtool/ingest/study"
	"abtool/store"
)

// folder walks through the files of a folder and its subfolders, in the order of names. It follows links
// and skips stores, studies and hidden folders.
type folder struct {
	name  string // for errors
	file  func(path, rel string) error
	other func() // called for files that cannot be input, such as pipes and the truth of a simulation; may be nil
}

// walk walks through dir. within has the folders around it, so that a link to one of them is not followed.
func (w *folder) walk(ctx context.Context, dir, rel string, within []fs.FileInfo) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("reading %s: %w", w.name, err)
	}
	for _, above := range within {
		if os.SameFile(above, info) {
			return nil
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, store.File)); err == nil {
		return nil // a store of abtool's
	}
	if study.Is(dir) {
		return nil // a study, which is a source when it is given
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading %s: %w", w.name, err)
	}
	truth := isTruth(entries)
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		path, name := filepath.Join(dir, e.Name()), filepath.ToSlash(filepath.Join(rel, e.Name()))
		mode := e.Type()
		if mode&fs.ModeSymlink != 0 {
			if info, err := os.Stat(path); err == nil {
				mode = info.Mode().Type()
			}
		}
		switch {
		case mode.IsDir() && strings.HasPrefix(e.Name(), "."):
		case mode.IsDir():
			err = w.walk(ctx, path, name, append(within, info))
		case truth || !mode.IsRegular() && mode&fs.ModeSymlink == 0: // the truth of a simulation, a pipe or a socket
			if w.other != nil {
				w.other()
			}
		default:
			err = w.file(path, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isTruth reports whether a folder is the one in which abtool synth writes the truth of a simulation, which
// is not annotations although its lines have keys that records have too.
func isTruth(entries []fs.DirEntry) bool {
	found := 0
	for _, e := range entries {
		switch e.Name() {
		case "workers.jsonl", "images.jsonl", "damage.jsonl":
			found++
		}
	}
	return found == 3
}

// Parts returns the archives in a folder, and COCO's instances_*.json, each as a separate source. It
// recognises them by their names and then by their content. It leaves out files that were given as sources
// themselves.
func (s *Source) Parts(ctx context.Context, given []fs.FileInfo) (parts []*Source, err error) {
	if s.Role == Instances || s.Study {
		return nil, nil
	}
	s.Apart = map[string]bool{}
	w := folder{name: s.Name, file: func(path, rel string) error {
		if !s.maybePart(rel) {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil // a link whose target is missing: reading the folder reports it
		}
		for _, g := range given {
			if os.SameFile(g, info) {
				s.Apart[path] = true
				return nil
			}
		}
		role, ok := s.lookAtPart(ctx, path)
		if !ok {
			return nil
		}
		p, err := New(path, s.as, role)
		if err != nil {
			return err
		}
		p.Name = s.Name + "/" + rel
		s.Apart[path] = true
		parts = append(parts, p)
		return nil
	}}
	return parts, w.walk(ctx, s.Path, "", nil)
}

// maybePart reports whether a file of this name can be a separate source.
func (s *Source) maybePart(name string) bool {
	base := strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	plain := strings.TrimSuffix(base, ".gz")
	switch {
	case strings.HasPrefix(base, "._"):
		return false
	case strings.HasSuffix(plain, ".tar"), strings.HasSuffix(plain, ".tgz"):
		return true
	}
	return s.Role == Byproducts && strings.HasPrefix(plain, "instances_") && strings.HasSuffix(plain, ".json")
}

// lookAtPart reports by the beginning of a file whether it is a separate source, and in which role. An
// archive is one if its first members include a file of records. If its first files have boxes but no
// metadata, it is ground truth.
func (s *Source) lookAtPart(ctx context.Context, path string) (Role, bool) {
	probe := &Source{Name: path, digest: sha256.New()}
	st, err := probe.openStream(ctx, path, nil)
	if err != nil {
		return s.Role, true // reading it reports what is wrong
	}
	defer st.Close()
	head, err := st.Peek(peekBytes)
	if err != nil && err != io.EOF && len(head) < block {
		return s.Role, true
	}
	if !isTar(head) && isTarArchive(head) {
		return s.Role, true
	}
	if !isTar(head) {
		j := decode.LookAtJSON(bytes.TrimPrefix(head, scan.BOM))
		return Instances, s.Role == Byproducts && j.Instances
	}
	found, json := false, false
	for rest := head; ; {
		e, need, end, err := parseTar(rest)
		if err != nil || end || need > 0 {
			break
		}
		if e.regular && s.holdsRecords(e.name) {
			found = true
			json = json || !strings.HasSuffix(strings.ToLower(e.name), ".xml")
		}
		if e.total() > int64(len(rest)) {
			break
		}
		rest = rest[e.total():]
	}
	if found && !json && bytes.Contains(head, []byte("<bndbox")) && !bytes.Contains(head, []byte("<metadata")) {
		return Boxes, true
	}
	return s.Role, found
}
