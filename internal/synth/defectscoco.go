package synth

import "bytes"

var (
	cocoNumbers = []string{"originalImageHeight", "originalImageWidth", "imageHeight", "imageWidth"}
	cocoPoints  = []string{"mouseTracking.x", "mouseTracking.y"}
	cocoTimes   = []string{"mouseTracking.timeAt", "actionHistories.timeAt", "categoryHistories.timeAt"}
	cocoLists   = []string{"mouseTracking", "actionHistories", "categoryHistories"}
	notWire     = "pages dump"
)

// cocoDefects are the defects of a COCO record.
var cocoDefects = []defect[*cocoRecord]{
	{kind: "truncated", effect: effectReject,
		reason: "the line ends within the record: not JSON (R11)", text: cut, except: linesOnly},
	{kind: "not_json", effect: effectReject,
		reason: "the line is not JSON (R11)",
		text:   become(`<annotation>`, `{'image_id': 9}`, `{"a": 1} {"b": 2}`), except: linesOnly},
	{kind: "bare_nan", effect: effectReject,
		reason: "NaN and Infinity are not JSON (R11)",
		text:   setEntry(jm, cocoPoints, []string{"NaN", "Infinity"}), except: linesOnly},
	{kind: "not_object", effect: effectReject,
		reason: "an element that is not an object (R12)",
		text:   become(`[1, 2]`, `null`, `"record"`, `42`), except: notWire},
	{kind: "no_image_id", effect: effectReject,
		reason: "no integer image_id (R12)", text: dropScalar(jm, []string{"image_id"}), except: notWire},
	{kind: "bad_image_id", effect: effectReject,
		reason: "no integer image_id (R12)",
		text:   setScalar(jm, []string{"image_id"}, []string{`"nine"`, `9.5`, `true`, `{}`}), except: notWire},
	{kind: "no_image_url", effect: effectReject,
		reason: "no integer image_id, and no imageURL that names one (R12)",
		text:   dropScalar(jm, []string{"imageURL"}), except: "json jsonl"},
	{kind: "not_utf8", effect: effectRepair,
		reason: "bytes that are not UTF-8 are replaced within the string (R12)",
		text:   setScalar(jm, []string{"worker_id"}, []string{"\"00AA\xff\xfe\""}), except: notWire + " jsonl"},
	{kind: "other_names", effect: effectRepair,
		reason: "page_idx and assignment_id are other names of page_id and hit_id (R12)",
		text:   otherNames, except: notWire},
	{kind: "missing_field", effect: effectNull,
		reason: "an absent key is null",
		text:   dropScalar(jm, append([]string{"worker_id", "hit_id", "page_id", "timeSpent"}, cocoNumbers...)), except: notWire},
	{kind: "missing_size", effect: effectNull, reason: "an absent key is null", text: dropScalar(jm, cocoNumbers)},
	{kind: "garbage_number", effect: effectNull, reason: "not a JSON number (R5)", text: setScalar(jm, cocoNumbers, notJSONNums)},
	{kind: "garbage_coordinate", effect: effectNull,
		reason: "not a JSON number: the point counts in the list but in no analysis (R5, R6)",
		text:   setEntry(jm, cocoPoints, notJSONNums)},
	{kind: "null_coordinate", effect: effectNull,
		reason: "the pointer moved before the image had loaded (R6)",
		text:   setEntry(jm, cocoPoints, []string{"null"})},
	{kind: "far_coordinate", effect: effectNull,
		reason: "beyond 100 (R6)", text: setEntry(jm, cocoPoints, []string{"250.5", "-1e6", "100.5"})},
	{kind: "outside_coordinate", effect: effectRepair,
		reason: "outside of the image but not beyond 100: kept as it is (R6)",
		text:   setEntry(jm, cocoPoints, []string{"1.7", "-0.9", "37.25"})},
	{kind: "null_drop", effect: effectNull,
		reason: "an add without a valid pointTo places no icon point (C3)",
		text:   setEntry(jm, []string{"actionHistories.pointTo"}, []string{"null", `{"x": null, "y": 0.5}`, "[0.5, 0.5]"})},
	{kind: "missing_drop", effect: effectNull,
		reason: "an add without pointTo places no icon point (C3)",
		text:   dropEntry(jm, []string{"actionHistories.pointTo"})},
	{kind: "unknown_action", effect: effectRepair,
		reason: "an action of unknown type is counted and ignored (C2)",
		text:   setEntry(jm, []string{"actionHistories.actionType"}, []string{`"drag"`, `"Add"`, `"undo"`})},
	{kind: "unknown_icon", effect: effectRepair,
		reason: "a name that is not a category of the ground truth is counted and ignored (C2)",
		text:   setEntry(jm, []string{"actionHistories.iconType"}, []string{`"unicorn"`, `"Person"`, `"dining_table"`})},
	{kind: "unknown_category", effect: effectRepair,
		reason: "an unknown category is kept as it is",
		text:   setEntry(jm, []string{"categoryHistories.categoryName"}, []string{`"Plants"`, `"animal"`})},
	{kind: "category_index", effect: effectRepair,
		reason: "an index beyond the 11 categories is kept as it is",
		text:   setEntry(jm, []string{"categoryHistories.categoryIndex"}, []string{"11", "99"})},
	{kind: "negative_time", effect: effectNull,
		reason: "negative times are null (R7)", text: setEntry(jm, cocoTimes, []string{"-1", "-15725"})},
	{kind: "garbage_time", effect: effectNull,
		reason: "not a JSON number (R5)", text: setEntry(jm, cocoTimes, []string{`"15725"`, "null", "true"})},
	{kind: "negative_spent", effect: effectNull,
		reason: "negative durations are null (R7)",
		text:   setScalar(jm, []string{"timeSpent"}, []string{"-1", "-22283"}), except: notWire},
	{kind: "unknown_key", effect: effectRepair,
		reason: "unknown keys are ignored",
		text:   insertJSON(`"browser": {"name": "Netscape", "x": [9, {"timeAt": 7}]}, `)},
	{kind: "with_categories", effect: effectRepair,
		reason: "the list of true classes is read where there is one",
		text:   insertJSON(`"categories": ["person", "dog"], `)},
	{kind: "many_digits", effect: effectRepair,
		reason: "more digits than a number holds: the nearest double",
		text:   changeEntry(jm, cocoPoints, manyDigits)},
	{kind: "exponent", effect: effectRepair,
		reason: "scientific notation is a number (R5)", text: changeEntry(jm, cocoPoints, exponent)},
	{kind: "odd_list", effect: effectRepair,
		reason: "null or a value of another type is an empty list (R9)", text: emptyList(cocoLists)},
	{kind: "missing_list", effect: effectRepair, reason: "a missing list is an empty list (R9)", text: noList(cocoLists)},
	{kind: "duplicate", effect: effectReject, reason: "the same record a second time: the first one is " +
		"kept (R4)", repeat: true},
	{kind: "zero_sizes", effect: effectRepair,
		reason: "sizes of 0 are kept; the ground truth has its own",
		edit: func(r *cocoRecord, _ *dice, i *injury) bool {
			i.Field = "imageWidth"
			r.w, r.h = 0, 0
			r.actions, r.mouse = r.actions[:0], r.mouse[:0]
			return true
		}},
	{kind: "unsorted", effect: effectRepair,
		reason: "entries stay in list order (C2)", edit: func(r *cocoRecord, _ *dice, i *injury) bool {
			n := len(r.mouse)
			if n < 3 {
				return false
			}
			i.Field = "mouseTracking"
			r.mouse[0], r.mouse[n-1] = r.mouse[n-1], r.mouse[0]
			return true
		}},
	{kind: "begins_with_move", effect: effectRepair,
		reason: "a sequence that begins with move or remove is kept as it is (C10)",
		edit: func(r *cocoRecord, d *dice, i *injury) bool {
			if len(r.actions) == 0 {
				return false
			}
			i.Field = "actionHistories[0].actionType"
			r.actions[0].kind = oneOf(d, []string{"move", "remove"})
			return true
		}},
}

// otherNames renames the keys of the page and the HIT to those that the paper prints.
func otherNames(b []byte, _ *dice, i *injury) ([]byte, bool) {
	i.Field = "page_id"
	b = bytes.Replace(b, []byte(`"page_id":`), []byte(`"page_idx":`), 1)
	return bytes.Replace(b, []byte(`"hit_id":`), []byte(`"assignment_id":`), 1), true
}
