package compat

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// ImageNetCode is the code that ImageNet-AB's front end shows to everybody: its authors masked how theirs was made.
const ImageNetCode = "FFFFFF"

// COCOCode returns the code that COCO-AB's front end shows at the end: a hash of what the address says, which the
// worker knows as well. It proves nothing.
func COCOCode(hit, worker, assignment string) string {
	hash := int32(0)
	for _, unit := range utf16.Encode([]rune(hit + "-" + worker + "-" + assignment)) {
		hash = hash<<5 - hash + int32(unit)
	}
	text := strconv.FormatInt(int64(hash)+0xffffff, 16)
	return strings.ToUpper(text[max(len(text)-6, 0):])
}
