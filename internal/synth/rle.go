package synth

// appendRLE writes run lengths as COCO's compressed string: from the fourth on each is the
// difference to the one two before; 5 bits a character from '0' on, low bits first, bit 5 says that
// more follow, the sign is extended from bit 4 of the last.
func appendRLE(b []byte, counts []uint32) []byte {
	for i, c := range counts {
		x := int64(c)
		if i > 2 {
			x -= int64(counts[i-2])
		}
		for more := true; more; {
			v := byte(x & 0x1f)
			x >>= 5
			more = x != -1
			if v&0x10 == 0 {
				more = x != 0
			}
			if more {
				v |= 0x20
			}
			b = append(b, v+'0')
		}
	}
	return b
}

// appendCounts decodes what appendRLE wrote.
func appendCounts(dst []uint32, s []byte) []uint32 {
	start := len(dst)
	for i := 0; i < len(s); {
		x, shift := int64(0), uint(0)
		for {
			v := int64(s[i]) - '0'
			i++
			x |= v & 0x1f << shift
			shift += 5
			if v&0x20 == 0 {
				if v&0x10 != 0 {
					x |= -1 << shift
				}
				break
			}
		}
		if n := len(dst) - start; n > 2 {
			x += int64(dst[len(dst)-2])
		}
		dst = append(dst, uint32(x))
	}
	return dst
}
