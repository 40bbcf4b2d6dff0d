package synth

import "fmt"

const tarBlock = 512

// appendTarHeader writes a plain ustar header. Names are at most 100 bytes here.
func appendTarHeader(b []byte, name string, size int, dir bool) []byte {
	start := len(b)
	b = append(b, make([]byte, tarBlock)...)
	h := b[start:]
	copy(h, name)
	mode, kind := "0000644\x00", byte('0')
	if dir {
		mode, kind = "0000755\x00", '5'
	}
	copy(h[100:], mode)
	copy(h[108:], "0000765\x00") // uid 501
	copy(h[116:], "0000024\x00") // gid 20
	octal(h[124:135], uint64(size))
	octal(h[136:147], 1671408000) // modification time, epoch seconds
	copy(h[148:156], "        ")
	h[156] = kind
	copy(h[257:], "ustar\x0000")
	sum := uint64(0)
	for _, c := range h {
		sum += uint64(c)
	}
	octal(h[148:154], sum)
	h[154] = 0
	return b
}

// octal fills f with the digits of v.
func octal(f []byte, v uint64) {
	for i := len(f) - 1; i >= 0; i-- {
		f[i] = '0' + byte(v&7)
		v >>= 3
	}
}

// appendMember writes a file into a tar.
func appendMember(b []byte, name string, data []byte) []byte {
	if len(name) > 100 {
		panic(fmt.Sprintf("synth: member name %q is too long", name))
	}
	b = appendTarHeader(b, name, len(data), false)
	b = append(b, data...)
	return appendPadding(b, len(data))
}

func appendPadding(b []byte, size int) []byte {
	var zero [tarBlock]byte
	return append(b, zero[:-size&(tarBlock-1)]...)
}

// tarEnd closes an archive.
var tarEnd = make([]byte, 2*tarBlock)

// appleDouble is a companion file as macOS writes next to each file.
var appleDouble = append(append([]byte("\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        \x00\x02"+
	"\x00\x00\x00\x09\x00\x00\x00\x32\x00\x00\x00\x71\x00\x00\x00\x02\x00\x00\x00\xa3\x00\x00\x00\x00"),
	make([]byte, 34)...), "ATTR\x00\x00\x00\x00\x00\x00\x00\xa3\x00\x00\x00\x98\x00\x00\x00\x0bcom.apple.quarantine\xff\xfe"...)
