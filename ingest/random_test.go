package ingest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// spelling of numbers that a column must tell apart.
var oddNumbers = []string{"0", "-0", "0.0", "-1", "1e2", "100.5", "-101", "1e999", "1641431028", "1641431028.5", "1641431028323", "99999999999",
	"100000000000", "0.30000000000000004", "3.5", "2147483648", "1e-400", "12345678901234567890", "9007199254740993"}

// odder ones: no numbers in XML, or not in JSON.
var notNumbers = []string{"NaN", "inf", "243px", "", "None", "1,5", "+1", ".5", "5.", "01", "0x1f", "1_0", "-", " 7 "}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func number01(r *rand.Rand) string {
	return strconv.FormatFloat(float64(r.IntN(300))/float64(1+r.IntN(300)), 'f', -1, 64)
}

// numberText is a number of kind k (c coordinate, t epoch time, d duration, i count, p pixels), odd
// with a chance of one in odd.
func numberText(r *rand.Rand, k byte, odd int) string {
	if r.IntN(odd) == 0 {
		return pick(r, oddNumbers...)
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

// randomXML is a file of the release; odd is the chance, one in odd, that a value is strange.
// Elements other than the ones that the format has occur too.
func randomXML(r *rand.Rand, odd int) []byte {
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
	for range pick(r, 0, 1, 1, 1, 2, 3) {
		root.kids = append(root.kids, randomMetadata(r, id, odd))
	}
	if r.IntN(odd) == 0 { // a second one of something
		root.kids = append(root.kids, root.kids[r.IntN(len(root.kids))])
	}
	r.Shuffle(len(root.kids), func(i, j int) { root.kids[i], root.kids[j] = root.kids[j], root.kids[i] })
	style := pick(r, xmlStyle{}, xmlStyle{indent: "\t", newline: "\n"}, xmlStyle{indent: "  ", newline: "\r\n"}, xmlStyle{indent: " ", newline: "\n", odd: 4 * odd})
	var w bytes.Buffer
	w.WriteString(pick(r, "", "", `<?xml version="1.0" encoding="UTF-8"?>`+"\n", `<?xml version='1.0'?>`, "\xef\xbb\xbf", "\n"))
	style.write(&w, root, r, 0)
	w.WriteString(pick(r, "", "\n", "<!-- end -->"))
	return w.Bytes()
}

func xmlNumberText(r *rand.Rand, k byte, odd int) string {
	if r.IntN(2*odd) == 0 {
		return pick(r, notNumbers...)
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
	add("hit_id", pick(r, "3HIT1", "3HIT2", "", "3H&amp;T"))
	add("imagenet_hit_id", "0123456789abcdef")
	add("worker_id", pick(r, "47DBDD543E", "None", " 47 "))
	add("imageID", pick(r, id[:9]+"/"+id, id, id[:9]+"/", "/"+id))
	add("selected", pick(r, "True", "False", "true", "false", "TRUE", "1", "", "None"))
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
		return []element{leafOf(name, pick(r, "None", "", " None ", "none"))}
	}
	for range n {
		e := element{name: name, kids: []element{leafOf("time", xmlNumberText(r, 't', 4*odd))}}
		if name == "hoveredRecord" {
			e.kids = append(e.kids, leafOf("action", pick(r, "enter", "leave")))
		} else {
			e.kids = append(e.kids, leafOf("x", xmlNumberText(r, 'c', 4*odd)), leafOf("y", xmlNumberText(r, 'c', 4*odd)))
		}
		if r.IntN(4*odd) == 0 {
			r.Shuffle(len(e.kids), func(i, j int) { e.kids[i], e.kids[j] = e.kids[j], e.kids[i] })
		}
		if r.IntN(8*odd) == 0 {
			e.kids = append(e.kids[r.IntN(2):], leafOf(pick(r, "x", "y", "time", "action", "z"), "0.25"))
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

func writeList(items []string, gap string) string { return "[" + strings.Join(items, ","+gap) + "]" }

func jsonNumberText(r *rand.Rand, k byte, odd int) string {
	if r.IntN(2*odd) == 0 {
		return pick(r, "null", `"0.5"`, "true", "false", "[]", "[1]", "{}", `{"a":1}`, `"NaN"`, `""`)
	}
	return numberText(r, k, 2*odd)
}

func jsonName(r *rand.Rand, odd int, names ...string) string {
	if r.IntN(2*odd) == 0 {
		return pick(r, "null", "7", "true", `"\u00e9"`, `"é"`, `"a\"b"`, "[]", "{}", `"a\\"`)
	}
	return strconv.Quote(pick(r, names...))
}

// builder gathers the members of an object, leaving some out.
type builder struct {
	r       *rand.Rand
	odd     int
	gap     string
	members []jsonMember
}

func (o *builder) add(key, value string) {
	if o.r.IntN(o.odd) > 0 {
		o.members = append(o.members, jsonMember{key, value})
	}
}

func (o *builder) num(key string, k byte) { o.add(key, jsonNumberText(o.r, k, o.odd)) }

func (o *builder) list(key string, most int, entry func(*builder)) {
	var items []string
	for range o.r.IntN(most + 1) {
		e := &builder{r: o.r, odd: 6 * o.odd, gap: o.gap}
		entry(e)
		items = append(items, e.text())
		if o.r.IntN(8*o.odd) == 0 {
			items = append(items, pick(o.r, "null", "3", `"a"`, "[]", "{}"))
		}
	}
	text := writeList(items, o.gap)
	if o.r.IntN(2*o.odd) == 0 {
		text = pick(o.r, "null", "[]", `"None"`, "{}", "5")
	}
	o.add(key, text)
}

func (o *builder) text() string {
	if o.r.IntN(o.odd) == 0 && len(o.members) > 0 {
		o.members = append(o.members, o.members[o.r.IntN(len(o.members))], jsonMember{"unknown", pick(o.r, "1", "[{}]", `"\n"`)})
	}
	if o.r.IntN(o.odd) == 0 {
		o.r.Shuffle(len(o.members), func(i, j int) { o.members[i], o.members[j] = o.members[j], o.members[i] })
	}
	return writeObject(o.members, o.gap)
}

// randomImageNetJSON is a bare record.
func randomImageNetJSON(r *rand.Rand, odd int) []byte {
	o := &builder{r: r, odd: odd, gap: pick(r, "", "", " ", "\n\t")}
	id := fmt.Sprintf("n%08d_%d", r.IntN(4)+1440764, r.IntN(100))
	if r.IntN(2) == 0 {
		o.add("worker_id", jsonName(r, odd, "47DBDD543E"))
		o.add(pick(r, "assignment_id", "assignmentID"), jsonName(r, odd, "3A1", "3A2"))
		o.add(pick(r, "hit_id", "hitID"), jsonName(r, odd, "3H1"))
		o.add(pick(r, "imagenet_hit_id", "imageNetHitID"), jsonName(r, odd, "0123abcd"))
		o.num("hit_submit_time", 't')
		o.num(pick(r, "page_idx", "pageno"), 'i')
		o.num("image_idx", 'i')
	}
	o.add("selected", pick(r, "true", "false", "null", `"True"`, "1"))
	o.num("selectedCount", 'i')
	sample := func(e *builder) { e.num("x", 'c'); e.num("y", 'c'); e.num("time", 't') }
	o.list(pick(r, "selectedRecord", "selectedRecord", "mousePoint"), 3, sample)
	o.num("hoveredCount", 'i')
	o.list("hoveredRecord", 4, func(e *builder) { e.add("action", jsonName(r, odd, "enter", "leave")); e.num("time", 't') })
	at := &builder{r: r, odd: odd, gap: o.gap}
	at.num("x", 'p')
	at.num("y", 'p')
	o.add("imagePosition", at.text())
	for _, name := range []string{"imageWidth", "imageHeight", "originalImageWidth", "originalImageHeight"} {
		o.num(name, 'p')
	}
	o.num("estimateTime", 'd')
	o.list("mouseTracking", 12, sample)
	o.add("imageID", jsonName(r, 4*odd, id[:9]+"/"+id, id))
	return []byte(o.text())
}

// randomCOCO is a bare record.
func randomCOCO(r *rand.Rand, odd int) []byte {
	o := &builder{r: r, odd: odd, gap: pick(r, "", "", " ", "\n\t")}
	if r.IntN(4) > 0 {
		o.add("image_id", jsonNumberText(r, 'd', 4*odd))
	} else {
		o.add("imageURL", pick(r, `"http://h/COCO_train2014_000000459214.jpg"`, `"a/12.jpg?x=1"`, `"x.jpg"`, `"7"`, "null", "8"))
	}
	for _, name := range []string{"originalImageHeight", "originalImageWidth", "imageHeight", "imageWidth"} {
		o.num(name, 'p')
	}
	o.num(pick(r, "timeSpent", "timeSpend"), 'd')
	point := func() string {
		if r.IntN(3) == 0 {
			return "null"
		}
		p := &builder{r: r, odd: 4 * odd, gap: o.gap}
		p.num("x", 'c')
		p.num("y", 'c')
		return p.text()
	}
	o.list("actionHistories", 5, func(e *builder) {
		e.add("actionType", jsonName(r, odd, "add", "move", "remove", "drop"))
		e.add("iconType", jsonName(r, odd, "cake", "dog", "wine glass"))
		e.add("pointFrom", point())
		e.add("pointTo", point())
		e.num("timeAt", 'd')
	})
	o.list("categoryHistories", 4, func(e *builder) {
		e.num("categoryIndex", 'i')
		e.add("categoryName", jsonName(r, odd, "Animal", "Food"))
		e.num("timeAt", 'd')
		e.add("usingKeyboard", pick(r, "true", "false", "null", "1"))
	})
	o.list("mouseTracking", 12, func(e *builder) { e.num("x", 'c'); e.num("y", 'c'); e.num("timeAt", 'd') })
	o.add("worker_id", jsonName(r, odd, "00AA3B5E80"))
	o.add(pick(r, "hit_id", "assignment_id"), jsonName(r, odd, "0123", "4567"))
	o.num(pick(r, "page_id", "page_idx"), 'i')
	if r.IntN(2) == 0 {
		o.add("categories", pick(r, `["dog","cat"]`, "[]", "null", `["a",3]`, `"dog"`))
	}
	return []byte(o.text())
}

// randomWrapped is a front-end page, dump, header or bare record.
func randomWrapped(r *rand.Rand, coco bool, odd int) []byte {
	record := func() string {
		if coco {
			return string(randomCOCO(r, odd))
		}
		return string(randomImageNetJSON(r, odd))
	}
	page := func() string {
		o := &builder{r: r, odd: odd}
		o.add("id", jsonName(r, odd, "fc51e96b-e7ec"))
		o.num("pageno", 'i')
		o.num("startedAt", 't')
		if coco {
			o.add("annotation", record())
		} else {
			o.add("annotations", writeList([]string{record(), pick(r, record(), "null", record())}, ""))
		}
		o.num("endedAt", 't')
		return o.text()
	}
	o := &builder{r: r, odd: odd}
	ids := func() {
		o.add("id", `"0ca3e522"`)
		o.add("annotatorID", `""`)
		o.add("assignmentID", jsonName(r, odd, "3A1", ""))
		o.add("hitID", jsonName(r, odd, "3H1"))
		o.add("workerID", jsonName(r, odd, "WA"))
	}
	switch r.IntN(5) {
	case 0:
		ids()
		o.num("startedAt", 't')
	case 1:
		o.add("page", page())
		o.num("endedAt", 't')
		o.add("isDone", "true")
	case 2:
		ids()
		o.add("pages", pick(r, writeList([]string{page(), page()}, ""), "[]", "null", "["+page()+",4]"))
	case 3:
		return []byte(page())
	default:
		return []byte(record())
	}
	return []byte(o.text())
}

var spareParts = []string{"<x>", "</x>", "<mouseTracking>", "None", "&amp;", "&#65;", "&#xD800;", "<!--", "-->", "<![CDATA[", "]]>", `<?xml version="1.0"?>`,
	"<a b='1'/>", "</metadata>", "<metadata>", "null", "1e999", "-", "+", ".", "e5", "{}", "[]", "[", "]", "{", "}", ",", ":", `"`, `\`, `"x":`, `"time":1,`,
	"\n", " ", "\r", "\t", "\x00", "\xff", "é", "\u00a0", "0", "9", "NaN", "true", `"page_idx":2,`, `"image_id":3,`, `"imageID":"a",`, `"annotations":`, "<", ">", "&"}

// mutate damages a record a little, or only changes it.
func mutate(r *rand.Rand, data []byte) []byte {
	d := slices.Clone(data)
	for range 1 + r.IntN(3) {
		if len(d) == 0 {
			return d
		}
		i := r.IntN(len(d))
		j := min(len(d), i+1+r.IntN(pick(r, 1, 4, 40)))
		switch r.IntN(7) {
		case 0:
			d = slices.Delete(d, i, j)
		case 1:
			d = slices.Insert(d, i, slices.Clone(d[i:j])...)
		case 2:
			k := r.IntN(len(d))
			d[i], d[k] = d[k], d[i]
		case 3:
			d = slices.Insert(d, i, []byte(pick(r, spareParts...))...)
		case 4:
			d[i] = byte(r.IntN(256))
		case 5:
			d = slices.Replace(d, i, j, []byte(pick(r, spareParts...))...)
		case 6: // alter the next digit
			if k := bytes.IndexAny(d[i:], "0123456789"); k >= 0 {
				d[i+k] = pick(r, []byte("0123456789.-+eE")...)
			}
		}
	}
	return d
}
