package features

import (
	"errors"
	"fmt"
)

// ErrUsage is wrapped by the errors for options that cannot be: wrong names, ranges, formats.
var ErrUsage = errors.New("wrong use")

// ErrExists is wrapped by the error for an output that is there already.
var ErrExists = errors.New("is there already")

type usageError struct{ text string }

func (e usageError) Error() string        { return e.text }
func (e usageError) Is(target error) bool { return target == ErrUsage }

func usage(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }
