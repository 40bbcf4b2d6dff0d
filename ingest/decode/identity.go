package decode

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"strconv"
)

// noSlot is the slot of a showing that its assignment or its content alone identifies.
const noSlot = -1

// Pair returns what says in which showing a row was made (R4): the assignment; without one the page
// of the front end and the image's slot on it; without that worker, HIT, page number and slot as far
// as they are given. It returns "" for a row that has none of these.
func (r *ImageNetRow) Pair() (pair string, slot int32) {
	slot = noSlot
	if r.AssignmentID != "" {
		return r.AssignmentID, slot
	}
	if r.ImageIdx != nil {
		slot = *r.ImageIdx
	}
	if r.PageUUID != "" {
		return "page\x00" + r.PageUUID, slot
	}
	hit, page := cmp.Or(r.HITID, r.ImageNetHITID), ""
	if r.PageIdx != nil {
		page = strconv.Itoa(int(*r.PageIdx))
	}
	if slot == noSlot && r.WorkerID == "" && hit == "" && page == "" {
		return "", slot
	}
	return "place\x00" + r.WorkerID + "\x00" + hit + "\x00" + page, slot
}

// contentKey identifies a record by all that it says: equal records are duplicates (R4).
func contentKey(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		b.Reset()
		b.Write(raw)
	}
	sum := sha256.Sum256(b.Bytes())
	return "record\x00" + string(sum[:])
}
