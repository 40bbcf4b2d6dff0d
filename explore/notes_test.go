package explore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"abtool/analysis/result"
	"abtool/store/notes"
)

// rowsWith returns the number of rows that a filter selects.
func (p *person) rowsWith(set, f string) (n int) {
	p.t.Helper()
	status, body := p.get("/api/rows/" + set + "?n=1&f=" + f)
	var a struct{ N int }
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != http.StatusOK {
		p.t.Fatalf("%s: %d %s", f, status, body)
	}
	return a.N
}

// A tag is in the file when it is acknowledged; it selects the showings of what has it, in filters, in facets and in SQL.
func TestNotes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "n.jsonl")
	p := visit(t, Options{Store: demo(), Notes: file})
	var row struct {
		Columns []string
		Data    [][]any
	}
	_, body := p.get("/api/rows/imagenet?n=1")
	if err := json.Unmarshal([]byte(body), &row); err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for i, c := range row.Columns {
		of[c] = fmt.Sprint(row.Data[i][0])
	}
	total := p.rowsWith("imagenet", "")
	for _, x := range []struct {
		wish map[string]any
		f    string // showings that the tag selects
	}{
		{map[string]any{"act": "tag", "tag": "first", "kind": "showing", "seqs": []int{0}}, ""},
		{map[string]any{"act": "tag", "tag": "image", "kind": "image", "seqs": []int{0}}, "image_id:" + of["image_id"]},
		{map[string]any{"act": "tag", "tag": "them", "kind": "worker", "ids": []string{of["worker_id"]}}, "worker_id:" + of["worker_id"]},
		{map[string]any{"act": "tag", "tag": "work", "kind": "hit", "seqs": []int{0}, "filter": "/w/imagenet/" + of["worker_id"]}, "assignment_id:" + of["assignment_id"]},
		{map[string]any{"act": "tag", "tag": "odd,;:\"x", "kind": "showing", "all": true, "f": "selected:true", "n": p.rowsWith("imagenet", "selected:true"),
			"filter": "/i/imagenet?f=worker_id:" + of["worker_id"]}, "selected:true"},
	} {
		status, body := p.post("/api/notes/imagenet", x.wish)
		if status != http.StatusOK {
			t.Fatalf("%v: %d %s", x.wish, status, body)
		}
		data, err := os.ReadFile(file)
		tag, _ := json.Marshal(x.wish["tag"])
		if err != nil || !bytes.Contains(data, append([]byte(`"tag":`), tag...)) {
			t.Errorf("%v is not in the file: %v", x.wish, err)
		}
		want := 1
		if x.f != "" {
			want = p.rowsWith("imagenet", x.f)
		}
		f := "tag:" + strings.NewReplacer(",", `\,`, ";", `\%3B`, ":", `\:`, `"`, `\"`).Replace(x.wish["tag"].(string))
		if n := p.rowsWith("imagenet", f); n != want {
			t.Errorf("%s selects %d, want %d", f, n, want)
		}
		if n := p.rowsWith("imagenet", strings.Replace(f, "tag:", "tag:!", 1)); n != total-want {
			t.Errorf("without %s: %d, want %d", f, n, total-want)
		}
	}
	if status, body := p.post("/api/notes/imagenet", map[string]any{"act": "note", "text": "look\nagain", "kind": "showing", "seqs": []int{0}}); status != http.StatusOK {
		t.Fatal(status, body)
	}
	data, err := os.ReadFile(file)
	if err != nil || strings.Count(string(data), "\n") != 6 {
		t.Fatalf("the file has %d lines, want one for each act (%v)", strings.Count(string(data), "\n"), err)
	}
	for _, column := range []string{"worker_id", "assignment_id"} {
		if strings.Contains(string(data), of[column]) {
			t.Errorf("the file has the %s %s", column, of[column])
		}
	}

	_, body = p.get("/api/facets/imagenet?fields=tag,selected&f=tag:first")
	var facets struct {
		Facets []struct {
			Values []string
			Count  []int
			Null   int
		}
	}
	if err := json.Unmarshal([]byte(body), &facets); err != nil {
		t.Fatal(err)
	}
	if f := facets.Facets[0]; f.Values[0] != "first" || f.Count[0] != 1 || len(f.Values) != 5 {
		t.Errorf("the facet of tags: %+v", f)
	}
	for sort, want := range map[string]string{"tag": `[["first",`, "-tag": `[["them","work"]]`} {
		if _, body := p.get("/api/rows/imagenet?n=1&sort=" + sort); !strings.Contains(body, want) {
			t.Errorf("sorted by %s: %s, want %s", sort, body, want)
		}
	}
	status, body := p.sql("SELECT count(*) AS n, count(DISTINCT tag) AS tags, any_value(worker_id) FILTER (kind = 'worker') AS w FROM notes")
	if want := fmt.Sprintf("[[%d],[5],[%q]]", 5+p.rowsWith("imagenet", "selected:true"), of["worker_id"]); status != http.StatusOK || !strings.Contains(body, want) {
		t.Errorf("SQL: %d %s, want %s", status, body, want)
	}

	var things struct{ Things []notedThing }
	_, body = p.get("/api/notes/imagenet?seq=0")
	if err := json.Unmarshal([]byte(body), &things); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range things.Things {
		for _, m := range append(x.Tags, x.Notes...) {
			got = append(got, x.Kind+" "+m.Text)
		}
	}
	want := "showing first|showing look\nagain|image image|worker them|hit work"
	if selected := of["selected"] == "true"; selected {
		want = "showing first|showing odd,;:\"x|showing look\nagain|image image|worker them|hit work"
	}
	if strings.Join(got, "|") != want {
		t.Errorf("showing 0 has %q, want %q", got, want)
	}
	if status, body := p.get("/notes"); status != http.StatusOK || !strings.Contains(body, "look\nagain") || !strings.Contains(body, "1 worker") || strings.Contains(body, "not a line of notes") {
		t.Errorf("the page of notes: %d %s", status, body)
	}

	// Another process removes a tag and breaks off in a line.
	other, err := notes.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	a := other.Last(10)[5]
	if a.Tag != "first" {
		t.Fatal(a)
	}
	if err := other.Add(notes.Act{Act: notes.Untag, Tag: "first", Set: "imagenet", Kind: notes.Showing, Of: a.Of}); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"time":"2024-05-01T12:00:00Z","who":"<b>me`)
	f.Close()
	if _, body := p.get("/notes"); !strings.Contains(body, "line 8: <code>{&#34;time&#34;") || !strings.Contains(body, "&lt;b&gt;me") {
		t.Errorf("the page of notes says nothing of a broken line: %s", body)
	}
	if n := p.rowsWith("imagenet", "tag:first"); n != 0 {
		t.Errorf("%d showings have the tag that was removed", n)
	}
}

