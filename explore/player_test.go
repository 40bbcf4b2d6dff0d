package explore

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"abtool/explore/web"
	"abtool/internal/teststore"
)

const replayOf = `document.querySelector(".replay").replay`

// watch opens a page of the player, and waits until it is drawn.
func (d *driver) watch(path string) {
	d.t.Helper()
	d.do(chromedp.Navigate("about:blank")) // addresses that differ in their times only would not be loaded
	d.open(path)
	d.wait(`document.querySelector(".replay")?.replay?.drawn`)
}

// ask reads a value of the player.
func ask[T any](d *driver, script string) (v T) {
	d.t.Helper()
	d.eval("(() => { const r = "+replayOf+", p = r.player; return "+script+" })()", &v)
	return v
}

// one returns the only value of a query.
func one[T any](t *testing.T, s *Server, q string) (v T) {
	t.Helper()
	if err := s.db.QueryRowContext(t.Context(), q).Scan(&v); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return v
}

func TestPlayer(t *testing.T) {
	store, err := teststore.Make(t.Context(), t.TempDir(), teststore.Options{Images: 300, Pages: 20, Seed: 2, Dirty: 0.05, Studies: []string{"browse", "tag"}})
	if err != nil {
		t.Fatal(err)
	}
	d, s := browse(t, Options{Store: store})
	d.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}))

	for _, c := range []struct {
		name string
		test func(*testing.T, *driver, *Server)
	}{{"samples", drawsSamples}, {"speed", keepsTime}, {"keys", obeysKeys}, {"address", hasAddress}, {"page", replaysPages}, {"image", playsTogether},
		{"saves", saves}, {"odd", drawsOddData}, {"widths", fits}, {"without scripts", tells}, {"fast", opensFast}} {
		t.Run(c.name, func(t *testing.T) {
			d.t = t
			c.test(t, d, s)
		})
	}
	d.t = t
}

