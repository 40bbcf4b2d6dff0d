package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"abtool/internal/filetype"
)

// jsonLook is what the beginning of a JSON text tells.
type jsonLook struct {
	isJSON, known, coco, instances bool
	told                           bool // coco is sure; else the keys are those of a header
	form                           form
	keys                           []string // of the first object
}

// lookAtJSON tells form and data set from the first bytes.
func lookAtJSON(head []byte) (j jsonLook) {
	d := trim(head)
	if len(d) == 0 || d[0] != '{' && d[0] != '[' {
		return j
	}
	j.isJSON, j.form = true, formElements
	if d[0] == '{' {
		j.form = formOfObjects(d)
	}
	j.keys = firstKeys(d)
	j.coco, j.told = dataSetIn(d)
	j.known = j.told
	if len(j.keys) > 0 && d[0] == '{' {
		switch j.keys[0] {
		case "info", "images", "licenses", "categories":
			j.instances = true
		case "annotations", "type":
			j.instances = bytes.Contains(d, []byte(`"bbox"`)) && !bytes.Contains(d, []byte(`"mouseTracking"`))
		}
	}
	if !j.known && slices.ContainsFunc(j.keys, func(k string) bool { return k == "annotatorID" || k == "startedAt" || k == "pages" }) {
		j.known = true // a header without annotations
	}
	return j
}

// isLines tells a file of JSON Lines by its name.
func isLines(name string) bool {
	name = strings.TrimSuffix(name, ".gz")
	return strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".ndjson")
}

// formOfObjects tells JSON Lines, also with faulty lines, from objects that spread over lines.
func formOfObjects(d []byte) form {
	d = trim(d)
	first := valueEnd(d)
	if first > 0 {
		rest := bytes.TrimLeft(d[first:], " \t\r")
		if spread := bytes.IndexByte(d[:first], '\n') >= 0; spread && json.Valid(d[:first]) {
			return formValues
		} else if !spread && (len(rest) == 0 || rest[0] == '\n') {
			return formLines
		} else if !spread && rest[0] == '{' {
			return formValues // one behind the other on a line
		}
	}
	// Neither: the first line may be faulty, or the first object larger than what we see. In
	// JSON Lines most lines are whole values; within an object lines end with commas.
	whole, lines := 0, 0
	for line := range bytes.Lines(d) {
		line = trim(line)
		if len(line) == 0 || lines == 1000 {
			continue
		}
		lines++
		if line[0] == '{' && valueEnd(line) == len(line) {
			whole++
		}
	}
	if lines == 1 || 2*whole >= lines {
		return formLines
	}
	return formValues
}

// firstKeys lists the keys of the first object, as far as it can be read.
func firstKeys(d []byte) (keys []string) {
	s := jsonScan{d: d}
	if s.is('[') {
		s.space()
	}
	if !s.is('{') {
		return nil
	}
	for first := true; len(keys) < 12; first = false {
		more, ok := s.next('}', first)
		if !ok || !more {
			return keys
		}
		k, ok := s.key()
		if !ok {
			return keys
		}
		keys = append(keys, string(k))
		if c := s.d; s.p < len(c) && (c[s.p] == '{' || c[s.p] == '[') {
			n := valueEnd(c[s.p:])
			if n < 0 {
				return keys
			}
			s.p += n
		} else if _, ok := s.scalar(); !ok {
			return keys
		}
	}
	return keys
}

// resultsIn returns what a JSON text is that begins with one of COCO's results or captions: these
// name their image as byproducts do, but record nothing that an annotator did. It returns "" for any
// other text.
func resultsIn(d []byte) string {
	for _, k := range []struct{ key, holds string }{{"category_id", "detections"}, {"caption", "captions"}} {
		if bytes.Contains(d, []byte(`"`+k.key+`"`)) && isResult(trim(d), k.key) {
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
	if n := valueEnd(first); n > 0 {
		first = first[:n]
	}
	return !slices.ContainsFunc([]string{"mouseTracking", "actionHistories", "categoryHistories"}, func(list string) bool {
		return bytes.Contains(first, []byte(`"`+list+`"`))
	})
}

// dataSetIn finds the first key that only one data set has.
func dataSetIn(d []byte) (coco, known bool) {
	best := len(d)
	for _, k := range []struct {
		key  string
		coco bool
	}{
		{"actionHistories", true}, {"categoryHistories", true}, {"image_id", true}, {"imageURL", true}, {"timeSpent", true}, {"timeSpend", true},
		{"imageID", false}, {"selectedRecord", false}, {"hoveredRecord", false}, {"imagePosition", false}, {"mousePoint", false}, {"estimateTime", false},
	} {
		if i := bytes.Index(d[:best], []byte(`"`+k.key+`"`)); i >= 0 {
			best, coco, known = i, k.coco, true
		}
	}
	return coco, known
}

// otherFile names the well-known kind of file that data is, in place of annotations; "" for a file
// that is not recognised.
func otherFile(data []byte) string {
	if k := filetype.Of(data[:min(len(data), filetype.HeadBytes)]); len(data) > 0 && k.Name != "" {
		return k.String()
	}
	return ""
}
