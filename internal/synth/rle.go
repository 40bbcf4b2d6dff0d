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
