// Package compat answers the original front ends of ImageNet-AB and COCO-AB, whose back ends were not published.
//
// The front ends name themselves a worker, choose the id of their annotation, and believe what the address says.
// Everything that they send is stored as it comes, and counts by the rules of [storage.DB.CompatPage]. The guide
// collect-compat says what such a record is worth.
package compat

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"abtool/collect"
	"abtool/collect/storage"
)

// A Host is the server that the routes are part of.
type Host interface {
	// Allow reports whether the network of a request may send another one; AllowNote whether it may send something
	// that belongs to nobody. They answer the request otherwise.
	Allow(http.ResponseWriter, *http.Request) bool
	AllowNote(http.ResponseWriter, *http.Request) bool
	// Roomy reports whether the disk has room, for new work or for what is finished. It answers the request otherwise.
	Roomy(w http.ResponseWriter, work bool) bool
	// Read reads a body of limited size. It answers the request if that fails.
	Read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool)
	Answer(w http.ResponseWriter, status int, body any)
	Refuse(w http.ResponseWriter, status int, code, format string, args ...any)
	Busy(http.ResponseWriter)
	Failed(http.ResponseWriter, *http.Request, error) // answers an error of the database
	Image(w http.ResponseWriter, r *http.Request, path, tag string)
	Secure(*http.Request) bool // reports whether the browser used TLS
	Now() int64
	NewID() string
}

// A Front answers the front end of a study's task.
type Front struct {
	Host
	Study      *collect.Study
	DB         *storage.DB
	Identities *storage.Identities
	Keys       collect.Keys
	UI         fs.FS // a built front end; nil: none is served

	reading atomic.Int64 // bytes of bodies that are being read
}

// maxReading is the largest size of bodies that are read at a time.
const maxReading = 256 << 20

// Routes adds the routes of the front end.
func (f *Front) Routes(m *http.ServeMux) {
	base := "/api/" + f.kind() + "/{set}"
	add := func(method, path string, h http.HandlerFunc) {
		m.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
			f.share(w, r)
			if set := r.PathValue("set"); set != "" && !f.isSet(set) {
				f.Refuse(w, 404, "no_study", "there is no data set %q here: it is %s, or begins with %s-", set, f.Study.Study.ID, f.Study.Study.ID)
				return
			}
			h(w, r)
		})
	}
	add("GET", base+"/images/{hit}/{page}/{slot}/{key}/{name}", f.image)
	add("GET", base+"/hits/{hit}", f.limited(f.hit))
	add("GET", base+"/hits/{hit}/annotations", f.limited(f.search))
	add("POST", base+"/hits/{hit}/annotations", f.limited(f.header))
	add("PUT", base+"/annotations/{annotation}", f.limited(f.page))
	if f.Study.Task.Kind == collect.Browse {
		add("GET", "/api/classes", f.limited(f.classes))
		add("GET", "/api/classes/{class}/images", f.limited(f.classImages))
		add("POST", "/api/annotations", f.limited(f.free))
		m.HandleFunc("OPTIONS /api/annotations", f.preflight)
		m.HandleFunc("OPTIONS /api/classes/", f.preflight)
	}
	m.HandleFunc("OPTIONS /api/"+f.kind()+"/", f.preflight)
	if f.UI != nil {
		m.HandleFunc("GET /", f.files)
	}
}

// kind returns the name of the front end in addresses.
func (f *Front) kind() string {
	if f.Study.Task.Kind == collect.Tag {
		return "coco"
	}
	return "imagenet"
}

// isSet reports whether a front end may know the study under a name. One worker can do one HIT under each name.
func (f *Front) isSet(name string) bool {
	id := f.Study.Study.ID
	return name == id || strings.HasPrefix(name, id+"-") && len(name) <= 100
}

// limited limits the requests of a network.
func (f *Front) limited(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if f.Allow(w, r) {
			next(w, r)
		}
	}
}

// share lets the front ends of other origins that study.toml names read the answers.
func (f *Front) share(w http.ResponseWriter, r *http.Request) (shared bool) {
	h := w.Header()
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(f.Study.Compat.Origins, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	return true
}

// preflight answers what a browser asks before a front end of another origin may send a request.
func (f *Front) preflight(w http.ResponseWriter, r *http.Request) {
	if !f.share(w, r) {
		f.Refuse(w, 403, "bad_origin", "front ends of this origin are not allowed; [compat] origins in study.toml names those that are")
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT")
	h.Set("Access-Control-Allow-Headers", "content-type, authorization, x-amz-date, x-amz-security-token, x-api-key")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// body reads the body of a request, which is JSON.
func (f *Front) body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	size := r.ContentLength
	if size < 0 || size > limit {
		size = limit
	}
	if f.reading.Add(size) > maxReading {
		f.reading.Add(-size)
		f.Busy(w)
		return nil, false
	}
	defer f.reading.Add(-size)
	b, ok := f.Read(w, r, limit)
	if ok && (!utf8.Valid(b) || !json.Valid(b)) {
		f.Refuse(w, 400, "bad_json", "the body is not JSON")
		return nil, false
	}
	return b, ok
}
