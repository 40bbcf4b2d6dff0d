package decode

import (
	"slices"

	"abtool/ingest/scan"
)

// spelling is a name of a value in a record, or in a page or dump with records. Names are listed only here.
// The readers of XML and JSON, the code that recognises sources, and the code that recognises headers use
// this list.
type spelling struct {
	name   string
	column string // the column of annotations for the value
	rule   rule   // how the input becomes a value of the column
	sets   sets   // the data sets whose records have it
	shows  shows  // where it shows that a record is of its data set
	xml    bool   // whether it is a scalar element of <metadata>
}

// key is a spelling with a slot for each data set, which numbers the values of a record. Spellings of the
// same value have the same slot: the index of the first of them.
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
	ofStudy    sets = 1 << 7 // the column is only in batches with the columns of studies
)

func (s sets) has(set Set) bool { return s&(1<<set) != 0 }

// shows says in which places a key shows the data set of a record.
type shows uint8

const (
	nothing  shows = 0             // records of both data sets have it, or headers
	itsOwn   shows = 1             // headers do not have it, but it does not show the data set
	inObject shows = itsOwn | 1<<1 // among the keys of an object
	inText   shows = itsOwn | 1<<2 // in the text at the beginning of a source
	anywhere shows = inObject | inText
)

// spellings lists all keys. If a record has two spellings of a value, the first in this list counts. The slow
// reader reads the values of a record in this order.
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
	{"deselectedRecord", "deselects", deselects, inImageNet | ofStudy, nothing, false},
	{"drags", "drags", drags, inCOCO | ofStudy, nothing, false},
	{"layout", "layout", layout, inBoth | ofStudy, nothing, false},
	{"loadedAt", "load_t", duration, inBoth | ofStudy, nothing, false},
	{"loadFailed", "load_failed", boolean, inBoth | ofStudy, nothing, false},
	{"arm", "arm", word, inBoth | ofStudy, nothing, false},
	{"known", "known", boolean, inBoth | ofStudy, nothing, false},
	{"gold", "gold", boolean, inBoth | ofStudy, nothing, false},
	{"givenPages", "given_pages", whole, inBoth | ofStudy, nothing, false},
	{"wholePages", "whole_pages", whole, inBoth | ofStudy, nothing, false},
	{"givenImages", "given_images", whole, inImageNet | ofStudy, nothing, false},
	{"wholeImages", "whole_images", whole, inImageNet | ofStudy, nothing, false},
	{"page", "", wrapping, 0, nothing, false},
	{"pages", "", wrapping, 0, nothing, false},
	{"annotation", "", wrapping, 0, nothing, false},
	{"annotations", "", wrapping, 0, nothing, false},
}

func (k *spelling) showsIn(where shows) bool { return k.shows&where == where }

// keys has the keys in the order of spellings.
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

// sameValue reports whether two spellings name the same value. In records of COCO, the column of the page and
// the column of the image have two values each: the number and index of the page, and the number and URL of
// the image.
func (s Set) sameValue(a, b spelling) bool {
	return a.column != "" && a.column == b.column && (s == ImageNet || a.rule == b.rule)
}

// byHash has the keys by the hash of their names.
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

// unknown is the key of all names that are not listed.
var unknown key

// keyOf returns the key of a name, or &unknown.
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
	partVia
	partWidth
	partHeight
	partOrigin
	partOutcome
	partTimeEnd
	parts
)

// partKeys has the names of parts. The name of a point is listed with the part of its x; its y is the next
// part. If an entry has two names for a part, the last in this list counts.
var partKeys = [...]struct {
	name string
	part part
}{
	{"x", partX}, {"y", partY}, {"time", partTime}, {"timeAt", partTime},
	{"action", partAction}, {"actionType", partAction}, {"iconType", partIcon}, {"pointFrom", partFromX}, {"pointTo", partToX},
	{"categoryIndex", partIndex}, {"categoryName", partName}, {"usingKeyboard", partKeyboard},
	{"via", partVia}, {"width", partWidth}, {"height", partHeight},
	{"origin", partOrigin}, {"outcome", partOutcome}, {"timeEnd", partTimeEnd},
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

// rawEvent has the values of an entry of any list, by part, before the rules of its columns are applied.
type rawEvent [parts]scan.Value