// At the time of each sample the pointer is at the sample, and within gaps it is nowhere.
func drawsSamples(t *testing.T, d *driver, s *Server) {
	seq := one[int64](t, s, "SELECT seq FROM imagenet_annotations WHERE len(clicks) = 2 AND len(hovers) >= 2 AND len(mouse) > 15 ORDER BY seq LIMIT 1")
	d.watch(fmt.Sprintf("/s/imagenet/%d", seq))
	text := one[string](t, s, fmt.Sprintf(`SELECT to_json(list_transform(mouse, lambda m: {t: m.t - list_min(list_concat([c.t FOR c IN clicks],
		[m.t FOR m IN mouse], [h.t FOR h IN hovers])), x: m.x * image_width, y: m.y * image_height}))::VARCHAR FROM imagenet_annotations WHERE seq = %d`, seq))
	type sample struct{ T, X, Y float64 }
	var want []sample
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	got := ask[[]sample](d, `[...p.tracks[0].T].map(t => { p.seek(t); const s = r.drawn[0]; return {T: s.t, X: s.x, Y: s.y} })`)
	if len(got) != len(want) || len(want) < 16 {
		t.Fatalf("%d samples, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Abs(got[i].T-want[i].T) > 1e-9 || math.Abs(got[i].X-want[i].X) > 1e-9 || math.Abs(got[i].Y-want[i].Y) > 1e-9 {
			t.Errorf("sample %d is drawn at %v, want %v", i, got[i], want[i])
		}
	}
	// Between two samples the pointer is at the earlier one.
	if got := ask[int](d, `(p.seek((p.tracks[0].T[3] + p.tracks[0].T[4]) / 2), r.drawn[0].i)`); got != 3 {
		t.Errorf("between samples 3 and 4: %d", got)
	}
	states := ask[[]string](d, `p.tracks[0].gaps.map(g => { p.seek((g.from + g.to) / 2); return r.drawn[0].what + " " + r.drawn[0].why + " " + r.where.textContent })`)
	if len(states) < 2 {
		t.Fatalf("%d gaps", len(states))
	}
	for _, state := range states {
		if !strings.HasPrefix(state, "gap ") {
			t.Errorf("within a gap: %s", state)
		}
	}
	// The picture itself: at a sample there is the pointer's colour right below the tip, within a gap the field.
	colour := `(() => { const c = r.canvas, o = new OffscreenCanvas(c.width, c.height).getContext("2d", {willReadFrequently: true}); o.drawImage(c, 0, 0);
		const k = Math.min(r.size.width / r.extent.w, r.size.height / r.extent.h), i = 5, q = devicePixelRatio,
			x = (r.size.width - r.extent.w * k) / 2 + (p.tracks[0].X[i] - r.extent.x) * k + 3, y = (r.size.height - r.extent.h * k) / 2 + (p.tracks[0].Y[i] - r.extent.y) * k + 8;
		return [...o.getImageData(x * q, y * q, 1, 1).data].slice(0, 3).join() })()`
	if got := ask[string](d, `(r.picture.dots = false, r.picture.trail = "last", p.seek(p.tracks[0].T[5]), `+colour+`)`); got != "0,114,178" {
		t.Errorf("below the tip of the pointer there is %s, want the annotator's 0,114,178", got)
	}
	if got := ask[string](d, `(p.seek(p.tracks[0].gaps[0].to - 1), `+colour+`)`); got == "0,114,178" {
		t.Errorf("the pointer is drawn within a gap")
	}
	// The timeline: the annotator's colour where the pointer is known, not where it is not.
	band := func(at string) string {
		return ask[string](d, `(() => { const c = r.timeline.canvas, o = new OffscreenCanvas(c.width, c.height).getContext("2d", {willReadFrequently: true}); o.drawImage(c, 0, 0);
			const x = 92 + (`+at+`) / p.end * (c.width / devicePixelRatio - 100); return [...o.getImageData(x * devicePixelRatio, 10 * devicePixelRatio, 1, 1).data].slice(0, 3).join() })()`)
	}
	known, unknown := band("p.tracks[0].T[2] + 1"), band("(p.tracks[0].gaps[0].from * 3 + p.tracks[0].gaps[0].to) / 4")
	if known == unknown || !strings.HasPrefix(known, "4") && !strings.HasPrefix(known, "5") && !strings.HasPrefix(known, "3") {
		t.Errorf("the band is %s where the pointer is known and %s where it is not", known, unknown)
	}
}

// Time runs at the speed that is chosen, except in silences that are shortened.
func keepsTime(t *testing.T, d *driver, s *Server) {
	page := one[string](t, s, "SELECT assignment_id || '/' || page_idx FROM imagenet_pages WHERE duration > 20000 ORDER BY images DESC LIMIT 1")
	d.watch("/p/imagenet/" + page)
	// run returns how much of the scene passes in a ms, while it plays from a time on.
	run := func(from string, speed float64, short bool) float64 {
		return ask[float64](d, fmt.Sprintf(`(async () => { p.shorten(%v); p.seek(%s); p.speed = %v; p.play(); const tick = () => new Promise(requestAnimationFrame);
			await tick(); await tick(); const now = await tick(), t = p.t; let end = now; while (end - now < 500) end = await tick(); const v = (p.t - t) / (end - now); p.pause(); return v })()`,
			short, from, speed))
	}
	for _, speed := range []float64{0.25, 1, 8, 32} {
		if got := run("0", speed, false); math.Abs(got/speed-1) > 0.05 {
			t.Errorf("at speed %v time runs at %v", speed, got)
		}
	}
	length := ask[float64](d, "p.silences[0][1] - p.silences[0][0]")
	if got, want := run("p.silences[0][0]", 0.25, true), length/1000/4; math.Abs(got/want-1) > 0.05 {
		t.Errorf("in a silence of %v ms, time runs at %v at speed 0.25, want %v", length, got, want)
	}
	if got := ask[string](d, `(async () => { const [a] = p.silences[0]; p.seek(a + 1); p.speed = 0.25; p.play(); await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); const text = r.where.textContent; p.pause(); return text })()`); !strings.Contains(got, "is shortened to 1 s") {
		t.Errorf("in a silence the page says %q", got)
	}
	// Without reduced motion it plays by itself.
	d.do(emulation.SetEmulatedMedia())
	d.watch("/p/imagenet/" + page)
	if !ask[bool](d, "p.playing && p.t >= 0") {
		t.Error("it does not play by itself")
	}
	d.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}))
	d.watch("/p/imagenet/" + page)
	if ask[bool](d, "p.playing") {
		t.Error("it plays by itself, although motion is to be reduced")
	}
}

