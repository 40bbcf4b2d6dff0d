package ingest

import (
	"fmt"

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
