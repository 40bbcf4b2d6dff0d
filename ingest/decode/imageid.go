package decode

import (
	"bytes"

	"abtool/schema"
)

// imageIDIn returns the image id within a name, empty for a name of no image (R3).
func imageIDIn(name []byte) []byte {
	if !bytes.ContainsAny(name, `/\?.%`) {
		return name
	}
	if i := bytes.LastIndexByte(name, '/'); !bytes.ContainsAny(name[i+1:], `\?.%`) && bytes.IndexByte(name, '?') < 0 {
		return name[i+1:]
	}
	return []byte(schema.ImageID(string(name)))
}

// classIn returns the class within the name of an image: its folder, nil if the name has none. In a
// longer path that folder may be any, so the WordNet id that the image's own id begins with goes first.
func classIn(name []byte) []byte {
	if i := bytes.IndexByte(name, '?'); i >= 0 {
		name = name[:i]
	}
	end := bytes.LastIndexAny(name, `/\`)
	if end <= 0 {
		return nil
	}
	start := bytes.LastIndexAny(name[:end], `/\`) + 1
	folder := name[start:end]
	if start == 0 && folder[end-1] != ':' {
		return folder
	}
	if class := prefixClass(imageIDIn(name)); class != nil && !isWordNetID(folder) {
		return class
	}
	if len(folder) == 0 || folder[len(folder)-1] == ':' || start >= 2 && name[start-2] == '/' { // a drive, a host
		return nil
	}
	return folder
}

// prefixClass is the WordNet id that an image id begins with, nil if it does not.
func prefixClass(id []byte) []byte {
	if len(id) < 10 || id[9] != '_' || !isWordNetID(id[:9]) {
		return nil
	}
	return id[:9]
}

// isWordNetID reports whether a name has the form of n01440764.
func isWordNetID(name []byte) bool {
	if len(name) != 9 || name[0] != 'n' {
		return false
	}
	for _, c := range name[1:] {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}
