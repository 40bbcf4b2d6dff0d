package randtext

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// spelling of numbers that a column must distinguish.
var oddNumbers = []string{"0", "-0", "0.0", "-1", "1e2", "100.5", "-101", "1e999", "1641431028", "1641431028.5", "1641431028323", "99999999999",
	"100000000000", "0.30000000000000004", "3.5", "2147483648", "1e-400", "12345678901234567890", "9007199254740993"}

// odder ones: no numbers in XML, or not in JSON.
var notNumbers = []string{"NaN", "inf", "243px", "", "None", "1,5", "+1", ".5", "5.", "01", "0x1f", "1_0", "-", " 7 "}

func Pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func number01(r *rand.Rand) string {
	return strconv.FormatFloat(float64(r.IntN(300))/float64(1+r.IntN(300)), 'f', -1, 64)
}

// numberText returns a number of kind k (c coordinate, t epoch time, d duration, i count, p pixels), odd
// with a chance of one in odd.
func numberText(r *rand.Rand, k byte, odd int) string {
	if r.IntN(odd) == 0 {
		return Pick(r, oddNumbers...)
	}
	switch k {
	case 'c':
		return number01(r)
	case 't':
		return strconv.FormatInt(1641431028323+r.Int64N(1e6), 10)
	case 'd':
		return strconv.Itoa(r.IntN(30000))
	case 'p':
		return strconv.Itoa(r.IntN(2000))
	}
	return strconv.Itoa(r.IntN(48))
}

// element is an XML element to be written.
type element struct {
	name string
	text string // as it stands in the file
	kids []element
}

func leafOf(name, text string) element { return element{name: name, text: text} }

// xmlStyle is how elements are written.
type xmlStyle struct {
	indent  string // "" for one line
	newline string
	odd     int // one element in odd has an attribute, a comment or CDATA; 0 for none
}

func (x xmlStyle) write(w *bytes.Buffer, e element, r *rand.Rand, depth int) {
	pad := ""
	if x.newline != "" {
		pad = x.newline + strings.Repeat(x.indent, depth)
	}
	odd := -1
	if x.odd > 0 && r.IntN(x.odd) == 0 {
		odd = r.IntN(7)
	}
	w.WriteString("<" + e.name)
	if odd == 0 {
		w.WriteString(` note="a&lt;b"`)
	}
	if odd == 1 && e.text == "" && len(e.kids) == 0 {
		w.WriteString("/>")
		return
	}
	w.WriteString(">")
	switch {
	case odd == 2 && !strings.ContainsAny(e.text, "&<"):
		w.WriteString("<![CDATA[" + e.text + "]]>")
	case odd == 3:
		w.WriteString(e.text + "<!-- a note -->")
	case odd == 4:
		w.WriteString(" " + e.text + "\n")
	case odd == 5 && e.text != "":
		fmt.Fprintf(w, "&#%d;%s", e.text[0], e.text[1:])
	case odd == 6:
		w.WriteString(e.text + "<?note?>")
	default:
		w.WriteString(e.text)
	}
	for _, k := range e.kids {
		w.WriteString(pad + strings.Repeat(x.indent, min(1, len(pad))))
		x.write(w, k, r, depth+1)
	}
	if len(e.kids) > 0 {
		w.WriteString(pad)
	}
	w.WriteString("</" + e.name + ">")
}

