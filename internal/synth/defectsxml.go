package synth

import (
	"bytes"
	"strings"
)

var xm = xmlMarkup{}

// Fields that can be damaged in XML.
var (
	xmlNumbers = []string{"estimateTime", "hit_submit_time", "imageWidth", "imageHeight", "originalImageWidth", "originalImageHeight",
		"image_idx", "page_idx", "selectedCount", "hoveredCount"}
	xmlScalars = append([]string{"worker_id", "assignment_id", "hit_id", "imagenet_hit_id", "selected", "imagePosition"}, xmlNumbers...)
	xmlPoints  = []string{"mouseTracking.x", "mouseTracking.y", "mouseTracking.x", "mouseTracking.y", "selectedRecord.x", "selectedRecord.y"}
	xmlTimes   = []string{"mouseTracking.time", "selectedRecord.time", "hoveredRecord.time"}
	notNumbers = []string{"243px", "NaN", "inf", "-Infinity", "1e999", "", "--4", "0x1F", "1 2", "٣", "1_000"}
)

// xmlDefects are the defects of a member of the release.
var xmlDefects = append([]defect[*showing]{
	{kind: "truncated", effect: effectReject, reason: "the member ends within an element: not well-formed (R2)", text: cut},
	{kind: "unclosed", effect: effectReject, reason: "an element without its end: not well-formed (R2)", text: unclose},
	{kind: "empty_member", effect: effectReject, reason: "an empty member (R2)", text: become("", "\n", " \n\t")},
	{kind: "wrong_root", effect: effectReject, reason: "the root is not annotation (R2)", text: otherRoot},
	{kind: "not_xml", effect: effectReject,
		reason: "not XML at all (R2)", text: become("{}", "404 Not Found\n", "\x00\x01\x02", "<annotation")},
	{kind: "doctype", effect: effectReject, reason: "a DOCTYPE; its entity must not be expanded (R2)", text: doctype},
	{kind: "entity", effect: effectReject,
		reason: "an entity that nobody declared: not well-formed (R2)",
		text:   setScalar(xm, []string{"folder"}, []string{"&class;"})},
	{kind: "deep", effect: effectReject,
		reason: "nested deeper than 256 levels (R2)",
		text:   insertXML(strings.Repeat("<d>", 300) + strings.Repeat("</d>", 300))},
	{kind: "not_utf8", effect: effectReject,
		reason: "bytes that are not UTF-8 (R2)",
		text:   setScalar(xm, []string{"folder"}, []string{"n0144\xff\xfe", "caf\xe9"})},
	{kind: "two_roots", effect: effectReject,
		reason: "a second root element: not well-formed (R2)",
		text: func(b []byte, _ *dice, _ *injury) ([]byte, bool) {
			return append(bytes.Clone(b), "<annotation></annotation>"...), true
		}},
	{kind: "no_filename", effect: effectRepair,
		reason: "without filename the id is the last part of the first imageID, else the member's name (R3)",
		text:   dropScalar(xm, []string{"filename"})},
	{kind: "no_image_id", effect: effectRepair,
		reason: "without filename and imageID the id is the member's name (R3)", text: anonymous},
	{kind: "missing_field", effect: effectNull, reason: "an absent element is null", text: dropScalar(xm, xmlScalars)},
	{kind: "garbage_number", effect: effectNull, reason: "not a number (R5)", text: setScalar(xm, xmlNumbers, notNumbers)},
	{kind: "none_number", effect: effectNull,
		reason: "None where a number should be (R5)",
		text:   setScalar(xm, append([]string{"imagePosition"}, xmlNumbers...), []string{"None"})},
	{kind: "garbage_coordinate", effect: effectNull,
		reason: "not a number: the point counts in the list but in no analysis (R5, R6)",
		text:   setEntry(xm, xmlPoints, notNumbers)},
	{kind: "missing_coordinate", effect: effectNull, reason: "an absent coordinate is null (R6)", text: dropEntry(xm, xmlPoints)},
	{kind: "far_coordinate", effect: effectNull,
		reason: "beyond 100 (R6)", text: setEntry(xm, xmlPoints, []string{"250.5", "-1e6", "100.5", "1e300"})},
	{kind: "outside_coordinate", effect: effectRepair,
		reason: "outside of the image but not beyond 100: kept as it is (R6)",
		text:   setEntry(xm, xmlPoints, []string{"1.7", "-0.9", "37.25", "100"})},
	{kind: "garbage_time", effect: effectNull,
		reason: "not a number (R5)", text: setEntry(xm, xmlTimes, []string{"yesterday", "12:31:07", "", "NaN"})},
	{kind: "missing_time", effect: effectNull, reason: "an absent time is null", text: dropEntry(xm, xmlTimes)},
	{kind: "negative_number", effect: effectNull,
		reason: "negative times, pages and slots are null (R7)",
		text:   setScalar(xm, []string{"estimateTime", "page_idx", "image_idx", "hit_submit_time"}, []string{"-1", "-250"})},
	{kind: "bad_selected", effect: effectNull,
		reason: "neither True nor False (R8)",
		text:   setScalar(xm, []string{"selected"}, []string{"yes", "1", "TRUE", "", "None"})},
	{kind: "unknown_element", effect: effectRepair,
		reason: "unknown elements are ignored",
		text:   insertXML("<browser><name>Netscape</name><x>9</x><time>7</time></browser>")},
	{kind: "comment", effect: effectRepair,
		reason: "comments and processing instructions are ignored",
		text:   insertXML("<!-- <selected>True</selected> --><?note x?>")},
	{kind: "attribute", effect: effectRepair, reason: "attributes are ignored", text: changeEntryTag},
	{kind: "cdata", effect: effectRepair,
		reason: "CDATA is text like any other",
		text:   setScalar(xm, []string{"segmented"}, []string{"<![CDATA[0]]>", "&#48;"})},
	{kind: "many_digits", effect: effectRepair,
		reason: "more digits than a number holds: the nearest double",
		text:   changeEntry(xm, xmlPoints, manyDigits)},
	{kind: "exponent", effect: effectRepair,
		reason: "scientific notation is a number (R5)", text: changeEntry(xm, xmlPoints, exponent)},
	{kind: "odd_list", effect: effectRepair,
		reason: "an element without children is an empty list (R9)",
		text: func(b []byte, d *dice, i *injury) ([]byte, bool) {
			i.Field = oneOf(d, []string{"mouseTracking", "selectedRecord", "hoveredRecord"})
			if !bytes.Contains(b, []byte("<"+i.Field+">None<")) {
				return nil, false
			}
			return bytes.Replace(b, []byte("<"+i.Field+">None<"), []byte("<"+i.Field+">"+oneOf(d, []string{"", "[]", "null", " \n "})+"<"), 1), true
		}},
	{kind: "missing_list", effect: effectRepair,
		reason: "a missing list is an empty list (R9)", text: func(b []byte, d *dice, i *injury) ([]byte, bool) {
			i.Field = oneOf(d, []string{"mouseTracking", "selectedRecord", "hoveredRecord"})
			none := []byte("<" + i.Field + ">None</" + i.Field + ">")
			return bytes.Replace(b, none, nil, 1), bytes.Contains(b, none)
		}},
	{kind: "bad_box", effect: effectNull, reason: "a box without area or without its four numbers is " +
		"dropped (R10)", text: badBox},
	{kind: "no_size", effect: effectRepair,
		reason: "boxes are scaled by the first showing's original size when <size> is missing or not " +
			"positive (R10)",
		text: noSize},
	{kind: "bom", effect: effectRepair,
		reason: "a byte order mark before the text is ignored",
		text: func(b []byte, _ *dice, _ *injury) ([]byte, bool) {
			return append([]byte("\xef\xbb\xbf"), b...), true
		}},
}, dataDefects...)

