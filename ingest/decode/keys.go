package decode

import (
	"slices"

	"abtool/ingest/scan"
)

// spelling is a name of a value in a record, or in what wraps records. This is the only place where names
// are listed: the readers of XML and JSON, what looks at the beginning of a source, and what tells headers
// from records all ask for it.
type spelling struct {
	name   string
	column string // of the annotations, that it goes to
	rule   rule   // that makes it a value of the column
	sets   sets   // whose records have it
	shows  shows  // where it shows that a record is of its data set
	xml    bool   // it is a scalar element of <metadata>
}

// key is a spelling with its place among the values of a record, by data set: the first of those that
// name the same value.
type key struct {
	spelling
	slot [COCO + 1]uint8
}

// sets are the data sets whose records have a key.
type sets uint8

const (
	inImageNet sets = 1 << ImageNet
	inCOCO     sets = 1 << COCO
	inBoth          = inImageNet | inCOCO
)

func (s sets) has(set Set) bool { return s&(1<<set) != 0 }

// shows says where a key shows which data set a record is of.
type shows uint8

const (
	nothing  shows = 0             // records of both, or headers, have it
	itsOwn   shows = 1             // headers do not have it, but other keys show the data set
	inObject shows = itsOwn | 1<<1 // among the keys of an object
	inText   shows = itsOwn | 1<<2 // in the text at the beginning of a source
	anywhere shows = inObject | inText
)

// spellings are all keys. Of two that a record has for one value the first one counts, and the values of a
// record that is read slowly are taken in this order.
var spellings = [...]spelling{
	{"imageID", "image_id", imageID, inImageNet, anywhere, true},
	{"image_id", "image_id", imageID, inCOCO, anywhere, false},
	{"imageURL", "image_id", imageURL, inCOCO, anywhere, false},
	{"worker_id", "worker_id", identifier, inBoth, nothing, true},
	{"workerID", "worker_id", identifier, inBoth, nothing, false},
	{"assignment_id", "assignment_id", identifier, inBoth, nothing, true},
	{"assignmentID", "assignment_id", identifier, inBoth, nothing, false},
	{"hit_id", "hit_id", identifier, inBoth, nothing, true},
	{"hitID", "hit_id", identifier, inBoth, nothing, false},
	{"imagenet_hit_id", "imagenet_hit_id", identifier, inImageNet, nothing, true},
	{"imageNetHitID", "imagenet_hit_id", identifier, inImageNet, nothing, false},
	{"hit_submit_time", "hit_submit_time", epoch, inImageNet, itsOwn, true},
	{"page_id", "page_idx", pageNumber, inCOCO, nothing, false},
	{"page_idx", "page_idx", pageIndex, inBoth, nothing, true},
	{"pageno", "page_idx", pageNumber, inBoth, nothing, false},
	{"image_idx", "image_idx", whole, inImageNet, itsOwn, true},
	{"selected", "selected", boolean, inImageNet, inObject, true},
	{"selectedCount", "selected_count", whole, inImageNet, itsOwn, true},
	{"hoveredCount", "hovered_count", whole, inImageNet, itsOwn, true},
	{"imageWidth", "image_width", size, inBoth, nothing, true},
	{"imageHeight", "image_height", size, inBoth, nothing, true},
	{"originalImageWidth", "original_width", whole, inBoth, nothing, true},
	{"originalImageHeight", "original_height", whole, inBoth, nothing, true},
	{"estimateTime", "estimate_time", duration, inImageNet, inText, true},
	{"timeSpent", "time_spent", duration, inCOCO, anywhere, false},
	{"timeSpend", "time_spent", duration, inCOCO, anywhere, false},
	{"imagePosition", "", position, inImageNet, anywhere, false},
	{"selectedRecord", "clicks", clicks, inImageNet, anywhere, false},
	{"mousePoint", "clicks", oldClicks, inImageNet, anywhere, false},
	{"actionHistories", "actions", actions, inCOCO, anywhere, false},
	{"categoryHistories", "browsing", browsing, inCOCO, anywhere, false},
	{"mouseTracking", "mouse", mouse, inBoth, nothing, false},
	{"hoveredRecord", "hovers", hovers, inImageNet, anywhere, false},
	{"categories", "categories", categories, inCOCO, nothing, false},
	{"page", "", wrapping, 0, nothing, false},
	{"pages", "", wrapping, 0, nothing, false},
	{"annotation", "", wrapping, 0, nothing, false},
	{"annotations", "", wrapping, 0, nothing, false},
}

func (k *spelling) showsIn(where shows) bool { return k.shows&where == where }

var keys = func() (all [len(spellings)]key) {
	for i, s := range spellings {
		all[i].spelling = s
		for _, set := range Sets {
			first := slices.IndexFunc(spellings[:i+1], func(t spelling) bool {
				return t.name == s.name || t.sets.has(set) && set.sameValue(s, t)
			})
			all[i].slot[set] = uint8(first)
		}
	}
	return all
}()

// sameValue reports whether two spellings name one value. In records of COCO a page has two numbers, and
// an image its number and its name.
func (s Set) sameValue(a, b spelling) bool {
	return a.column != "" && a.column == b.column && (s == ImageNet || a.rule == b.rule)
}

// byHash are the keys by hashOf their names.
var byHash = func() (t [128][]*key) {
	for i := range keys {
		h := hashOf([]byte(keys[i].name))
		t[h] = append(t[h], &keys[i])
	}
	return t
}()

func hashOf(name []byte) uint8 {
	n := len(name)
	return (uint8(n) + 3*name[0] + 5*name[n/2] + 7*name[n-1]) % 128
}

// unknown is the key of every other name.
var unknown key

// keyOf returns the key of a name.
func keyOf(name []byte) *key {
	if len(name) > 0 {
		for _, k := range byHash[hashOf(name)] {
			if k.name == string(name) {
				return k
			}
		}
	}
	return &unknown
}

// part is a value that an entry of a list can have.
type part uint8

const (
	partX part = iota
	partY
	partTime
	partAction
	partIcon
	partFromX
	partFromY
	partToX
	partToY
	partIndex
	partName
	partKeyboard
	parts
)

// partKeys are the names of parts; those of points stand for their x, and y is the next part. Of two that
// an entry has for one part the last one here counts.
var partKeys = [...]struct {
	name string
	part part
}{
	{"x", partX}, {"y", partY}, {"time", partTime}, {"timeAt", partTime},
	{"action", partAction}, {"actionType", partAction}, {"iconType", partIcon}, {"pointFrom", partFromX}, {"pointTo", partToX},
	{"categoryIndex", partIndex}, {"categoryName", partName}, {"usingKeyboard", partKeyboard},
}

// isPoint reports whether the value of a part is a point.
func (p part) isPoint() bool { return p == partFromX || p == partToX }

// partOf returns the part of a name.
func partOf(name []byte) (part, bool) {
	for i := range partKeys {
		if partKeys[i].name == string(name) {
			return partKeys[i].part, true
		}
	}
	return 0, false
}

// rawEvent is an entry of any list of a record, before its columns are known.
type rawEvent [parts]scan.Value
