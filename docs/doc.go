// Package docs has the documentation. Its tests follow the links and list the program's errors.
package docs

import "embed"

// Cookbook has the pages of the cookbook, which the explorer lists.
//
//go:embed guide/cookbook/*.md
var Cookbook embed.FS
