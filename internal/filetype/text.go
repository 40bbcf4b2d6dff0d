package filetype

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"
)

// ReadText returns a text file that people write, such as a recipe or a query, without a byte-order mark.
// The error says so if the path is a folder, if the file is of another kind, or if the text is not UTF-8;
// other errors come from os.ReadFile.
func ReadText(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: give a file", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(text) > 0 {
		if err := Check(path, text); err != nil {
			return nil, err
		}
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%s is not text in UTF-8: save it as UTF-8", path)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil
}

// Check returns an error with the kind of a file that begins with head, or nil if the kind is not
// recognised.
func Check(path string, head []byte) error {
	k := Of(head[:min(len(head), HeadBytes)])
	switch {
	case k.Name == "":
		return nil
	case k.Advice == "":
		return fmt.Errorf("%s is %s, which cannot be read here", path, k.Name)
	}
	return errors.New(path + " is " + k.String())
}