// What is wrong is refused, and nothing is written.
func TestNotesRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "n.jsonl")
	p := visit(t, Options{Store: demo(), Notes: file})
	for _, x := range []struct {
		wish map[string]any
		want int
	}{
		{map[string]any{"act": "tag", "tag": "", "kind": "showing", "seqs": []int{0}}, 400},
		{map[string]any{"act": "tag", "tag": "x", "kind": "class", "seqs": []int{0}}, 400},
		{map[string]any{"act": "tag", "tag": "x", "kind": "showing", "seqs": []int{99999}}, 400},
		{map[string]any{"act": "tag", "tag": "x", "kind": "showing"}, 400},
		{map[string]any{"act": "tag", "tag": "x", "kind": "worker", "ids": []string{"nobody"}}, 404},
		{map[string]any{"act": "tag", "tag": "x", "kind": "showing", "ids": []string{"0"}}, 400},
		{map[string]any{"act": "tag", "tag": "x", "kind": "showing", "all": true, "f": "selected:true", "n": 1}, 409},
		{map[string]any{"act": "tag", "tag": "x", "kind": "showing", "all": true, "f": "select:true", "n": 1}, 400},
	} {
		if status, body := p.post("/api/notes/imagenet", x.wish); status != x.want {
			t.Errorf("%v: %d %s, want %d", x.wish, status, body, x.want)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a file")
	}
	r, _ := http.NewRequest("POST", p.base+"/api/notes/imagenet", strings.NewReader(`{"act":"tag","tag":"x","kind":"showing","seqs":[0]}`))
	r.Header.Set("Origin", "http://evil.example")
	if status, _ := p.do(r); status != http.StatusForbidden {
		t.Errorf("a POST from another page: %d", status)
	}
	read := visit(t, Options{Store: demo(), Notes: file, ReadOnlyNotes: true})
	if status, body := read.post("/api/notes/imagenet", map[string]any{"act": "tag", "tag": "x", "kind": "showing", "seqs": []int{0}}); status != http.StatusForbidden {
		t.Errorf("notes that can only be read: %d %s", status, body)
	}
}

