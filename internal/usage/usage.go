// Package usage is the error of wrong use: of options, arguments and names that cannot be. A command that
// ends with it has exit code 2.
package usage

import (
	"errors"
	"fmt"
)

type wrong struct{ error }

func (w wrong) Unwrap() error { return w.error }

// Errorf returns the error of wrong use with the text that fmt.Errorf makes.
func Errorf(format string, args ...any) error { return wrong{fmt.Errorf(format, args...)} }

// Error returns err as wrong use, nil if it is nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	return wrong{err}
}

// Is reports whether an error is, or wraps, wrong use.
func Is(err error) bool {
	var w wrong
	return errors.As(err, &w)
}
