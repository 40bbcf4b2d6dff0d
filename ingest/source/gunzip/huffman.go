package gunzip

import "math/bits"

// An entry of a decoding table: what the next bits mean.
//
//	literal         bit 31, the byte in bits 16–23
//	length, distance  the base in bits 16–30, the number of extra bits in 8–12
//	end of block    bit 14
//	longer code     bit 15, where its table is in bits 16–30, the bits that select in it in 8–12
//	no code         bit 13
//
// and in bits 0–7 how many bits of code it takes; of a longer code, those of either table.
type entry = uint32

const (
	isLiteral = 1 << 31
	isLonger  = 1 << 15
	isEnd     = 1 << 14
	isInvalid = 1 << 13
	noCode    = isInvalid
)

const (
	literalBits  = 11 // of the first table
	distanceBits = 9
	maxCode      = 15
	literals     = 288
	distances    = 32
)

// What symbols mean, without the length of their code.
var (
	literalMeaning  = literalMeanings()
	distanceMeaning = distanceMeanings()
)

func literalMeanings() (m [literals]entry) {
	for i := range 256 {
		m[i] = isLiteral | entry(i)<<16
	}
	m[256] = isEnd
	base := entry(3)
	for i := 257; i < 285; i++ {
		extra := entry(max(i-261, 0) / 4)
		m[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	m[285] = 258 << 16
	m[286], m[287] = noCode, noCode
	return m
}

func distanceMeanings() (m [distances]entry) {
	base := entry(1)
	for i := range 30 {
		extra := entry(max(i-2, 0) / 2)
		m[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	m[30], m[31] = noCode, noCode
	return m
}

// buildTable makes the decoding table of the code with these lengths, 0 for a symbol that does not
// occur. It tells false for lengths that are no prefix code. As others do, it takes a code of
// no symbols, and one of a single bit.
func buildTable(table []entry, lengths []uint8, meaning []entry, first uint) ([]entry, bool) {
	var count [maxCode + 1]int
	longest := 0
	for _, n := range lengths {
		count[n]++
		longest = max(longest, int(n))
	}
	count[0] = 0
	table = append(table[:0], make([]entry, 1<<first)...)
	for i := range table {
		table[i] = noCode
	}
	if longest == 0 {
		return table, true
	}
	// codes are given out to the symbols by length, and by number within a length
	var sorted [literals]uint16
	var at [maxCode + 1]int
	code, sum := 0, 0
	for n := 1; n <= longest; n++ {
		at[n] = sum
		sum += count[n]
		code = (code + count[n]) << 1
	}
	if code != 2<<longest && !(code == 2 && longest == 1) {
		return table, false
	}
	for symbol, n := range lengths {
		if n > 0 {
			sorted[at[n]] = uint16(symbol)
			at[n]++
		}
	}
	code, k := 0, 0
	for n := 1; n <= min(longest, int(first)); n++ {
		for range count[n] {
			e := meaning[sorted[k]] | entry(n)
			for i := reverse(code, n); i < 1<<first; i += 1 << n {
				table[i] = e
			}
			code, k = code+1, k+1
		}
		code <<= 1
	}
	for n := int(first) + 1; n <= longest; n++ {
		for ; count[n] > 0; count[n]-- {
			c := reverse(code, n)
			i, rest := c&(1<<first-1), n-int(first)
			if table[i]&isLonger == 0 {
				size := behind(n-int(first), count[n:longest+1])
				table[i] = isLonger | entry(len(table))<<16 | entry(size)<<8 | entry(first)
				for range 1 << size {
					table = append(table, noCode)
				}
			}
			base, size := int(table[i]>>16), int(table[i]>>8&31)
			for j := c >> first; j < 1<<size; j += 1 << rest {
				table[base+j] = meaning[sorted[k]] | entry(rest)
			}
			code, k = code+1, k+1
		}
		code <<= 1
	}
	return table, true
}

// behind is how many bits a table behind the first needs, that begins with a code of size bits beyond it:
// until all that these bits can be are codes. count is how many codes are left of
// this length and of each greater one.
func behind(size int, count []int) int {
	left := 1 << size
	for _, n := range count[:len(count)-1] {
		if left -= n; left <= 0 {
			break
		}
		size++
		left <<= 1
	}
	return size
}

// reverse turns the n bits of a code around: in the stream its first bit comes lowest.
func reverse(code, n int) int { return int(bits.Reverse16(uint16(code)) >> (16 - n)) }
