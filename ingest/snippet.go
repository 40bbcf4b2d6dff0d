package ingest

import (
	"strconv"
	"strings"
)

const snippetBytes = 80

// snippet shows the first bytes of b; what is not printable ASCII, and backslashes, are escaped.
func snippet(b []byte) string {
	more := ""
	if len(b) > snippetBytes {
		b, more = b[:snippetBytes], "..."
	}
	q := strconv.QuoteToASCII(string(b))
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + more
}
