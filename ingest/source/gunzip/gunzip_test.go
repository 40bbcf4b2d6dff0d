package gunzip

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// texts have content of many kinds: repeats near and far, long and short, noise, few symbols.
func texts() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	var xml []byte
	for len(xml) < 2_000_000 {
		xml = append(xml, "<mouseTracking><time>16358725"...)
		for range 5 + r.IntN(12) {
			xml = append(xml, byte('0'+r.IntN(10)))
		}
		xml = append(xml, "</time></mouseTracking>\n"...)
	}
	var skewed []byte
	for range 400_000 {
		skewed = append(skewed, byte(r.ExpFloat64()*20))
	}
	var far []byte
	for range 40 {
		far = append(far, noise[:32_768-r.IntN(3)]...)
		far = append(far, noise[:r.IntN(300)]...)
	}
	return [][]byte{
		nil, []byte("a"), []byte("hello, hello, hello"), bytes.Repeat([]byte{'z'}, 1_000_000), bytes.Repeat([]byte("abc"), 100_000),
		bytes.Repeat([]byte("seven77"), 100_000), noise, xml, skewed, far, append(slices.Clone(noise[:5000]), xml[:200_000]...),
	}
}

func zip(t testing.TB, text []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unzip(r io.Reader) ([]byte, error) {
	g, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(g)
}

var levels = []int{gzip.HuffmanOnly, gzip.NoCompression, gzip.BestSpeed, 4, gzip.DefaultCompression, gzip.BestCompression}

func TestTexts(t *testing.T) {
	for i, text := range texts() {
		for _, level := range levels {
			got, err := unzip(bytes.NewReader(zip(t, text, level)))
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("text %d, level %d: %v, %d bytes of %d", i, level, err, len(got), len(text))
			}
		}
	}
}

// The result does not depend on the sizes of the source's reads or of the reads from the Reader.
func TestPieces(t *testing.T) {
	text := texts()[10][:40_000]
	z := zip(t, text, gzip.DefaultCompression)
	for name, r := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(bytes.NewReader(z)), "halves": iotest.HalfReader(bytes.NewReader(z)),
		"error with data": iotest.DataErrReader(bytes.NewReader(z)),
	} {
		g, err := NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(iotest.OneByteReader(g))
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %v, %d bytes of %d", name, err, len(got), len(text))
		}
	}
}