// XML returns a file as in the release; odd is the chance, one in odd, that a value is strange.
// Elements other than the ones that the format has occur too.
func XML(r *rand.Rand, odd int) []byte {
	root := element{name: "annotation"}
	id := fmt.Sprintf("n%08d_%d", r.IntN(4)+1440764, r.IntN(100))
	root.kids = append(root.kids, leafOf("folder", id[:9]))
	if r.IntN(5) > 0 {
		root.kids = append(root.kids, leafOf("filename", id))
	}
	if r.IntN(2) == 0 {
		root.kids = append(root.kids, element{name: "source", kids: []element{leafOf("database", "ILSVRC_2012")}}, leafOf("segmented", "0"))
	}
	for range r.IntN(3) {
		root.kids = append(root.kids, randomObject(r, odd))
	}
	if r.IntN(3) > 0 {
		root.kids = append(root.kids, element{name: "size", kids: []element{
			leafOf("width", xmlNumberText(r, 'p', odd)), leafOf("height", xmlNumberText(r, 'p', odd)), leafOf("depth", "3")}})
	}
	for range Pick(r, 0, 1, 1, 1, 2, 3) {
		root.kids = append(root.kids, randomMetadata(r, id, odd))
	}
	if r.IntN(odd) == 0 { // a second one of something
		root.kids = append(root.kids, root.kids[r.IntN(len(root.kids))])
	}
	r.Shuffle(len(root.kids), func(i, j int) { root.kids[i], root.kids[j] = root.kids[j], root.kids[i] })
	style := Pick(r, xmlStyle{}, xmlStyle{indent: "\t", newline: "\n"}, xmlStyle{indent: "  ", newline: "\r\n"}, xmlStyle{indent: " ", newline: "\n", odd: 4 * odd})
	var w bytes.Buffer
	w.WriteString(Pick(r, "", "", `<?xml version="1.0" encoding="UTF-8"?>`+"\n", `<?xml version='1.0'?>`, "\xef\xbb\xbf", "\n"))
	style.write(&w, root, r, 0)
	w.WriteString(Pick(r, "", "\n", "<!-- end -->"))
	return w.Bytes()
}

func xmlNumberText(r *rand.Rand, k byte, odd int) string {
	if r.IntN(2*odd) == 0 {
		return Pick(r, notNumbers...)
	}
	return numberText(r, k, 2*odd)
}

func randomObject(r *rand.Rand, odd int) element {
	x, y := r.IntN(300), r.IntN(300)
	box := element{name: "bndbox", kids: []element{
		leafOf("xmin", strconv.Itoa(x)), leafOf("ymin", strconv.Itoa(y)),
		leafOf("xmax", strconv.Itoa(x+r.IntN(200))), leafOf("ymax", strconv.Itoa(y+1+r.IntN(200)))}}
	for i := range box.kids {
		if r.IntN(2*odd) == 0 {
			box.kids[i].text = xmlNumberText(r, 'p', 1)
		}
	}
	if r.IntN(odd) == 0 {
		box.kids = slices.Delete(box.kids, r.IntN(4), 4)
	}
	r.Shuffle(len(box.kids), func(i, j int) { box.kids[i], box.kids[j] = box.kids[j], box.kids[i] })
	o := element{name: "object", kids: []element{leafOf("name", "n01440764"), leafOf("pose", "Unspecified"), leafOf("difficult", "0"), box}}
	if r.IntN(odd) == 0 {
		o.kids = append(o.kids, element{name: "part", kids: []element{leafOf("name", "head"), box}})
	}
	if r.IntN(odd) == 0 {
		o.kids = append(o.kids, box)
	}
	r.Shuffle(len(o.kids), func(i, j int) { o.kids[i], o.kids[j] = o.kids[j], o.kids[i] })
	return o
}

func randomMetadata(r *rand.Rand, id string, odd int) element {
	m := element{name: "metadata"}
	add := func(name, text string) {
		if r.IntN(odd) > 0 {
			m.kids = append(m.kids, leafOf(name, text))
		}
	}
	num := func(name string, k byte) { add(name, xmlNumberText(r, k, odd)) }
	add("assignment_id", fmt.Sprintf("3ASSIGN%d", r.IntN(20)))
	add("hit_id", Pick(r, "3HIT1", "3HIT2", "", "3H&amp;T"))
	add("imagenet_hit_id", "0123456789abcdef")
	add("worker_id", Pick(r, "47DBDD543E", "None", " 47 "))
	add("imageID", Pick(r, id[:9]+"/"+id, id, id[:9]+"/", "/"+id))
	add("selected", Pick(r, "True", "False", "true", "false", "TRUE", "1", "", "None"))
	num("hit_submit_time", 't')
	num("estimateTime", 'd')
	for _, name := range []string{"page_idx", "image_idx", "selectedCount", "hoveredCount"} {
		num(name, 'i')
	}
	for _, name := range []string{"imageWidth", "imageHeight", "originalImageWidth", "originalImageHeight"} {
		num(name, 'p')
	}
	if r.IntN(odd) > 0 {
		m.kids = append(m.kids, element{name: "imagePosition", kids: []element{
			leafOf("x", xmlNumberText(r, 'p', odd)), leafOf("y", xmlNumberText(r, 'p', odd))}})
	}
	m.kids = append(m.kids, randomEvents(r, "mouseTracking", 12, odd)...)
	m.kids = append(m.kids, randomEvents(r, "selectedRecord", 3, odd)...)
	m.kids = append(m.kids, randomEvents(r, "hoveredRecord", 4, odd)...)
	if r.IntN(odd) == 0 {
		m.kids = append(m.kids, m.kids[r.IntN(len(m.kids))], leafOf("unknown", "1"))
	}
	if r.IntN(2) == 0 {
		r.Shuffle(len(m.kids), func(i, j int) { m.kids[i], m.kids[j] = m.kids[j], m.kids[i] })
	}
	return m
}