// Everything can be done with the keyboard, and has a name.
func obeysKeys(t *testing.T, d *driver, s *Server) {
	seq := one[int64](t, s, "SELECT seq FROM coco_annotations WHERE len(actions) >= 3 AND len(mouse) > 40 ORDER BY seq LIMIT 1")
	d.watch(fmt.Sprintf("/s/coco/%d", seq))
	press := func(keys string, o ...chromedp.KeyOption) float64 {
		d.do(chromedp.KeyEvent(keys, o...))
		return ask[float64](d, "p.t")
	}
	if got, want := press(kb.ArrowRight), ask[float64](d, "p.tracks[0].T[0]"); got != want {
		t.Errorf("→ goes to %v, want the first sample at %v", got, want)
	}
	if got, want := press(kb.ArrowRight, chromedp.KeyModifiers(input.ModifierShift)), ask[float64](d, "p.tracks[0].T[10]"); got != want {
		t.Errorf("shift → goes to %v, want %v", got, want)
	}
	if got, want := press(kb.ArrowLeft), ask[float64](d, "p.tracks[0].T[9]"); got != want {
		t.Errorf("← goes to %v, want %v", got, want)
	}
	if got, want := press("n"), ask[float64](d, "p.marks.find(t => t > p.tracks[0].T[9])"); got != want {
		t.Errorf("n goes to %v, want %v", got, want)
	}
	if got := press(kb.End); got != ask[float64](d, "p.end") {
		t.Errorf("End goes to %v", got)
	}
	if got := press(kb.Home); got != 0 {
		t.Errorf("Home goes to %v", got)
	}
	press(" ")
	if !ask[bool](d, "p.playing") {
		t.Error("the space key does not play")
	}
	press(" ")
	if ask[bool](d, "p.playing") {
		t.Error("the space key does not pause")
	}
	press(">")
	press("l")
	if got := ask[string](d, "p.speed + ' ' + r.speed.value + ' ' + p.loop"); got != "2 2 true" {
		t.Errorf("after > and l: %s", got)
	}
	if got := ask[string](d, `(p.seek(p.tracks[0].T[4]), r.timeline.canvas.getAttribute("aria-valuetext"))`); !strings.Contains(got, "sample 5 of") {
		t.Errorf("the slider says %q", got)
	}
	nameless := ask[[]string](d, `[...document.querySelectorAll("button, select, input, [role=slider], [role=img], [role=region]")].filter(e =>
		!(e.getAttribute("aria-label") || e.textContent.trim() || e.closest("label")?.textContent.trim())).map(e => e.outerHTML)`)
	if len(nameless) > 0 {
		t.Errorf("without a name: %q", nameless)
	}
	// By the tab key alone one comes to every control and to the timeline.
	var reached []string
	for range 60 {
		d.do(chromedp.KeyEvent(kb.Tab))
		reached = append(reached, d.text(`document.activeElement.getAttribute("aria-label") ?? document.activeElement.parentElement.textContent.trim()`))
	}
	for _, want := range []string{"Play", "Next event", "Speed", "Time", "loop", "Copy a link to this time", "Trail"} {
		if !slices.Contains(reached, want) {
			t.Errorf("the tab key does not reach %q: %q", want, reached)
		}
	}
	d.eval(`document.querySelector(".events").focus()`, nil)
	press(kb.Home)
	for _, want := range []int{1, 2} {
		if got, at := press(kb.ArrowDown), ask[float64](d, fmt.Sprintf("[...new Set(r.rowTimes)][%d]", want)); got != at {
			t.Errorf("↓ goes to %v, want row %d at %v", got, want, at)
		}
	}
	if got, at := press(kb.ArrowUp), ask[float64](d, "[...new Set(r.rowTimes)][1]"); got != at {
		t.Errorf("↑ goes to %v, want %v", got, at)
	}
	// A row of the table goes to its event, and is marked there.
	if got := ask[string](d, `(() => { const row = r.rows.find(v => v.kind === "add"); row.tr.querySelector("button").click(); return (p.t === row.t) + " " + r.body.querySelector("[aria-current]").textContent })()`); !strings.HasPrefix(got, "true ") {
		t.Errorf("a row of the table: %s", got)
	}
	if got := ask[string](d, `(() => { const e = p.tracks[0].timed.filter(e => /add|move/.test(e.what))[0]; p.seek(e.t); return r.icons.textContent + " " + e.text })()`); !strings.HasPrefix(got, "On the image: ") {
		t.Errorf("the panel says %s", got)
	}
}

