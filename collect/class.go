package collect

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A Class is what images are chosen for, or an icon. It is a line of classes.jsonl.
type Class struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Definition string   `json:"definition,omitempty"`
	Links      []string `json:"links,omitempty"`
	Synonyms   []string `json:"synonyms,omitempty"`
	Superclass string   `json:"superclass,omitempty"` // of an icon
}

// coco lists the icons of the original front end under its 11 superclasses, in its order.
//
//go:embed coco.csv
var coco string

// A classTable is what a file of classes says.
type classTable struct {
	classes []Class
	of      map[string]string // image to class; nil if the file does not say it
}

// readClassFile reads a CSV file of classes. Its header names the columns: class, name, definition, links
// (separated by spaces), synonyms (separated by |), superclass; or image and class.
func readClassFile(path string) (*classTable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := readClasses(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func readClasses(from io.Reader) (*classTable, error) {
	rows, err := openTable(from, []string{"class", "name", "definition", "links", "synonyms", "superclass", "image"}, "class")
	if err != nil {
		return nil, err
	}
	t := new(classTable)
	if rows.has("image") {
		t.of = map[string]string{}
	}
	seen := map[string]int{}
	for {
		line, get, err := rows.next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		id := get("class")
		if id == "" {
			return nil, fmt.Errorf("line %d has no class", line)
		}
		if t.of != nil {
			if t.of[get("image")] != "" {
				return nil, fmt.Errorf("line %d: the image %q has a class already", line, get("image"))
			}
			t.of[get("image")] = id
		} else if seen[id] > 0 {
			return nil, fmt.Errorf("line %d: the class %q is on line %d too", line, id, seen[id])
		}
		if seen[id] > 0 {
			continue
		}
		seen[id] = line
		c := Class{ID: id, Name: get("name"), Definition: get("definition"), Superclass: get("superclass"), Links: strings.Fields(get("links"))}
		for _, s := range strings.Split(get("synonyms"), "|") {
			if s = strings.TrimSpace(s); s != "" {
				c.Synonyms = append(c.Synonyms, s)
			}
		}
		if c.Name == "" {
			c.Name = id
		}
		t.classes = append(t.classes, c)
	}
}

// A Superclass is a group of icons of a tag study.
type Superclass struct {
	Name  string
	Icons []Class
}

// Superclasses returns the icons of a tag study by superclass, in the order of classes.jsonl.
func (s *Study) Superclasses() (all []Superclass) {
	at := map[string]int{}
	for _, c := range s.Classes {
		i, ok := at[c.Superclass]
		if !ok {
			i = len(all)
			at[c.Superclass] = i
			all = append(all, Superclass{Name: c.Superclass})
		}
		all[i].Icons = append(all[i].Icons, c)
	}
	return all
}

// Class returns a class of the study; one that classes.jsonl does not describe has its id as its name.
func (s *Study) Class(id string) Class {
	for _, c := range s.Classes {
		if c.ID == id {
			return c
		}
	}
	return Class{ID: id, Name: id}
}
