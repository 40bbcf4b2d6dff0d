package decode

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"abtool/schema"
	"abtool/store"
)

// annotationRow is the row of a file without a value but its image, with what set adds.
func annotationRow(set func(*schema.ImageNetAnnotation)) schema.ImageNetAnnotation {
	r := schema.ImageNetAnnotation{ImageID: "n01440764_105", Class: new("n01440764")}
	if set != nil {
		set(&r)
	}
	return r
}

func rowsOf(b *Batch) []schema.ImageNetAnnotation {
	return rowsIn[schema.ImageNetAnnotation](b.Rows(ImageNet))
}

// nulledOf lists the fields that were set to null, with the reason.
func nulledOf(b *Batch) (list []string) {
	for _, x := range b.Rejects {
		if x.Kind == "field" {
			list = append(list, x.Field+" "+x.Reason)
		}
	}
	slices.Sort(list)
	return list
}

// reasonOf is why the first record was left out, with what was found behind it.
func reasonOf(b *Batch) schema.Reason {
	for _, x := range b.Rejects {
		if x.Kind == "record" {
			return schema.Reason(x.Reason)
		}
	}
	return ""
}

func readXMLText(text string, kind RecordKind, limits store.Limits) *Batch {
	b := limitedBatch(limits)
	b.readXML([]byte(text), kind, "n01440764_7")
	return b
}

// metadataFile is the smallest file around the inside of a <metadata>.
func metadataFile(inside string) string {
	return "<annotation><filename>n01440764_105</filename><metadata>" + inside + "</metadata></annotation>"
}

func points(ps ...schema.Point) []schema.Point { return ps }

func at(t int64, x, y float64) schema.Point { return schema.Point{T: new(t), X: new(x), Y: new(y)} }

