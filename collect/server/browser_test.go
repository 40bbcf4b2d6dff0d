package server

import (
	"net/http/httptest"
	"testing"
)

// Of a browser's name of itself only the family is stored.
func TestFamilies(t *testing.T) {
	const engine = "AppleWebKit/537.36 (KHTML, like Gecko) "
	for agent, want := range map[string][2]string{
		"Mozilla/5.0 (X11; Linux x86_64) " + engine + "Chrome/130.0.1 Safari/537.36":                                           {"Chromium 130", "Linux"},
		"Mozilla/5.0 (X11; Linux x86_64) " + engine + "HeadlessChrome/131.0 Safari/537.36":                                     {"Chromium 131", "Linux"},
		"Mozilla/5.0 (Windows NT 10.0; Win64) " + engine + "Chrome/130.0 Safari/537.36 Edg/130.2":                              {"Edge 130", "Windows"},
		"Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0":                                                 {"Firefox 132", "Windows"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1":   {"Safari 18", "macOS"},
		"Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/17.0 Mobile Safari/604.1": {"Safari 17", "iOS"},
		"Mozilla/5.0 (Linux; Android 14) " + engine + "Chrome/129.0 Mobile Safari/537.36 OPR/86.0":                             {"Opera 86", "Android"},
		"Mozilla/5.0 (X11; CrOS x86_64 14541) " + engine + "Chrome/128.0 Safari/537.36":                                        {"Chromium 128", "ChromeOS"},
		"": {"other", "other"},
	} {
		r := httptest.NewRequest("POST", "/api/v1/visit", nil)
		r.Header.Set("User-Agent", agent)
		var d device
		if d.complete(r); d.Browser != want[0] || d.System != want[1] {
			t.Errorf("%s: %q on %q", agent, d.Browser, d.System)
		}
	}
	r := httptest.NewRequest("POST", "/api/v1/visit", nil)
	d := device{Browser: "Chromium 1", System: "Linux"}
	if d.complete(r); d.Browser != "Chromium 1" || d.System != "Linux" {
		t.Errorf("what the page says counts: %+v", d)
	}
}
