// Package filetype recognises well-known kinds of files by their first bytes, so that the errors of all
// commands say what an unreadable file is and what to do with it.
package filetype

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf16"
)

// HeadBytes is the number of bytes at the beginning of a file that Of examines.
const HeadBytes = 4096

// Kind is a well-known kind of file.
type Kind struct {
	Name   string // with its article, such as "a zip archive"; "" for a file that is not recognised
	Advice string // what to do with it, in the imperative; may be empty
}

// String returns the name and the advice, separated by a colon.
func (k Kind) String() string {
	if k.Advice == "" {
		return k.Name
	}
	return k.Name + ": " + k.Advice
}

// Image reports whether files of the kind are images of a format that abtool reads.
func (k Kind) Image() bool { return k.Advice == "" && strings.HasSuffix(k.Name, " image") }

// Of returns the kind of a file that begins with head. The first HeadBytes bytes are enough. The
// zero Kind means that the file is not recognised.
func Of(head []byte) Kind {
	if len(head) == 0 {
		return Kind{"an empty file", "get it again"}
	}
	for _, recognise := range []func([]byte) Kind{zipped, signed, zeros, wide, text} {
		if k := recognise(head); k.Name != "" {
			return k
		}
	}
	return Kind{}
}

// OfFile returns the kind of the file at path, or the zero Kind if the file cannot be read.
func OfFile(path string) Kind {
	f, err := os.Open(path)
	if err != nil {
		return Kind{}
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, HeadBytes))
	if err != nil {
		return Kind{}
	}
	return Of(head)
}

const (
	download = "the download failed, get the data again"
	unpack   = "unpack it and give the folder"
	inflate  = "decompress it first"
	convert  = `load it in PyTorch and write it with safetensors.torch.save_file, such as sd = torch.load("FILE", map_location="cpu"); ` +
		`save_file(sd.get("model", sd), "FILE.safetensors")`
	convertImage = "convert it to PNG or JPEG"
	exportCSV    = "export it as CSV with commas, in UTF-8"
)

