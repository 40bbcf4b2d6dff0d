// Package usage has the error for wrong use of options, arguments and names. A command that ends with it
// has exit code 2.
package usage

import (
	"errors"
	"fmt"
)

type wrong struct{ error }

func (w wrong) Unwrap() error { return w.error }

// Errorf returns an error of wrong use with the text of fmt.Errorf.
func Errorf(format string, args ...any) error { return wrong{fmt.Errorf(format, args...)} }

// Error marks err as wrong use. It returns nil if err is nil.
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