func randomEvents(r *rand.Rand, name string, most, odd int) (list []element) {
	n := r.IntN(most + 1)
	if n == 0 {
		return []element{leafOf(name, Pick(r, "None", "", " None ", "none"))}
	}
	for range n {
		e := element{name: name, kids: []element{leafOf("time", xmlNumberText(r, 't', 4*odd))}}
		if name == "hoveredRecord" {
			e.kids = append(e.kids, leafOf("action", Pick(r, "enter", "leave")))
		} else {
			e.kids = append(e.kids, leafOf("x", xmlNumberText(r, 'c', 4*odd)), leafOf("y", xmlNumberText(r, 'c', 4*odd)))
		}
		if r.IntN(4*odd) == 0 {
			r.Shuffle(len(e.kids), func(i, j int) { e.kids[i], e.kids[j] = e.kids[j], e.kids[i] })
		}
		if r.IntN(8*odd) == 0 {
			e.kids = append(e.kids[r.IntN(2):], leafOf(Pick(r, "x", "y", "time", "action", "z"), "0.25"))
		}
		list = append(list, e)
	}
	return list
}

// member is a key of a JSON object with its value as it stands in the file.
type jsonMember struct{ key, value string }

// writeObject writes an object in its order, tightly or with white space.
func writeObject(members []jsonMember, gap string) string {
	var w strings.Builder
	w.WriteString("{")
	for i, m := range members {
		if i > 0 {
			w.WriteString("," + gap)
		}
		fmt.Fprintf(&w, "%q:%s%s", m.key, gap, m.value)
	}
	w.WriteString("}")
	return w.String()
}

func List(items []string, gap string) string { return "[" + strings.Join(items, ","+gap) + "]" }

func JSONNumber(r *rand.Rand, k byte, odd int) string {
	if r.IntN(2*odd) == 0 {
		return Pick(r, "null", `"0.5"`, "true", "false", "[]", "[1]", "{}", `{"a":1}`, `"NaN"`, `""`)
	}
	return numberText(r, k, 2*odd)
}

func jsonName(r *rand.Rand, odd int, names ...string) string {
	if r.IntN(2*odd) == 0 {
		return Pick(r, "null", "7", "true", `"\u00e9"`, `"é"`, `"a\"b"`, "[]", "{}", `"a\\"`)
	}
	return strconv.Quote(Pick(r, names...))
}

// Builder gathers the members of an object, leaving some out.
type Builder struct {
	R       *rand.Rand
	Odd     int
	Gap     string
	members []jsonMember
}

func (o *Builder) Add(key, value string) {
	if o.R.IntN(o.Odd) > 0 {
		o.members = append(o.members, jsonMember{key, value})
	}
}

func (o *Builder) Num(key string, k byte) { o.Add(key, JSONNumber(o.R, k, o.Odd)) }

func (o *Builder) list(key string, most int, entry func(*Builder)) {
	var items []string
	for range o.R.IntN(most + 1) {
		e := &Builder{R: o.R, Odd: 6 * o.Odd, Gap: o.Gap}
		entry(e)
		items = append(items, e.Text())
		if o.R.IntN(8*o.Odd) == 0 {
			items = append(items, Pick(o.R, "null", "3", `"a"`, "[]", "{}"))
		}
	}
	text := List(items, o.Gap)
	if o.R.IntN(2*o.Odd) == 0 {
		text = Pick(o.R, "null", "[]", `"None"`, "{}", "5")
	}
	o.Add(key, text)
}

