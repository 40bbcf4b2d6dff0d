package imagefile

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pixel returns red, green and blue of a pixel as training gets them.
func pixel(t *testing.T, name string, x, y int) [3]int {
	t.Helper()
	m, err := Decode(fixture(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c := color.NRGBAModel.Convert(m.At(m.Bounds().Min.X+x, m.Bounds().Min.Y+y)).(color.NRGBA)
	if c.A != 255 {
		t.Errorf("%s is transparent at %d, %d", name, x, y)
	}
	return [3]int{int(c.R), int(c.G), int(c.B)}
}

// The values equal PIL's Image.open(name).convert("RGB"), except for 16-bit grey, which PIL clips
// at 255. Images with transparency are opaque at 0, 0 and transparent at 5, 3.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name        string
		first, next [3]int // at 0, 0 and 5, 3
		off         int    // lossy files differ by that much at most
	}{
		{"rgb.png", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"rgba.png", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"rgba16.png", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"la.png", [3]int{6, 6, 6}, [3]int{140, 140, 140}, 0},
		{"i16.png", [3]int{128, 128, 128}, [3]int{128, 128, 128}, 0},
		{"p.png", [3]int{41, 5, 20}, [3]int{196, 128, 156}, 0},
		{"ptrns.png", [3]int{41, 5, 20}, [3]int{196, 128, 156}, 0},
		{"rgb.bmp", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"rgba.bmp", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"p.bmp", [3]int{41, 5, 20}, [3]int{196, 128, 156}, 0},
		{"lzw.tif", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"rgba.tif", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"i16.tif", [3]int{128, 128, 128}, [3]int{128, 128, 128}, 0},
		{"anim.gif", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"trns.gif", [3]int{41, 5, 20}, [3]int{196, 128, 156}, 0},
		{"flatl.webp", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"rgba.webp", [3]int{10, 5, 3}, [3]int{165, 128, 139}, 0},
		{"flat.webp", [3]int{200, 29, 62}, [3]int{200, 29, 62}, 1},
		{"rgbalossy.webp", [3]int{200, 29, 62}, [3]int{200, 29, 62}, 1},
		{"grad.webp", [3]int{0, 3, 122}, [3]int{40, 22, 128}, 4},
		{"flat.jpg", [3]int{200, 30, 59}, [3]int{200, 30, 59}, 1},
		{"l.jpg", [3]int{84, 84, 84}, [3]int{84, 84, 84}, 0},
		{"cmyk.jpg", [3]int{200, 30, 60}, [3]int{200, 30, 60}, 1},
	} {
		for at, want := range map[[2]int][3]int{{0, 0}: c.first, {5, 3}: c.next} {
			got := pixel(t, c.name, at[0], at[1])
			for i := range got {
				if d := got[i] - want[i]; d > c.off || -d > c.off {
					t.Errorf("%s at %v is %v, PIL has %v", c.name, at, got, want)
					break
				}
			}
		}
	}
}

// exif.jpg has 32 × 16 pixels and an orientation that would turn it by 90°. The points of annotations
// refer to the pixels as they are stored, which PIL and torchvision use too.
func TestOrientationIsNotApplied(t *testing.T) {
	w, h, format, err := Size(fixture(t, "exif.jpg"))
	m, err2 := Decode(fixture(t, "exif.jpg"))
	if err != nil || err2 != nil || w != 32 || h != 16 || format != "jpeg" || m.Bounds().Dx() != 32 ||
		m.Bounds().Dy() != 16 {
		t.Errorf("a JPEG of 32 × 16 pixels with an orientation is %d × %d, decoded %v; %v, %v", w, h,
			m.Bounds(), err, err2)
	}
}

// If a file cannot be decoded, the error says what it is and what to do.
func TestRefused(t *testing.T) {
	jpeg := fixture(t, "flat.jpg")
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty": {nil, "an empty file: get it again"},
		"page":  {[]byte("<html><body>quota"), "a page of HTML, not the data: the download failed"},
		"pointer": {[]byte("version https://git-lfs.github.com/spec/v1\n"),
			"fetch the file with git lfs pull"},
		"AVIF":      {fixture(t, "avif.avif"), "an AVIF image: convert it to PNG or JPEG"},
		"JPEG 2000": {fixture(t, "jp2.jp2"), "a JPEG 2000 image: convert it to PNG or JPEG"},
		"cut": {jpeg[:len(jpeg)/2],
			"a JPEG image that ends too early (unexpected EOF): get it again"},
		"cut PNG": {fixture(t, "rgb.png")[:60],
			"a PNG image that ends too early (png: invalid format: not enough pixel data): get it again"},
		"JPEG in TIFF": {fixture(t, "jpeg.tif"),
			"a TIFF image that cannot be decoded (tiff: unsupported feature: compression value 7): get it again, or convert it to PNG"},
		"CMYK in TIFF":  {fixture(t, "cmyk.tif"), "a TIFF image that cannot be decoded"},
		"text":          {[]byte("not a picture, but a text"), `it begins with "not a picture, but a"`},
		"zeros":         {make([]byte, 600), "nothing but zeros: the download failed"},
		"enormous size": {[]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"), "an image of 65535 × 65535 pixels"},
	} {
		if m, err := Decode(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", name, m, err, c.want)
		}
	}
}

// For any file, Decode returns an image of the size that Size returns, or an error.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		f.Add(fixture(f, filepath.Base(name)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		w, h, format, err := Size(file)
		if err != nil || w > 1<<20/h {
			return
		}
		m, err := Decode(bytes.Clone(file))
		if err == nil && format != "gif" && (m.Bounds().Dx() != w || m.Bounds().Dy() != h) {
			t.Errorf("a %s of %d × %d pixels is %v", format, w, h, m.Bounds())
		}
	})
}

// A JPEG that ends too early is an error with both decoders, and not a picture that is grey from there on.
func TestCutJPEG(t *testing.T) {
	var b bytes.Buffer
	m := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range m.Pix {
		m.Pix[i] = byte(i * i)
	}
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := JPEG(b.Bytes()); err != nil {
		t.Fatalf("the whole file: %v", err)
	}
	for _, end := range []int{b.Len() / 2, b.Len() - 2} {
		if _, err := JPEG(b.Bytes()[:end]); err == nil {
			t.Errorf("%s reads the first %d of %d bytes", Decoder, end, b.Len())
		}
	}
}

// A file whose end is missing is found without decoding it, also if its thumbnail is whole; what follows the
// image does not matter.
func TestWhole(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = byte(i * i)
	}
	var j, p bytes.Buffer
	if err := errors.Join(jpeg.Encode(&j, m, nil), png.Encode(&p, m)); err != nil {
		t.Fatal(err)
	}
	thumbnail := j.Bytes()
	n := len(thumbnail) + 2
	with := slices.Concat([]byte{0xff, 0xd8, 0xff, 0xe1, byte(n >> 8), byte(n)}, thumbnail, thumbnail[2:])
	for _, file := range [][]byte{j.Bytes(), p.Bytes(), with} {
		for _, whole := range [][]byte{file, append(slices.Clone(file), 0xff, 0xda, 1, 2)} {
			if err := Whole(whole); err != nil {
				t.Errorf("a whole file of %d bytes: %v", len(whole), err)
			}
		}
		for _, cut := range []int{12, 100} {
			if Whole(file[:len(file)-cut]) == nil {
				t.Errorf("%d bytes are missing, and nothing is said", cut)
			}
		}
	}
}