// Notes that were made with ids are seen with pseudonyms, and the other way round.
func TestNotesHidden(t *testing.T) {
	file := filepath.Join(t.TempDir(), "n.jsonl")
	plain, hidden := visit(t, Options{Store: demo(), Notes: file}), visit(t, Options{Store: demo(), Notes: file, Hide: true})
	worker := func(p *person) string {
		var a struct {
			Columns []string
			Data    [][]any
		}
		_, body := p.get("/api/rows/coco?n=1")
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			t.Fatal(err)
		}
		for i, c := range a.Columns {
			if c == "worker_id" {
				return a.Data[i][0].(string)
			}
		}
		return ""
	}
	id, name := worker(plain), worker(hidden)
	if o := (result.Options{Hide: true}); o.Show("worker", id) != name {
		t.Fatal(id, name)
	}
	for i, x := range []struct {
		p    *person
		wish map[string]any
	}{
		{plain, map[string]any{"act": "tag", "tag": "a", "kind": "worker", "ids": []string{id}}},
		{hidden, map[string]any{"act": "tag", "tag": "b", "kind": "worker", "ids": []string{name}, "filter": "/w/coco/" + name}},
		{hidden, map[string]any{"act": "tag", "tag": "c", "kind": "showing", "seqs": []int{0}}},
	} {
		if status, body := x.p.post("/api/notes/coco", x.wish); status != http.StatusOK {
			t.Fatalf("%d: %d %s", i, status, body)
		}
	}
	for p, id := range map[*person]string{plain: id, hidden: name} {
		status, body := p.get("/api/notes/coco?seq=0")
		if status != http.StatusOK || strings.Count(body, `"text":`) != 3 || !strings.Contains(body, `"id":"`+id+`"`) {
			t.Errorf("%d %s", status, body)
		}
		if _, body := p.get("/api/rows/coco?n=1"); !strings.Contains(body, `[["a","b","c"]]`) {
			t.Errorf("the tags of the first page: %s", body)
		}
	}
	if data, err := os.ReadFile(file); err != nil || strings.Contains(string(data), id) {
		t.Errorf("the file has the id of an annotator (%v)", err)
	}
}

// press presses a key that moves the focus: chromedp.KeyEvent would type it there, too.
func press(key string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		return errors.Join(input.DispatchKeyEvent(input.KeyRawDown).WithKey(key).Do(ctx), input.DispatchKeyEvent(input.KeyUp).WithKey(key).Do(ctx))
	})
}

