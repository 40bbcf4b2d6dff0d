package page_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"abtool/collect"
	"abtool/collect/page"
)

// untranslated returns what the texts of a language lack, have in addition, or left in English.
const untranslated = `(async (english, other) => {
	const [a, b] = (await Promise.all([import(english), import(other)])).map(m => m.default), faults = [];
	const walk = (a, b, path) => {
		for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
			const x = a[key], y = b[key], at = path + key;
			if (typeof x !== typeof y || typeof x === "function" && x.length !== y.length) faults.push(at);
			else if (typeof x === "object") walk(x, y, at + ".");
			else {
				const say = f => typeof f === "function" ? [1, 2].map(n => f(...Array(f.length).fill(n)).toString()).join("|") : f;
				if (!say(y) || say(x) === say(y)) faults.push(at + ": " + say(y));
			}
		}
	};
	walk(a, b, "");
	return faults;
})`

// Each language has all texts, none of which is left in English, and its words fit the screens.
func TestLanguages(t *testing.T) {
	site := newSite(t, collect.Browse, func(s *collect.Settings) { s.Study.Language = "de-AT" })
	d := chromium(t, site.address)
	d.do(chromedp.Navigate(site.url()))
	d.wait(`document.documentElement.lang === "de"`)
	files, err := fs.Glob(page.Files, "texts-*.js")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		at := strings.LastIndexByte(file, '-')
		if english := file[:at] + "-en.js"; english != file {
			var faults []string
			d.eval(untranslated+`("/page/`+english+`", "/page/`+file+`")`, &faults)
			if n++; len(faults) > 0 {
				t.Errorf("%s: %q", file, faults)
			}
		}
	}
	if n < 2 {
		t.Errorf("only %d files are compared: %q", n, files)
	}
	d.look("de-landing")
	d.press("Weiter")
	d.wait(`document.querySelector("h1")?.innerText === "Ihre Einwilligung"`)
	d.look("de-consent")
	d.press("Ich willige ein")
	d.press("Anfangen")
	d.wait(`document.querySelector(".where")?.innerText.startsWith("Seite 1 von 3")`)
	d.look("de-page")
	d.press("Aufhören oder löschen")
	d.look("de-stop")
}