// The time is in the address.
func hasAddress(t *testing.T, d *driver, _ *Server) {
	d.watch("/s/imagenet/3#t=123")
	if got := ask[string](d, "p.t + ' ' + p.playing"); got != "123 false" {
		t.Errorf("at #t=123: %s", got)
	}
	ask[bool](d, "(p.seek(200), true)")
	d.wait(`location.hash === "#t=200"`)
	d.eval(`location.hash = "#t=50"`, nil)
	d.wait(replayOf + ".player.t === 50")
	ask[bool](d, "r.copy().then(() => true)")
	d.wait(`document.querySelector(".replay .link").textContent.endsWith("/s/imagenet/3#t=50")`)
}

// A page shows its images, and what was selected when; of a study also the window and the tab.
func replaysPages(t *testing.T, d *driver, s *Server) {
	page := one[string](t, s, "SELECT assignment_id || '/' || page_idx FROM imagenet_annotations WHERE page_uuid IS NULL AND assignment_id IS NOT NULL GROUP BY ALL ORDER BY count(*) FILTER (selected AND len(clicks) = 1) DESC LIMIT 1")
	d.watch("/p/imagenet/" + page)
	work, number, _ := strings.Cut(page, "/")
	want := one[int](t, s, fmt.Sprintf("SELECT count(*) FROM imagenet_annotations WHERE assignment_id = '%s' AND page_idx = %s AND selected AND len(clicks) > 0", work, number))
	got := ask[string](d, `[0, p.end].map(t => r.scene.images.filter(m => r.picture.isSelected(m.slot, t)).length).join()`)
	if got != fmt.Sprintf("0,%d", want) {
		t.Errorf("selected at the beginning and at the end: %s, want 0,%d", got, want)
	}
	if got := ask[string](d, `(r.whole(), [getComputedStyle(r.map).display, r.size.height > innerHeight * .9].join())`); got != "none,true" {
		t.Errorf("the whole page: %s", got)
	}
	d.watch("/p/imagenet/0ca3e522-0000-4000-8000-000000000004/0")
	if got := ask[string](d, `[r.scene.recorded, r.scene.images.length, JSON.stringify(r.picture.window(0)), p.tracks[0].gaps.map(g => g.why).join()].join("; ")`); got != `true; 6; {"x":0,"y":0,"w":1280,"h":900}; start,reload,start,hidden` {
		t.Errorf("a page of a study: %s", got)
	}
	choices := one[string](t, s, "SELECT to_json([c.x FOR c IN choices])::VARCHAR FROM imagenet_attempts WHERE assignment_id LIKE '%0004' AND page_idx = 0 AND state = 'submitted'")
	if got := ask[string](d, `JSON.stringify(p.tracks[0].timed.filter(e => /select/.test(e.what) && e.t > 6000).map(e => e.x))`); !strings.Contains(strings.ReplaceAll(choices, ".0,", ","), strings.Trim(got, "[]")[:5]) {
		t.Errorf("choices at %s, want %s", got, choices)
	}
	d.watch("/p/coco/0ca3e522-0000-4000-8000-000000000001/0")
	if got := ask[string](d, `[r.scene.kind, p.tracks[0].events.filter(e => e.what === "drag").length, r.scene.steps.length].join()`); got != "tag,5,11" {
		t.Errorf("a tag page of a study: %s", got)
	}
}