func (o *Builder) Text() string {
	if o.R.IntN(o.Odd) == 0 && len(o.members) > 0 {
		o.members = append(o.members, o.members[o.R.IntN(len(o.members))], jsonMember{"unknown", Pick(o.R, "1", "[{}]", `"\n"`)})
	}
	if o.R.IntN(o.Odd) == 0 {
		o.R.Shuffle(len(o.members), func(i, j int) { o.members[i], o.members[j] = o.members[j], o.members[i] })
	}
	return writeObject(o.members, o.Gap)
}

// ImageNetJSON is a bare record.
func ImageNetJSON(r *rand.Rand, odd int) []byte {
	o := &Builder{R: r, Odd: odd, Gap: Pick(r, "", "", " ", "\n\t")}
	id := fmt.Sprintf("n%08d_%d", r.IntN(4)+1440764, r.IntN(100))
	if r.IntN(2) == 0 {
		o.Add("worker_id", jsonName(r, odd, "47DBDD543E"))
		o.Add(Pick(r, "assignment_id", "assignmentID"), jsonName(r, odd, "3A1", "3A2"))
		o.Add(Pick(r, "hit_id", "hitID"), jsonName(r, odd, "3H1"))
		o.Add(Pick(r, "imagenet_hit_id", "imageNetHitID"), jsonName(r, odd, "0123abcd"))
		o.Num("hit_submit_time", 't')
		o.Num(Pick(r, "page_idx", "pageno"), 'i')
		o.Num("image_idx", 'i')
	}
	o.Add("selected", Pick(r, "true", "false", "null", `"True"`, "1"))
	o.Num("selectedCount", 'i')
	sample := func(e *Builder) { e.Num("x", 'c'); e.Num("y", 'c'); e.Num("time", 't') }
	o.list(Pick(r, "selectedRecord", "selectedRecord", "mousePoint"), 3, sample)
	o.Num("hoveredCount", 'i')
	o.list("hoveredRecord", 4, func(e *Builder) { e.Add("action", jsonName(r, odd, "enter", "leave")); e.Num("time", 't') })
	at := &Builder{R: r, Odd: odd, Gap: o.Gap}
	at.Num("x", 'p')
	at.Num("y", 'p')
	o.Add("imagePosition", at.Text())
	for _, name := range []string{"imageWidth", "imageHeight", "originalImageWidth", "originalImageHeight"} {
		o.Num(name, 'p')
	}
	o.Num("estimateTime", 'd')
	o.list("mouseTracking", 12, sample)
	o.Add("imageID", jsonName(r, 4*odd, id[:9]+"/"+id, id))
	return []byte(o.Text())
}

// COCO is a bare record.
func COCO(r *rand.Rand, odd int) []byte {
	o := &Builder{R: r, Odd: odd, Gap: Pick(r, "", "", " ", "\n\t")}
	if r.IntN(4) > 0 {
		o.Add("image_id", JSONNumber(r, 'd', 4*odd))
	} else {
		o.Add("imageURL", Pick(r, `"http://h/COCO_train2014_000000459214.jpg"`, `"a/12.jpg?x=1"`, `"x.jpg"`, `"7"`, "null", "8"))
	}
	for _, name := range []string{"originalImageHeight", "originalImageWidth", "imageHeight", "imageWidth"} {
		o.Num(name, 'p')
	}
	o.Num(Pick(r, "timeSpent", "timeSpend"), 'd')
	point := func() string {
		if r.IntN(3) == 0 {
			return "null"
		}
		p := &Builder{R: r, Odd: 4 * odd, Gap: o.Gap}
		p.Num("x", 'c')
		p.Num("y", 'c')
		return p.Text()
	}
	o.list("actionHistories", 5, func(e *Builder) {
		e.Add("actionType", jsonName(r, odd, "add", "move", "remove", "drop"))
		e.Add("iconType", jsonName(r, odd, "cake", "dog", "wine glass"))
		e.Add("pointFrom", point())
		e.Add("pointTo", point())
		e.Num("timeAt", 'd')
	})
	o.list("categoryHistories", 4, func(e *Builder) {
		e.Num("categoryIndex", 'i')
		e.Add("categoryName", jsonName(r, odd, "Animal", "Food"))
		e.Num("timeAt", 'd')
		e.Add("usingKeyboard", Pick(r, "true", "false", "null", "1"))
	})
	o.list("mouseTracking", 12, func(e *Builder) { e.Num("x", 'c'); e.Num("y", 'c'); e.Num("timeAt", 'd') })
	o.Add("worker_id", jsonName(r, odd, "00AA3B5E80"))
	o.Add(Pick(r, "hit_id", "assignment_id"), jsonName(r, odd, "0123", "4567"))
	o.Num(Pick(r, "page_id", "page_idx"), 'i')
	if r.IntN(2) == 0 {
		o.Add("categories", Pick(r, `["dog","cat"]`, "[]", "null", `["a",3]`, `"dog"`))
	}
	return []byte(o.Text())
}

