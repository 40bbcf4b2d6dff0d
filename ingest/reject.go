package ingest

import (
	"fmt"
	"strconv"
	"strings"

	"abtool/schema"
)

// fault is a reason with its explanation, as a record reader returns it.
type fault struct {
	reason schema.Reason
	detail string
}

func faultf(r schema.Reason, format string, args ...any) *fault {
	return &fault{r, fmt.Sprintf(format, args...)}
}

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