// Concatenated files are read as one stream. Zeros after each are padding; other bytes at the end
// are counted, and a damaged header is an error.
func TestMembers(t *testing.T) {
	var z, want []byte
	for i, text := range texts() {
		z, want = append(z, zip(t, text, levels[i%len(levels)])...), append(want, text...)
		z = append(z, make([]byte, i*100_000)...)
	}
	long := strings.Repeat("more", 100_000)
	for _, after := range []string{"", "\x00\x00\x00", "more", "\x00\x00more", "PK\x03\x04", long} {
		g, err := NewReader(io.MultiReader(bytes.NewReader(z), strings.NewReader(after)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(g)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("before %.20q: %v, %d bytes of %d", after, err, len(got), len(want))
		}
		rest := strings.TrimLeft(after, "\x00")
		if n, head, err := g.Trailing(); err != nil || n != int64(len(rest)) || !strings.HasPrefix(rest, string(head)) {
			t.Errorf("after the data %d bytes follow (%q, %v), want %d", n, head, err, len(rest))
		}
	}
	next := zip(t, []byte("more"), gzip.BestSpeed)
	for i := range 3 {
		bad := slices.Clone(next)
		bad[i] ^= 4
		if _, err := unzip(io.MultiReader(bytes.NewReader(z), bytes.NewReader(bad))); !errors.Is(err, ErrHeader) {
			t.Errorf("with a damaged byte %d in a later header: error %v, want ErrHeader", i, err)
		}
	}
	for _, cut := range []string{"\x1f", "\x1f\x8b", "\x1f\x8b\x08\x00"} {
		if _, err := unzip(io.MultiReader(bytes.NewReader(z), strings.NewReader(cut))); err == nil {
			t.Errorf("a header that ends after %d bytes is not reported", len(cut))
		}
	}
}

func TestHeaders(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name, w.Comment, w.Extra = "name", "comment", bytes.Repeat([]byte("x"), 60_000)
	w.Write([]byte("text"))
	w.Close()
	if got, err := unzip(&b); err != nil || string(got) != "text" {
		t.Errorf("%v: %q", err, got)
	}
	for _, bad := range []string{"", "\x1f", "PK\x03\x04", "\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\x00"} {
		if _, err := unzip(bytes.NewReader([]byte(bad))); !errors.Is(err, ErrHeader) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Wherever the input is cut, the bytes read before are right and the early end is an error.
func TestCut(t *testing.T) {
	for _, text := range [][]byte{[]byte("hello, hello, hello, world"), texts()[10][:9000], texts()[6][:3000]} {
		for _, level := range levels {
			z := zip(t, text, level)
			for n := range z {
				got, err := unzip(bytes.NewReader(z[:n]))
				if n < 2 {
					continue
				}
				if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(text, got) {
					t.Fatalf("level %d, cut at %d of %d: %v, %d bytes, right: %t", level, n, len(z), err, len(got), bytes.HasPrefix(text, got))
				}
			}
		}
	}
}

func TestErrors(t *testing.T) {
	z := zip(t, []byte("hello, hello, hello"), gzip.DefaultCompression)
	sum := slices.Clone(z)
	sum[len(sum)-8] ^= 1
	if _, err := unzip(bytes.NewReader(sum)); !errors.Is(err, ErrChecksum) {
		t.Errorf("with a wrong checksum: error %v, want ErrChecksum", err)
	}
	failing := errors.New("failing")
	if _, err := unzip(io.MultiReader(bytes.NewReader(z[:15]), iotest.ErrReader(failing))); !errors.Is(err, failing) {
		t.Errorf("with a source that fails: error %v, want the source's error", err)
	}
	for _, stream := range []string{"\x07", "\x01\x01\x00\x00\x00", "\x63\x64\x62\x80\x00", "\xed\xff\xff\xff"} {
		bad := append(slices.Clone(z[:10]), stream+"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		if _, err := unzip(bytes.NewReader(bad)); err == nil {
			t.Errorf("Reader accepts the invalid stream %q", stream)
		}
	}
}

// members reads concatenated files with the standard library, which gets them one at a time because
// it takes zeros between them for a damaged header.
func members(z []byte) (all []byte, err error) {
	r := bufio.NewReader(bytes.NewReader(z))
	for first := true; ; first = false {
		if !first {
			for c, _ := r.Peek(1); len(c) == 1 && c[0] == 0; c, _ = r.Peek(1) {
				if _, err := r.Discard(1); err != nil {
					return all, err
				}
			}
			switch h, _ := r.Peek(3); {
			case len(h) < 3 && string(h) != "\x1f" && string(h) != "\x1f\x8b", len(h) == 3 && !likeHeader(h):
				return all, nil // the end, or other bytes
			}
		}
		g, err := gzip.NewReader(r)
		if err != nil {
			return all, err
		}
		g.Multistream(false)
		text, err := io.ReadAll(g)
		if all = append(all, text...); err != nil {
			return all, err
		}
	}
}

// likeHeader reports whether two of the first three bytes are as in a header.
func likeHeader(h []byte) bool {
	return h[0] == 0x1f && h[1] == 0x8b || h[0] == 0x1f && h[2] == 8 || h[1] == 0x8b && h[2] == 8
}

// FuzzGunzip compares the Reader with the standard library's.
func FuzzGunzip(f *testing.F) {
	for _, text := range texts() {
		for _, level := range levels {
			f.Add(zip(f, text[:min(len(text), 2000)], level))
		}
	}
	fixed := append(zip(f, nil, gzip.DefaultCompression)[:10], 0x4b, 0x4c, 0x84, 0x01, 0x00)
	f.Add(fixed)
	f.Fuzz(func(t *testing.T, z []byte) {
		got, err := unzip(bytes.NewReader(z))
		want, e := members(z)
		if e == nil && (err != nil || !bytes.Equal(got, want)) {
			t.Fatalf("%v, %d bytes; the standard library reads %d", err, len(got), len(want))
		}
		if e != nil && err == nil {
			t.Fatalf("read, but the standard library says %v", e)
		}
	})
}

func BenchmarkGunzip(b *testing.B) {
	text := texts()[7]
	z := zip(b, text, gzip.DefaultCompression)
	for _, c := range []struct {
		name string
		open func(io.Reader) (io.Reader, error)
	}{
		{"gunzip", func(r io.Reader) (io.Reader, error) { return NewReader(r) }},
		{"compress-gzip", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r, err := c.open(bytes.NewReader(z))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
