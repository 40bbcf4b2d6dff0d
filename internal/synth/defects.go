package synth

import (
	"strconv"
	"strings"
)

type textDefect func(b []byte, d *dice, i *injury) ([]byte, bool)

func oneOf(d *dice, words []string) string { return words[d.IntN(len(words))] }

// setScalar puts one of the values into one of the fields.
func setScalar(m markup, fields, values []string) textDefect {
	return func(b []byte, d *dice, i *injury) ([]byte, bool) {
		i.Field = oneOf(d, fields)
		s, ok := m.scalar(b, i.Field)
		if !ok {
			return nil, false
		}
		return replaced(b, s.value, oneOf(d, values)), true
	}
}

// setEntry puts one of the values into a field of a list entry. lists are written list.field.
func setEntry(m markup, fields, values []string) textDefect {
	return changeEntry(m, fields, func(_ string, d *dice) (string, bool) { return oneOf(d, values), true })
}

// changeEntry replaces the text of a field of a list entry; fields are written list.field.
func changeEntry(m markup, fields []string, change func(old string, d *dice) (string, bool)) textDefect {
	return func(b []byte, d *dice, i *injury) ([]byte, bool) {
		list, name, _ := strings.Cut(oneOf(d, fields), ".")
		s, k, ok := m.entry(b, list, name, d)
		if !ok {
			return nil, false
		}
		i.Field = list + "[" + strconv.Itoa(k) + "]." + name
		old := string(b[s.value[0]:s.value[1]])
		text, ok := change(old, d)
		if !ok || text == old || old == "null" {
			return nil, false
		}
		return replaced(b, s.value, text), true
	}
}

// dropEntry removes a field of a list entry with its name.
func dropEntry(m markup, fields []string) textDefect {
	return func(b []byte, d *dice, i *injury) ([]byte, bool) {
		list, name, _ := strings.Cut(oneOf(d, fields), ".")
		s, k, ok := m.entry(b, list, name, d)
		if !ok {
			return nil, false
		}
		i.Field = list + "[" + strconv.Itoa(k) + "]." + name
		return replaced(b, s.whole, ""), true
	}
}

// dropScalar removes a field with its name.
func dropScalar(m markup, fields []string) textDefect {
	return func(b []byte, d *dice, i *injury) ([]byte, bool) {
		i.Field = oneOf(d, fields)
		s, ok := m.scalar(b, i.Field)
		if !ok {
			return nil, false
		}
		return replaced(b, s.whole, ""), true
	}
}

// manyDigits lengthens a fraction so that no number type holds all of it.
func manyDigits(old string, _ *dice) (string, bool) {
	return old + strings.Repeat("3", 400), strings.Contains(old, ".")
}

// exponent writes a fraction in scientific notation.
func exponent(old string, _ *dice) (string, bool) {
	v, err := strconv.ParseFloat(old, 64)
	return strconv.FormatFloat(v, 'e', -1, 64), err == nil && v != 0
}

// cut keeps a tenth to nine tenths of the bytes.
func cut(b []byte, d *dice, _ *injury) ([]byte, bool) {
	return b[:len(b)/10+d.IntN(len(b)*8/10)], true
}

// become replaces everything.
func become(texts ...string) textDefect {
	return func(_ []byte, d *dice, _ *injury) ([]byte, bool) { return []byte(oneOf(d, texts)), true }
}

// Defects of the data themselves, the same in XML and JSON.
var (
	inSeconds = defect[*showing]{kind: "seconds", effect: effectRepair,
		reason: "event times below 1e11 are seconds and become ms (R7); the milliseconds are lost",
		edit: func(s *showing, _ *dice, i *injury) bool {
			i.Field = "time"
			for k := range s.mouse {
				s.mouse[k].t /= 1000
			}
			for k := range s.clicks {
				s.clicks[k].t /= 1000
			}
			for k := range s.hovers {
				s.hovers[k].t /= 1000
			}
			return len(s.hovers) > 0
		}}
	submitInMillis = defect[*showing]{kind: "submit_millis", effect: effectRepair,
		reason: "hit_submit_time of 1e11 and more is in ms already (R7)", except: "pages dump",
		edit: func(s *showing, _ *dice, i *injury) bool {
			i.Field = "hit_submit_time"
			s.submit *= 1000
			return true
		}}
	zeroTime = defect[*showing]{kind: "zero_time", effect: effectRepair,
		reason: "time 0 is not negative: it is read as the epoch's begin (R7)",
		edit: func(s *showing, _ *dice, i *injury) bool {
			if len(s.mouse) == 0 {
				return false
			}
			i.Field = "mouseTracking[0].time"
			s.mouse[0].t = 0
			return true
		}}
	unsorted = defect[*showing]{kind: "unsorted", effect: effectRepair, reason: "entries stay in document order (I12)",
		edit: func(s *showing, _ *dice, i *injury) bool {
			n := len(s.mouse)
			if n < 3 {
				return false
			}
			i.Field = "mouseTracking"
			s.mouse[0], s.mouse[n-1] = s.mouse[n-1], s.mouse[0]
			return true
		}}
	countMismatch = defect[*showing]{kind: "count_mismatch", effect: effectRepair,
		reason: "selectedCount is kept as given; the list has its own length",
		edit: func(s *showing, d *dice, i *injury) bool {
			i.Field = "selectedCount"
			s.selectedCount += 1 + d.IntN(3)
			return true
		}}
	zeroSizes = defect[*showing]{kind: "zero_sizes", effect: effectRepair,
		reason: "an image that did not load: sizes 0 and empty lists are kept as they are",
		edit: func(s *showing, _ *dice, i *injury) bool {
			i.Field = "imageWidth"
			s.w, s.h, s.ow, s.oh, s.selected, s.estimate = 0, 0, 0, 0, false, 0
			s.clicks, s.mouse, s.hovers, s.selectedCount, s.hoveredCount = s.clicks[:0], s.mouse[:0], s.hovers[:0], 0, 0
			return true
		}}
	longAgo = defect[*showing]{kind: "negative_time", effect: effectNull, reason: "negative event times are null (R7)",
		edit: func(s *showing, _ *dice, i *injury) bool {
			if len(s.hovers) == 0 {
				return false
			}
			i.Field = "hoveredRecord[0].time"
			s.hovers[0].t *= -1
			return true
		}}
	repeated = defect[*showing]{kind: "duplicate", effect: effectReject,
		reason: "the same record a second time: the first one is kept (R4)", repeat: true}

	dataDefects = []defect[*showing]{inSeconds, submitInMillis, zeroTime, unsorted, countMismatch, zeroSizes, longAgo, repeated}
)
