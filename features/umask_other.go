//go:build !unix

package features

import "io/fs"

func umask() fs.FileMode { return 0 }
