package decode

import (
	"bytes"

	"abtool/schema"
)

// imageIDIn returns the image id in a name, or an empty id if the name does not have one (R3).
func imageIDIn(name []byte) []byte {
	if !bytes.ContainsAny(name, `/\?.%`) {
		return name
	}
	if i := bytes.LastIndexByte(name, '/'); !bytes.ContainsAny(name[i+1:], `\?.%`) && bytes.IndexByte(name, '?') < 0 {
		return name[i+1:]
	}
	return []byte(schema.ImageID(string(name)))
}

// classIn returns the class in the name of an image, or nil. The class is the folder. In a longer path the
// folder may have another meaning, so if it is not a WordNet id, the WordNet id at the beginning of the image
// id goes before it.
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

// prefixClass returns the WordNet id that an image id begins with, or nil.
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
