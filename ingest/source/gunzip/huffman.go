package gunzip

import "math/bits"

// An entry of a decoding table says what the next bits mean:
//
//	literal         bit 31, the byte in bits 16–23
//	length, distance  the base in bits 16–30, the number of extra bits in 8–12
//	end of block    bit 14
//	longer code     bit 15, the position of its table in bits 16–30, the number of bits that index it in 8–12
//	no code         bit 13
//
// Bits 0–7 have the number of bits of the code or, for a longer code, of the part that each table decodes.
type entry = uint32

const (
	isLiteral = 1 << 31
	isLonger  = 1 << 15
	isEnd     = 1 << 14
	isInvalid = 1 << 13
	noCode    = isInvalid
)

const (
	literalBits  = 11 // index bits of the first table for literals
	distanceBits = 9
	maxCode      = 15
	literals     = 288
	distances    = 32
)

// Meanings of symbols, without the length of their code.
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

// buildTable makes the decoding table of a code from the lengths of its symbols; 0 means that a symbol does
// not occur. It returns false if the lengths do not make a prefix code. Like other decoders it accepts a
// code without symbols and a code of one symbol with one bit.
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
	// Codes are assigned to symbols in the order of their lengths, and of their numbers within a length.
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
				size := secondBits(n-int(first), count[n:longest+1])
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

// secondBits returns the number of index bits of a second table for codes that are size bits longer than the
// first table's index: enough bits that all their values are codes. count has the number of codes not
// assigned yet, of this length and of each greater one.
func secondBits(size int, count []int) int {
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

// reverse reverses the n bits of a code, because the stream has the first bit of a code lowest.
func reverse(code, n int) int { return int(bits.Reverse16(uint16(code)) >> (16 - n)) }
