//go:build !linux

package replace

import "errors"

func exchange(_, _ string) error { return errors.ErrUnsupported }
