package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"time"

	"abtool/collect/storage"
)

// A file is a file of the page.
type file struct {
	body []byte
	kind string
	tag  string
}

func newFile(body []byte, kind string) file {
	sum := sha256.Sum256(body)
	return file{body, kind, `"` + hex.EncodeToString(sum[:8]) + `"`}
}

// readFiles reads the files of the page.
func readFiles(from fs.FS) (map[string]file, error) {
	files := map[string]file{}
	list, err := fs.ReadDir(from, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e.IsDir() {
			continue
		}
		b, err := fs.ReadFile(from, e.Name())
		if err != nil {
			return nil, err
		}
		kind := mime.TypeByExtension(path.Ext(e.Name()))
		switch path.Ext(e.Name()) { // the system's table may say something else
		case ".js":
			kind = "text/javascript; charset=utf-8"
		case ".css":
			kind = "text/css; charset=utf-8"
		case ".html":
			kind = "text/html; charset=utf-8"
		case ".svg":
			kind = "image/svg+xml"
		}
		files[e.Name()] = newFile(b, kind)
	}
	if _, ok := files["index.html"]; !ok {
		return nil, errors.New("the page has no index.html")
	}
	return files, nil
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.tag)
	h.Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}

// index serves the page of the study.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("study") != s.Study.Study.ID {
		s.nowhere(w, r, 404, "no_study", "there is no study %q here; please check the link", r.PathValue("study"))
		return
	}
	s.files["index.html"].serve(w, r)
}

// static serves the other files of the page.
func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	f, ok := s.files[r.PathValue("file")]
	if !ok || r.PathValue("file") == "index.html" {
		refuse(w, 404, "no_file", "there is no such file")
		return
	}
	f.serve(w, r)
}

// image serves the image of a slot, or the picture of an icon. The address is enough to see it: browsers load
// images without a token. It cannot be guessed, and is void once the annotator has left.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	if name, ok := s.iconKeys[key]; ok {
		if err := serveFile(w, r, s.icons, name, key); err != nil {
			s.report(r.Context(), "showing an icon", err)
		}
		return
	}
	page, slot, ok := s.keys.OpenImageKey(s.Study.Study.ID, key)
	if !ok {
		if !s.limits.allow(s.network(s.limits, r)) {
			limited(w)
			return
		}
		refuse(w, 404, "no_image", "there is no such image")
		return
	}
	place, err := s.DB.Slot(r.Context(), page, slot)
	if err != nil {
		if errors.Is(err, storage.ErrUnknown) {
			refuse(w, 404, "no_image", "there is no such image")
			return
		}
		s.failed(w, r, err)
		return
	}
	if err := serveFile(w, r, s.images, place.Path, key); err != nil {
		s.report(r.Context(), "showing an image", err)
	}
}

// serveFile serves a file without its name or date. An error was answered, and says what is wrong with the file.
func serveFile(w http.ResponseWriter, r *http.Request, root *os.Root, name, key string) error {
	f, err := root.Open(name)
	if err != nil {
		refuse(w, 404, "no_image", "the image is not there")
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		refuse(w, 404, "no_image", "the image is not there")
		return errors.Join(err, fmt.Errorf("%s is not a file", name))
	}
	h := w.Header()
	if path.Ext(name) == ".svg" {
		h.Set("Content-Type", "image/svg+xml")
	}
	h.Set("ETag", fmt.Sprintf("%q", key))
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}