// What stands in a <metadata>, and the row that comes of it (R5 to R9).
func TestXMLMetadata(t *testing.T) {
	type row = schema.ImageNetAnnotation
	for _, c := range []struct {
		name   string
		inside string
		want   func(*row)
		nulled []string
	}{
		{"everything, in any order", `<worker_id>47DBDD543E</worker_id><selected>True</selected><assignment_id>3A</assignment_id>
			<estimateTime>612</estimateTime><hit_id>3H</hit_id><hit_submit_time>1641431258</hit_submit_time><hoveredCount>1</hoveredCount>
			<imageHeight>243</imageHeight><imagePosition><y>-19.5</y><x>857</x></imagePosition><imageWidth>243.25</imageWidth>
			<image_idx>29</image_idx><imagenet_hit_id>0123</imagenet_hit_id><page_idx>3</page_idx><selectedCount>2</selectedCount>
			<originalImageHeight>375</originalImageHeight><originalImageWidth>500</originalImageWidth>`,
			func(r *row) {
				r.WorkerID, r.AssignmentID, r.HITID, r.ImageNetHITID = new("47DBDD543E"), new("3A"), new("3H"), new("0123")
				r.Selected, r.EstimateTime, r.HITSubmitTime = new(true), new(int64(612)), new(int64(1641431258000))
				r.HoveredCount, r.SelectedCount, r.PageIdx, r.ImageIdx = new(int32(1)), new(int32(2)), new(int32(3)), new(int32(29))
				r.PositionX, r.PositionY, r.ImageWidth, r.ImageHeight = new(857.0), new(-19.5), new(243.25), new(243.0)
				r.OrigWidth, r.OrigHeight = new(int32(500)), new(int32(375))
			}, nil},
		{"lists", `<hoveredRecord><action>enter</action><time>1641431028323</time></hoveredRecord>
			<mouseTracking><time>1641431028324</time><x>0.003</x><y>1</y></mouseTracking>
			<hoveredRecord><time>1641431029001</time><action>leave</action></hoveredRecord>
			<mouseTracking><y>0</y><time>1641431028340</time><x>-0.25</x></mouseTracking>
			<selectedRecord><x>0.54</x><time>1641431028640</time><y>0.473</y></selectedRecord>`,
			func(r *row) {
				r.T0 = new(int64(1641431028000))
				r.Hovers = []schema.Hover{{T: new(int64(323)), Action: new("enter")}, {T: new(int64(1001)), Action: new("leave")}}
				r.Mouse = points(at(324, 0.003, 1), at(340, -0.25, 0))
				r.Clicks = points(at(640, 0.54, 0.473))
			}, nil},
		{"None is an empty list", `<mouseTracking>None</mouseTracking><hoveredRecord> None </hoveredRecord><selectedRecord/>`, nil, nil},
		{"other text is an empty list, and noted", `<mouseTracking>[]</mouseTracking>`, nil, []string{"mouseTracking wrong_type"}},
		{"None beside entries adds none", `<selectedRecord>None</selectedRecord><selectedRecord><x>0.5</x><y>0.25</y></selectedRecord>`,
			func(r *row) { r.Clicks = points(schema.Point{X: new(0.5), Y: new(0.25)}) }, nil},
		{"an entry with children of other names is an entry", `<selectedRecord><z>1</z></selectedRecord>`,
			func(r *row) { r.Clicks = points(schema.Point{}) }, nil},
		{"times below 1e11 are seconds", `<selectedRecord><time>1641431028.5</time></selectedRecord><selectedRecord><time>1641431029000</time></selectedRecord>`,
			func(r *row) {
				r.T0, r.Clicks = new(int64(1641431028000)), points(schema.Point{T: new(int64(500))}, schema.Point{T: new(int64(1000))})
			}, nil},
		{"the seconds end at 1e11", `<hit_submit_time>100000000000</hit_submit_time>`, func(r *row) { r.HITSubmitTime = new(int64(1e11)) }, nil},
		{"below it", `<hit_submit_time>7289654399</hit_submit_time>`, func(r *row) { r.HITSubmitTime = new(int64(7289654399000)) }, nil},
		{"beyond the year 2200", `<hit_submit_time>7289654400</hit_submit_time>`, nil, []string{"hit_submit_time out_of_range"}},
		{"microseconds", `<hit_submit_time>1641431258000000</hit_submit_time>`, nil, []string{"hit_submit_time out_of_range"}},
		{"a time of zero is a time", `<mouseTracking><time>0</time></mouseTracking>`,
			func(r *row) { r.T0, r.Mouse = new(int64(-1000)), points(schema.Point{T: new(int64(1000))}) }, nil},
		{"negative times", `<hit_submit_time>-1</hit_submit_time><estimateTime>-5</estimateTime><page_idx>-1</page_idx><image_idx>-2</image_idx>
			<mouseTracking><time>-1641431028323</time><x>0.5</x><y>0.5</y></mouseTracking>`,
			func(r *row) { r.Mouse = points(schema.Point{X: new(0.5), Y: new(0.5)}) },
			[]string{"estimateTime negative", "hit_submit_time negative", "image_idx negative", "mouseTracking[0].time negative", "page_idx negative"}},
		{"estimateTime is never seconds", `<estimateTime>612.4</estimateTime>`, func(r *row) { r.EstimateTime = new(int64(612)) }, nil},
		{"coordinates beyond 100", `<mouseTracking><x>100</x><y>-100</y></mouseTracking><mouseTracking><x>100.5</x><y>-1e2</y></mouseTracking>
			<mouseTracking><x>1e999</x><y>0.5</y></mouseTracking>`,
			func(r *row) {
				r.Mouse = points(schema.Point{X: new(100.0), Y: new(-100.0)}, schema.Point{Y: new(-100.0)}, schema.Point{Y: new(0.5)})
			},
			[]string{"mouseTracking[1].x out_of_range", "mouseTracking[2].x out_of_range"}},
		{"what is no number", `<imageWidth>243px</imageWidth><imageHeight>NaN</imageHeight><originalImageWidth>inf</originalImageWidth>
			<originalImageHeight></originalImageHeight><selectedCount>1_0</selectedCount><hoveredCount>0x10</hoveredCount>
			<imagePosition><x>1,5</x><y>1e999</y></imagePosition>`, nil,
			[]string{"hoveredCount not_a_number", "imageHeight not_a_number", "imagePosition.x not_a_number", "imagePosition.y out_of_range",
				"imageWidth not_a_number", "originalImageHeight not_a_number", "originalImageWidth not_a_number", "selectedCount not_a_number"}},
		{"spellings of numbers", `<imageWidth>+2.5e2</imageWidth><imageHeight>5.</imageHeight><originalImageWidth>0500</originalImageWidth>
			<imagePosition><x>.5</x><y> -0 </y></imagePosition><selectedCount>1e0</selectedCount>`,
			func(r *row) {
				r.ImageWidth, r.ImageHeight, r.OrigWidth, r.SelectedCount = new(250.0), new(5.0), new(int32(500)), new(int32(1))
				r.PositionX, r.PositionY = new(0.5), new(0.0)
			}, nil},
		{"counts are whole", `<selectedCount>1.5</selectedCount><hoveredCount>2147483648</hoveredCount>`, nil,
			[]string{"hoveredCount out_of_range", "selectedCount not_an_integer"}},
		{"None in place of a number is null without a word", `<page_idx>None</page_idx>`, nil, nil},
		{"selected true", `<selected>true</selected>`, func(r *row) { r.Selected = new(true) }, nil},
		{"selected False", `<selected> False
			</selected>`, func(r *row) { r.Selected = new(false) }, nil},
		{"selected TRUE", `<selected>TRUE</selected>`, nil, []string{"selected not_boolean"}},
		{"selected 1", `<selected>1</selected>`, nil, []string{"selected not_boolean"}},
		{"the first of a name counts", `<selected>True</selected><selected>False</selected><page_idx>x</page_idx><page_idx>3</page_idx>
			<imagePosition><x>1</x><x>2</x></imagePosition><imagePosition><y>3</y></imagePosition>
			<selectedRecord><x>0.25</x><x>0.5</x><y>None</y><y>0.5</y></selectedRecord>`,
			func(r *row) {
				r.Selected, r.PositionX, r.Clicks = new(true), new(1.0), points(schema.Point{X: new(0.25)})
			}, []string{"page_idx not_a_number"}},
		{"attributes, comments, CDATA and references", `<selected a="1" b='2'>Tr<!-- a -->ue</selected><worker_id><![CDATA[A<B]]></worker_id>
			<hit_id>a&amp;b&#x43;&lt;</hit_id><mouseTracking n="1"><x>0.<![CDATA[5]]></x><?note?></mouseTracking>`,
			func(r *row) {
				r.Selected, r.WorkerID, r.HITID = new(true), new("A<B"), new("a&bC<")
				r.Mouse = points(schema.Point{X: new(0.5)})
			}, nil},
		{"elements where text is meant", `<selected><b>True</b></selected><worker_id><b>A</b></worker_id>`, nil, []string{"selected not_boolean"}},
		{"unknown elements", `<new><deep>1</deep></new><x>1</x>`, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := readXMLText(metadataFile(c.inside), XMLRecord, store.Limits{})
			if r := reasonOf(b); r != "" {
				t.Fatalf("left out: %v", b.Rejects)
			}
			want := []row{annotationRow(c.want)}
			if d := cmp.Diff(want, rowsOf(b), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("rows (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.nulled, nulledOf(b), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("nulled fields (-want +got):\n%s", d)
			}
			checkXML(t, []byte(metadataFile(c.inside)), XMLRecord, store.Limits{})
		})
	}
}

