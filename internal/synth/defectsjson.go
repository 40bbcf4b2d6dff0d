package synth

import "bytes"

var jm = jsonMarkup{}

// linesOnly are the formats where a broken record would break its neighbours.
const linesOnly = "json pages dump"

var (
	jsonNumbers = []string{"estimateTime", "imageWidth", "imageHeight", "originalImageWidth", "originalImageHeight", "selectedCount", "hoveredCount"}
	notJSONNums = []string{`"0.5"`, `true`, `"243px"`, `[]`, `{}`, `""`}
)

// jsonDefects are the defects of an ImageNet record in JSON.
var jsonDefects = append([]defect[*showing]{
	{kind: "truncated", effect: effectReject,
		reason: "the line ends within the record: not JSON (R11)", text: cut, except: linesOnly},
	{kind: "not_object", effect: effectReject,
		reason: "the line is not an object (R11)", text: become(`[1, 2]`, `null`, `"record"`, `42`), except: linesOnly},
	{kind: "not_json", effect: effectReject,
		reason: "the line is not JSON (R11)",
		text:   become(`<annotation>`, `{'selected': True}`, `{"a": 1} {"b": 2}`), except: linesOnly},
	{kind: "bare_nan", effect: effectReject,
		reason: "NaN and Infinity are not JSON (R11)",
		text:   setEntry(jm, xmlPoints, []string{"NaN", "Infinity", "-Infinity"}), except: linesOnly},
	{kind: "not_utf8", effect: effectReject,
		reason: "a line that is not UTF-8 (R11)",
		text:   setScalar(jm, []string{"worker_id"}, []string{"\"47D\xff\xfe\""}), except: linesOnly},
	{kind: "no_image_id", effect: effectReject,
		reason: "a record without imageID names no image (R3)", text: dropScalar(jm, []string{"imageID"})},
	{kind: "missing_field", effect: effectNull,
		reason: "an absent key is null",
		text:   dropScalar(jm, append([]string{"selected", "imagePosition"}, jsonNumbers...))},
	{kind: "garbage_number", effect: effectNull, reason: "not a JSON number (R5)", text: setScalar(jm, jsonNumbers, notJSONNums)},
	{kind: "garbage_coordinate", effect: effectNull,
		reason: "not a JSON number: the point counts in the list but in no analysis (R5, R6)",
		text:   setEntry(jm, xmlPoints, notJSONNums)},
	{kind: "null_coordinate", effect: effectNull, reason: "a null coordinate (R6)", text: setEntry(jm, xmlPoints, []string{"null"})},
	{kind: "missing_coordinate", effect: effectNull, reason: "an absent coordinate is null (R6)", text: dropEntry(jm, xmlPoints)},
	{kind: "far_coordinate", effect: effectNull,
		reason: "beyond 100 (R6)", text: setEntry(jm, xmlPoints, []string{"250.5", "-1e6", "100.5", "1e300"})},
	{kind: "outside_coordinate", effect: effectRepair,
		reason: "outside of the image but not beyond 100: kept as it is (R6)",
		text:   setEntry(jm, xmlPoints, []string{"1.7", "-0.9", "37.25", "100"})},
	{kind: "garbage_time", effect: effectNull,
		reason: "not a JSON number (R5)",
		text:   setEntry(jm, xmlTimes, []string{`"1641431028323"`, `null`, `false`})},
	{kind: "missing_time", effect: effectNull, reason: "an absent time is null", text: dropEntry(jm, xmlTimes)},
	{kind: "negative_number", effect: effectNull,
		reason: "negative durations are null (R7)",
		text:   setScalar(jm, []string{"estimateTime"}, []string{"-1", "-250"})},
	{kind: "bad_selected", effect: effectNull,
		reason: "not a JSON boolean (R8)",
		text:   setScalar(jm, []string{"selected"}, []string{`"True"`, `1`, `null`})},
	{kind: "unknown_key", effect: effectRepair,
		reason: "unknown keys are ignored",
		text:   insertJSON(`"browser": {"name": "Netscape", "x": [9, {"time": 7}]}, `)},
	{kind: "escaped", effect: effectRepair,
		reason: "an escaped letter is that letter", text: func(b []byte, _ *dice, i *injury) ([]byte, bool) {
			i.Field = "imageID"
			return bytes.Replace(b, []byte("/n0"), []byte(`\/\u006e0`), 1), bytes.Contains(b, []byte("/n0"))
		}},
	{kind: "many_digits", effect: effectRepair,
		reason: "more digits than a number holds: the nearest double",
		text:   changeEntry(jm, xmlPoints, manyDigits)},
	{kind: "exponent", effect: effectRepair,
		reason: "scientific notation is a number (R5)", text: changeEntry(jm, xmlPoints, exponent)},
	{kind: "odd_list", effect: effectRepair,
		reason: "null or a value of another type is an empty list (R9)",
		text:   emptyList([]string{"mouseTracking", "selectedRecord", "hoveredRecord"})},
	{kind: "missing_list", effect: effectRepair,
		reason: "a missing list is an empty list (R9)",
		text:   noList([]string{"mouseTracking", "selectedRecord", "hoveredRecord"})},
}, dataDefects...)

// insertJSON puts a pair at the beginning of the record.
func insertJSON(text string) textDefect {
	return func(b []byte, _ *dice, _ *injury) ([]byte, bool) {
		return replaced(b, [2]int{1, 1}, text), true
	}
}

// emptyList replaces an empty list by a value that is not a list.
func emptyList(lists []string) textDefect {
	return func(b []byte, d *dice, i *injury) ([]byte, bool) {
		i.Field = oneOf(d, lists)
		s, ok := jm.scalar(b, i.Field)
		if !ok || s.value[1]-s.value[0] != 2 {
			return nil, false
		}
		return replaced(b, s.value, oneOf(d, []string{"null", "{}", `"None"`, "0"})), true
	}
}

// noList removes an empty list.
func noList(lists []string) textDefect {
	return func(b []byte, d *dice, i *injury) ([]byte, bool) {
		i.Field = oneOf(d, lists)
		s, ok := jm.scalar(b, i.Field)
		if !ok || s.value[1]-s.value[0] != 2 {
			return nil, false
		}
		return replaced(b, s.whole, ""), true
	}
}
