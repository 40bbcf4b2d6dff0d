package decode

import (
	"fmt"

	"abtool/schema"
)

// Fault is a reason with its explanation, as a record reader returns it.
type Fault struct {
	Reason schema.Reason
	Detail string
}

func Faultf(r schema.Reason, format string, args ...any) *Fault {
	return &Fault{r, fmt.Sprintf(format, args...)}
}
