package schema

import (
	"slices"
	"strings"
)

// ImageExtensions are the extensions of image files, in lower case and with the point. ImageID removes them,
// and folders are searched for files that have them.
var ImageExtensions = []string{".jpeg", ".jpg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"}

// ImageID returns the image id within a name: "n01440764_105" for "n01440764_105", "n01440764/n01440764_105",
// `D:\train\n01440764_105.JPEG` and "https://example.org/n01440764_105.jpg?size=1". It takes the part after
// the last / or \, without a query and without the extension of an image (definition R3). It returns "" if
// nothing is left of the name, and for a template such as "%s", which names no image.
func ImageID(name string) string {
	if i := strings.IndexByte(name, '?'); i >= 0 {
		name = name[:i]
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if strings.Contains(name, "%s") {
		return ""
	}
	stem, _ := CutImageExtension(name)
	return stem
}

// CutImageExtension returns a file name without the extension of an image, and whether it had one. Case is
// ignored.
func CutImageExtension(name string) (stem string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 || len(name)-i > len(".jpeg") || !slices.Contains(ImageExtensions, strings.ToLower(name[i:])) {
		return name, false
	}
	return name[:i], true
}
