package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"abtool/collect/storage"
)

// answer writes an answer in JSON.
func answer(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		status, b = 500, []byte(`{"error": "the answer could not be made", "code": "internal"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)+1))
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}

// refuse writes an error: a code for programs and a sentence for people.
func refuse(w http.ResponseWriter, status int, code, format string, args ...any) {
	answer(w, status, map[string]any{"error": fmt.Sprintf(format, args...), "code": code})
}

// later asks the client to repeat the request.
func later(w http.ResponseWriter, code, format string, args ...any) {
	w.Header().Set("Retry-After", "5")
	refuse(w, http.StatusServiceUnavailable, code, format, args...)
}

// failed answers an error of the database.
func (s *Server) failed(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, storage.ErrUnknown):
		refuse(w, 404, "unknown", "there is no such page or assignment, or it is somebody else's")
	case errors.Is(err, storage.ErrTooMuch):
		refuse(w, 413, "too_much", "a page has at most %d chunks, %d events and %d MB", storage.MaxChunks, storage.MaxEvents, storage.MaxBytes>>20)
	case errors.Is(err, storage.ErrWithdrawn):
		refuse(w, 410, "withdrawn", "you have withdrawn; nothing more is stored")
	case errors.Is(err, storage.ErrStart):
		refuse(w, 409, "other_start", "the first chunk of this attempt said that it began at another time")
	case errors.Is(err, storage.ErrEnded):
		refuse(w, 409, "ended", "the attempt was submitted without this chunk")
	case errors.Is(err, storage.ErrElsewhere):
		refuse(w, 409, "elsewhere", "you are at work on another device or in another window")
	case errors.Is(err, storage.ErrState):
		refuse(w, 409, "no_consent", "you have not agreed to take part")
	default:
		if s.Log != nil && r.Context().Err() == nil {
			s.Log.Error("database", "route", r.Pattern, "error", err)
		}
		later(w, "not_stored", "this could not be stored; please send it again")
	}
}

// read reads a body in JSON. It refuses unknown keys, and anything after the value.
func read(w http.ResponseWriter, r *http.Request, limit int64, to any) bool {
	body, ok := bytesOf(w, r, limit)
	if !ok {
		return false
	}
	if !utf8.Valid(body) { // PostgreSQL would not take it
		refuse(w, 400, "bad_json", "the body is not UTF-8")
		return false
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	err := d.Decode(to)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	if err != nil {
		refuse(w, 400, "bad_json", "the body is not what this route takes: %v", err)
		return false
	}
	return true
}

// isText reports whether PostgreSQL takes a text.
func isText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// bytesOf reads a body of limited size.
func bytesOf(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close")
		refuse(w, 413, "too_large", "the body has %d bytes; at most %d are taken", r.ContentLength, limit)
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		refuse(w, 413, "too_large", "the body has more than %d bytes", limit)
		return nil, false
	}
	if err != nil {
		refuse(w, 400, "bad_body", "the body could not be read")
		return nil, false
	}
	return body, true
}
