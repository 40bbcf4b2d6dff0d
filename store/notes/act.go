// Package notes keeps what people note about a store: tags and notes on showings, images, annotators and HITs. They
// are in a file next to the store, STORE.notes.jsonl, and never in it. The file has a line of JSON for each act, in any
// order: files of several people are merged by writing one after the other.
//
// Annotators and HITs are named by their pseudonyms, and a showing by its image and a digest of what identifies it
// (R4), so that a file has no ids of people, and still fits after another ingest of the same inputs.
package notes

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The kinds of things that can be noted.
const (
	Showing = "showing" // of COCO-AB: a page
	Image   = "image"
	Worker  = "worker"
	HIT     = "hit" // of ImageNet-AB: an assignment
)

// Kinds lists the kinds, from the narrowest to the widest.
var Kinds = []string{Showing, Image, Worker, HIT}

// What an act does.
const (
	Tag   = "tag"   // adds a tag
	Untag = "untag" // removes it
	Note  = "note"  // adds a text
)

// An Act is a line of a file: what somebody did with things of one kind.
type Act struct {
	Time   time.Time `json:"time"` // UTC
	Who    string    `json:"who"`  // user of the system
	Act    string    `json:"act"`
	Tag    string    `json:"tag,omitempty"`
	Text   string    `json:"text,omitempty"` // of a note
	Set    string    `json:"set"`            // imagenet or coco
	Kind   string    `json:"kind"`
	Of     []string  `json:"of"`               // the things, as Thing.ID
	Filter string    `json:"filter,omitempty"` // what was looked at: address of a page
}

// A Thing is something that can be noted.
type Thing struct {
	Set, Kind string
	// ID is the id of an image, the pseudonym of an annotator or HIT, or for a showing its image, a space, and the
	// digest of what identifies it.
	ID string
}

// Limits of what people write.
const (
	MostTag  = 60     // characters of a tag
	MostText = 10_000 // characters of a note
)

// CheckTag returns an error for a text that cannot be a tag.
func CheckTag(tag string) error {
	switch {
	case tag == "" || strings.TrimSpace(tag) != tag:
		return fmt.Errorf("the tag %q is empty, or begins or ends with a space", tag)
	case !utf8.ValidString(tag) || strings.ContainsFunc(tag, unicode.IsControl):
		return fmt.Errorf("the tag %q has characters that cannot be printed", tag)
	case utf8.RuneCountInString(tag) > MostTag:
		return fmt.Errorf("the tag %.20q… is longer than %d characters", tag, MostTag)
	}
	return nil
}

// Check returns an error for an act that cannot be kept.
func (a *Act) Check() error {
	switch {
	case a.Set != "imagenet" && a.Set != "coco":
		return fmt.Errorf("no data set is called %q", a.Set)
	case !slices.Contains(Kinds, a.Kind):
		return fmt.Errorf("no kind is called %q: it is one of %s", a.Kind, strings.Join(Kinds, ", "))
	case len(a.Of) == 0 || slices.Contains(a.Of, ""):
		return errors.New("it is about nothing")
	}
	switch a.Act {
	case Tag, Untag:
		return CheckTag(a.Tag)
	case Note:
		if strings.TrimSpace(a.Text) == "" || !utf8.ValidString(a.Text) || utf8.RuneCountInString(a.Text) > MostText {
			return fmt.Errorf("a note has 1 to %d characters", MostText)
		}
		return nil
	}
	return fmt.Errorf("no act is called %q: it is %s, %s or %s", a.Act, Tag, Untag, Note)
}

// line returns the act as a file has it.
func (a *Act) line() ([]byte, error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(a)
	return append(b, '\n'), err
}

// begin is what every line begins with, and what no other place of a line has: a text has a backslash before each
// quotation mark.
const begin = `{"time":"`

// parse returns the acts of a line. A line that is broken can have a whole one at its end, if another file was appended
// to one that had lost its end: broken is then the part before.
func parse(line string) (acts []Act, broken string) {
	var a Act
	err := json.Unmarshal([]byte(line), &a)
	if err == nil {
		err = a.Check()
	}
	if err == nil && !a.Time.IsZero() {
		a.Time = a.Time.UTC()
		return []Act{a}, ""
	}
	if at := strings.LastIndex(line, begin); at > 0 {
		if acts, rest := parse(line[at:]); rest == "" {
			return acts, line[:at]
		}
	}
	return nil, line
}

// compare orders acts by time. Acts of the same time are in an order that does not depend on that of the lines.
func compare(a, b *Act) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Who, b.Who), cmp.Compare(a.Act, b.Act), cmp.Compare(a.Tag, b.Tag),
		cmp.Compare(a.Text, b.Text), cmp.Compare(a.Set, b.Set), cmp.Compare(a.Kind, b.Kind), slices.Compare(a.Of, b.Of), cmp.Compare(a.Filter, b.Filter))
}