// A person selects by keys and by the pointer, tags and notes what is selected, all that a filter selects after a
// question, and takes a tag away on the page of a showing.
func TestNotesPages(t *testing.T) {
	file := filepath.Join(t.TempDir(), "n.jsonl")
	d, s := browse(t, Options{Store: demo(), Notes: file})
	count := func(q string) (n int) {
		if err := s.db.QueryRow("SELECT count(*) FROM notes WHERE " + q).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	d.open("/i/imagenet")
	d.wait("document.querySelector('#cells').dataset.marked && document.querySelector('.pick')")
	d.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("x"), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("X"))
	d.wait("document.querySelector('#picked strong').textContent === '3 showings selected'")
	if label := d.text("document.querySelector('.cell').getAttribute('aria-label')"); !strings.HasSuffix(label, ", selected") {
		t.Errorf("the label of a cell that is selected: %s", label)
	}
	d.do(press("t"), chromedp.KeyEvent("blurry"), chromedp.KeyEvent(kb.Enter))
	d.wait("document.querySelector('.said').textContent === 'Kept, on 3 showings.' && document.querySelectorAll('.cell .tag').length === 3")
	if n := count("tag = 'blurry' AND kind = 'showing'"); n != 3 {
		t.Errorf("%d showings are tagged, of %s", n, d.text("[...document.querySelectorAll('.tag')].map(e => e.textContent)"))
	}
	d.eval("document.querySelectorAll('.pick')[5].click()", nil) // the pointer
	d.wait("document.querySelector('#picked strong').textContent === '4 showings selected'")
	d.do(chromedp.KeyEvent(kb.Escape)) // out of the field
	d.do(chromedp.KeyEvent(kb.Escape))
	d.wait("document.querySelector('#picked').hidden")

	// The tag is a facet, and the address has it.
	d.wait("document.querySelector('#facet-tag')")
	d.eval("document.querySelector('#facet-tag').open = true", nil)
	d.wait("document.querySelector('#facet-tag .value[data-key=vblurry]')")
	d.eval("document.querySelector('#facet-tag .value[data-key=vblurry]').click()", nil)
	d.wait("document.querySelector('#count').textContent === '3 showings' && decodeURIComponent(location.search) === '?f=tag:blurry'")

	// All that the filter selects.
	d.do(chromedp.KeyEvent(kb.Escape))
	d.open("/i/imagenet?f=selected:true")
	d.wait("document.querySelector('#cells').dataset.marked && document.querySelector('.pick')")
	selected := d.text("document.querySelector('#count').textContent.split(' ')[0]")
	d.do(chromedp.KeyEvent("a"))
	d.wait("document.querySelector('#picked strong').textContent.startsWith('96 ')")
	d.eval("document.querySelector('#picked .how button').click()", nil)
	d.wait(fmt.Sprintf("document.querySelector('#picked strong').textContent === 'All %s showings selected'", selected))
	d.eval("(() => { document.querySelector('.noter select').value = 'image'; document.querySelector('.noter input').focus(); })()", nil)
	d.do(chromedp.KeyEvent("seen"), press("Enter"))
	d.wait(fmt.Sprintf("document.querySelector('dialog.sure')?.textContent.includes('the images of all %s showings')", selected))
	if n := count("tag = 'seen'"); n != 0 {
		t.Error("tagged before the answer")
	}
	d.eval("document.querySelector('dialog.sure button[value=no]').click()", nil)
	d.wait("!document.querySelector('dialog.sure')")
	d.eval("document.querySelector('.noter input').focus()", nil)
	d.do(press("Enter"))
	d.wait("document.querySelector('dialog.sure')")
	d.eval("document.querySelector('dialog.sure button[value=yes]').click()", nil)
	d.wait("document.querySelector('.said').textContent.startsWith('Kept, on')")
	var want int
	if err := s.db.QueryRow("SELECT count(DISTINCT image_id) FROM imagenet_showings WHERE selected").Scan(&want); err != nil {
		t.Fatal(err)
	}
	if n := count("tag = 'seen' AND kind = 'image'"); n != want {
		t.Errorf("%d images are tagged, want %d", n, want)
	}

	// The page of a showing.
	seq := 0
	if err := s.db.QueryRow("SELECT min(seq) FROM notes WHERE tag = 'blurry'").Scan(&seq); err != nil {
		t.Fatal(err)
	}
	d.open(fmt.Sprintf("/s/imagenet/%d", seq))
	d.wait("document.querySelector('#noted')?.dataset.ready && document.querySelector('#noted .chip.tag')")
	d.do(press("N"), chromedp.KeyEvent("the dog is cut off"))
	d.eval("document.querySelector('#noted .noter .pair:nth-of-type(2) button').click()", nil)
	d.wait("document.querySelector('#noted .text')?.textContent.startsWith('the dog is cut off')")
	d.eval("[...document.querySelectorAll('#noted .chip button')].find(b => b.getAttribute('aria-label').includes('blurry')).click()", nil)
	d.wait("![...document.querySelectorAll('#noted .chip')].some(c => c.textContent.includes('blurry'))")
	if n := count("tag = 'blurry'"); n != 2 {
		t.Errorf("%d showings are tagged, want 2", n)
	}
	d.open("/notes")
	d.wait("document.querySelector('.written').textContent.includes('the dog is cut off')")
}