// The annotators of an image share a clock.
func playsTogether(t *testing.T, d *driver, s *Server) {
	id := one[string](t, s, "SELECT image_id FROM imagenet_annotations WHERE len(mouse) > 5 AND len(clicks) > 0 AND page_uuid IS NULL GROUP BY image_id HAVING count(*) = 2 ORDER BY image_id LIMIT 1")
	d.watch("/i/imagenet/" + id)
	if got := ask[string](d, `[p.tracks.length >= 2, p.tracks.every((k, i) => p.tracks.every((o, j) => i === j || k.colour !== o.colour)), r.scene.targets.length > 3].join()`); got != "true,true,true" {
		t.Errorf("tracks, colours, targets: %s", got)
	}
	if spread := ask[float64](d, `(p.align(true), (v => Math.max(...v) - Math.min(...v))(p.tracks.filter(k => k.raw.aim != null).map(k => k.off + k.raw.aim)))`); spread > 1e-6 {
		t.Errorf("last clicks are %v ms apart, although they are to be together", spread)
	}
	if got := ask[string](d, `(document.querySelector(".legend input").click(), r.drawn.map(s => s === null).join())`); !strings.HasPrefix(got, "true,false") {
		t.Errorf("after the first annotator was hidden: %s", got)
	}
}

// Pictures and data are saved under names of their own.
func saves(t *testing.T, d *driver, _ *Server) {
	d.watch("/s/imagenet/3#t=300")
	d.eval(`(() => { window.saved = []; HTMLAnchorElement.prototype.click = function() { saved.push(this.download) } })()`, nil)
	ask[bool](d, "r.savePNG(), r.saveSVG(), r.saveJSON(), true")
	d.wait("saved.length === 3")
	if got := d.text("saved.map(s => s.slice(s.lastIndexOf('-') + 1)).sort()"); got != "300.json,300.png,300.svg" {
		t.Errorf("saved %s", got)
	}
	svg := ask[string](d, "r.svg()")
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil || !strings.Contains(svg, "<path") {
		t.Errorf("the SVG: %v\n%.300s", err, svg)
	}
}