// signatures has the bytes at an offset by which kinds of files are recognised.
var signatures = []struct {
	at   int
	text string
	kind Kind
}{
	{0, "version https://git-lfs.github.com/spec/", Kind{"a Git LFS pointer, not the data", "fetch the file with git lfs pull"}},
	{0, "version https://hawser.github.com/spec/", Kind{"a Git LFS pointer, not the data", "fetch the file with git lfs pull"}},
	{0, "\x1f\x8b", Kind{"gzip", "decompress it with gunzip first"}},
	{0, "BZh", Kind{"bzip2", "decompress it with bunzip2 first"}},
	{0, "\xfd7zXZ\x00", Kind{"xz", "decompress it with unxz first"}},
	{0, "\x28\xb5\x2f\xfd", Kind{"zstd", "decompress it with unzstd first"}},
	{0, "\x04\x22\x4d\x18", Kind{"lz4", "decompress it with unlz4 first"}},
	{0, "\x5d\x00\x00", Kind{"lzma", "decompress it with unlzma first"}},
	{0, "\x1f\x9d", Kind{"compress (.Z)", "decompress it with uncompress first"}},
	{0, "7z\xbc\xaf\x27\x1c", Kind{"a 7z archive", unpack}},
	{0, "Rar!\x1a\x07", Kind{"a RAR archive", unpack}},
	{257, "ustar", Kind{"a tar archive", ""}},
	{0, "!<arch>\n", Kind{"an ar archive", unpack}},
	{0, "PAR1", Kind{"Parquet", ""}},
	{0, "PARE", Kind{"encrypted Parquet", "decrypt it first"}},
	{0, "ARROW1", Kind{"an Arrow file", ""}},
	{0, "FEA1", Kind{"Feather", "write it as Parquet"}},
	{0, "ORC", Kind{"ORC", "write it as Parquet"}},
	{0, "Obj\x01", Kind{"Avro", "write it as Parquet or JSON"}},
	{0, "SQLite format 3\x00", Kind{"an SQLite database", "export its tables"}},
	{8, "DUCK", Kind{"a DuckDB database", "export its tables"}},
	{0, "\x89HDF\r\n\x1a\n", Kind{"HDF5", "export its data sets"}},
	{0, "CDF\x01", Kind{"NetCDF", "export its variables"}},
	{0, "MATLAB 5.0 MAT-file", Kind{"a MATLAB file", "export its variables"}},
	{0, "RDX3\n", Kind{"an R workspace", "export its tables"}},
	{0, "\x93NUMPY", Kind{"a NumPy array (.npy)", ""}},
	{0, "%PDF-", Kind{"a PDF document", ""}},
	{0, "%!PS", Kind{"a PostScript document", ""}},
	{0, "{\\rtf", Kind{"an RTF document", "save it as plain text"}},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind{"an old Microsoft Office document", exportCSV}},
	{0, "\xff\xd8\xff", Kind{"a JPEG image", ""}},
	{0, "\x89PNG\r\n\x1a\n", Kind{"a PNG image", ""}},
	{0, "GIF8", Kind{"a GIF image", ""}},
	{8, "WEBPVP8", Kind{"a WebP image", ""}},
	{0, "II*\x00", Kind{"a TIFF image", ""}},
	{0, "MM\x00*", Kind{"a TIFF image", ""}},
	{0, "II+\x00", Kind{"a BigTIFF image", convertImage}},
	{0, "MM\x00+", Kind{"a BigTIFF image", convertImage}},
	{0, "\xff\x4f\xff\x51", Kind{"a JPEG 2000 image", convertImage}},
	{0, "P5\n", Kind{"a PGM image", convertImage}},
	{0, "P6\n", Kind{"a PPM image", convertImage}},
	{0, "\x00\x00\x01\x00", Kind{"an icon (.ico)", convertImage}},
	{0, "v/1\x01", Kind{"an OpenEXR image", convertImage}},
	{0, "qoif", Kind{"a QOI image", convertImage}},
	{0, "DDS ", Kind{"a DDS image", convertImage}},
	{128, "DICM", Kind{"a DICOM image", convertImage}},
	{0, "8BPS", Kind{"a Photoshop image", convertImage}},
	{0, "\x00\x00\x00\x0cJXL \r\n\x87\n", Kind{"a JPEG XL image", convertImage}},
	{0, "\xff\x0a", Kind{"a JPEG XL image", convertImage}},
	{0, "\x00\x00\x00\x0cjP  ", Kind{"a JPEG 2000 image", convertImage}},
	{4, "ftypavif", Kind{"an AVIF image", convertImage}},
	{4, "ftyphei", Kind{"a HEIC image", convertImage}},
	{4, "ftypmif1", Kind{"a HEIF image", convertImage}},
	{4, "ftyp", Kind{"a video or other MPEG-4 file", ""}},
	{0, "\x1a\x45\xdf\xa3", Kind{"a Matroska or WebM video", ""}},
	{0, "\x00\x05\x16\x07", Kind{"a companion file of macOS (AppleDouble), without data", "use the file without ._ in its name"}},
	{0, "\x00\x00\x00\x01Bud1", Kind{"a .DS_Store file of macOS, without data", ""}},
	{0, "\x7fELF", Kind{"a program", ""}},
	{0, "MZ\x90", Kind{"a program", ""}},
	{4, "\x00\x00\x00\x00{\"", Kind{"a safetensors file", ""}},
}

// signed recognises a file by its signature.
func signed(head []byte) Kind {
	for _, s := range signatures {
		if len(head) >= s.at && bytes.HasPrefix(head[s.at:], []byte(s.text)) {
			return s.kind
		}
	}
	if len(head) > 18 && string(head[:2]) == "BM" && string(head[6:10]) == "\x00\x00\x00\x00" {
		return Kind{"a BMP image", ""}
	}
	// A pickle begins with its protocol and then a frame or an opcode that makes a container.
	const openers = "\x95}](\x8ac\x8c"
	if len(head) > 2 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 && strings.IndexByte(openers, head[2]) >= 0 {
		return Kind{"a Python pickle, perhaps an old PyTorch file", convert}
	}
	return Kind{}
}

