package page_test

import (
	"testing"

	"abtool/collect"
	"abtool/collect/storage"
)

// The measures and arms of study.toml hold on the page.
func TestMeasures(t *testing.T) {
	site := newSite(t, collect.Browse, func(s *collect.Settings) {
		s.Measures = collect.Measures{Columns: 5, Column: 200, Gap: 10, Border: 8, Width: 180, Height: 90, Dot: 20, Icon: 70, Loupe: 80, Zoom: 2}
		s.Assign.Unit = collect.PerPage
		s.Arms = map[string]collect.Arm{"plain": {Weight: 1, Pointer: "default", Reveal: "always", Instruction: "default", Magnifier: "none"},
			"red": {Weight: 2, Pointer: "red-dot", Reveal: "hover", Instruction: "click-the-object", Magnifier: "none"}}
	})
	d := chromium(t, site.address)
	d.open(site.url())
	seen := map[string]int{}
	for n := range 3 {
		d.page(n + 1)
		var at struct {
			Columns       int
			Second, Third float64
			Border        string
			Largest       []float64
			Dot           float64
		}
		b := d.box(".slot")
		d.click(b.X+b.Width/2, b.Y+b.Height/2)
		d.eval(`(() => { const x = e => document.querySelector(".grid > :nth-child(" + e + ")").getBoundingClientRect().x;
			const images = [...document.querySelectorAll(".slot img")].map(i => i.getBoundingClientRect());
			return {Columns: getComputedStyle(document.querySelector(".grid")).gridTemplateColumns.split(" ").length, Second: x(2) - x(1), Third: x(3) - x(2),
				Border: getComputedStyle(document.querySelector(".slot")).borderTopWidth, Dot: document.querySelector(".dot")?.getBoundingClientRect().width ?? 0,
				Largest: [Math.max(...images.map(i => i.width)), Math.max(...images.map(i => i.height))]} })()`, &at)
		if at.Columns != 5 || at.Second != 210 || at.Third != 210 || at.Border != "8px" || at.Largest[0] > 180 || at.Largest[1] != 90 {
			t.Errorf("page %d: %+v", n, at)
		}
		arm := site.page(n).Arm
		if seen[arm]++; at.Dot != map[string]float64{"plain": 0, "red": 20}[arm] {
			t.Errorf("the dot of arm %q is %v px wide", arm, at.Dot)
		}
		d.press("Submit this page")
		d.stored(site, n)
	}
	if seen["plain"] != 1 || seen["red"] != 2 {
		t.Errorf("arms %v", seen)
	}
}

// A page whose images cannot be loaded is counted when it is submitted.
func TestBlank(t *testing.T) {
	site := newSite(t, collect.Tag, nil)
	d := chromium(t, site.address)
	site.mu.Lock()
	site.spoil = 1
	site.mu.Unlock()
	d.open(site.url())
	for n := range 2 {
		d.page(n + 1)
		d.eval(`for (let i = 0; i < 10; i++) document.querySelector(".chevron:last-child")?.click()`, nil)
		d.press("Submit this page")
		d.stored(site, n)
	}
	site.view(func(v *storage.View) error {
		a, err := v.Account()
		if a.Submitted != 2 || a.Blank != 1 {
			t.Errorf("%d submitted, %d without images", a.Submitted, a.Blank)
		}
		return err
	})
}
