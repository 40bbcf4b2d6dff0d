package filetype_test

import (
	"fmt"

	"abtool/internal/filetype"
)

func ExampleOf() {
	fmt.Println("w.pth is", filetype.Of([]byte("PK\x03\x04")))
	// Output:
	// w.pth is a zip archive: unpack it and give the folder
}
