package features

import "errors"

// ErrExists is wrapped by the error for an output that is there already.
var ErrExists = errors.New("is there already")
