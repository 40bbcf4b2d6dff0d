package photo

import (
	"bytes"
	"image/jpeg"
	"testing"
)

// Files of photographs have a quarter to half a byte a pixel at quality 90, and the same seed makes the
// same file.
func TestJPEG(t *testing.T) {
	for _, size := range [][2]int{{500, 375}, {1600, 1200}} {
		b, err := JPEG(1, size[0], size[1], 90)
		if err != nil {
			t.Fatal(err)
		}
		if density := float64(len(b)) / float64(size[0]*size[1]); density < 0.25 || density > 0.5 {
			t.Errorf("%v pixels have %.2f bytes each", size, density)
		}
		again, _ := JPEG(1, size[0], size[1], 90)
		other, _ := JPEG(2, size[0], size[1], 90)
		if !bytes.Equal(again, b) || bytes.Equal(other, b) {
			t.Error("the file does not depend on the seed alone")
		}
		if m, err := jpeg.Decode(bytes.NewReader(b)); err != nil || m.Bounds().Dx() != size[0] || m.Bounds().Dy() != size[1] {
			t.Errorf("%v, error %v", m.Bounds(), err)
		}
	}
}
