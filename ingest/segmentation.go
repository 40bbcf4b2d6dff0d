package ingest

import "encoding/json"

// numbersOf reads an array of finite numbers; anything else is none.
func numbersOf(raw json.RawMessage) (list []float64, ok bool) {
	s := jsonScan{d: raw}
	_, ok = s.numbers(func(_ int, v float64) { list = append(list, v) })
	return list, ok
}

func (o *object) fastPolygons(s *jsonScan) bool {
	if !s.is('[') {
		return false
	}
	for first := true; ; first = false {
		more, ok := s.next(']', first)
		if !ok || !more {
			return ok
		}
		n, ok := s.numbers(func(_ int, v float64) { o.polygon = append(o.polygon, v) })
		if !ok || n%2 != 0 {
			return false
		}
		o.rings = append(o.rings, n)
	}
}

// numbers reads an array of finite numbers.
func (s *jsonScan) numbers(each func(i int, v float64)) (n int, ok bool) {
	if !s.is('[') {
		return 0, false
	}
	for ; ; n++ {
		more, ok := s.next(']', n == 0)
		if !ok || !more {
			return n, ok
		}
		v, size := number(s.d[s.p:], jsonNumber)
		if size == 0 || isInf(v) {
			return n, false
		}
		s.p += size
		each(n, v)
	}
}
