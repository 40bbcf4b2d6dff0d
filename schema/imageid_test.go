package schema

import "testing"

// All names of an image give the same id.
func TestImageID(t *testing.T) {
	for name, want := range map[string]string{
		"n01440764_105":                       "n01440764_105",
		"n01440764/n01440764_105":             "n01440764_105",
		"n01440764_105.JPEG":                  "n01440764_105",
		"n01440764_105.jpg":                   "n01440764_105",
		"n01440764_105.TIFF":                  "n01440764_105",
		"n01440764_105.WebP":                  "n01440764_105",
		"/data/train/n01440764_105.JPEG":      "n01440764_105",
		`D:\imagenet\train\n01440764_105.png`: "n01440764_105",
		"https://example.org/a/n01440764_105.jpg?size=1&f=/x.png": "n01440764_105",
		"photo.of.me":      "photo.of.me",
		"photo.of.me.jpg":  "photo.of.me",
		"photo.jpg.jpg":    "photo.jpg",
		"n01440764_105.v2": "n01440764_105.v2",
		"%s":               "",
		"train/%s":         "",
		"%s.JPEG":          "",
		"train/":           "",
		".jpg":             "",
		"?x=1":             "",
		"":                 "",
	} {
		if got := ImageID(name); got != want {
			t.Errorf("ImageID(%q) is %q, want %q", name, got, want)
		}
	}
}

// An id is its own id: reading it a second time changes nothing.
func FuzzImageID(f *testing.F) {
	f.Add("a/b.jpg")
	f.Add(`a\b.c?d`)
	f.Fuzz(func(t *testing.T, name string) {
		id := ImageID(name)
		if _, ends := CutImageExtension(id); !ends && ImageID(id) != id {
			t.Errorf("ImageID(%q) is %q, whose id is %q", name, id, ImageID(id))
		}
	})
}