// Files that are left out, and those that nearly are (R2).
func TestXMLVerdicts(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("<a>", n-1) + strings.Repeat("</a>", n-1) }
	click := "<selectedRecord><x>0.5</x></selectedRecord>"
	for _, c := range []struct {
		name, text string
		want       schema.Reason
	}{
		{"plain", "<annotation></annotation>", ""},
		{"self-closing", "<annotation/>", ""},
		{"byte order mark and declaration", "\xef\xbb\xbf" + `<?xml version="1.0" encoding="utf-8" standalone='yes' ?>` + "\r\n<annotation/>\n", ""},
		{"empty", "", schema.Empty},
		{"blank", " \r\n\t", schema.Empty},
		{"a byte order mark alone", "\xef\xbb\xbf", schema.Malformed},
		{"latin-1 bytes", "<annotation><folder>\xe9</folder></annotation>", schema.NotUTF8},
		{"UTF-16", "\xff\xfe<\x00a\x00", schema.NotUTF8},
		{"UTF-16 without a mark", "<\x00a\x00/\x00>\x00", schema.Malformed},
		{"declared latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?><annotation/>`, schema.NotUTF8},
		{"declared latin-1, with spaces", `<?xml version="1.0" encoding = 'ISO-8859-1' ?><annotation/>`, schema.NotUTF8},
		{"document type", `<!DOCTYPE annotation><annotation/>`, schema.Doctype},
		{"entity of its own", `<!DOCTYPE annotation [<!ENTITY x "y">]><annotation>&x;</annotation>`, schema.Doctype},
		{"unknown entity", `<annotation>&nbsp;</annotation>`, schema.Malformed},
		{"root", "<annotations/>", schema.WrongRoot},
		{"root in a name space", `<annotation xmlns="http://a"/>`, schema.WrongRoot},
		{"root with a prefix", `<a:annotation xmlns:a="http://a"/>`, schema.WrongRoot},
		{"prefix that is not declared", `<annotation><a:x/></annotation>`, schema.Malformed},
		{"prefix out of its scope", `<annotation><b xmlns:a="http://a"><a:x a:y="1"/></b><a:x/></annotation>`, schema.Malformed},
		{"prefix in its scope", `<annotation xmlns:a="http://a"><b><a:x a:y="1" xml:lang="en"/></b></annotation>`, ""},
		{"not closed", "<annotation><metadata></annotation>", schema.Malformed},
		{"cut", "<annotation><metadata>", schema.Malformed},
		{"nothing open", "</annotation>", schema.Malformed},
		{"two roots", "<annotation/><annotation/>", schema.Malformed},
		{"text before", "x<annotation/>", schema.Malformed},
		{"text behind", "<annotation/>x", schema.Malformed},
		{"blank CDATA behind", "<annotation/><![CDATA[ ]]>", schema.Malformed},
		{"comment behind", "<annotation/><!-- x --><?y z?>", ""},
		{"declaration not at the beginning", "\n" + `<?xml version="1.0"?><annotation/>`, schema.Malformed},
		{"declaration within", `<annotation><?xml version="1.0"?></annotation>`, schema.Malformed},
		{"declaration without version", `<?xml encoding="UTF-8"?><annotation/>`, schema.Malformed},
		{"version 1.1", `<?xml version="1.1"?><annotation/>`, schema.Malformed},
		{"instruction XML", `<annotation><?XML a?></annotation>`, schema.Malformed},
		{"instruction without space", `<annotation><?a+b?></annotation>`, schema.Malformed},
		{"attribute twice", `<annotation a="1" a="2"/>`, schema.Malformed},
		{"attributes without space", `<annotation a="1"b="2"/>`, schema.Malformed},
		{"attribute without quotes", `<annotation a=1/>`, schema.Malformed},
		{"less-than in an attribute", `<annotation a="<"/>`, schema.Malformed},
		{"reference in an attribute", `<annotation a="&lt;&#65;"/>`, ""},
		{"bad reference in an attribute", `<annotation a="&#xD800;"/>`, schema.Malformed},
		{"reference to half a character", `<annotation>&#xDC00;</annotation>`, schema.Malformed},
		{"reference to a control character", `<annotation>&#1;</annotation>`, schema.Malformed},
		{"reference in CDATA is text", `<annotation><![CDATA[&#xD800;]]></annotation>`, ""},
		{"control character", "<annotation>\x01</annotation>", schema.Malformed},
		{"control character in a comment", "<annotation><!--\x00--></annotation>", schema.Malformed},
		{"two hyphens in a comment", "<annotation><!-- -- --></annotation>", schema.Malformed},
		{"no character", "<annotation><!--\uffff--></annotation>", schema.Malformed},
		{"bare ]]>", "<annotation>]]></annotation>", schema.Malformed},
		{"256 levels", "<annotation>" + deep(256) + "</annotation>", ""},
		{"257 levels", "<annotation>" + deep(257) + "</annotation>", schema.TooDeep},
		{"JSON", `{"imageID":"a"}`, schema.Malformed},
		{"a list at its limit", metadataFile(strings.Repeat(click, 1000)), ""},
		{"a list too long", metadataFile(strings.Repeat(click, 1001)), schema.TooLong},
		{"a list too long in a file that is no file", metadataFile(strings.Repeat(click, 1001)) + "<", schema.Malformed},
		{"too large", "<annotation>" + strings.Repeat(" ", 1<<20) + "</annotation>", schema.TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := readXMLText(c.text, XMLRecord, store.Limits{List: 1000, Member: 1 << 20})
			if got := reasonOf(b); got != c.want || b.Count != 1 {
				t.Errorf("%q, want %q: %v", got, c.want, b.Rejects)
			}
			if c.want != "" && (b.Rows(ImageNet).Len() > 0 || len(b.Records) > 0 || len(b.Rejects) != 1) {
				t.Errorf("left behind: %d rows, %d records, %d rejects", b.Rows(ImageNet).Len(), len(b.Records), len(b.Rejects))
			}
			checkXML(t, []byte(c.text), XMLRecord, store.Limits{})
		})
	}
}

