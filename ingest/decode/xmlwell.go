package decode

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"

	"abtool/ingest/scan"
	"abtool/schema"
)

// encoding/xml accepts files that are not well-formed XML. The functions here find what it lets pass: faulty
// declarations, characters and character references that XML does not allow, and attributes without space.

// encodingError is the error for a declared encoding other than UTF-8.
type encodingError string

func (e encodingError) Error() string { return "encoding " + string(e) }

// spelled returns a name as the file has it, with its prefix.
func spelled(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

var declaration = regexp.MustCompile(`^<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')` +
	`(?:\s+encoding\s*=\s*(?:"([A-Za-z][-A-Za-z0-9._]*)"|'([A-Za-z][-A-Za-z0-9._]*)'))?` +
	`(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>$`)

// checkInstruction returns a fault for an XML declaration that is not at the very beginning or does not
// follow the standard, and for an encoding that encoding/xml overlooks.
func checkInstruction(t xml.ProcInst, raw []byte, first bool) *Fault {
	if !strings.EqualFold(t.Target, "xml") {
		if rest := raw[len("<?")+len(t.Target):]; !bytes.HasPrefix(rest, []byte("?>")) && !scan.IsSpace(rest[0]) {
			return Faultf(schema.Malformed, "a processing instruction without space after %s", t.Target)
		}
		return nil
	}
	m := declaration.FindSubmatch(raw)
	if !first || m == nil {
		return Faultf(schema.Malformed, "a faulty XML declaration, or one that is not at the beginning")
	}
	if enc := string(m[1]) + string(m[2]); enc != "" && !strings.EqualFold(enc, "utf-8") {
		return Faultf(schema.NotUTF8, "declared encoding %s", enc)
	}
	return nil
}

// badChar returns the place of the first character that XML does not allow, or -1. The data are UTF-8.
func badChar(data []byte) int {
	for i, c := range data {
		if c < ' ' && !scan.IsSpace(c) || c == 0xef && len(data)-i > 2 && data[i+1] == 0xbf && data[i+2] >= 0xbe {
			return i
		}
	}
	return -1
}

// badReference reports whether a text has a reference to a number that is not a character. encoding/xml
// replaces such references.
func badReference(raw []byte) bool {
	for {
		i := bytes.Index(raw, []byte("&#"))
		if i < 0 {
			return false
		}
		raw = raw[i+2:]
		digits, base := raw[:max(0, bytes.IndexByte(raw, ';'))], 10
		if bytes.HasPrefix(digits, []byte{'x'}) {
			digits, base = digits[1:], 16
		}
		v, err := strconv.ParseUint(string(digits), base, 32)
		if err != nil || v >= 0xd800 && v < 0xe000 {
			return true
		}
	}
}

// spacedAttributes reports whether all attributes of a tag have white space before them.
func spacedAttributes(tag []byte) bool {
	quote := byte(0)
	for i, c := range tag {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
			if next := tag[i+1]; !scan.IsSpace(next) && next != '/' && next != '>' {
				return false
			}
		}
	}
	return true
}
