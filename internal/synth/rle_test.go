package synth

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestRLEString compares with a string from the format's reference implementation:
// runs 0 to 9 of different lengths, and that decoding inverts encoding.
func TestRLEString(t *testing.T) {
	for _, c := range []struct {
		counts []uint32
		want   string
	}{
		{nil, ""},
		{[]uint32{5}, "5"},
		{[]uint32{16}, "`0"},
		{[]uint32{6, 1, 40, 4, 5, 4, 5, 4, 21}, "61X13mN000`0"},
	} {
		if got := string(appendRLE(nil, c.counts)); got != c.want {
			t.Errorf("%v is %q, want %q", c.counts, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOf(rapid.Uint32Range(0, 1<<24)).Draw(t, "counts")
		if got := appendCounts(nil, appendRLE(nil, counts)); !slices.Equal(got, counts) {
			t.Errorf("%v became %v", counts, got)
		}
	})
}

func TestScatterIsPermutation(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 10, 97, 1000, 6930} {
		s := newScatter(n, hash(1, stagePage, uint64(n)))
		seen := make([]bool, n)
		for i := range n {
			j := s.at(i)
			if seen[j] || s.back(j) != i {
				t.Fatalf("n = %d: %d goes to %d and back to %d", n, i, j, s.back(j))
			}
			seen[j] = true
		}
	}
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