// A tree with a great many attributes is read in time that grows with its size.
func TestXMLManyAttributes(t *testing.T) {
	var s strings.Builder
	s.WriteString("<annotation")
	for i := range 50_000 {
		fmt.Fprintf(&s, " a%d=''", i)
	}
	s.WriteString("/>")
	if r := reasonOf(readXMLText(s.String(), XMLRecord, store.Limits{})); r != "" {
		t.Error(r)
	}
}

// The image that a file speaks of, and its class (R3).
func TestXMLImageID(t *testing.T) {
	for _, c := range []struct{ name, inside, id, class string }{
		{"filename", "<metadata><imageID>n02/n02_5</imageID></metadata><filename> n01440764_105 </filename>", "n01440764_105", "n02"},
		{"imageID", "<metadata/><metadata><imageID>n01440764/n01440764_9</imageID></metadata><metadata><imageID>n02/n02_5</imageID></metadata>", "n01440764_9", "n01440764"},
		{"empty filename", "<filename/><metadata><imageID>n01440764/n01440764_9</imageID></metadata>", "n01440764_9", "n01440764"},
		{"imageID without a class", "<folder>n77</folder><metadata><imageID>x</imageID></metadata>", "x", "n77"},
		{"imageID without a name", "<metadata><imageID>n01440764/</imageID></metadata>", "n01440764_7", "n01440764"},
		{"member", "<metadata/>", "n01440764_7", "n01440764"},
		{"the first filename", "<filename>a</filename><filename>b</filename><folder>n1</folder><folder>n2</folder>", "a", "n1"},
		{"an odd name has no class", "<filename>a</filename>", "a", ""},
		{"a reference", "<filename>a&amp;b</filename>", "a&b", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := readXMLText("<annotation>"+c.inside+"</annotation>", XMLRecord, store.Limits{})
			if len(b.Records) != 1 {
				t.Fatalf("%d records: %v", len(b.Records), b.Rejects)
			}
			x := b.Records[0]
			if x.ID != c.id || x.Fact.Class != c.class {
				t.Errorf("image %q of class %q, want %q of %q", x.ID, x.Fact.Class, c.id, c.class)
			}
			for _, r := range rowsOf(b) {
				if r.ImageID != c.id {
					t.Errorf("a row of image %q", r.ImageID)
				}
			}
		})
	}
}

