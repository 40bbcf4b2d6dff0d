package compat

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// policy lets a built front end run, and ask nobody else than this server and those that study.toml names for pictures.
const policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: PICTURES; " +
	"font-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

// files serves a built front end. Addresses that are not of its files get its index.html.
func (f *Front) files(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	text, err := fs.ReadFile(f.UI, name)
	if err != nil && path.Ext(name) == "" {
		name = "index.html"
		text, err = fs.ReadFile(f.UI, name)
	}
	if err != nil {
		f.Refuse(w, 404, "no_file", "there is no such file")
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Replace(policy, "PICTURES", strings.Join(f.Study.Compat.Pictures, " "), 1))
	if len(f.Study.Compat.Pictures) > 0 { // which need not say that others may show them
		h.Del("Cross-Origin-Embedder-Policy")
	}
	h.Set("Cache-Control", "no-cache")
	if path.Ext(name) == ".js" { // the system's table may say something else
		h.Set("Content-Type", "text/javascript; charset=utf-8")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(text))
}
