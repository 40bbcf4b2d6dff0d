package decode

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"testing"
)

// FuzzUnpack holds the unpacker to its two laws: every byte keeps its place, and a valid object
// becomes a valid list.
func FuzzUnpack(f *testing.F) {
	for _, text := range []string{
		`{"records": [{"image_id":1},{"image_id":2}]}`, `{"1":{"image_id":1}, "2" : {"image_id":"}"}}`,
		`{"n":3,"a":[{"image_id":1},3,"x",[{}],null],"b":[],"c":{"d":[1,"]"]}}`, `{}`, `{"a":[]}`, `{"a\"}":{"image_id":"\\"}} `,
		`{"a":[{"image_id":1}`, `{"a":[{"image_id":1},]}`, `{"a":1.5}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := io.ReadAll(NewUnpacker(bufio.NewReader(bytes.NewReader(data)), func() {}))
		if err != nil || len(got) != len(data) {
			t.Fatalf("%d bytes of %d, %v: %q becomes %q", len(got), len(data), err, data, got)
		}
		if d := bytes.TrimLeft(data, " \t\r\n"); len(d) > 0 && d[0] == '{' && json.Valid(data) {
			var list []any
			if err := json.Unmarshal(got, &list); err != nil {
				t.Fatalf("%q becomes %q: %v", data, got, err)
			}
		}
	})
}