// zipped returns the format of a zip archive, by the members at its beginning.
func zipped(head []byte) Kind {
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) && !bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return Kind{}
	}
	for _, in := range []struct {
		member string
		kind   Kind
	}{
		{"/data.pkl", Kind{"a PyTorch file (.pth, .pt, .bin)", convert}},
		{"[Content_Types].xml", Kind{"a Microsoft Office document", exportCSV}},
		{"mimetypeapplication/vnd.oasis", Kind{"an OpenDocument file", exportCSV}},
	} {
		if bytes.Contains(head, []byte(in.member)) {
			return in.kind
		}
	}
	if len(head) > 30 {
		if n := int(head[26]) | int(head[27])<<8; len(head) >= 30+n && bytes.HasSuffix(head[30:30+n], []byte(".npy")) {
			return Kind{"NumPy arrays (.npz)", ""}
		}
	}
	return Kind{"a zip archive", unpack}
}

// zeros recognises a file of zeros only, as left by a failed copy or a preallocated download.
func zeros(head []byte) Kind {
	if len(head) >= 16 && len(bytes.Trim(head, "\x00")) == 0 {
		return Kind{"a file that begins with nothing but zeros", download}
	}
	return Kind{}
}

// wide recognises text of two or four bytes per character, with or without a byte-order mark.
func wide(head []byte) Kind {
	const advice = "save it as UTF-8"
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return Kind{"text in UTF-32", advice}
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return Kind{"text in UTF-16", advice}
	}
	if n := min(len(head), 64) &^ 1; n >= 8 && (printable(head[:n], 0) || printable(head[:n], 1)) {
		return Kind{"text in UTF-16", advice}
	}
	return Kind{}
}

// printable reports whether d is printable ASCII in UTF-16 whose low bytes are at index low of each pair.
func printable(d []byte, low int) bool {
	for i := 0; i+1 < len(d); i += 2 {
		c := rune(d[i+low]) | rune(d[i+1-low])<<8
		if utf16.IsSurrogate(c) || c > '~' || c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return true
}

// messages has the beginnings of short texts that servers send instead of a file.
var messages = []string{
	"404: Not Found", "404 Not Found", "Not Found", "403 Forbidden", "Forbidden", "Access denied", "Access Denied",
	"Unauthorized", "Too Many Requests", "Entry not found", "Invalid username or password", "Internal Server Error",
}

// text recognises formats of text.
func text(head []byte) Kind {
	d := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if k := markup(d); k.Name != "" {
		return k
	}
	if i := pythonQuote(d); i >= 0 {
		at := len(head) - len(d) + i
		return Kind{fmt.Sprintf("a Python value as print shows it, not JSON (' instead of \" at byte %d)", at),
			"write it with json.dump"}
	}
	for _, said := range messages {
		if bytes.HasPrefix(d, []byte(said)) && len(d) < 500 {
			message := bytes.TrimSpace(d[:min(len(d), 60)])
			return Kind{fmt.Sprintf("a server's message (%q), not the data", message), download}
		}
	}
	return Kind{}
}

// markup recognises a page of HTML, and the XML with which storage servers answer instead of a file.
func markup(d []byte) Kind {
	for {
		end := ""
		switch {
		case bytes.HasPrefix(d, []byte("<?xml")):
			end = "?>"
		case bytes.HasPrefix(d, []byte("<!--")):
			end = "-->"
		}
		i := bytes.Index(d, []byte(end))
		if end == "" || i < 0 {
			break
		}
		d = bytes.TrimLeft(d[i+len(end):], " \t\r\n")
	}
	lower := bytes.ToLower(d[:min(len(d), 64)])
	for _, tag := range tags {
		if bytes.HasPrefix(lower, []byte(tag)) {
			return Kind{"a page of HTML, not the data", download}
		}
	}
	if bytes.HasPrefix(lower, []byte("<svg")) {
		return Kind{"an SVG drawing", convertImage}
	}
	if bytes.HasPrefix(d, []byte("<Error><Code>")) || bytes.HasPrefix(d, []byte("<Error>\n")) {
		return Kind{"a storage server's error message, not the data", download}
	}
	return Kind{}
}

// tags has the beginnings of pages of HTML.
var tags = []string{"<!doctype html", "<html", "<head", "<body", "<title", "<meta ", "<script", "<center>", "<h1>"}

// pythonQuote returns the index of the first ' in a dict or list as Python prints it, where JSON needs a ".
// It returns -1 for other text.
func pythonQuote(d []byte) int {
	i := 0
	for i < len(d) && bytes.IndexByte([]byte("{[( \t\r\n"), d[i]) >= 0 {
		i++
	}
	if i == 0 || i >= len(d) || d[i] != '\'' {
		return -1
	}
	return i
}