// Every <metadata> is a row, in document order; an image without one is a record without rows.
func TestXMLShowings(t *testing.T) {
	b := readXMLText("<annotation><filename>n01440764_105</filename><metadata><page_idx>2</page_idx></metadata>"+
		"<object/><metadata></metadata><metadata><imageID>n2/x</imageID><page_idx>1</page_idx></metadata></annotation>", XMLRecord, store.Limits{})
	want := []schema.ImageNetAnnotation{
		annotationRow(func(r *schema.ImageNetAnnotation) { r.PageIdx = new(int32(2)) }),
		annotationRow(nil),
		annotationRow(func(r *schema.ImageNetAnnotation) { r.PageIdx, r.Class = new(int32(1)), new("n2") }),
	}
	if d := cmp.Diff(want, rowsOf(b), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if x := b.Records[0]; x.Fact.Shown != 3 || x.First != 0 || x.End != 3 {
		t.Errorf("record %+v", x)
	}
	b = readXMLText("<annotation><filename>n01440764_105</filename></annotation>", XMLRecord, store.Limits{})
	if len(b.Records) != 1 || b.Records[0].Fact.Shown != 0 || b.Rows(ImageNet).Len() > 0 {
		t.Errorf("%+v", b.Records)
	}
}

// Boxes and the size they are scaled by (R10), of the release and of the ILSVRC folder alike.
func TestXMLBoxes(t *testing.T) {
	box := func(x0, y0, x1, y1 string) string {
		return fmt.Sprintf("<object><name>n1</name><bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax><ymax>%s</ymax></bndbox></object>", x0, y0, x1, y1)
	}
	type boxes = []schema.Box
	for _, c := range []struct {
		name, inside string
		boxes        boxes
		w, h         int32 // <size>
		shownW, ofH  int32 // of the showings
		nulled       []string
	}{
		{"two boxes", box("121", "40", "320", "300") + box("-3.5", "0", "1e2", "5.25") + "<size><depth>3</depth><height>375</height><width>500</width></size>",
			boxes{{XMin: 121, YMin: 40, XMax: 320, YMax: 300}, {XMin: -3.5, YMin: 0, XMax: 100, YMax: 5.25}}, 500, 375, 0, 0, nil},
		{"any order", "<object><bndbox><ymax>4</ymax><xmin>1</xmin><extra/><xmax>3</xmax><ymin>2</ymin></bndbox><name>n</name></object>",
			boxes{{XMin: 1, YMin: 2, XMax: 3, YMax: 4}}, 0, 0, 0, 0, nil},
		{"no area", box("3", "1", "3", "2") + box("1", "5", "2", "4"), nil, 0, 0, 0, 0, []string{"object[0].bndbox bad_box", "object[1].bndbox bad_box"}},
		{"no number", box("a", "1", "3", "2") + box("1", "", "2", "4") + box("1", "2", "1e999", "4") + box("1", "2", "3", "NaN"), nil, 0, 0, 0, 0,
			[]string{"object[0].xmin bad_box", "object[1].ymin bad_box", "object[2].xmax bad_box", "object[3].ymax bad_box"}},
		{"a side missing", "<object><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax></bndbox></object><object/>", nil, 0, 0, 0, 0,
			[]string{"object[0].ymax bad_box", "object[1].xmin bad_box"}},
		{"the first of a name counts", "<object><bndbox><xmin>None</xmin><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object>", nil, 0, 0, 0, 0,
			[]string{"object[0].xmin bad_box"}},
		{"parts have boxes of their own", "<object><part><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>10</xmax><ymax>10</ymax></bndbox></part>" +
			"<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox><bndbox><xmin>5</xmin></bndbox></object>",
			boxes{{XMin: 1, YMin: 2, XMax: 3, YMax: 4}}, 0, 0, 0, 0, nil},
		{"half a size is none", "<size><width>500</width></size>", nil, 0, 0, 0, 0, nil},
		{"a size of zero is none", "<size><width>500</width><height>0</height></size><size><width>1</width><height>1</height></size>", nil, 0, 0, 0, 0, nil},
		{"the first positive size of the showings", "<metadata><originalImageWidth>0</originalImageWidth><originalImageHeight>7</originalImageHeight></metadata>" +
			"<metadata><originalImageWidth>500</originalImageWidth><originalImageHeight>375</originalImageHeight></metadata>" +
			"<metadata><originalImageWidth>5</originalImageWidth><originalImageHeight>5</originalImageHeight></metadata>", nil, 0, 0, 500, 375, nil},
	} {
		for _, kind := range []RecordKind{XMLRecord, VOCRecord} {
			t.Run(c.name, func(t *testing.T) {
				text := "<annotation><filename>n01440764_105</filename>" + c.inside + "</annotation>"
				b := readXMLText(text, kind, store.Limits{})
				if len(b.Records) != 1 {
					t.Fatalf("rejected: %v", b.Rejects)
				}
				x := b.Records[0]
				if d := cmp.Diff(c.boxes, x.Fact.Boxes, cmpopts.EquateEmpty()); d != "" {
					t.Errorf("boxes (-want +got):\n%s", d)
				}
				got := [4]int32{x.Fact.SizeW, x.Fact.SizeH, x.Fact.ShownW, x.Fact.OrigH}
				if want := [4]int32{c.w, c.h, c.shownW, c.ofH}; got != want || x.Kind != kind {
					t.Errorf("sizes %v, want %v", got, want)
				}
				if d := cmp.Diff(c.nulled, nulledOf(b), cmpopts.EquateEmpty()); d != "" {
					t.Errorf("nulled fields (-want +got):\n%s", d)
				}
				checkXML(t, []byte(text), kind, store.Limits{})
			})
		}
	}
}

// White space, line ends and indentation say nothing.
func TestXMLWhiteSpace(t *testing.T) {
	parts := []string{"<annotation>", "<folder>", "n01440764", "</folder>", "<filename>", "n01440764_105", "</filename>", "<source>", "<database>", "x", "</database>", "</source>",
		"<metadata>", "<mouseTracking>", "<time>", "1641431028324", "</time>", "<x>", "0.25", "</x>", "<y>", "0.5", "</y>", "</mouseTracking>",
		"<hoveredRecord>", "None", "</hoveredRecord>", "<selected>", "True", "</selected>", "</metadata>", "</annotation>"}
	want := []schema.ImageNetAnnotation{annotationRow(func(r *schema.ImageNetAnnotation) {
		r.T0, r.Mouse, r.Selected = new(int64(1641431028000)), points(at(324, 0.25, 0.5)), new(true)
	})}
	for _, gap := range []string{"", " ", "\n", "\r\n", "\t\t\n  ", "\r"} {
		b := readXMLText(strings.Join(parts, gap), XMLRecord, store.Limits{})
		if d := cmp.Diff(want, rowsOf(b), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("with %q between all parts: %v (-want +got):\n%s", gap, b.Rejects, d)
		}
		checkXML(t, []byte(strings.Join(parts, gap)), XMLRecord, store.Limits{})
	}
}
