package compat

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"abtool/collect"
	"abtool/collect/derive"
)

// Whatever is accepted as a page or header can be read later.
func FuzzBodies(f *testing.F) {
	for _, name := range []string{"imagenet-page", "imagenet-header", "coco-page", "coco-header"} {
		b, err := os.ReadFile(filepath.Join("..", "server", "testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"page":{"pageno":0,"annotations":[{"imageID":1,"selectedRecord":[{"x":"a"},[]]}],"Annotations":[]},"Page":{"annotations":[{}],"annotation":{}}}`))
	f.Add([]byte(`{"page":{"pageno":1e0,"annotation":{"actionHistories":[{"pointTo":[]},{"pointTo":{"x":1}}]}},"endedAt":1e15}`))
	slots := []derive.Slot{{ImageID: "1", Class: ""}}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []string{collect.Browse, collect.Tag} {
			front := &Front{Study: &collect.Study{Settings: collect.Defaults(kind)}}
			if h, worker, err := front.readHeader(body); err == nil && (!json.Valid([]byte(h.Body)) || worker == "" || bytes.Contains([]byte(h.Body), []byte(`"workerID":"`+worker+`"`))) {
				t.Errorf("header %q", h.Body)
			}
			p, err := front.readPage(body)
			if err != nil {
				continue
			}
			ids := derive.Ids{Worker: "w"}
			if kind == collect.Browse {
				ids.Candidates = "h"
			}
			page := derive.Page{ID: "p", Number: p.Number, Slots: slots}
			record, err := derive.FrontEnd(body, ids, page, nil)
			if err != nil || !json.Valid(record) || bytes.ContainsRune(record, '\n') {
				t.Errorf("record %q: %v", record, err)
			}
			derive.FrontEndBrowse(body, page)
			derive.FrontEndTag(body, page)
		}
	})
}
