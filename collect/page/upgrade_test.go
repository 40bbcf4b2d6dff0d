package page_test

import (
	"context"
	"database/sql"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/chromedp/chromedp"

	"abtool/collect"
	"abtool/collect/page"
	"abtool/collect/platform"
	"abtool/collect/storage"
)

// release returns the files of another version of the page: a script says which one it is, and a module that pages load
// late has another name and content.
func release(t *testing.T, name string) fs.FS {
	t.Helper()
	list, err := fs.ReadDir(page.Files, ".")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, e := range list {
		text, err := fs.ReadFile(page.Files, e.Name())
		if err != nil {
			t.Fatal(err)
		}
		body := strings.ReplaceAll(string(text), "./platform.js", "./platform-"+name+".js")
		if e.Name() == "start.js" {
			body += "\nglobalThis.release = \"" + name + "\";\n"
		}
		files[strings.Replace(e.Name(), "platform.js", "platform-"+name+".js", 1)] = &fstest.MapFile{Data: []byte(body)}
	}
	return files
}

// format1 makes the tables of a study those of an earlier version of this program.
func format1(t *testing.T, dir string) {
	t.Helper()
	for file, text := range map[string]string{
		"collect.db": `ALTER TABLE visit DROP COLUMN ticket; ALTER TABLE visit DROP COLUMN own; ALTER TABLE page DROP COLUMN arm;
			ALTER TABLE attempt DROP COLUMN blank; DROP TABLE compat_annotation; DROP TABLE compat_loose; DROP TABLE compat_free;`,
		"identity.db": `DROP TABLE entry; DROP TABLE payment;`,
	} {
		db, err := sql.Open("sqlite", filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(text + "PRAGMA user_version = 1; UPDATE meta SET value = '1' WHERE key = 'format'"); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// upgrade replaces the program whose server was killed: it changes the tables, and has other scripts.
func (s *site) upgrade(name string) {
	s.t.Helper()
	s.served.Close()
	s.db.Close()
	s.identities.Close()
	format1(s.t, s.study.Dir)
	if _, err := storage.Open(s.study.Dir, storage.Options{}); err == nil || !strings.Contains(err.Error(), "abtool collect upgrade") {
		s.t.Fatalf("the tables of the earlier version: %v", err)
	}
	if from, err := (storage.Home{Dir: s.study.Dir}).Upgrade(context.Background()); from != 1 || err != nil {
		s.t.Fatalf("upgraded from %d: %v", from, err)
	}
	var err error
	if s.db, err = storage.Open(s.study.Dir, storage.Options{}); err != nil {
		s.t.Fatal(err)
	}
	if s.identities, err = storage.OpenIdentities(s.study.Dir); err != nil {
		s.t.Fatal(err)
	}
	s.files = release(s.t, name)
	s.open()
	s.restart()
}

// A page that is open while the server is replaced by one with other tables and scripts goes on, and what was done
// meanwhile is stored once. Where it needs a script that is no longer there, it says so, and the new page goes on.
func TestUpgrade(t *testing.T) {
	for name, reload := range map[string]bool{"goes on": false, "is reloaded": true} {
		t.Run(name, func(t *testing.T) {
			site := newSite(t, collect.Browse, func(s *collect.Settings) {
				s.Platform.Prolific = &platform.Prolific{Completed: "CDONE"}
			})
			site.files = release(t, "old")
			site.open()
			d := chromium(t, site.address)
			d.open("http://" + site.address + "/s/birds?" + prolificIDs)
			b := d.box(".slot img")
			d.click(b.X+20, b.Y+20)
			d.recorded(site, 0, 1)
			site.kill()
			b = d.box(".grid > :nth-child(3) img")
			d.click(b.X+20, b.Y+20)
			d.settle()
			site.upgrade("new")
			version := func(want string) {
				t.Helper()
				d.wait(`globalThis.release === "` + want + `"`)
			}
			attempts := 1
			if reload {
				d.do(chromedp.Reload())
				attempts++
				d.page(1)
				version("new")
			}
			for n := range 3 {
				d.page(n + 1)
				d.press("Submit this page")
			}
			if !reload {
				version("old")
				d.wait(`document.querySelector("h1")?.innerText === "Something went wrong"`)
				d.press("Try again")
			}
			d.wait(`document.body?.innerText.includes("give Prolific this code: CDONE")`)
			version("new")
			site.mu.Lock()
			if oops := strings.Join(site.oops, "\n"); len(site.oops) != 2-attempts || !reload && !strings.Contains(oops, "platform-old.js") {
				t.Errorf("the page reports %q", oops)
			}
			site.oops = nil
			site.mu.Unlock()
			if s := d.stored(site, 0); s.Attempt != attempts || len(s.Answer.Selected) != 2 {
				t.Errorf("submitted %+v", s)
			}
			choices := 0
			for i := range attempts {
				p := site.recording(0, i+1)
				choices += len(p.Choices)
				if len(p.Missing) > 0 {
					t.Errorf("attempt %d lacks the chunks %v", i+1, p.Missing)
				}
			}
			site.view(func(v *storage.View) error {
				a, err := v.Account()
				if choices != 2 || a.Submitted != 3 || a.ChunksMissing != 0 || a.Conflicts != 0 || a.States["submitted"] != 1 || a.Assignments != 1 {
					t.Errorf("%d choices: %+v", choices, a)
				}
				return err
			})
		})
	}
}
