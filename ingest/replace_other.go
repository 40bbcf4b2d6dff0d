//go:build !linux

package ingest

import "errors"

func exchange(_, _ string) error { return errors.ErrUnsupported }