// Wrapped is a front-end page, dump, header or bare record.
func Wrapped(r *rand.Rand, coco bool, odd int) []byte {
	record := func() string {
		if coco {
			return string(COCO(r, odd))
		}
		return string(ImageNetJSON(r, odd))
	}
	page := func() string {
		o := &Builder{R: r, Odd: odd}
		o.Add("id", jsonName(r, odd, "fc51e96b-e7ec"))
		o.Num("pageno", 'i')
		o.Num("startedAt", 't')
		if coco {
			o.Add("annotation", record())
		} else {
			o.Add("annotations", List([]string{record(), Pick(r, record(), "null", record())}, ""))
		}
		o.Num("endedAt", 't')
		return o.Text()
	}
	o := &Builder{R: r, Odd: odd}
	ids := func() {
		o.Add("id", `"0ca3e522"`)
		o.Add("annotatorID", `""`)
		o.Add("assignmentID", jsonName(r, odd, "3A1", ""))
		o.Add("hitID", jsonName(r, odd, "3H1"))
		o.Add("workerID", jsonName(r, odd, "WA"))
	}
	switch r.IntN(5) {
	case 0:
		ids()
		o.Num("startedAt", 't')
	case 1:
		o.Add("page", page())
		o.Num("endedAt", 't')
		o.Add("isDone", "true")
	case 2:
		ids()
		o.Add("pages", Pick(r, List([]string{page(), page()}, ""), "[]", "null", "["+page()+",4]"))
	case 3:
		return []byte(page())
	default:
		return []byte(record())
	}
	return []byte(o.Text())
}

var spareParts = []string{"<x>", "</x>", "<mouseTracking>", "None", "&amp;", "&#65;", "&#xD800;", "<!--", "-->", "<![CDATA[", "]]>", `<?xml version="1.0"?>`,
	"<a b='1'/>", "</metadata>", "<metadata>", "null", "1e999", "-", "+", ".", "e5", "{}", "[]", "[", "]", "{", "}", ",", ":", `"`, `\`, `"x":`, `"time":1,`,
	"\n", " ", "\r", "\t", "\x00", "\xff", "é", "\u00a0", "0", "9", "NaN", "true", `"page_idx":2,`, `"image_id":3,`, `"imageID":"a",`, `"annotations":`, "<", ">", "&"}

// Mutate damages a record a little, or only changes it.
func Mutate(r *rand.Rand, data []byte) []byte {
	d := slices.Clone(data)
	for range 1 + r.IntN(3) {
		if len(d) == 0 {
			return d
		}
		i := r.IntN(len(d))
		j := min(len(d), i+1+r.IntN(Pick(r, 1, 4, 40)))
		switch r.IntN(7) {
		case 0:
			d = slices.Delete(d, i, j)
		case 1:
			d = slices.Insert(d, i, slices.Clone(d[i:j])...)
		case 2:
			k := r.IntN(len(d))
			d[i], d[k] = d[k], d[i]
		case 3:
			d = slices.Insert(d, i, []byte(Pick(r, spareParts...))...)
		case 4:
			d[i] = byte(r.IntN(256))
		case 5:
			d = slices.Replace(d, i, j, []byte(Pick(r, spareParts...))...)
		case 6: // alter the next digit
			if k := bytes.IndexAny(d[i:], "0123456789"); k >= 0 {
				d[i+k] = Pick(r, []byte("0123456789.-+eE")...)
			}
		}
	}
	return d
}
