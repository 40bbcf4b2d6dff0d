package decode

import "abtool/ingest/scan"

// slot numbers the keys of a record, so that both spellings of one are the same.
type slot uint8

const (
	slotNone slot = iota
	slotImageID
	slotImageURL
	slotWorker
	slotAssignment
	slotHIT
	slotImageNetHIT
	slotSubmit
	slotPage    // page_id, pageno
	slotPageIdx // page_idx
	slotImageIdx
	slotSelected
	slotSelectedCount
	slotHoveredCount
	slotWidth
	slotHeight
	slotOrigWidth
	slotOrigHeight
	slotEstimate
	slotSpent
	slotPosition
	slotClicks
	slotOldClicks // mousePoint
	slotMouse
	slotHovers
	slotActions
	slotBrowsing
	slotCategories
	slotWrapper   // page, pages, annotation, annotations
	slotPositionX // of <imagePosition>
	slotPositionY
	slots
)

// key is a name of a value in a record, or in what wraps records. It is the only place where names are
// listed: the readers of XML and JSON, what looks at the beginning of a source, and what tells headers
// from records all ask for it.
type key struct {
	name  string
	slot  slot
	sets  sets  // whose records have it
	shows shows // where it shows that a record is of its data set
	xml   bool  // it is a scalar element of <metadata>
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

// keys are all keys. Of two that a record has for one slot the first one counts, and the values of a
// record that is read slowly are taken in this order.
var keys = [...]key{
	{"imageID", slotImageID, inImageNet, anywhere, true},
	{"image_id", slotImageID, inCOCO, anywhere, false},
	{"imageURL", slotImageURL, inCOCO, anywhere, false},
	{"worker_id", slotWorker, inBoth, nothing, true},
	{"workerID", slotWorker, inBoth, nothing, false},
	{"assignment_id", slotAssignment, inBoth, nothing, true},
	{"assignmentID", slotAssignment, inBoth, nothing, false},
	{"hit_id", slotHIT, inBoth, nothing, true},
	{"hitID", slotHIT, inBoth, nothing, false},
	{"imagenet_hit_id", slotImageNetHIT, inImageNet, nothing, true},
	{"imageNetHitID", slotImageNetHIT, inImageNet, nothing, false},
	{"hit_submit_time", slotSubmit, inImageNet, itsOwn, true},
	{"page_id", slotPage, inCOCO, nothing, false},
	{"page_idx", slotPageIdx, inBoth, nothing, true},
	{"pageno", slotPage, inBoth, nothing, false},
	{"image_idx", slotImageIdx, inImageNet, itsOwn, true},
	{"selected", slotSelected, inImageNet, inObject, true},
	{"selectedCount", slotSelectedCount, inImageNet, itsOwn, true},
	{"hoveredCount", slotHoveredCount, inImageNet, itsOwn, true},
	{"imageWidth", slotWidth, inBoth, nothing, true},
	{"imageHeight", slotHeight, inBoth, nothing, true},
	{"originalImageWidth", slotOrigWidth, inBoth, nothing, true},
	{"originalImageHeight", slotOrigHeight, inBoth, nothing, true},
	{"estimateTime", slotEstimate, inImageNet, inText, true},
	{"timeSpent", slotSpent, inCOCO, anywhere, false},
	{"timeSpend", slotSpent, inCOCO, anywhere, false},
	{"imagePosition", slotPosition, inImageNet, anywhere, false},
	{"selectedRecord", slotClicks, inImageNet, anywhere, false},
	{"mousePoint", slotOldClicks, inImageNet, anywhere, false},
	{"actionHistories", slotActions, inCOCO, anywhere, false},
	{"categoryHistories", slotBrowsing, inCOCO, anywhere, false},
	{"mouseTracking", slotMouse, inBoth, nothing, false},
	{"hoveredRecord", slotHovers, inImageNet, anywhere, false},
	{"categories", slotCategories, inCOCO, nothing, false},
	{"page", slotWrapper, 0, nothing, false},
	{"pages", slotWrapper, 0, nothing, false},
	{"annotation", slotWrapper, 0, nothing, false},
	{"annotations", slotWrapper, 0, nothing, false},
}

func (k *key) showsIn(where shows) bool { return k.shows&where == where }

// slotOf returns the slot of a key in records of a data set: ImageNet's have one page number.
func (s Set) slotOf(k *key) slot {
	if k.slot == slotPage && s == ImageNet {
		return slotPageIdx
	}
	return k.slot
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

// column puts a value where its column is gathered, by one of the rules.
type column struct {
	json func(*Batch, scan.Value, Field)
	xml  func(*Batch, []byte, Field) // takes the text of an element
}

// numbers makes a column of a rule for numbers, which is the same for JSON and XML.
func numbers[T any](at func(*Batch) *T, rule func(*Batch, scan.Value, Field) T) column {
	return column{
		json: func(b *Batch, v scan.Value, f Field) { *at(b) = rule(b, v, f) },
		xml:  func(b *Batch, t []byte, f Field) { *at(b) = rule(b, scan.TextValue(t), f) },
	}
}

func texts(at func(*Batch) *string) column {
	return column{
		json: func(b *Batch, v scan.Value, f Field) { *at(b) = b.Name(v, f) },
		xml:  func(b *Batch, t []byte, _ Field) { *at(b) = b.text.keep(scan.Trim(t)) },
	}
}

// showingColumns are the columns of a showing, by slot. Lists have none.
var showingColumns = [slots]column{
	slotImageID: {
		json: func(b *Batch, v scan.Value, _ Field) {
			b.show.idKind = v.Kind
			if v.Kind == scan.String {
				b.show.imageID = v.Text
			}
		},
		xml: func(b *Batch, t []byte, _ Field) { b.show.imageID = scan.Trim(t) },
	},
	slotWorker:        texts(func(b *Batch) *string { return &b.show.worker }),
	slotAssignment:    texts(func(b *Batch) *string { return &b.show.assign }),
	slotHIT:           texts(func(b *Batch) *string { return &b.show.hit }),
	slotImageNetHIT:   texts(func(b *Batch) *string { return &b.show.inHIT }),
	slotSubmit:        numbers(func(b *Batch) **int64 { return &b.show.submit }, (*Batch).epoch),
	slotPageIdx:       numbers(func(b *Batch) **int32 { return &b.show.page }, (*Batch).Whole),
	slotImageIdx:      numbers(func(b *Batch) **int32 { return &b.show.slot }, (*Batch).Whole),
	slotSelectedCount: numbers(func(b *Batch) **int32 { return &b.show.nChosen }, (*Batch).Whole),
	slotHoveredCount:  numbers(func(b *Batch) **int32 { return &b.show.nHover }, (*Batch).Whole),
	slotWidth:         numbers(func(b *Batch) **float64 { return &b.show.width }, (*Batch).size),
	slotHeight:        numbers(func(b *Batch) **float64 { return &b.show.height }, (*Batch).size),
	slotOrigWidth:     numbers(func(b *Batch) **int32 { return &b.show.origW }, (*Batch).Whole),
	slotOrigHeight:    numbers(func(b *Batch) **int32 { return &b.show.origH }, (*Batch).Whole),
	slotEstimate:      numbers(func(b *Batch) **int64 { return &b.show.est }, (*Batch).duration),
	slotSelected: {
		json: func(b *Batch, v scan.Value, f Field) { b.show.chosen = b.boolean(v, f) },
		xml:  func(b *Batch, t []byte, _ Field) { b.show.chosen = b.selected(scan.Trim(t)) },
	},
}

// pageColumns are the columns of a page, by slot.
var pageColumns = [slots]column{
	slotImageID: {json: func(b *Batch, v scan.Value, _ Field) { b.page.id = v }},
	slotImageURL: {json: func(b *Batch, v scan.Value, _ Field) {
		if v.Kind == scan.String {
			b.page.url = append(b.page.url[:0], v.Text...)
		}
	}},
	slotWorker:     texts(func(b *Batch) *string { return &b.page.row.WorkerID }),
	slotAssignment: texts(func(b *Batch) *string { return &b.page.row.AssignmentID }),
	slotHIT:        texts(func(b *Batch) *string { return &b.page.row.HITID }),
	slotPage:       {json: func(b *Batch, v scan.Value, _ Field) { b.page.pageID = v }},
	slotPageIdx:    {json: func(b *Batch, v scan.Value, _ Field) { b.page.pageIdx = v }},
	slotWidth:      numbers(func(b *Batch) **float64 { return &b.page.row.ImageWidth }, (*Batch).size),
	slotHeight:     numbers(func(b *Batch) **float64 { return &b.page.row.ImageHeight }, (*Batch).size),
	slotOrigWidth:  numbers(func(b *Batch) **int32 { return &b.page.row.OrigWidth }, (*Batch).Whole),
	slotOrigHeight: numbers(func(b *Batch) **int32 { return &b.page.row.OrigHeight }, (*Batch).Whole),
	slotSpent:      numbers(func(b *Batch) **int64 { return &b.page.row.TimeSpent }, (*Batch).duration),
}

// xmlScalar takes a scalar element of <metadata>; others are passed over.
func (b *Batch) xmlScalar(k *key, text []byte) {
	if k.xml && b.show.once(k.slot) {
		showingColumns[k.slot].xml(b, text, Field{Name: k.name})
	}
}
