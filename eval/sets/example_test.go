package sets_test

import (
	"fmt"
	"os"
	"path/filepath"

	"abtool/eval/classes"
	"abtool/eval/sets"
)

// The folders of ImageNet-V2 have the numbers of the classes as names.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "v2")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"2/a.jpeg", "10/a.jpeg"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			panic(err)
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			panic(err)
		}
	}
	c, err := sets.Open([]string{"v2=" + dir}, classes.ImageNet())
	if err != nil {
		panic(err)
	}
	for _, im := range c.Sets[0].Images {
		fmt.Println(im.Path(), im.Labels)
	}
	fmt.Println(c.Sets[0].Notes[0])
	// Output:
	// 10/a.jpeg [10]
	// 2/a.jpeg [2]
	// expected 10,000 images, found 2
}