// Damaged records are drawn without a complaint of the browser, from their beginning to their end.
func drawsOddData(t *testing.T, d *driver, s *Server) {
	odd := one[string](t, s, `SELECT string_agg(path, ' ') FROM (
		(SELECT '/s/imagenet/' || seq AS path FROM imagenet_annotations WHERE coalesce(image_width, 0) = 0 LIMIT 2) UNION ALL
		(SELECT '/s/imagenet/' || seq FROM imagenet_annotations WHERE len([m FOR m IN mouse IF m.t IS NULL OR m.x IS NULL OR m.x NOT BETWEEN 0 AND 1]) > 0 LIMIT 3) UNION ALL
		(SELECT '/s/imagenet/' || seq FROM imagenet_annotations WHERE len(mouse) = 0 LIMIT 1) UNION ALL
		(SELECT '/s/coco/' || seq FROM coco_annotations WHERE len([m FOR m IN mouse IF m.x IS NULL OR m.t IS NULL]) > 0 OR len(mouse) = 0 OR coalesce(image_width, 0) = 0 LIMIT 4))`)
	paths := strings.Fields(odd)
	if len(paths) < 4 {
		t.Fatalf("odd records: %q", paths)
	}
	for _, path := range paths {
		d.watch(path)
		if got := ask[string](d, `[0, .2, .5, .9, 1].map(v => (p.seek(p.end * v), r.drawn[0].what)).join()`); strings.Contains(got, "undefined") {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// At every width, light and dark, nothing is wider than the window, and the picture is drawn in it.
func fits(t *testing.T, d *driver, s *Server) {
	page := one[string](t, s, "SELECT assignment_id || '/' || page_idx FROM imagenet_annotations WHERE page_uuid IS NULL AND assignment_id IS NOT NULL AND page_idx IS NOT NULL LIMIT 1")
	for _, path := range []string{"/s/imagenet/3#t=100", "/s/coco/3", "/p/imagenet/" + page, "/p/imagenet/0ca3e522-0000-4000-8000-000000000001/0"} {
		for i, width := range []int64{390, 640, 1280} { // 640 is 1280 at 200 %
			d.do(emulation.SetDeviceMetricsOverride(width, 800, 1, false), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: []string{"light", "dark"}[i%2]}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
			d.watch(path)
			if got := ask[string](d, `[document.documentElement.scrollWidth <= innerWidth, r.size.width > 200, r.size.height > 100, r.canvas.getBoundingClientRect().right <= innerWidth,
				r.timeline.canvas.getBoundingClientRect().right <= innerWidth].join()`); got != "true,true,true,true,true" {
				t.Errorf("%s at %d px: %s", path, width, got)
			}
		}
	}
	d.do(emulation.ClearDeviceMetricsOverride(), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}))
}

// Without scripts a page has the picture and the events. What is not in the store is not found.
func tells(t *testing.T, d *driver, s *Server) {
	d.do(emulation.SetScriptExecutionDisabled(true))
	d.open("/s/imagenet/3")
	var html string
	d.do(chromedp.OuterHTML("html", &html), emulation.SetScriptExecutionDisabled(false))
	events := one[int](t, s, "SELECT len(hovers) + len(clicks) FROM imagenet_annotations WHERE seq = 3")
	if n := strings.Count(html, "<tr><td"); n < events || !strings.Contains(html, `<path d="M`) || !strings.Contains(html, "<td>enter</td>") {
		t.Errorf("%d rows, want at least %d:\n%.2000s", n, events, html)
	}
	absent := []string{"/s/imagenet/99999", "/s/coco/x", "/p/imagenet/nobody/1", "/i/coco/cat"}
	for _, path := range absent {
		var got int
		if d.eval(fmt.Sprintf("fetch(%q).then(r => r.status)", path), &got); got != 404 {
			t.Errorf("%s: %d", path, got)
		}
	}
	for range 200 { // the browser mentions each of them, which is no complaint
		d.mu.Lock()
		n := len(d.complaints)
		if n == len(absent) {
			d.complaints = nil
		}
		d.mu.Unlock()
		if n == len(absent) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the browser does not mention pages that are not found")
}

func opensFast(t *testing.T, d *driver, _ *Server) {
	var all []float64
	for seq := range 7 {
		d.watch(fmt.Sprintf("/s/imagenet/%d", seq))
		all = append(all, ask[float64](d, `performance.getEntriesByName("drawn")[0].startTime`))
	}
	slices.Sort(all)
	t.Logf("from the click to the first picture: median %.0f ms, best %.0f ms", all[3], all[0])
	if all[0] > 1000 {
		t.Errorf("the player opens in %v ms", all)
	}
}

// The scripts of the player stay small.
func TestPlayerSize(t *testing.T) {
	sum := 0
	for _, name := range []string{"player.js", "timeline.js", "replay.js"} {
		b, err := web.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum += len(b)
	}
	if sum >= 60_000 {
		t.Errorf("the player's scripts have %d bytes, want less than 60,000", sum)
	}
}
