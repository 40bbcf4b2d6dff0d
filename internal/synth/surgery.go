package synth

import (
	"bytes"
	"slices"
)

// span is a part of a record's bytes: value is what a field holds, whole the field with its name.
type span struct{ value, whole [2]int }

// markup finds fields in the bytes of a record.
type markup interface {
	scalar(b []byte, name string) (span, bool)
	// entry finds the field in a random entry of a list, and returns the number of the entry.
	entry(b []byte, list, name string, d *dice) (s span, index int, ok bool)
}

// replaced returns a copy of b with other bytes in the place of b[at[0]:at[1]].
func replaced(b []byte, at [2]int, with string) []byte {
	return slices.Concat(b[:at[0]], []byte(with), b[at[1]:])
}

// xmlMarkup finds elements.
type xmlMarkup struct{}

func (xmlMarkup) scalar(b []byte, name string) (span, bool) { return xmlElement(b, 0, name) }

// xmlElement returns the first element of a name from an offset on.
func xmlElement(b []byte, from int, name string) (span, bool) {
	start := bytes.Index(b[from:], []byte("<"+name+">"))
	if start < 0 {
		return span{}, false
	}
	start += from
	value := start + len(name) + 2
	n := bytes.Index(b[value:], []byte("</"+name+">"))
	if n < 0 {
		return span{}, false
	}
	return span{[2]int{value, value + n}, [2]int{start, value + n + len(name) + 3}}, true
}

func (xmlMarkup) entry(b []byte, list, name string, d *dice) (span, int, bool) {
	open := []byte("<" + list + ">")
	n := bytes.Count(b, open)
	if n == 0 {
		return span{}, 0, false
	}
	at, index := 0, 0
	for k := d.IntN(n); k >= 0; k-- {
		next := at + bytes.Index(b[at:], open) + len(open)
		if index++; bytes.Contains(b[at:next], []byte("<metadata>")) {
			index = 0
		}
		at = next
	}
	end := bytes.Index(b[at:], []byte("</"+list+">"))
	if end < 0 {
		return span{}, 0, false
	}
	s, ok := xmlElement(b[:at+end], at, name)
	return s, index, ok
}

// jsonMarkup finds the values of keys. It relies on strings without brackets or escapes.
type jsonMarkup struct{}

func (jsonMarkup) scalar(b []byte, name string) (span, bool) {
	return jsonKey(b, 0, len(b), name)
}

// jsonKey returns the first pair of a key in b[from:end].
func jsonKey(b []byte, from, end int, name string) (span, bool) {
	start := bytes.Index(b[from:end], []byte(`"`+name+`":`))
	if start < 0 {
		return span{}, false
	}
	start += from
	value := start + len(name) + 3
	for b[value] == ' ' {
		value++
	}
	stop := jsonEnd(b, value)
	s := span{[2]int{value, stop}, [2]int{start, stop}}
	switch { // the comma goes with the pair
	case b[stop] == ',':
		s.whole[1]++
		for b[s.whole[1]] == ' ' {
			s.whole[1]++
		}
	default:
		for b[s.whole[0]-1] == ' ' || b[s.whole[0]-1] == ',' {
			s.whole[0]--
		}
	}
	return s, true
}

// jsonEnd returns where the value at b[i] ends.
func jsonEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return i + 2 + bytes.IndexByte(b[i+1:], '"')
	case '{', '[':
		depth := 0
		for ; ; i++ {
			switch b[i] {
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	return i + bytes.IndexAny(b[i:], ",}]")
}

func (jsonMarkup) entry(b []byte, list, name string, d *dice) (span, int, bool) {
	l, ok := jsonKey(b, 0, len(b), list)
	if !ok || b[l.value[0]] != '[' || b[l.value[0]+1] != '{' {
		return span{}, 0, false
	}
	var starts []int
	for i := l.value[0] + 1; i < l.value[1]; {
		starts = append(starts, i)
		i = jsonEnd(b, i)
		for i < l.value[1] && b[i] != '{' {
			i++
		}
	}
	k := d.IntN(len(starts))
	s, ok := jsonKey(b, starts[k], jsonEnd(b, starts[k]), name)
	return s, k, ok
}
