package decode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"abtool/ingest/scan"
	"abtool/internal/filetype"
)

// Look says what the beginning of a JSON text shows.
type Look struct {
	IsJSON, Known, Instances bool
	Set                      Set // zero if the keys belong to a header, or are not known
	Form                     Form
	Keys                     []string // of the first object
}

// LookAtJSON recognises the form and the data set of a JSON text by its first bytes.
func LookAtJSON(head []byte) (j Look) {
	d := scan.Trim(head)
	if len(d) == 0 || d[0] != '{' && d[0] != '[' {
		return j
	}
	j.IsJSON, j.Form = true, Elements
	if d[0] == '{' {
		j.Form = formOfObjects(d)
	}
	j.Keys = firstKeys(d)
	j.Set = DataSetIn(d)
	j.Known = j.Set != 0
	if len(j.Keys) > 0 && d[0] == '{' {
		switch j.Keys[0] {
		case "info", "images", "licenses", "categories":
			j.Instances = true
		case "annotations", "type":
			j.Instances = bytes.Contains(d, []byte(`"bbox"`)) && !bytes.Contains(d, []byte(`"mouseTracking"`))
		}
	}
	if !j.Known && slices.ContainsFunc(j.Keys, func(k string) bool { return k == "annotatorID" || k == "startedAt" || k == "pages" }) {
		j.Known = true // a header without annotations
	}
	return j
}

// IsLines reports whether a file has the name of JSON Lines.
func IsLines(name string) bool {
	name = strings.TrimSuffix(name, ".gz")
	return strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".ndjson")
}

// formOfObjects returns Lines for JSON Lines, even if some lines are faulty, and Values for objects that
// spread over lines.
func formOfObjects(d []byte) Form {
	d = scan.Trim(d)
	first := scan.ValueEnd(d)
	if first > 0 {
		rest := bytes.TrimLeft(d[first:], " \t\r")
		if spread := bytes.IndexByte(d[:first], '\n') >= 0; spread && json.Valid(d[:first]) {
			return Values
		} else if !spread && (len(rest) == 0 || rest[0] == '\n') {
			return Lines
		} else if !spread && rest[0] == '{' {
			return Values // several on a line
		}
	}
	// The first line may be faulty, or the first object may not end in d. In JSON Lines most lines are whole
	// values. Lines within an object end with commas.
	whole, lines := 0, 0
	for line := range bytes.Lines(d) {
		line = scan.Trim(line)
		if len(line) == 0 || lines == 1000 {
			continue
		}
		lines++
		if line[0] == '{' && scan.ValueEnd(line) == len(line) {
			whole++
		}
	}
	if lines == 1 || 2*whole >= lines {
		return Lines
	}
	return Values
}

// firstKeys returns the keys of the first object, as far as it can be read, and at most 12.
func firstKeys(d []byte) (keys []string) {
	s := scan.Scanner{Data: d}
	if s.Is('[') {
		s.Space()
	}
	if !s.Is('{') {
		return nil
	}
	for first := true; len(keys) < 12; first = false {
		more, ok := s.Next('}', first)
		if !ok || !more {
			return keys
		}
		k, ok := s.Key()
		if !ok {
			return keys
		}
		keys = append(keys, string(k))
		if c := s.Data; s.Pos < len(c) && (c[s.Pos] == '{' || c[s.Pos] == '[') {
			n := scan.ValueEnd(c[s.Pos:])
			if n < 0 {
				return keys
			}
			s.Pos += n
		} else if _, ok := s.Value(); !ok {
			return keys
		}
	}
	return keys
}

// ResultsIn returns words for a JSON text that begins with a result or a caption of COCO, or "" for any other
// text. Results and captions name their image as byproducts do, but do not record what an annotator did.
func ResultsIn(d []byte) string {
	for _, k := range []struct{ key, holds string }{{"category_id", "detections"}, {"caption", "captions"}} {
		if bytes.Contains(d, []byte(`"`+k.key+`"`)) && isResult(scan.Trim(d), k.key) {
			return fmt.Sprintf("COCO %s (image_id with %s), without actionHistories, categoryHistories or mouseTracking: "+
				"give the annotators' byproducts here, and ground truth as instances_*.json with --instances", k.holds, k.key)
		}
	}
	return ""
}

// isResult reports whether the first object of d has an image_id and the key, and no list of events.
func isResult(d []byte, key string) bool {
	keys := firstKeys(d)
	if !slices.Contains(keys, "image_id") || !slices.Contains(keys, key) {
		return false
	}
	first := bytes.TrimLeft(d, "[ \t\r\n")
	if n := scan.ValueEnd(first); n > 0 {
		first = first[:n]
	}
	return !slices.ContainsFunc([]string{"mouseTracking", "actionHistories", "categoryHistories"}, func(list string) bool {
		return bytes.Contains(first, []byte(`"`+list+`"`))
	})
}

// DataSetIn returns the data set of the first key in a text that only one data set has. It returns zero if
// the text has no such key.
func DataSetIn(d []byte) (set Set) {
	best := len(d)
	for i := range keys {
		k := &keys[i]
		if !k.showsIn(inText) {
			continue
		}
		if at := bytes.Index(d[:best], []byte(`"`+k.name+`"`)); at >= 0 {
			best, set = at, ImageNet
			if k.sets.has(COCO) {
				set = COCO
			}
		}
	}
	return set
}

// otherFile returns the kind of a file that was found in place of annotations, or "" if it is not recognised.
func otherFile(data []byte) string {
	if k := filetype.Of(data[:min(len(data), filetype.HeadBytes)]); len(data) > 0 && k.Name != "" {
		return k.String()
	}
	return ""
}
