package decode

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"strconv"

	"abtool/store/columnar"
)

// noSlot is the slot of a showing that its assignment or its content identifies without a slot.
const noSlot = -1

// identity has the columns that identify the showing in which a row was made (R4).
type identity struct {
	assignment, uuid, worker, hit, imagenetHIT *columnar.Cells
	page, slot                                 *columnar.Cells
}

func identityIn(rows *columnar.Rows) identity {
	to := rows.Column
	return identity{
		assignment: to("assignment_id"), uuid: to("page_uuid"), worker: to("worker_id"), hit: to("hit_id"),
		imagenetHIT: to("imagenet_hit_id"), page: to("page_idx"), slot: to("image_idx"),
	}
}

// pair returns the identity of the showing in which a row was made: the assignment. Without an assignment it
// is the page of the front end with the slot of the image on it. Without such a page it is the worker, HIT,
// page number and slot, as far as they are given. pair returns "" for a row without any of these.
func (x *identity) pair(row int) (pair string, slot int32) {
	slot = noSlot
	if assignment := x.assignment.Text(row); assignment != "" {
		return assignment, slot
	}
	if n, ok := x.slot.Number(row); ok {
		slot = int32(n)
	}
	if uuid := x.uuid.Text(row); uuid != "" {
		return "page\x00" + uuid, slot
	}
	worker, hit, page := x.worker.Text(row), cmp.Or(x.hit.Text(row), x.imagenetHIT.Text(row)), ""
	if n, ok := x.page.Number(row); ok {
		page = strconv.Itoa(int(n))
	}
	if slot == noSlot && worker == "" && hit == "" && page == "" {
		return "", slot
	}
	return "place\x00" + worker + "\x00" + hit + "\x00" + page, slot
}

// place returns the page of the front end on which a row was made, and the slot of the image on it.
func (x *identity) place(row int) (page string, slot int32) {
	n, _ := x.slot.Number(row)
	return "page\x00" + x.uuid.Text(row), int32(n)
}

// contentKey returns the identity of a record that only its content identifies: equal records are duplicates
// (R4).
func contentKey(raw []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		b.Reset()
		b.Write(raw)
	}
	sum := sha256.Sum256(b.Bytes())
	return "record\x00" + string(sum[:])
}
