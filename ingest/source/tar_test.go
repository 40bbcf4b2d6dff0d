package source

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"abtool/ingest/internal/randtext"
)

type tarMember struct{ name, data string }

// walkTar reads an archive with parseTar. It gives parseTar only as many bytes as it asks for.
func walkTar(t *testing.T, d []byte) (list []tarMember, err error) {
	for pos, have := 0, 0; ; {
		if pos >= len(d) {
			return list, nil // without the zeros that should end it
		}
		have = max(have, pos)
		e, need, end, err := parseTar(d[pos:have])
		switch {
		case err != nil:
			return list, err
		case end:
			return list, nil
		case need > 0:
			if need <= have-pos {
				t.Fatalf("parseTar asks for %d bytes, but already has %d", need, have-pos)
			}
			if have = pos + need; have > len(d) {
				return list, io.ErrUnexpectedEOF
			}
			continue
		}
		if e.size < 0 || e.head < block || e.head > have-pos {
			t.Fatalf("entry %+v of %d bytes", e, have-pos)
		}
		at := pos + e.head
		if e.size > int64(len(d)-at) {
			return list, io.ErrUnexpectedEOF
		}
		if e.regular {
			list = append(list, tarMember{e.name, string(d[at : at+int(e.size)])})
		}
		pos = at + int(padded(e.size))
	}
}

// checkTar compares the walk with archive/tar if that reads the whole archive.
func checkTar(t *testing.T, d []byte) {
	t.Helper()
	got, err := walkTar(t, d)
	if len(d)%block != 0 || !isTar(d) {
		return
	}
	var want []tarMember
	r := tar.NewReader(bytes.NewReader(d))
	for metas := 0; ; {
		h, e := r.Next()
		if e == io.EOF {
			break
		}
		if e != nil {
			return
		}
		for k := range h.PAXRecords {
			if strings.HasPrefix(k, "GNU.sparse") {
				return // passed over by us
			}
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			if metas++; metas > 2 {
				return
			}
			continue
		}
		metas = 0
		if h.Typeflag == tar.TypeGNUSparse && h.PAXRecords["size"] != "" {
			return
		}
		data, e := io.ReadAll(r)
		if e != nil {
			return
		}
		if (h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeCont) && !strings.HasSuffix(h.Name, "/") {
			want = append(want, tarMember{h.Name, string(data)})
		}
	}
	if err != nil && strings.Contains(err.Error(), "a tar header of") {
		return // more extensions than one member needs
	}
	if err == io.ErrUnexpectedEOF {
		err = nil // archive/tar lets extensions stand at the end with nothing to extend
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("the walk found %.300q, %v; archive/tar %.300q", got, err, want)
	}
}

// randomTar returns an archive in one of the formats that archive/tar writes.
func randomTar(r *rand.Rand) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for range r.IntN(4) {
		name := randtext.Pick(r, "train_xml/n01440764/n01440764_1.xml", "a.json", "._b.xml", "é.xml", strings.Repeat("long/", 30)+"c.xml", strings.Repeat("x", 120)+".xml")
		size := r.IntN(randtext.Pick(r, 3, 700, 2000))
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(size), Typeflag: tar.TypeReg,
			Format: randtext.Pick(r, tar.FormatUnknown, tar.FormatGNU, tar.FormatPAX, tar.FormatUSTAR)}
		switch r.IntN(8) {
		case 0:
			h = &tar.Header{Name: "dir/", Mode: 0o755, Typeflag: tar.TypeDir}
			size = 0
		case 1:
			h = &tar.Header{Name: "link", Linkname: name, Typeflag: randtext.Pick[byte](r, tar.TypeSymlink, tar.TypeLink)}
			size = 0
		case 2:
			h.Format, h.PAXRecords = tar.FormatPAX, map[string]string{"path": "pax/" + name, "comment": "x"}
		case 3:
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "y"}}); err != nil {
				panic(err)
			}
		}
		if w.WriteHeader(h) != nil {
			continue // a name that this format cannot have
		}
		if h.Typeflag == tar.TypeReg {
			w.Write(bytes.Repeat([]byte{'a'}, size))
		}
	}
	w.Close()
	return out.Bytes()
}

// mutateTar changes bytes of headers and corrects the checksums.
func mutateTar(r *rand.Rand, d []byte) []byte {
	d = slices.Clone(d)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(d)/block) * block
		h := d[at : at+block]
		switch r.IntN(4) {
		case 0:
			h[156] = randtext.Pick(r, []byte("012345670xgLKSVD\x00z")...)
		case 1:
			h[randtext.Pick(r, r.IntN(100), 124+r.IntN(12), 257+r.IntN(8), 345+r.IntN(155), 482, 508+r.IntN(4))] = randtext.Pick(r, []byte("0137\x00 a\x80\xff")...)
		case 2:
			h[r.IntN(block)] ^= 1 << r.IntN(8)
		case 3:
			copy(h[randtext.Pick(r, 124, 257):], randtext.Pick(r, "00000000017\x00", "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09", "ustar  \x00", "ustar\x0000", "\xff\xff"))
		}
		if r.IntN(8) > 0 {
			mendChecksum(h)
		}
	}
	return d
}

func mendChecksum(h []byte) {
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
}

func FuzzTar(f *testing.F) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		d := randomTar(r)
		if seed%2 == 1 {
			d = mutateTar(r, d)
		}
		f.Add(d, false)
	}
	f.Fuzz(func(t *testing.T, d []byte, mend bool) {
		if mend { // let the fuzzer change headers without having to guess a checksum
			d = slices.Clone(d)
			for at := 0; at+block <= len(d); at += block {
				if string(d[at+257:at+262]) == "ustar" {
					mendChecksum(d[at : at+block])
				}
			}
		}
		checkTar(t, d)
	})
}

func TestTarEqualsArchiveTar(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	for i := range 4000 {
		d := randomTar(r)
		if i%4 > 0 {
			d = mutateTar(r, d)
		}
		checkTar(t, d)
	}
}
