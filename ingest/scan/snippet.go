package scan

import (
	"strconv"
	"strings"
)

// SnippetBytes is the largest number of bytes that a snippet shows.
const SnippetBytes = 80

// Snippet returns the first bytes of b as text. Bytes that are not printable ASCII, and backslashes, are
// escaped.
func Snippet(b []byte) string {
	more := ""
	if len(b) > SnippetBytes {
		b, more = b[:SnippetBytes], "..."
	}
	q := strconv.QuoteToASCII(string(b))
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + more
}
