package reports

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"abtool/analysis/result"
	"abtool/internal/browser"
)

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// do does something in the browser.
func do(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// listen gathers what the browser complains of from now on.
func listen(ctx context.Context) *[]string {
	complaints := new([]string)
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventConsoleAPICalled:
			*complaints = append(*complaints, "console: "+string(e.Type))
		case *runtime.EventExceptionThrown:
			*complaints = append(*complaints, e.ExceptionDetails.Error())
		}
	})
	return complaints
}

// checkPictures loads every picture, in the dark and in the light.
func checkPictures(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, scheme := range []string{"dark", "light"} {
		var broken []string
		do(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
		// A picture whose source changes while it is decoded, as with the scheme, is refused: it gets ten seconds.
		do(t, ctx, chromedp.Evaluate(`Promise.all([...document.images].map(async i => {
			for (let n = 0; n < 100; n++) {
				try { await i.decode(); return "" } catch { await new Promise(r => setTimeout(r, 100)) }
			}
			return i.alt
		})).then(l => l.filter(x => x))`, &broken, awaited))
		if len(broken) > 0 {
			t.Errorf("%s pictures that do not load: %v", scheme, broken)
		}
	}
}

// checkWidths looks for what is wider than the page.
func checkWidths(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, width := range []int64{400, 1000, 1600} {
		var wide []string
		do(t, ctx, emulation.SetDeviceMetricsOverride(width, 900, 1, false))
		do(t, ctx, chromedp.Evaluate(`[...document.querySelectorAll("body *")].filter(e => !e.closest(".wide, .skip, .hidden, pre, svg") && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.tagName + " " + (e.id || e.className)).slice(0, 5)`, &wide))
		if len(wide) > 0 {
			t.Errorf("at %d px these stick out: %v", width, wide)
		}
		var scrolls bool
		do(t, ctx, chromedp.Evaluate(`document.documentElement.scrollWidth > document.documentElement.clientWidth`, &scrolls))
		if scrolls {
			t.Errorf("at %d px the page scrolls sideways", width)
		}
	}

}

// checkAccess looks for what people who do not see the page need.
func checkAccess(t *testing.T, ctx context.Context) {
	t.Helper()
	var faults []string
	do(t, ctx, chromedp.Evaluate(`(() => {
		const faults = [];
		const ids = new Set();
		for (const e of document.querySelectorAll("[id]")) { if (ids.has(e.id)) faults.push("id twice: " + e.id); ids.add(e.id); }
		for (const a of document.querySelectorAll('a[href^="#"]')) if (!document.getElementById(a.getAttribute("href").slice(1))) faults.push("link to nowhere: " + a.href);
		for (const i of document.images) if (!i.alt) faults.push("picture without a text");
		for (const b of document.querySelectorAll("button, a, summary")) if (!(b.textContent.trim() || b.getAttribute("aria-label"))) faults.push("control without a name");
		for (const t of document.querySelectorAll("table")) { if (!t.caption) faults.push("table without a caption"); if (!t.querySelector("th[scope]")) faults.push("table without heads"); }
		let level = 0;
		for (const h of document.querySelectorAll("h1, h2, h3, h4")) { const l = Number(h.tagName[1]); if (l > level + 1) faults.push("heading skips a level: " + h.textContent); level = l; }
		if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
		if (!document.documentElement.lang || !document.querySelector("main") || !document.querySelector("nav[aria-label]")) faults.push("no landmarks");
		const names = [...document.querySelectorAll(".open")].map(a => a.getAttribute("aria-label"));
		if (new Set(names).size !== names.length) faults.push("links of the same name go to different places");
		return faults.slice(0, 10);
	})()`, &faults))
	if len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
}

// The page works in a browser: there are no errors, pictures load, tables sort, traces play, no element is wider
// than the page, and people who use a keyboard or a screen reader find their way.
func TestPage(t *testing.T) {
	ctx := browser.Chromium(t, 10*time.Minute)
	out := filepath.Join(t.TempDir(), "report")
	if _, err := Make(context.Background(), testStore(t),
		Options{Out: out, Compare: testStore(t), Stats: result.Options{Bootstrap: 50, Seed: 1}}); err != nil {
		t.Fatal(err)
	}
	complaints := listen(ctx)
	run := func(actions ...chromedp.Action) { t.Helper(); do(t, ctx, actions...) }
	eval := func(script string, to any, o ...chromedp.EvaluateOption) {
		t.Helper()
		do(t, ctx, chromedp.Evaluate(script, to, o...))
	}

	run(chromedp.Navigate("file://" + out + "/index.html"))

	checkPictures(t, ctx)
	var pictures int
	eval(`document.images.length`, &pictures)
	if pictures < 20 {
		t.Errorf("%d pictures", pictures)
	}

	checkWidths(t, ctx)

	// Folded text is printed on paper, except for folded tables, and tables keep their headers.
	var lost []string
	run(emulation.SetEmulatedMedia().WithMedia("print"))
	eval(`[...document.querySelectorAll("details > p, details[open] thead th")].filter(e => !e.checkVisibility() || !e.innerText.trim()).map(e => e.textContent.slice(0, 60))
		.concat([...document.querySelectorAll("details:not([open]) table, nav, .plays")].filter(e => e.checkVisibility()).map(e => "printed: " + (e.id || e.className))).slice(0, 5)`, &lost)
	if len(lost) > 0 {
		t.Errorf("in print: %q", lost)
	}
	run(emulation.SetEmulatedMedia().WithMedia("screen"))

	// Tables sort, numbers as numbers, both ways.
	const table = `document.getElementById("table-imagenet.workers.by_worker")`
	column := `(() => { const i = [...` + table +
		`.tHead.rows[0].cells].findIndex(c => c.textContent.startsWith("showings")); return [...` + table +
		`.tBodies[0].rows].map(r => Number(r.cells[i].dataset.sort ?? r.cells[i].textContent)) })()`
	press := `[...` + table + `.tHead.rows[0].cells].find(c => c.textContent.startsWith("showings")).querySelector("button").click()`
	sorted := func(down bool) {
		t.Helper()
		var values []float64
		eval(press, nil)
		eval(column, &values)
		for i := 1; i < len(values); i++ {
			if down && values[i] > values[i-1] || !down && values[i] < values[i-1] {
				t.Fatalf("the table is not sorted: %v", values)
			}
		}
		if len(values) < 3 || values[0] == values[len(values)-1] {
			t.Errorf("the column has too few different values to check the sorting: %v", values)
		}
	}
	sorted(false)
	sorted(true)

	// Traces play, and stop.
	var before, during, after string
	eval(`document.querySelector(".play .live").innerHTML`, &before)
	eval(`document.querySelector(".play button").click()`, nil)
	run(chromedp.Sleep(400 * time.Millisecond))
	eval(`document.querySelector(".play .live").innerHTML`, &during)
	eval(`document.querySelector(".play button").click()`, nil)
	eval(`document.querySelector(".play .live").innerHTML`, &after)
	if before != "" || !strings.Contains(during, "cursor") || after != "" {
		t.Errorf("playing a trace shows %q, %q, %q", before, during, after)
	}

	// A figure opens large, and closes by the keyboard.
	var large, small float64
	eval(`document.querySelector("figure").getBoundingClientRect().height`, &small)
	eval(`document.querySelector("figure .open").click()`, nil)
	run(chromedp.Sleep(200 * time.Millisecond))
	eval(`getComputedStyle(document.querySelector("figure")).position === "fixed" ? 1 : 0`, &large)
	if large != 1 {
		t.Error("a figure does not open large")
	}
	eval(`document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}))`, nil)
	run(chromedp.Sleep(200 * time.Millisecond))
	eval(`getComputedStyle(document.querySelector("figure")).position === "fixed" ? 1 : 0`, &large)
	if large != 0 {
		t.Error("Escape does not close it")
	}

	checkAccess(t, ctx)
	if len(*complaints) > 0 {
		t.Errorf("the browser complains: %v", *complaints)
	}
}

// The page of a store that lacks ground truth, annotators and HITs has the title of each figure and, in its
// place, a sentence that says what is missing.
func TestPageWithoutData(t *testing.T) {
	ctx := browser.Chromium(t, 10*time.Minute)
	out := filepath.Join(t.TempDir(), "report")
	bare := bareStore(t)
	r, err := Make(context.Background(), bare,
		Options{Out: out, Compare: bare, Stats: result.Options{Bootstrap: 50, Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	complaints := listen(ctx)
	do(t, ctx, chromedp.Navigate("file://"+out+"/index.html"))
	checkPictures(t, ctx)
	checkWidths(t, ctx)
	checkAccess(t, ctx)
	var missing []string
	do(t, ctx, chromedp.Evaluate(`[...document.querySelectorAll(".missing")].filter(e => e.checkVisibility() && e.querySelector("p").innerText).map(e => e.querySelector("h3").innerText)`, &missing))
	var want []string
	for _, f := range r.Missing {
		want = append(want, f.Title)
	}
	slices.Sort(missing)
	slices.Sort(want)
	if !slices.Equal(missing, want) || len(want) == 0 {
		t.Errorf("the page says of %q that they have no data, want %q", missing, want)
	}
	if len(*complaints) > 0 {
		t.Errorf("the browser complains: %v", *complaints)
	}
}
