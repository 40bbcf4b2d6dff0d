package notes

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"abtool/internal/pseudonym"
	"abtool/store/columnar"
)

// What identifies a showing among those of its image (R4): the page of the front end, or who showed it when and where.
// Where a record names neither assignment nor page, the time of its first event does.
var (
	people = []struct{ column, key string }{{"worker_id", pseudonym.Worker}, {"assignment_id", pseudonym.HIT}, {"hit_id", pseudonym.HIT}}
	places = map[string][]string{"imagenet": {"page_idx", "image_idx"}, "coco": {"page_idx"}}
	clock  = map[string]string{"imagenet": "t0", "coco": "page_started"}
)

// HITColumn returns the column with the HIT of a data set.
func HITColumn(set string) string {
	if set == "coco" {
		return "hit_id"
	}
	return "assignment_id"
}

// digestLength is the number of hexadecimal digits of a digest. An image has few showings.
const digestLength = 12

const separator = "\x1f"

// SQL returns the expressions of the ids of a row's things over the columns of annotations, in the order of Kinds. With
// hidden, the columns have pseudonyms already.
func SQL(set string, hidden bool) (of [4]string) {
	named := func(column, key string) string {
		if hidden {
			return column
		}
		return pseudonym.SQL(key, column)
	}
	var parts []string
	for _, p := range people {
		parts = append(parts, named(p.column, p.key))
	}
	parts = append(parts, "page_uuid")
	for _, column := range places[set] {
		parts = append(parts, column+"::VARCHAR")
	}
	parts = append(parts, fmt.Sprintf("CASE WHEN assignment_id IS NULL AND page_uuid IS NULL THEN %s::VARCHAR END", clock[set]))
	for i, p := range parts {
		parts[i] = "coalesce(" + p + ", '')"
	}
	image := "image_id::VARCHAR"
	return [4]string{fmt.Sprintf("%s || ' ' || substr(sha256(%s), 1, %d)", image, strings.Join(parts, " || chr(31) || "), digestLength),
		image, named("worker_id", pseudonym.Worker), named(HITColumn(set), pseudonym.HIT)}
}

// columns lists the columns that an identity reads.
func columns(set string) []string {
	names := []string{"image_id", "page_uuid", clock[set]}
	for _, p := range people {
		names = append(names, p.column)
	}
	return append(names, places[set]...)
}

// A reader reads the ids of rows.
type reader struct {
	set    string
	read   *columnar.Reader
	hidden [3][]string // by column of people: pseudonyms of the present dictionary
}

// update reads the pseudonyms of a row group.
func (r *reader) update() {
	for i, p := range people {
		r.hidden[i] = r.hidden[i][:0]
		for _, id := range r.read.Column(p.column).Dict {
			r.hidden[i] = append(r.hidden[i], pseudonym.Of(p.key, id))
		}
	}
}

// person returns the pseudonym in a column of people, "" for null.
func (r *reader) person(i, row int) string {
	if k := r.read.Column(people[i].column).Index[row]; k >= 0 {
		return r.hidden[i][k]
	}
	return ""
}

func (r *reader) image(row int) string {
	c := r.read.Column("image_id")
	if r.set == "coco" {
		return strconv.FormatInt(c.Ints[row], 10)
	}
	id, _ := c.Text(row)
	return id
}

func (r *reader) worker(row int) string { return r.person(0, row) }

func (r *reader) hit(row int) string {
	if r.set == "coco" {
		return r.person(2, row)
	}
	return r.person(1, row)
}

// showing returns the id of the showing in a row of an image.
func (r *reader) showing(image string, row int) string {
	parts := make([]string, 0, 8)
	for i := range people {
		parts = append(parts, r.person(i, row))
	}
	uuid, _ := r.read.Column("page_uuid").Text(row)
	parts = append(parts, uuid)
	number := func(column string) {
		text := ""
		if n := r.read.Column(column).Ints[row]; n != columnar.Null {
			text = strconv.FormatInt(n, 10)
		}
		parts = append(parts, text)
	}
	for _, column := range places[r.set] {
		number(column)
	}
	if parts[1] == "" && uuid == "" {
		number(clock[r.set])
	} else {
		parts = append(parts, "")
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, separator)))
	return image + " " + hex.EncodeToString(sum[:])[:digestLength]
}