// unclose removes the end of an element.
func unclose(b []byte, d *dice, i *injury) ([]byte, bool) {
	i.Field = oneOf(d, []string{"metadata", "imageID", "folder", "selected"})
	end := []byte("</" + i.Field + ">")
	return bytes.Replace(b, end, nil, 1), bytes.Contains(b, end)
}

func otherRoot(b []byte, d *dice, _ *injury) ([]byte, bool) {
	root := oneOf(d, []string{"annotations", "html", "Annotation"})
	b = bytes.Replace(b, []byte("<annotation>"), []byte("<"+root+">"), 1)
	return bytes.Replace(b, []byte("</annotation>"), []byte("</"+root+">"), 1), true
}

func doctype(b []byte, _ *dice, i *injury) ([]byte, bool) {
	i.Field = "folder"
	s, ok := xm.scalar(b, "folder")
	if !ok {
		return nil, false
	}
	b = replaced(b, s.value, "&f;")
	return append([]byte(`<!DOCTYPE annotation [<!ENTITY f SYSTEM "file:///etc/hostname">]>`), b...), true
}

// insertXML puts text after the start tag of a showing, or of the root.
func insertXML(text string) textDefect {
	return func(b []byte, _ *dice, i *injury) ([]byte, bool) {
		tag := "<metadata>"
		if !bytes.Contains(b, []byte(tag)) {
			tag = "<annotation>"
		}
		i.Field = strings.Trim(tag, "<>")
		return bytes.Replace(b, []byte(tag), []byte(tag+text), 1), true
	}
}

// anonymous removes all that names the image.
func anonymous(b []byte, _ *dice, i *injury) ([]byte, bool) {
	i.Field = "filename"
	for _, name := range []string{"filename", "imageID"} {
		for {
			s, ok := xm.scalar(b, name)
			if !ok {
				break
			}
			b = replaced(b, s.whole, "")
		}
	}
	return b, true
}

// changeEntryTag gives an element an attribute.
func changeEntryTag(b []byte, _ *dice, i *injury) ([]byte, bool) {
	i.Field = "folder"
	return bytes.Replace(b, []byte("<folder>"), []byte(`<folder lang="la">`), 1), true
}

func badBox(b []byte, d *dice, i *injury) ([]byte, bool) {
	s, ok := xm.scalar(b, "xmax")
	if !ok {
		return nil, false
	}
	i.Field = "object[0].xmax"
	return replaced(b, s.value, oneOf(d, []string{"0", "-20", "NaN", "wide", ""})), true
}

// noSize damages the size that goes with boxes; the image must have a showing.
func noSize(b []byte, d *dice, i *injury) ([]byte, bool) {
	i.Field = "size"
	s, ok := xm.scalar(b, "size")
	if !ok || !bytes.Contains(b, []byte("<metadata>")) {
		return nil, false
	}
	if d.chance(0.5) {
		return replaced(b, s.whole, ""), true
	}
	w, _ := xm.scalar(b, "width")
	return replaced(b, w.value, oneOf(d, []string{"0", "-500", "None"})), true
}
